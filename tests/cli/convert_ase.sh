#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ASE reads what kedge writes, and kedge reads what ASE writes.
python=/usr/bin/python3
"$python" -c 'import ase' 2>/dev/null || exit 77
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
KEDGE_DATA="$SOURCE/data" "$python" "$SOURCE/tests/cli/convert_ase.py"
