#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""energy_compare.py PRECISION OUT.xyz OUT.json REFERENCE.xyz... - what `kedge energy` wrote and printed against LAMMPS."""
import json
import re
import sys

RELAXED = ("asio2_216.xyz", "asio_200.xyz")  # minima: forces vanish, bonds of some 15 eV/angstrom cancel


def frames(path):
    lines = open(path).read().split("\n")
    at = 0
    while at < len(lines) and lines[at].strip():
        n, comment = int(lines[at]), lines[at + 1]
        columns = re.search(r"Properties=(\S+)", comment).group(1).split(":")
        first = sum(int(c) for c in columns[2 : 3 * (columns.index("forces") // 3) : 3])
        force = [[float(x) for x in line.split()[first : first + 3]] for line in lines[at + 2 : at + 2 + n]]
        w = [float(x) for x in re.search(r'virial="([^"]*)"', comment).group(1).split()]
        yield {
            "energy": float(re.search(r"\benergy=(\S+)", comment).group(1)),
            "virial": [w[0], w[4], w[8], w[5], w[2], w[1]],
            "force": force,
        }
        at += n + 2


def largest(rows):
    return max(abs(x) for row in rows for x in row)


def difference(a, b):
    return [[x - y for x, y in zip(p, q)] for p, q in zip(a, b)]


precision, written, printed = sys.argv[1:4]
references = sys.argv[4:]
got, said = list(frames(written)), json.load(open(printed))
said = said.get("frames", [said])
assert len(got) == len(said) == len(references) > 0, (len(got), len(said), len(references))
bad = 0
for g, j, path in zip(got, said, references):
    (want,) = frames(path)
    name = path.split("/")[-1]
    assert len(g["force"]) == len(want["force"]) == j["n_atom"]
    assert g["energy"] == j["energy_ev"] and g["virial"] == j["virial_ev"], "the file and the JSON differ"
    norm = max(sum(x * x for x in f) ** 0.5 for f in g["force"])
    assert abs(j["max_force_ev_a"] - norm) <= 1e-12 * norm + 1e-300, (j["max_force_ev_a"], norm)
    scale = largest(want["force"])
    force = largest(difference(g["force"], want["force"]))
    energy = abs(g["energy"] - want["energy"])
    virial = largest(difference([g["virial"]], [want["virial"]]))
    size = max(largest([want["virial"]]), 100)
    # The tolerances of tersoff_test.c, with the same reasons.
    if precision == "double":
        limits = (1e-10 * abs(want["energy"]), 1e-10 * (1 if name in RELAXED else scale), 1e-10 * size)
    else:
        limits = (5e-6 * j["n_atom"], 5e-6 * (15 if name in RELAXED else scale), 5e-6 * size)
    ok = energy <= limits[0] and force <= limits[1] and virial <= limits[2]
    bad += not ok
    print(f"  {precision:6} {name:21} energy {energy:.1e} eV  force {force:.1e} eV/A (of {scale:.3g})  virial {virial:.1e} eV"
          + ("" if ok else f"  FAILED, expected at most {limits}"))
sys.exit(bad > 0)
