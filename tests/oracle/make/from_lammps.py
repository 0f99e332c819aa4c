#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""from_lammps.py DIR OUT - turn the LAMMPS reference files of the oracle (CASE.ref, dimer.*, trimer.*) into the small files
of tests/oracle/md: extxyz with energy, virial and forces, and two tables. Digits are copied, never computed."""
import glob
import os
import sys

CASES = "csi8 csi63vac aquartz9 aquartz72 bcrist192 gas200 msio2_216 asio2_216 asio_200".split()
SYMBOL = {"1": "Si", "2": "O"}


def convert(path, out):
    cell, atoms = [], []
    for line in open(path):
        word = line.split()
        if line.startswith("cell"):
            cell += word[1:4]
        elif line.startswith("energy"):
            energy = word[1]
        elif line.startswith("virial"):
            xx, yy, zz, xy, xz, yz = word[1:7]
        elif word and word[0].isdigit():
            atoms.append((int(word[0]), SYMBOL[word[1]], word[2:8]))
    atoms.sort()
    with open(out, "w") as f:
        virial = " ".join([xx, xy, xz, xy, yy, yz, xz, yz, zz])
        f.write(f'{len(atoms)}\nLattice="{" ".join(cell)}" Properties=species:S:1:pos:R:3:forces:R:3 energy={energy} '
                f'virial="{virial}" pbc="T T T"\n')
        for _, symbol, numbers in atoms:
            f.write(" ".join([symbol] + numbers) + "\n")


def rows(path):
    return [line.split() for line in open(path) if line.strip() and not line.startswith("#")]


def main():
    source, target = sys.argv[1:3]
    for case in CASES:
        convert(os.path.join(source, case + ".ref"), os.path.join(target, case + ".xyz"))
    with open(os.path.join(target, "dimers.txt"), "w") as f:
        f.write("# LAMMPS: element element r E fx of the first atom (angstrom, eV, eV/angstrom); the second lies at +x\n")
        for a, b in (("Si", "Si"), ("Si", "O"), ("O", "O")):
            for r in rows(os.path.join(source, f"dimer.{a}{b}.txt"))[::3]:
                f.write(f"{a} {b} {r[0]} {r[1]} {r[2]}\n")
    with open(os.path.join(target, "trimers.txt"), "w") as f:
        f.write("# LAMMPS: legs centre, x3 y3 E fx1 fy1 fx2 fy2 fx3 fy3; centre at (10, 10), second atom at (11.6, 10)\n")
        for path in sorted(glob.glob(os.path.join(source, "trimer.*.txt"))):
            leg, centre, _ = os.path.basename(path).split(".")[1].split("-")
            for r in rows(path)[::3]:
                f.write(" ".join([leg, centre] + r[1:]) + "\n")


main()
