#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# xspectra_own.sh - pw.x and xspectra.x on our own files: alpha-quartz (9 atoms), core hole in atom 0, charge +1, spectra along x, y, z
# against kedge xanes. XSPECTRA_KEEP=DIR keeps the files there and repeats no run of pw.x or xspectra.x that has ended.
set -euo pipefail
command -v pw.x >/dev/null && command -v xspectra.x >/dev/null || { echo "skipped: no pw.x or no xspectra.x"; exit 77; }
here=$(dirname "$(readlink -f "$0")")
work=${XSPECTRA_KEEP:-$(mktemp -d)}
[ -n "${XSPECTRA_KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
"$KEDGE" pseudo Si -o Si.upf >/dev/null
"$KEDGE" pseudo O -o O.upf >/dev/null
"$KEDGE" pseudo Si --core-hole 1s=1 -o Sih.upf >/dev/null

# The 1s of the ground-state atom in the form of upf2plotcore.sh: radius, r R(r).
awk '/<PP_R[ >]/ { into = "r" } /<PP_GIPAW_CORE_ORBITAL.1[ >]/ { into = "u" } /<\// { into = "" }
     /^ *[-+0-9]/ && into == "r" { for (i = 1; i <= NF; i++) r[++n] = $i }
     /^ *[-+0-9]/ && into == "u" { for (i = 1; i <= NF; i++) u[++m] = $i }
     END { print "# number of core states 1 =  1 0;"; if (n != m) exit 1; for (i = 1; i <= n; i++) print r[i], u[i] }' Si.upf >Si.wfc

# run NAME PROGRAM: PROGRAM on NAME.in, unless NAME.out of the same input and files is there.
run() {
    cat "$1.in" ./*.upf | cksum >"$1.now"
    if ! cmp -s "$1.now" "$1.done"; then
        "$2" -in "$1.in" >"$1.out" 2>&1 || true # xspectra.x 6.7 ends with a status other than 0
        grep -q -e "JOB DONE" -e "END JOB XSpectra" "$1.out" || { tail -20 "$1.out"; exit 1; }
        mv "$1.now" "$1.done"
    fi
}

{
    cat <<EOF
&control
 calculation='scf', prefix='q9', outdir='./tmp/', pseudo_dir='./', disk_io='low'
/
&system
 ibrav=0, nat=9, ntyp=3, ecutwfc=50, tot_charge=1
/
&electrons
 conv_thr=1e-9, mixing_beta=0.5
/
ATOMIC_SPECIES
Sih 28.086 Sih.upf
Si 28.086 Si.upf
O 15.999 O.upf
CELL_PARAMETERS angstrom
EOF
    sed -n '2s/.*Lattice="\([^"]*\)".*/\1/p' "$here/qe/q9.xyz" | xargs -n 3
    echo "ATOMIC_POSITIONS angstrom"
    sed -n '3s/^Si/Sih/p; 4,11p' "$here/qe/q9.xyz"
    printf 'K_POINTS automatic\n2 2 2 0 0 0\n'
} >scf.in
run scf pw.x
for axis in 1 2 3; do
    name=$(cut -c $axis <<<xyz)
    cat >"$name.in" <<EOF
&input_xspectra
 calculation='xanes_dipole', prefix='q9', outdir='./tmp/', xniter=2000, xcheck_conv=10, xerror=0.001, xiabs=1, xcoordcrys=.false.
 xepsilon(1)=0, xepsilon(2)=0, xepsilon(3)=0, xepsilon($axis)=1, x_save_file='$name.sav'
/
&plot
 xnepoint=601, xgamma=0.8, xemin=-10, xemax=50, terminator=.true., cut_occ_states=.true., xanes_file='q9_chc_$name.dat'
/
&pseudos
 filecore='Si.wfc'
/
&cut_occ
 cut_desmooth=0.1
/
2 2 2 0 0 0
EOF
    run "$name" xspectra.x
done

"$KEDGE" scf "$here/qe/q9.xyz" --kpoints 2 2 2 --pseudo Si=Si.upf --pseudo O=O.upf --device cpu --quiet --no-forces --precision double \
    --conv-ry 1e-9 -o gs.h5 >/dev/null
"$KEDGE" xanes gs.h5 --final-state fch --core-hole-pseudo Sih.upf --sites 0 --device cpu --quiet --json --format xspectra -o own.h5 >own.json
python=$(command -v /usr/bin/python3 || command -v python3)
"$python" "$here/xanes_compare.py" . own
