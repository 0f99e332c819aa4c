# SPDX-License-Identifier: BSD-3-Clause
"""xanes_compare.py SPECTRA_DIR mixed-stem [mixed.json double.json] - kedge xanes against xspectra.x (alpha-quartz, charged core hole).

Spectra along x, y, z; with the two files also norms and coefficients of the chains along z."""
import json
import sys

WHITE_LINE = 5e-3   # the promise: 0.5 % of the white line at every energy (both stop at 1e-3)
NORM = 1e-5
CHAIN_RY = 2e-3     # a_n, b_n of 50 steps: potentials of two codes, 1e-8 Ry in energy; 1e-4 measured
reference, stem = sys.argv[1:3]
json_paths = sys.argv[3:]
problems = []


def table(path):
    with open(path) as f:
        return [tuple(map(float, line.split())) for line in f if line[0] != "#"]


def cubic(points, x):
    """Through the four nearest points of an even axis."""
    step = points[1][0] - points[0][0]
    i = max(1, min(len(points) - 3, int((x - points[0][0]) / step)))
    total = 0
    for a in range(i - 1, i + 3):
        weight = 1
        for b in range(i - 1, i + 3):
            weight *= 1 if a == b else (x - points[b][0]) / (points[a][0] - points[b][0])
        total += weight * points[a][1]
    return total


for axis in "xyz":
    ours, theirs = table(f"{stem}_site00000_{axis}.dat"), table(f"{reference}/q9_chc_{axis}.dat")
    top = max(y for _, y in theirs)
    compared = [(abs(cubic(ours, x) - y) / top, x) for x, y in theirs if 0.3 < x < ours[-3][0]]
    worst, where = max(compared)
    print(f"{axis}: {worst:.2e} of the white line at {where:.1f} eV ({len(compared)} energies)")
    peaks = [max((y, x) for x, y in spectrum) for spectrum in (ours, theirs)]
    print(f"{axis}: white line {peaks[0][0]:.6f} bohr^2 at {peaks[0][1]:.2f} eV, xspectra.x {peaks[1][0]:.6f} at {peaks[1][1]:.2f}")
    if len(compared) < 400 or not worst < WHITE_LINE:
        problems.append(f"{axis}: {worst:.2e} of the white line over {len(compared)} energies, at most {WHITE_LINE}")

theirs = []
if json_paths:
    with open(f"{reference}/q9_chc_z_tight.chains") as f:
        lines = list(f)
    for line in lines:
        word = line.split()
        if word[0] == "k":
            theirs.append((float(word[2]), []))
        elif word[0] != "#":
            theirs[-1][1].append((float(word[0]), float(word[1])))
for path, with_chains in zip(json_paths, (False, True)):
    with open(path) as f:
        site = json.load(f)["sites"][0]
    for norm, ab in theirs:
        chains = [(site["norm"][k][2], list(zip(site["a_ha"][k][2], site["b_ha"][k][2]))) for k in range(len(site["norm"]))]
        mine = min(chains, key=lambda c: sum(abs(2 * c[1][n][0] - ab[n][0]) for n in range(3)))  # k-points come in another order
        if not abs(mine[0] / norm - 1) < NORM:
            problems.append(f"{path}: norm {mine[0]}, expected {norm}")
        worst = max(max(abs(2 * mine[1][n][0] - ab[n][0]), abs(2 * mine[1][n][1] - ab[n][1])) for n in range(50))
        if with_chains:
            print(f"a_n, b_n to n = 50: {worst:.1e} Ry")
        if with_chains and not worst < CHAIN_RY:
            problems.append(f"{path}: a_n or b_n off by {worst:.1e} Ry, at most {CHAIN_RY}")
print("\n".join(problems))
sys.exit(1 if problems else 0)
