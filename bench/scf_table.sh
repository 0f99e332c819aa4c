#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# scf_table.sh [-o DIR] [-k KEDGE] [-t THREADS] [-e "ppcg davidson"] [-p "SCF OPTIONS"] CASE... - the table of eigensolvers, DIR/eigensolvers.md:
# one ground state of every case with every solver, default settings. A case is FILE or FILE:REPEAT:MESH, for instance q9.xyz:1x1x1:2x2x2
# (a supercell, then k-points; default 1x1x1:1x1x1). Pseudopotentials are the built-in ones unless -p says otherwise. Seconds are those of
# the processor, all cores together, so that a busy machine does not change them much.
set -euo pipefail
out=. kedge=$(dirname "$0")/../build/release/bin/kedge threads=2 solvers="ppcg davidson" options=
while getopts "o:k:t:e:p:" key; do
    case $key in
        o) out=$OPTARG ;;
        k) kedge=$OPTARG ;;
        t) threads=$OPTARG ;;
        e) solvers=$OPTARG ;;
        p) options=$OPTARG ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
mkdir -p "$out"
export OMP_WAIT_POLICY=passive # threads that wait would count
runs=$out/eigensolvers.jsonl
: >"$runs"
for case in "$@"; do
    IFS=: read -r file repeat mesh <<<"$case:::"
    mesh=${mesh%%:*}
    cell=$(mktemp --suffix=.xyz)
    "$kedge" convert --quiet --frame -1 --repeat "$(tr x ' ' <<<"${repeat:-1x1x1}")" "$file" "$cell" >/dev/null
    for solver in $solvers; do
        status=0 TIMEFORMAT='%U %S'
        # shellcheck disable=SC2086
        { time "$kedge" scf "$cell" --quiet --json --no-forces --threads "$threads" --kpoints "$(tr x ' ' <<<"${mesh:-1x1x1}")" \
            --eigensolver "$solver" $options >"$cell.json" 2>&3; } 3>&2 2>"$cell.time" || status=$?
        python3 - "$cell" "$file" "${mesh:-1x1x1}" "$solver" "$status" >>"$runs" <<'PY'
import json, os, re, sys
cell, file, mesh, solver, status = sys.argv[1:]
lines = open(cell).read().split("\n")
count = {}
for line in lines[2:2 + int(lines[0])]:
    count[line.split()[0]] = count.get(line.split()[0], 0) + 1
r = json.load(open(cell + ".json")) if status == "0" else {}
print(json.dumps({"name": os.path.basename(file).rsplit(".", 1)[0], "cell": "".join(k + str(count[k]) for k in sorted(count, reverse=True)),
                  "atoms": int(lines[0]), "mesh": mesh, "solver": solver, "status": int(status), "points": len(r.get("kpoints", [])),
                  **{k: r.get(k) for k in ("converged", "iterations", "h_applications", "n_band", "energy_ha", "homo_ev", "lumo_ev")},
                  "seconds": sum(map(float, open(cell + ".time").read().split())),
                  "smeared": abs(r.get("energy_terms_ha", {}).get("smearing", 0)) > 0}))
PY
        tail -n 1 "$runs"
    done
    rm -f "$cell" "$cell.json" "$cell.time"
done
python3 - "$runs" "$out/eigensolvers.md" <<'PY'
import json, os, sys
runs = [json.loads(line) for line in open(sys.argv[1])]
solvers = list(dict.fromkeys(r["solver"] for r in runs))
cases = list(dict.fromkeys((r["name"], r["cell"], r["mesh"]) for r in runs))
head = "| case | cell | k-points | gap, eV | " + " | ".join("%s: iterations, H per band, processor s" % s for s in solvers) + " | energies differ, Ha per atom |"
lines = [head, "|" + "---|" * (5 + len(solvers))]
failed = 0
for case in cases:
    own = {r["solver"]: r for r in runs if (r["name"], r["cell"], r["mesh"]) == case}
    text, energy, gap = [], [], "-"
    for s in solvers:
        r = own[s]
        if r["status"] != 0:
            failed += 1
            text.append("**exit %d**" % r["status"])
            continue
        text.append("%d, %.1f, %.2f" % (r["iterations"], r["h_applications"] / r["n_band"] / r["points"], r["seconds"]))
        energy.append(r["energy_ha"] / r["atoms"])
        gap = "smeared" if r["smeared"] else "%.2f" % (r["lumo_ev"] - r["homo_ev"]) if r["lumo_ev"] is not None else "-"
    spread = "%.0e" % (max(energy) - min(energy)) if len(energy) > 1 else "-"
    lines.append("| %s | %s | %s | %s | %s | %s |" % (case[0], case[1], case[2], gap, " | ".join(text), spread))
lines += ["", "%d ground states, %d failed." % (len(runs), failed)]
with open(sys.argv[2] + ".tmp", "w") as f:
    f.write("\n".join(lines) + "\n")
os.replace(sys.argv[2] + ".tmp", sys.argv[2])
print("\n".join(lines))
PY
