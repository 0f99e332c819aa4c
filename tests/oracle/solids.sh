#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# solids.sh CASE - pw.x on the default sets: lattice constant and bulk modulus (solids.py).
set -euo pipefail
command -v pw.x >/dev/null || { echo "skipped: no pw.x"; exit 77; }
here=$(dirname "$(readlink -f "$0")")
work=${SOLIDS_KEEP:-$(mktemp -d)} # SOLIDS_KEEP=DIR: runs of pw.x that are there are not repeated
[ -n "${SOLIDS_KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
for element in Si O; do "$KEDGE" pseudo "$element" -o "$work/$element.upf" >/dev/null; done
python=$(command -v /usr/bin/python3 || command -v python3)
"$python" "$here/solids.py" "$1" "$work/Si.upf" "$work/O.upf" --keep "$work"
