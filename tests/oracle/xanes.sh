#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# xanes.sh - kedge xanes against xspectra.x on alpha-quartz: spectra along x, y, z; norms of the start vectors; coefficients of the chains.
set -euo pipefail
command -v ld1.x >/dev/null || exit 77
here=$(dirname "$(readlink -f "$0")")
upf=$BUILD/tests/upf_qe
(
    flock 9
    if [ ! -e "$upf/Sih_PBE_TM_2pj.UPF" ]; then
        cd "$upf"
        for atom in O Si Sih; do ld1.x <"$here/qe/$atom.ld1.in" >"$atom.out"; done
    fi
) 9>"$(mkdir -p "$upf" && echo "$upf/lock")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$KEDGE" scf "$here/qe/q9.xyz" --kpoints 2 2 2 --pseudo "Si=$upf/Si_PBE_TM_2pj.UPF" --pseudo "O=$upf/O_PBE_TM_2pj.UPF" --device cpu --quiet \
    --no-forces --precision double --conv-ry 1e-9 -o gs.h5 >/dev/null
options=(gs.h5 --final-state fch --core-hole-pseudo "$upf/Sih_PBE_TM_2pj.UPF" --sites 0 --device cpu --quiet --json --chains)
"$KEDGE" xanes "${options[@]}" --format xspectra -o mixed.h5 >mixed.json
"$KEDGE" xanes "${options[@]}" --precision double --scf-conv-ry 1e-9 --convergence 0.9 >double.json
python=$(command -v /usr/bin/python3 || command -v python3)
"$python" "$here/xanes_compare.py" "$here/qe/spectra" mixed mixed.json double.json
