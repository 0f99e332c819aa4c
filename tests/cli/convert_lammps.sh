#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# LAMMPS reads the data files of kedge: same volume, energy and temperature for a cell as it stands and for one that had to be turned.
lmp=$(command -v lmp) || exit 77
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

cat >as_is.xyz <<'EOF'
5
Lattice="6 0 0 -2.5 7 0 1 -2 8" Properties=species:S:1:pos:R:3:vel:R:3 pbc="T T T"
Si 0.1 0.2 0.3 0.001 0.002 0.003
O 1.9 0.3 -0.2 -0.004 0.001 0
O 0.3 2.2 8.4 0.002 -0.005 0.001
Si 3.1 3.3 3.6 0 0 -0.002
O -7.2 4.1 5.9 0.001 0.002 -0.002
EOF
# the cyclic change of axes x -> y -> z -> x is a rotation
awk 'NR==1 {print}
     NR==2 {print "Lattice=\"0 6 0 0 -2.5 7 8 1 -2\" Properties=species:S:1:pos:R:3:vel:R:3 pbc=\"T T T\""}
     NR>2 {print $1, $4, $2, $3, $7, $5, $6}' as_is.xyz >turned.xyz

for name in as_is turned; do
    "$KEDGE" convert -q $name.xyz $name.data >/dev/null || exit 1
    cat >in.$name <<EOF
units metal
atom_style atomic
read_data $name.data
pair_style lj/cut 6.0
pair_coeff 1 1 0.1 2.0
pair_coeff 2 2 0.2 1.8
pair_coeff 1 2 0.3 1.6
compute t all temp
thermo_style custom step vol pe c_t
thermo_modify format float %.15g
run 0 post no
EOF
    "$lmp" -in in.$name -log none -nocite >$name.out 2>&1 || { cat $name.out; exit 1; }
    awk '/^ *Step/ {getline; print $2, $3, $4}' $name.out >$name.txt
    [ -s $name.txt ] || { cat $name.out; exit 1; }
done
grep -q rotated turned.data && ! grep -q rotated as_is.data || exit 1
paste as_is.txt turned.txt | awk '
    {for (i = 1; i <= 3; i++) {d = $i - $(i + 3); if (d < 0) d = -d; if (d > 1e-12 * ($i < 0 ? -$i : $i)) bad = 1}}
    # 336 = 6 7 8; the temperature by hand: m v^2 sum / (3 N - 3), v in angstrom/ps, mvv2e and boltz of units metal
    {e = 28.085 * (14 + 4) + 15.999 * (17 + 30 + 9); t = e * 1.0364269e-4 / (12 * 8.617343e-5)
     d = $3 - t; if (d < 0) d = -d; if ($1 - 336 > 1e-9 || 336 - $1 > 1e-9 || d > 1e-9 * t) bad = 1}
    END {print; exit bad || NR != 1}' || { cat as_is.txt turned.txt; exit 1; }
echo "convert_lammps: volume, energy and temperature agree"
