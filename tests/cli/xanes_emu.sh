#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Core-hole spectra on the emulated GPU are those of the CPU, in both precisions.
set -uo pipefail
[ -e "$BUILD/lib/kedge/libkedge_cuda_emu.so" ] || { echo "skipped: no emulated plug-in in this build"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
cat >si2.xyz <<'XYZ'
2
Lattice="2.7155 2.7155 0 2.7155 0 -2.7155 0 2.7155 -2.7155" Properties=species:S:1:pos:R:3 pbc="T T T"
Si 0 0 0
Si 2.8 1.3 -1.4
XYZ
"$KEDGE" scf si2.xyz --ecut-ry 10 --device cpu --precision double --conv-ry 1e-10 --no-forces --quiet -o gs.h5 >/dev/null || exit 1

# run NAME DEVICE PRECISION
run() {
    "$KEDGE" xanes gs.h5 --device "$2" --precision "$3" --kpoints 2 1 1 --kshift 0 0 1 --grid-factor 2.2 --sites 0 --quiet --json --chains --scf-conv-ry 1e-10 \
        >"$1.json" || { echo "FAILED: kedge xanes --device $2 --precision $3 ends with $?"; exit 1; }
}
run cpu_double cpu double
run emu_double emu double
run emu_mixed emu mixed

# Double: the order of sums. Mixed: vectors in single precision, here on the full grid (2e-6 of the maximum measured).
/usr/bin/python3 - <<'PY' || exit 1
import json, sys
want, double, mixed = (json.load(open(n + ".json")) for n in ("cpu_double", "emu_double", "emu_mixed"))
ours, bad = want["sites"][0], 0
def check(name, value, tolerance):
    global bad
    print("%s: %.1e" % (name, value))
    if not value <= tolerance:
        print("FAILED: %s: %.2e, at most %.0e" % (name, value, tolerance))
        bad = 1
for run, energy, norm, chain, spectrum in ((double, 1e-10, 1e-12, 1e-9, 1e-9), (mixed, 2e-6, 1e-6, 1e-4, 5e-5)):
    kind, site = run["device"].split()[0] + " " + run["precision"], run["sites"][0]
    if not run["device"].startswith("emu") or len(site["a_ha"]) != len(ours["a_ha"]):
        print("FAILED: ran on " + run["device"]); bad = 1
    check(kind + " energy (Ha)", abs(site["energy_ha"] - ours["energy_ha"]), energy)
    pairs = [(a, b) for x, y in zip(site["norm"], ours["norm"]) for a, b in zip(x, y)]
    check(kind + " norms", max(abs(a / b - 1) for a, b in pairs if b), norm)
    pairs = [(a, b) for key in ("a_ha", "b_ha") for x, y in zip(site[key], ours[key]) for u, v in zip(x, y) for a, b in zip(u[:20], v[:20])]
    check(kind + " a_n, b_n to n = 20 (Ha)", max(abs(a - b) for a, b in pairs), chain)
    check(kind + " spectrum", max(abs(a - b) for a, b in zip(run["mean_mb"], want["mean_mb"])) / max(want["mean_mb"]), spectrum)
sys.exit(bad)
PY
