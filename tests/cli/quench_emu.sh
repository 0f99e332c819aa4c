#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A short quench of twelve SiO2 melts on the emulated GPU: in double it keeps in step with the CPU, row by row; in mixed its statistics are
# those that the CPU finds from other seeds.
set -uo pipefail
[ -e "$BUILD/lib/kedge/libkedge_cuda_emu.so" ] || { echo "skipped: no emulated plug-in in this build"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export KEDGE_DATA="$SOURCE/data"

# run NAME DEVICE PRECISION SEED REPLICAS MELT_PS
run() {
    "$KEDGE" generate --formula Si8O16 --replicas "$5" --seed "$4" --quiet -o "$1.xyz" >/dev/null || exit 1
    "$KEDGE" quench "$1.xyz" --device "$2" --precision "$3" --seed "$4" --melt-k 3000 --tau-t-fs 10 --melt-ps "$6" --cool-ps 0.1 --relax-steps 20 \
        --thermo-every 10 --quiet -o "$1" >/dev/null || { echo "FAILED: kedge quench --device $2 --precision $3 ends with $?"; exit 1; }
}
run cpu_double cpu double 7 2 0.04
run emu_double emu double 7 2 0.04
run emu emu mixed 11 12 0.12
run cpu cpu mixed 1000 64 0.12

# Double: rounding of 1e-14 grows by e every 25 fs or so in this melt. Mixed: means over replicas, each replica one sample; the difference of
# two means within 4 of its standard errors, and no error so large that this would say nothing.
python3 - <<'PY' || exit 1
import csv, glob, math, statistics, sys
def rows(name):
    return [[{k: float(v) for k, v in r.items()} for r in csv.DictReader(open(f))] for f in sorted(glob.glob(name + "/*/thermo.csv"))]
bad, worst = 0, 0.0
for want, got in zip(rows("cpu_double"), rows("emu_double")):
    if len(want) < 30 or [r["step"] for r in want] != [r["step"] for r in got]:
        print("FAILED: rows of other steps"); bad = 1
    for a, b in zip(want, got):
        for key, scale in (("pot_ev", 1), ("kin_ev", 1), ("conserved_ev", 1), ("volume_a3", 1), ("press_bar", 1e4)):
            worst = max(worst, abs(a[key] - b[key]) / scale)
print("double: largest difference between emulated GPU and CPU, row by row, %.1e eV, A^3 or 10 kbar" % worst)
if not worst <= 1e-8:
    print("FAILED: expected at most 1e-8"); bad = 1

N, MELT, END = 24, 120, 220
quantities = {  # name: (one number of a replica, largest standard error that is any use)
    "potential energy in the melt (eV/atom)": (lambda r: statistics.mean(x["pot_ev"] for x in r if 60 < x["time_fs"] <= MELT and x["temp_k"] > 0) / N, 0.15),
    "temperature in the melt (K)": (lambda r: statistics.mean(x["temp_k"] for x in r if 60 < x["time_fs"] <= MELT and x["temp_k"] > 0), 200),
    "density in the melt (g/cc)": (lambda r: statistics.mean(x["density_gcc"] for x in r if 60 < x["time_fs"] <= MELT and x["temp_k"] > 0), 0.1),
    "potential energy in the second half of the quench (eV/atom)": (lambda r: statistics.mean(x["pot_ev"] for x in r if x["time_fs"] > (MELT + END) / 2 and x["temp_k"] > 0) / N, 0.15),
    "temperature in the second half of the quench (K)": (lambda r: statistics.mean(x["temp_k"] for x in r if x["time_fs"] > (MELT + END) / 2 and x["temp_k"] > 0), 200),
    "potential energy of the glass (eV/atom)": (lambda r: r[-1]["pot_ev"] / N, 0.15),
    "density of the glass (g/cc)": (lambda r: r[-1]["density_gcc"], 0.1),
}
emu, cpu = rows("emu"), rows("cpu")
if (len(emu), len(cpu)) != (12, 64):
    print("FAILED: %d and %d replicas" % (len(emu), len(cpu))); bad = 1
for name, (of, useful) in quantities.items():
    a, b = [of(r) for r in emu], [of(r) for r in cpu]
    error_a, error_b = (statistics.stdev(x) / math.sqrt(len(x)) for x in (a, b))
    error = math.hypot(error_a, error_b)
    apart = abs(statistics.mean(a) - statistics.mean(b)) / error
    print("%s: %.4g +- %.2g emulated GPU, %.4g +- %.2g CPU: %.1f standard errors" % (name, statistics.mean(a), error_a, statistics.mean(b), error_b, apart))
    if not apart <= 4 or not 0 < error <= useful:
        print("FAILED: expected at most 4, of at most %g" % useful); bad = 1
sys.exit(bad)
PY
