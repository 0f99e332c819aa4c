#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The self-consistent ground state of quartz on the emulated GPU is that of the CPU, in both precisions.
set -uo pipefail
[ -e "$BUILD/lib/kedge/libkedge_cuda_emu.so" ] || { echo "skipped: no emulated plug-in in this build"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# run NAME DEVICE PRECISION
run() {
    "$KEDGE" scf "$SOURCE/data/structures/quartz-alpha-9.xyz" --ecut-ry 12 --device "$2" --precision "$3" --quiet --json -o "$1.h5" \
        > "$1.json" || { echo "FAILED: kedge scf --device $2 --precision $3 ends with $?"; exit 1; }
}
run cpu_double cpu double
run emu_double emu double
run emu_mixed emu mixed
# The inner loop is replayed from graphs, with the bits of the same ops one by one.
KEDGE_GRAPHS=0 run emu_plain emu mixed
cmp emu_mixed.h5 emu_plain.h5 || { echo "FAILED: graphs change the ground state"; exit 1; }
"$KEDGE" scf "$SOURCE/data/structures/silicon-8.xyz" --ecut-ry 8 --device emu --no-forces --profile >/dev/null 2>clock
grep -q "^ *graph " clock || { echo "FAILED: no graph was replayed: $(tail -n 30 clock)"; exit 1; }

# Double: the sums have another order, and the last iteration stops at 1e-9 Ha. Mixed: 1e-6 Ha per atom (docs/conventions.md), forces
# 1e-4 Ry/bohr. Eigenvalues: 1e-6 eV, 1 meV.
/usr/bin/python3 - <<'EOF' || exit 1
import json, sys
want, double, mixed = (json.load(open(n + ".json")) for n in ("cpu_double", "emu_double", "emu_mixed"))
bad = 0
def near(name, got, expected, tolerance):
    global bad
    if not abs(got - expected) <= tolerance:
        print("FAILED: %s is %.12g, expected %.12g within %g" % (name, got, expected, tolerance))
        bad = 1
for run, energy, level, force in ((double, 1e-9, 1e-6, 1e-6), (mixed, 9e-6, 1e-3, 5e-5)):
    kind = run["device"] + " " + run["precision"]
    if not run["device"].startswith("emu"):
        print("FAILED: ran on " + run["device"]); bad = 1
    near(kind + " energy", run["energy_ha"], want["energy_ha"], energy)
    for name, value in run["energy_terms_ha"].items():
        near(kind + " " + name, value, want["energy_terms_ha"][name], 300 * energy)
    for got, expected in zip(run["eigenvalues_ev"], want["eigenvalues_ev"]):
        for a, b in list(zip(got, expected))[:24]:
            near(kind + " eigenvalue", a, b, level)
    for got, expected in zip(run["forces_ha_bohr"], want["forces_ha_bohr"]):
        for a, b in zip(got, expected):
            near(kind + " force", a, b, force)
    for a, b in zip(run["stress_gpa"], want["stress_gpa"]):
        near(kind + " stress", a, b, 0.02)
sys.exit(bad)
EOF
echo "quartz: $(sed -n 's/.*"energy_ha": *\([-0-9.]*\).*/\1/p' emu_double.json | head -1) Ha on the emulated GPU"
