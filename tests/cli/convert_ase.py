#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""convert_ase.py - files of kedge read by ASE, files of ASE read by kedge. KEDGE and SOURCE are in the environment."""
import os
import subprocess
import warnings

import ase.io
import ase.units
import numpy as np
from ase.build import bulk, molecule
from ase.calculators.singlepoint import SinglePointCalculator

warnings.simplefilter("ignore")
QUARTZ = os.path.join(os.environ["SOURCE"], "data/structures/quartz-alpha-9.xyz")


def convert(*arguments):
    subprocess.run([os.environ["KEDGE"], "convert", "-q", *arguments], check=True, stdout=subprocess.DEVNULL)


def same(a, b, tolerance, what):
    error = np.abs(np.asarray(a, float) - np.asarray(b, float)).max()
    assert error <= tolerance, f"{what}: difference {error}, at most {tolerance}"


def same_structure(a, b, tolerance, what):
    """The same atoms in the same order, up to rotation: cell parameters, and all distances with the nearest image."""
    assert list(a.numbers) == list(b.numbers), what
    same(a.cell.cellpar(), b.cell.cellpar(), tolerance, what + ": cell")
    same(a.get_all_distances(mic=True), b.get_all_distances(mic=True), tolerance, what + ": distances")


def kedge_reads_momenta_forces_and_stress_of_ase():
    rng = np.random.default_rng(7)
    frames = []
    for n in range(3):
        atoms = ase.io.read(QUARTZ) * (1, 1, n + 1)
        atoms.info.clear()
        atoms.positions += rng.normal(0, 0.1, atoms.positions.shape)
        atoms.set_velocities(rng.normal(0, 0.05, atoms.positions.shape))
        atoms.calc = SinglePointCalculator(atoms, energy=-10.25 * (n + 1), forces=rng.normal(0, 1, atoms.positions.shape),
                                           stress=rng.normal(0, 0.1, 6))
        atoms.info["name"] = 'with "quotes" and = signs'
        frames.append(atoms)
    ase.io.write("ase.xyz", frames, format="extxyz")
    convert("ase.xyz", "kedge.xyz")
    back = ase.io.read("kedge.xyz", ":")
    assert len(back) == 3
    for a, b in zip(frames, back):
        same_structure(a, b, 2e-8, "extxyz")  # ASE writes 8 decimals
        same(a.cell.array, b.cell.array, 0, "lattice")
        same(a.get_forces(), b.get_forces(), 1e-8, "forces")
        same(a.get_potential_energy(), b.get_potential_energy(), 0, "energy")
        same(a.get_stress(), b.get_stress(), 1e-15, "stress")  # through the virial: two roundings of numbers below 1
        # virial = -dE/d(strain) = -stress volume
        voigt = b.info["virial"][[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        same(voigt, -a.get_stress() * a.get_volume(), 1e-12, "virial")
        # angstrom/fs; 8 decimals of momenta, units of CODATA 2014 in ASE, of 2018 in kedge (1e-8 relative)
        same(a.get_velocities() * ase.units.fs, b.arrays["vel"], 1e-9, "velocities")
        assert b.info["name"] == a.info["name"], b.info
        assert b.pbc.all()


def ase_reads_what_kedge_converts():
    quartz = ase.io.read(QUARTZ)
    reader = {"kedge.cif": {}, "POSCAR": {"format": "vasp"}, "kedge.data": {"format": "lammps-data", "style": "atomic"}}
    for name, options in reader.items():
        convert(QUARTZ, name, "--repeat", "2", "1", "1")
        back = ase.io.read(name, **options)
        if name == "kedge.data":  # ASE 3.22 takes types for atomic numbers
            back.numbers = np.where(back.numbers == 1, 14, 8)
        expected = quartz * (2, 1, 1)
        order = np.argsort(-expected.numbers, kind="stable") if name == "POSCAR" else np.arange(len(expected))
        same_structure(expected[order], back, 1e-9, name)  # 12 digits of cell parameters in CIF


def velocities_survive_the_turn_to_a_restricted_cell():
    turned = bulk("Si", a=5.431)  # a1 = (0, a/2, a/2): LAMMPS cannot have it so
    turned.numbers[1] = 8
    turned.positions[1] += [0.1, 0.02, -0.3]
    turned.set_velocities(np.array([[0.01, 0.02, 0.03], [-0.05, 0.0, 0.04]]))
    ase.io.write("turned.xyz", turned, format="extxyz")
    convert("turned.xyz", "turned.data")
    back = ase.io.read("turned.data", format="lammps-data", style="atomic", units="metal")
    back.numbers = np.where(back.numbers == 1, 14, 8)
    same_structure(turned, back, 1e-7, "turned")
    bond = [turned.get_distance(0, 1, vector=True, mic=True), back.get_distance(0, 1, vector=True, mic=True)]
    for i in range(2):
        same(turned.get_velocities()[i] @ bond[0], back.get_velocities()[i] @ bond[1], 1e-7, "velocity along the bond")


def kedge_reads_crystals_of_ase():
    quartz = ase.io.read(QUARTZ)
    ase.io.write("ase.cif", quartz)
    ase.io.write("ase.vasp", quartz, format="vasp", direct=True, vasp5=True)
    ase.io.write("ase.data", quartz, format="lammps-data", specorder=["Si", "O"])
    with open("ase.data", encoding="utf-8") as f:
        text = f.read()
    with open("ase.data", "w", encoding="utf-8") as f:  # ASE 3.22 writes no masses
        f.write(text.replace("Atoms", "Masses\n\n1 28.0855\n2 15.9994 # O\n\nAtoms # atomic\n", 1))
    for name, tolerance in ("ase.cif", 1e-4), ("ase.vasp", 1e-12), ("ase.data", 1e-12):  # CIF: 5 decimals
        convert(name, "back.xyz")
        same_structure(quartz, ase.io.read("back.xyz"), tolerance, name)


def clusters_need_no_cell():
    water = molecule("H2O")
    ase.io.write("water.xyz", water, format="extxyz")
    convert("water.xyz", "back.xyz")
    back = ase.io.read("back.xyz")
    assert not back.pbc.any() and back.cell.rank == 0
    same(back.positions, water.positions, 1e-8, "water")


kedge_reads_momenta_forces_and_stress_of_ase()
ase_reads_what_kedge_converts()
velocities_survive_the_turn_to_a_restricted_cell()
kedge_reads_crystals_of_ase()
clusters_need_no_cell()
print("ASE", ase.__version__, "and kedge read each other's files")
