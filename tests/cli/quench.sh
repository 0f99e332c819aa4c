#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# quench.sh - kedge md and kedge quench: what they write, kill -9 and restart with the same bits, SIGINT, one line for everything wrong.
set -uo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export KEDGE_DATA="$SOURCE/data"
failures=0
fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}
# expect STATUS TEXT ARGUMENTS...: exit status, and TEXT on stderr
expect() {
    local want=$1 text=$2 got
    shift 2
    "$KEDGE" "$@" >out 2>err
    got=$?
    [ "$got" = "$want" ] || fail "kedge $*: exit status $got, expected $want: $(cat err)"
    [ -z "$text" ] || grep -qF -- "$text" err || fail "kedge $*: \"$(cat err)\", expected \"$text\""
}
json() { python3 -c "import json,sys; o=json.load(open('out')); assert $1, o" || fail "JSON: expected $1"; }

"$KEDGE" generate --formula Si16O16 --replicas 2 --quiet -o a.xyz >/dev/null || fail "generate"
"$KEDGE" generate --formula Si24 --quiet -o b.xyz >/dev/null || fail "generate"
run="quench a.xyz b.xyz --device cpu --threads 2 --melt-k 3000 --melt-ps 0.5 --cool-ps 1.5 --relax-steps 100 --thermo-every 100
     --frames-every 500 --checkpoint-seconds 0.02 --seed 3 --quiet"

# an unbroken run
# shellcheck disable=SC2086
expect 0 "" $run -o whole --json
json "o['n_failed'] == 0 and len(o['replicas']) == 3 and o['atom_steps_per_second'] > 0"
for name in 000-O16Si16 001-O16Si16 002-Si24; do
    for file in final.xyz thermo.log thermo.csv trajectory.0000.h5; do
        [ -s "whole/$name/$file" ] || fail "no whole/$name/$file"
    done
    head -n 1 "whole/$name/thermo.csv" | grep -qx "step,time_fs,temp_k,pot_ev,kin_ev,tot_ev,press_bar,volume_a3,density_gcc,conserved_ev" ||
        fail "header of thermo.csv"
done
[ "$("$KEDGE" energy whole/final.xyz --device cpu --quiet | grep -c final.xyz)" = 3 ] || fail "final.xyz has not three frames"

# killed at random instants, and restarted: the same bits
for _ in 1 2 3 4 5 6; do
    # shellcheck disable=SC2086
    "$KEDGE" $run -o parts --restart >/dev/null 2>&1 &
    pid=$!
    sleep "0.$((RANDOM % 25 + 3))"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
done
# shellcheck disable=SC2086
expect 0 "" $run -o parts --restart
for name in 000-O16Si16 001-O16Si16 002-Si24; do
    cmp "whole/$name/final.xyz" "parts/$name/final.xyz" || fail "$name: final.xyz differs after kill -9 and restart"
    cmp "whole/$name/thermo.csv" "parts/$name/thermo.csv" || fail "$name: thermo.csv differs after kill -9 and restart"
done
# of a run that is done nothing is left to do
# shellcheck disable=SC2086
expect 0 "" $run -o parts --restart
cmp whole/final.xyz parts/final.xyz || fail "final.xyz differs after a restart of a finished run"
find parts -name '*.tmp-*' | grep -q trajectory && rm -f parts/*/*.tmp-* # of killed runs: never a finished name

# SIGINT leaves a checkpoint and 75; another run's checkpoint is refused
# shellcheck disable=SC2086
"$KEDGE" ${run/--cool-ps 1.5/--cool-ps 2000} -o long >/dev/null 2>err &
pid=$!
sleep 1
kill -INT "$pid"
wait "$pid"
got=$?
[ "$got" = 75 ] || fail "SIGINT: exit status $got, expected 75: $(cat err)"
[ -s long/checkpoint.h5 ] || fail "SIGINT: no checkpoint"
# shellcheck disable=SC2086
expect 2 "a checkpoint of another run" $run -o long --restart
# shellcheck disable=SC2086
expect 75 "" ${run/--cool-ps 1.5/--cool-ps 2000} -o long --restart --max-seconds 0.2
head -c 2000 long/checkpoint.h5 >short.h5 && mv short.h5 long/checkpoint.h5
# shellcheck disable=SC2086
expect 2 "checkpoint.h5" ${run/--cool-ps 1.5/--cool-ps 2000} -o long --restart --max-seconds 0.2

# kedge md: velocities go on from a file, a failing replica, ensembles
expect 0 "" md whole/002-Si24/final.xyz --device cpu --ensemble nvt --temperature-k 500 --steps 200 -o warm --json
json "abs(o['replicas'][0]['temperature_k'] - 500) < 400"
expect 0 "" md warm/final.xyz --device cpu --ensemble nve --steps 100 --thermo-every 10 --precision double -o on
python3 - <<'PY' || fail "kedge md: energy is not conserved, or velocities were not taken from the file"
rows = [line.split(",") for line in open("on/000-Si24/thermo.csv")][1:]
before = [line.split(",") for line in open("warm/000-Si24/thermo.csv")][-1]
assert abs(float(rows[0][4]) - float(before[4])) < 1e-6 * float(before[4])
total = [float(r[5]) for r in rows]
assert len(rows) == 11 and max(total) - min(total) < 0.02, total
PY
expect 3 "replicas failed" md a.xyz --device cpu --ensemble nve --temperature-k 300 --dt-fs 10 --steps 50 -o fails
grep -q "seed" err || fail "a failing replica without its seed: $(cat err)"

# --anisotropic: three edges of their own, where the isotropic barostat keeps a cube
edges() { python3 -c "import re; v=[float(x) for x in re.search('Lattice=\"([^\"]*)\"', open('$1/final.xyz').read())[1].split()]; e=v[::4]; exit(not ($2))"; }
brief="quench b.xyz --device cpu --melt-ps 0.2 --cool-ps 0.3 --relax-steps 20 --seed 3 --quiet"
# shellcheck disable=SC2086
expect 0 "" $brief -o cube
edges cube "max(e) - min(e) < 1e-9" || fail "isotropic: the cell is no cube"
# shellcheck disable=SC2086
expect 0 "" $brief -o box --anisotropic
edges box "min(abs(e[0] - e[1]), abs(e[1] - e[2]), abs(e[2] - e[0])) > 1e-6" ||
    fail "--anisotropic: edges are alike"

# a file that cannot grow (as on a full disk): one line, no finished name
(
    trap '' XFSZ
    ulimit -f 8
    # shellcheck disable=SC2086
    timeout 60 "$KEDGE" $brief -o full --frames-every 10 >/dev/null 2>full.err
    echo $? >full.rc
)
[ "$(cat full.rc) $(wc -l <full.err)" = "5 1" ] || fail "full disk: exit status $(cat full.rc), expected 5 and one line: $(cat full.err)"
[ ! -e full/final.xyz ] || fail "full disk: final.xyz stands there"

# what is wrong gets one line
expect 2 "-o: not given" quench a.xyz
expect 2 "--steps: not given" md a.xyz -o x
expect 2 "--ensemble" md a.xyz -o x --ensemble nph --steps 3
expect 2 "--melt-k: \"3000eV\"" quench b.xyz -o x --melt-k 3000eV
expect 2 "--pressure-bar: \"1GPa\"" quench b.xyz -o x --pressure-bar 1GPa
expect 2 "--melt-ps: \"-1\"" quench b.xyz -o x --melt-ps -1
expect 2 "nowhere.xyz" quench nowhere.xyz -o x
printf '1\nproperties\nXx 0 0 0\n' >bad.xyz
expect 2 "bad.xyz" quench bad.xyz -o x
expect 5 "cannot" quench b.xyz -o /proc/nowhere --device cpu
[ "$failures" = 0 ] && echo "quench: kedge md and kedge quench do what they say"
exit $((failures > 0))
