#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# quartz_charges.sh - alpha-quartz from our own set and SCF: Si +3.20, O -1.60, equal atoms equal charges. Needs KEDGE.
set -eu
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$KEDGE" scf "$here/../oracle/qe/q9.xyz" --kpoints 2 2 2 --device cpu --quiet -o q9.h5 >scf.out
"$KEDGE" bader q9.h5 --device cpu --quiet --json >default.json 2>err
"$KEDGE" bader q9.h5 --grid-factor 4 --device cpu --quiet --json >fine.json 2>err
python=$(command -v /usr/bin/python3 || command -v python3)
"$python" - <<'P'
import json
for name in "default", "fine":
    with open(name + ".json") as f:
        r = json.load(f)
    q = r["charges_e"]
    si, o = q[:3], q[3:]
    print(name, "Si", si, "O", o)
    assert len(q) == 9 and all(abs(x - 3.20) < 0.01 for x in si) and all(abs(x + 1.60) < 0.01 for x in o), q  # verification.md 2
    assert max(si) - min(si) < 0.003 and max(o) - min(o) < 0.003, q
    assert abs(sum(q)) < 1e-6 and abs(r["sum_error_e"]) < 1e-6
P
