#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# synthetic.sh - LAMMPS' energy, virial and forces for synthetic3.tersoff: a triclinic cell smaller than two ranges, and a
# denser gas. Writes tests/oracle/md/synthetic3_{small,gas}.xyz. Needs lmp and numpy.
set -euo pipefail
python=${PYTHON:-/usr/bin/python3}
here=$(dirname "$(readlink -f "$0")")
out=$here/../md
trap 'rm -rf "$work"' EXIT
work=$(mktemp -d)
make_case() { # name, atoms, seed, three box lengths, three tilts
    "$python" - "$@" "$work" <<'PY'
import sys
import numpy as np
name, n, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
lx, ly, lz, xy, xz, yz = map(float, sys.argv[4:10])
cell = np.array([[lx, 0, 0], [xy, ly, 0], [xz, yz, lz]])
random, frac = np.random.default_rng(seed), []
shifts = np.array([[a, b, c] for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1)])
while len(frac) < n:
    f = random.random(3)
    if all(np.min(np.linalg.norm((g - f + shifts) @ cell, axis=1)) > 1.25 for g in frac):
        frac.append(f)
with open(f"{sys.argv[10]}/{name}.dat", "w") as f:
    f.write(f"{name}\n\n{n} atoms\n3 atom types\n0 {lx} xlo xhi\n0 {ly} ylo yhi\n0 {lz} zlo zhi\n{xy} {xz} {yz} xy xz yz\n\n"
            "Masses\n\n1 12.011\n2 28.085\n3 72.63\n\nAtoms\n\n")
    for i, r in enumerate(np.array(frac) @ cell):
        f.write(f"{i + 1} {i % 3 + 1} " + " ".join(f"{x:.17g}" for x in r) + "\n")
PY
    (cd "$work" && lmp -screen none -log "$1.log" -in /dev/stdin <<LMP
units metal
atom_style atomic
box tilt large
read_data $1.dat
pair_style tersoff
pair_coeff * * $out/synthetic3.tersoff C Si Ge
neighbor 0.3 bin
compute w all pressure NULL virial
# nktv2p of LAMMPS' metal units: the virial in eV is P V / nktv2p
variable xx equal c_w[1]*vol/1.6021765e6
variable yy equal c_w[2]*vol/1.6021765e6
variable zz equal c_w[3]*vol/1.6021765e6
variable xy equal c_w[4]*vol/1.6021765e6
variable xz equal c_w[5]*vol/1.6021765e6
variable yz equal c_w[6]*vol/1.6021765e6
variable e equal pe
thermo_style custom step pe c_w[1] c_w[2] c_w[3] c_w[4] c_w[5] c_w[6]
dump d all custom 1 $1.dump id type x y z fx fy fz
dump_modify d format float %.17g sort id
run 0
print "\$(v_e:%.17g) \$(v_xx:%.17g) \$(v_yy:%.17g) \$(v_zz:%.17g) \$(v_xy:%.17g) \$(v_xz:%.17g) \$(v_yz:%.17g)" file $1.sums
LMP
    )
    "$python" - "$1" "$4" "$5" "$6" "$7" "$8" "$9" "$work" "$out" <<'PY'
import sys
name, lx, ly, lz, xy, xz, yz, work, out = sys.argv[1:]
e, wxx, wyy, wzz, wxy, wxz, wyz = open(f"{work}/{name}.sums").read().split()
rows = [line.split() for line in open(f"{work}/{name}.dump")]
rows = [r for r in rows if len(r) == 8 and r[0].isdigit()]
with open(f"{out}/{name}.xyz", "w") as f:
    f.write(f'{len(rows)}\nLattice="{lx} 0 0 {xy} {ly} 0 {xz} {yz} {lz}" Properties=species:S:1:pos:R:3:forces:R:3 energy={e} '
            f'virial="{wxx} {wxy} {wxz} {wxy} {wyy} {wyz} {wxz} {wyz} {wzz}" pbc="T T T"\n')
    for r in rows:
        f.write(" ".join([("C", "Si", "Ge")[int(r[1]) - 1]] + r[2:]) + "\n")
PY
}
make_case synthetic3_small 7 5 4.1 4.6 5.2 0.8 -1.1 0.6
make_case synthetic3_gas 48 11 9.0 8.4 10.1 1.7 -0.9 2.2
