#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# make.sh - reference results of ld1.x (Quantum ESPRESSO 6.7, Debian): total energies of atoms (ld1_atoms.txt) and two UPF files in
# the dialect of ld1 (O_ld1.UPF: everything, on a coarse mesh; Si_ld1_1s.UPF, Si_hole_ld1.UPF: the start vector of XANES).
# Usage: make.sh DIR, where DIR holds Si_PBE_TM_2pj.UPF and Sih_PBE_TM_2pj.UPF made by ld1.x from the inputs in this folder.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

energy() { # Z CONFIGURATION FUNCTIONAL REL DX -> total energy, Ry
    printf " &input\n title='x', prefix='x', zed=%s.0, rel=%s, config='%s', iswitch=1, dft='%s', xmin=-9, dx=%s, rmax=30, tr2=1e-16\n/\n" \
        "$1" "$4" "$2" "$3" "$5" | ld1.x 2>/dev/null | sed -nE 's/^ *Etot = +([-0-9.]+) Ry.*/\1/p'
}

line() { # Z CONFIGURATION FUNCTIONAL REL
    local coarse fine
    coarse=$(energy "$1" "$2" "$3" "$4" 0.0125)
    fine=$(energy "$1" "$2" "$3" "$4" 0.00625)
    python3 -c "f, c, gga = $fine, $coarse, '$3' == 'PBE'
print('$1|$2|$3|$4|%.7f' % (0.5 * (f + (f - c) / 3 if gga else f)))"
}

{
    echo "# Z | configuration | functional | scalar-relativistic | total energy (Ha)"
    echo "# ld1.x 6.7. PBE is extrapolated to dx = 0 from dx = 0.0125 and 0.00625: ld1 takes second-order gradients."
    while IFS='|' read -r z configuration; do
        for functional in PZ PBE; do
            for relativistic in 0 1; do
                line "$z" "$configuration" $functional $relativistic
            done
        done
    done <<'ATOMS'
14|1s2 2s2 2p6 3s2 3p2
14|1s1 2s2 2p6 3s2 3p2
8|1s2 2s2 2p4
8|1s1 2s2 2p4
ATOMS
    while IFS='|' read -r z configuration; do
        line "$z" "$configuration" PBE 1
    done <<'ATOMS'
1|1s1
2|1s2
3|1s2 2s1
4|1s2 2s2
5|1s2 2s2 2p1
6|1s2 2s2 2p2
7|1s2 2s2 2p3
9|1s2 2s2 2p5
10|1s2 2s2 2p6
11|1s2 2s2 2p6 3s1
12|1s2 2s2 2p6 3s2
13|1s2 2s2 2p6 3s2 3p1
15|1s2 2s2 2p6 3s2 3p3
16|1s2 2s2 2p6 3s2 3p4
17|1s2 2s2 2p6 3s2 3p5
18|1s2 2s2 2p6 3s2 3p6
ATOMS
} >"$here/ld1_atoms.txt"

sed -e "s/iswitch=3/iswitch=3, dx=0.08, rmax=20/" "$here/O.ld1.in" >O.in
ld1.x <O.in >/dev/null
mv O_PBE_TM_2pj.UPF "$here/O_ld1.UPF"

# The mesh up to 11 bohr, seven digits, the 1s and the p partial waves alone: enough for the start vector.
python3 - "$1" "$here" <<'PY'
import re, sys
source, target = sys.argv[1:]
for name, out in (("Si_PBE_TM_2pj.UPF", "Si_ld1_1s.UPF"), ("Sih_PBE_TM_2pj.UPF", "Si_hole_ld1_1s.UPF")):
    t = open(source + "/" + name).read()
    head = dict(re.findall(r'(\w+)="([^"]*)"', re.search(r"<PP_HEADER([^>]*)/>", t).group(1)))
    head.update(number_of_proj="0", number_of_wfc="0", comment="start vector only")
    def array(tag, text):
        return [float(x) for x in re.search(r"<%s[^>]*>(.*?)</%s>" % (tag, tag), text, re.S).group(1).split()]
    n = sum(r < 11 for r in array("PP_R", t))
    head["mesh_size"] = str(n)
    def numbers(tag, text=t, factor=1):
        values = ["%.6E" % (factor * x) if abs(factor * x) > 1e-12 else "0" for x in array(tag, text)[:n]]
        return "<%s>\n%s\n</%s>\n" % (tag.split("[")[0], "\n".join(" ".join(values[i:i + 6]) for i in range(0, len(values), 6)), tag)
    body = "<PP_MESH>\n" + numbers("PP_R") + numbers("PP_RAB") + "</PP_MESH>\n" + numbers("PP_LOCAL", factor=0) + numbers("PP_RHOATOM", factor=0)
    body += '<PP_GIPAW>\n<PP_GIPAW_CORE_ORBITALS>\n' + numbers("PP_GIPAW_CORE_ORBITAL.1").replace(
        "<PP_GIPAW_CORE_ORBITAL.1>", '<PP_GIPAW_CORE_ORBITAL.1 label="1S" n="1.0" l="0.0">') + "</PP_GIPAW_CORE_ORBITALS>\n<PP_GIPAW_ORBITALS>\n"
    k = 0
    for m in re.finditer(r'<PP_GIPAW_ORBITAL\.(\d) index="\d" (label="\w+" l="1"[^>]*>)(.*?)</PP_GIPAW_ORBITAL', t, re.S):
        k += 1
        body += "<PP_GIPAW_ORBITAL.%d %s\n" % (k, m.group(2)) + numbers("PP_GIPAW_WFS_AE", m.group(3)) + numbers("PP_GIPAW_WFS_PS", m.group(3))
        body += "</PP_GIPAW_ORBITAL.%d>\n" % k
    header = " ".join('%s="%s"' % item for item in head.items())
    open(target + "/" + out, "w").write('<UPF version="2.0.1">\n<PP_HEADER %s/>\n%s</PP_GIPAW_ORBITALS>\n</PP_GIPAW>\n</UPF>\n' % (header, body))
PY
