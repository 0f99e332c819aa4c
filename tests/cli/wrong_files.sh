#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# wrong_files.sh - a wrong file of every kind: one line that names the file and what is wrong with it, exit status 2, nothing
# on stdout, nothing written. The table has a line per fault; the faults that any file can have are tried on every kind.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export KEDGE_DATA="$SOURCE/data" OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
failures=0 cases=0

fail()
{
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# A good file of every kind, good.KIND; the kinds that only a long calculation makes come from the committed files.
cp "$SOURCE/data/structures/silicon-8.xyz" good.xyz
for kind in data vasp cif; do
    "$KEDGE" convert -q good.xyz good.$kind || fail "good.$kind"
done
cp "$SOURCE/data/SiO.tersoff" good.tersoff
cp "$SOURCE/tests/oracle/atom/Si_ld1_1s.UPF" good.UPF
cp "$SOURCE/tests/fuzz/corpus/cube/bohr.cube" good.cube
printf '[study]\nformulas = Si4\nreplicas = 1\n[scf]\necut_ry = 12\n' >good.ini
"$BUILD/tests/h5_sample" write good.h5 || fail "good.h5"
for kind in gs dataset model results; do # what other commands read: no good.h5 is one
    cp good.h5 good.$kind
done
"$BUILD/tests/make_spectrum" 1.6 0 columns >good.measured || fail "good.measured"
printf '# FILE CHARGE_E [SHIFT_EV]\ngood.measured 1.6\ngood.measured 1.5 0.1\ngood.measured 1.7 -0.1\n' >good.references
printf '{"learning_rate": [1e-3, 3e-3],\n "hidden": [[16], [24]]}\n' >good.grid
printf '# eV above the edge, half width in eV\n0 0.4\n5 0.8\n30 1.5\n' >good.gamma
printf '{"kind": "xanes_calibration", "reference": "quartz",\n "recipe": "ecut=50",\n "constant_ev": 1.5,\n "target_ev": 1846,\n "peak_ev": 1844.5}\n' >good.calibration
# What is read before those: a dataset, a network, a ground state.
"$BUILD/tests/make_synthetic" dataset.h5 6 6 3 || fail "dataset.h5"
"$KEDGE" train -q --device cpu dataset.h5 --target charge --set epochs=1 -o network.h5 >/dev/null 2>&1 || fail "network.h5"
"$KEDGE" scf -q --device cpu good.xyz --pseudo Si=good.UPF --ecut-ry 6 --no-forces -o ground.h5 >/dev/null || fail "ground.h5"

# arguments KIND FILE: the command that reads such a file first of all. $out is what it would write.
arguments()
{
    out=out.xyz
    case $1 in
        xyz | data | vasp | cif) command=(energy --device cpu "$2" -o "$out") ;;
        tersoff) command=(energy --device cpu good.xyz -p "$2" -o "$out") ;;
        UPF) out=out.h5 command=(scf --device cpu good.xyz --pseudo "Si=$2" --ecut-ry 12 -o "$out") ;;
        cube) out=out.h5 command=(bader --device cpu "$2" -o "$out") ;;
        h5) out=out.h5 command=(bader --device cpu "$2" -o "$out") ;;
        gs) out=out.h5 command=(xanes --device cpu "$2" -o "$out") ;;
        dataset) out=out.h5 command=(train --device cpu "$2" --target charge -o "$out") ;;
        model) out=out.json command=(predict --device cpu "$2" "$SOURCE/tests/fuzz/corpus/measured/columns" -o "$out") ;;
        results) out=out.report command=(report "$2" -o "$out") ;;
        ini) out=out.study command=(study --device cpu "$2" -o "$out") ;;
        measured) out=out.json command=(predict --device cpu network.h5 "$2" -o "$out") ;;
        references) out=out.h5 command=(train --device cpu --tune network.h5 --references "$2" -o "$out") ;;
        grid) out=out.h5 command=(train --device cpu dataset.h5 --target charge --grid "$2" -o "$out") ;;
        gamma) out=out.h5 command=(xanes --device cpu ground.h5 --gamma-file "$2" -o "$out") ;;
        calibration) out=out.h5 command=(xanes --device cpu ground.h5 --final-state none --energy-axis calibrated --calibration "$2" -o "$out") ;;
    esac
}

# refused KIND FILE TEXT
refused()
{
    local status out command
    arguments "$1" "$2"
    rm -rf "$out"*
    cases=$((cases + 1))
    timeout 60 "$KEDGE" "${command[@]}" --quiet >stdout 2>stderr
    status=$?
    local what="kedge ${command[*]}"
    [ "$status" = 2 ] || fail "$what: exit status $status, expected 2: $(cat stderr)"
    [ "$(wc -l <stderr)" = 1 ] || fail "$what: $(wc -l <stderr) lines, expected one: $(head -c 400 stderr)"
    grep -qF -- "$3" stderr || fail "$what: \"$(head -c 400 stderr)\", expected \"$3\""
    [ ! -s stdout ] || fail "$what: something on stdout"
    [ -z "$(compgen -G "$out*")" ] || fail "$what: $(compgen -G "$out*") was written"
}

# ---- what can be wrong with any file ----

for kind in xyz data vasp cif tersoff UPF cube h5 gs dataset model results ini measured references grid gamma calibration; do
    refused $kind "missing.$kind" "missing.$kind: "
    mkdir "folder.$kind"
    refused $kind "folder.$kind" "folder.$kind"
    : >"empty.$kind"
    refused $kind "empty.$kind" "empty.$kind"
    head -c 3000 /dev/zero >"zeros.$kind"
    refused $kind "zeros.$kind" "zeros.$kind"
    printf 'Dear reader,\n\nthis is a letter.\n' >"letter.$kind"
    refused $kind "letter.$kind" "letter.$kind"
    case $kind in # half of a list is a list
        ini | measured | references | gamma) ;;
        *)
            head -c $(($(wc -c <good.$kind) * 2 / 5)) good.$kind >"half.$kind"
            refused $kind "half.$kind" "half.$kind"
            ;;
    esac
    other=good.xyz
    [ $kind != xyz ] || other=good.tersoff
    cp $other "other.$kind"
    refused $kind "other.$kind" "other.$kind"
done

for kind in h5 gs dataset model results; do # HDF5, but not what is meant
    refused $kind good.$kind good.$kind
done

# ---- the table: KIND | how the good file is spoilt (sed) | what is said ----

while IFS='|' read -r kind spoil text; do
    kind=${kind// /} spoil=${spoil# } spoil=${spoil% } text=${text# }
    case $kind in '' | '#'*) continue ;; esac
    sed -E "$spoil" good.$kind >bad.$kind
    cmp -s good.$kind bad.$kind && fail "$kind: \"$spoil\" changes nothing"
    refused "$kind" bad.$kind "$text"
done <"$SOURCE/tests/cli/wrong_files.txt"

[ "$cases" -gt 240 ] || fail "only $cases cases"
[ "$failures" = 0 ] || exit 1
echo "wrong files: $cases cases, each in one line with exit status 2"
