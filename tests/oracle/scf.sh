#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# scf.sh CASE - kedge scf against pw.x: energies and their terms, bands, forces, stress; mixed against double precision.
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

case $1 in
bc24g_gs) options=(bc24.xyz) ;;
bc24g_chc) options=(bc24.xyz --core-hole 0 --charge 1) ;;
bc24_chc) options=(bc24.xyz --core-hole 0 --charge 1) ;; # pw.x: Gamma as a general k, complex
q9_gs) options=(q9.xyz --kpoints 2 2 2) ;;
q9_chc) options=(q9.xyz --kpoints 2 2 2 --core-hole 0 --charge 1) ;;
q9_chn) options=(q9.xyz --kpoints 2 2 2 --core-hole 0 --smearing gauss:0.005Ry) ;;
si8_gs) options=(si8.xyz --kpoints 2 2 2) ;;
esac
options[0]=$here/qe/${options[0]}
[[ ${options[*]} != *core-hole* ]] || options+=(--core-hole-pseudo "$upf/Sih_PBE_TM_2pj.UPF")
for precision in double mixed; do
    "$KEDGE" scf "${options[@]}" --pseudo "Si=$upf/Si_PBE_TM_2pj.UPF" --pseudo "O=$upf/O_PBE_TM_2pj.UPF" --device cpu --quiet --json \
        --precision $precision >"$work/$precision.json"
done
python=$(command -v /usr/bin/python3 || command -v python3)
"$python" "$here/scf_compare.py" "$here/qe/$1.json" "$work/double.json" "$work/mixed.json"
