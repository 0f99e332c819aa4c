#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# md_table.sh [-o DIR] [-b BENCH_MD] [-t "1 2"] [BENCH_MD OPTIONS...] - the speed table of molecular dynamics: bench_md beside LAMMPS on the
# same cores, once for every number of threads, as DIR/md_speed.md; the JSON of each run is kept beside it. Further options, such as
# --filter 216 or --min-time 2, go to bench_md.
set -euo pipefail
out=. bench=$(dirname "$0")/../build/release/bench/bench_md threads="1 2"
while getopts "o:b:t:" key; do
    case $key in
        o) out=$OPTARG ;;
        b) bench=$OPTARG ;;
        t) threads=$OPTARG ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ "${1:-}" != -- ] || shift
mkdir -p "$out"
files=()
for n in $threads; do
    "$bench" --peer --threads "$n" --json "$out/md_speed_$n.json" "$@" | tee "$out/md_speed_$n.txt"
    files+=("$out/md_speed_$n.json")
done
python3 - "$out/md_speed.md" "${files[@]}" <<'PY'
import json, os, sys
runs = [json.load(open(f)) for f in sys.argv[2:]]
lines = ["# Molecular dynamics beside LAMMPS", "",
         "10^6 atom-steps/s of whole steps (`nve_step`) and of forces alone (`tersoff`); LAMMPS is in double precision.", "",
         "| cores | system | operation | precision | Kedge | LAMMPS | ratio | error | processor share |", "|---|---|---|---|---|---|---|---|---|"]
for run in runs:
    for r in run["rows"]:
        if r["operation"] in ("nve_step", "tersoff"):
            peer = ("%.2f | %.2f" % (r["peer_rate_million_per_s"], r["ratio"])) if "ratio" in r else "- | -"
            lines.append("| %d | %s | %s | %s | %.2f | %s | %.0e | %.2f |" % (run["threads"], r["name"], r["operation"], r["precision"],
                         r["rate_million_per_s"], peer, r["error"], r["cpu_share"]))
lines += ["", "| cores | material | precision | time of a step grows as atoms^ |", "|---|---|---|---|"]
for run in runs:
    for key in sorted(k for k in run if k.startswith("exponent_")):
        material, precision = key[len("exponent_"):].rsplit("_", 1)
        lines.append("| %d | %s | %s | %.3f |" % (run["threads"], material, precision, run[key]))
lines += [""] + ["Device: %s, %s." % (run["device"], run["device_description"]) for run in runs[:1]]
with open(sys.argv[1] + ".tmp", "w") as f:
    f.write("\n".join(lines) + "\n")
os.replace(sys.argv[1] + ".tmp", sys.argv[1])
print("\n".join(lines))
PY
