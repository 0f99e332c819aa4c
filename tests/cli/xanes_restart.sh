#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# xanes_restart.sh - one site of kedge xanes killed at many instants, stopped after every iteration and every group of steps, and terminated:
# the bits of an undisturbed run, and no file left over.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export KEDGE_CACHE=$work/cache OMP_WAIT_POLICY=passive
fail() {
    echo "xanes_restart.sh: $*" >&2
    exit 1
}
cat >si2.xyz <<'XYZ'
2
Lattice="2.7155 2.7155 0 2.7155 0 -2.7155 0 2.7155 -2.7155" Properties=species:S:1:pos:R:3 pbc="T T T"
Si 0 0 0
Si 2.8 1.3 -1.4
XYZ
"$KEDGE" scf si2.xyz --ecut-ry 12 --device cpu --no-forces --quiet -o gs.h5 >/dev/null

# launch OUT OPTIONS...: 36 k-points and a threshold that takes many steps; every group of steps is kept. In place of the shell: with &, $! is kedge.
launch() {
    local out=$1
    shift
    exec "$KEDGE" xanes gs.h5 --device cpu --json --chains --kpoints 4 4 4 --sites 1 --convergence 1e-7 --checkpoint-seconds 0 -o "$out.h5" "$@" >"$out.json" 2>"$out.txt"
}
site() { (launch "$@"); }
site whole

kills=0
inside=0
for ((i = 0; i < 20; i++)); do # so many at most: a run that is killed before its first checkpoint has done nothing
    launch cut --restart &
    victim=$!
    sleep "0.$((15 + i * 37 % 70))"
    kill -9 $victim 2>/dev/null && kills=$((kills + 1))
    wait $victim 2>/dev/null && break
    [ -e cut.h5.sites/site_00001.h5.chains ] && inside=$((inside + 1))
done
[ $i -lt 20 ] || site cut --restart

# refuse OPTIONS...: the checkpoint is of another calculation
refuse() {
    local status=0
    site steps --restart "$@" || status=$?
    [ $status -eq 2 ] && grep -q 'another calculation' steps.txt || fail "$*: exit status $status: $(cat steps.txt)"
}
status=75
starts=0
density=0
chains=0
while [ $status -eq 75 ] && [ $starts -lt 100 ]; do
    starts=$((starts + 1))
    status=0
    site steps --restart --max-seconds 0.001 || status=$?
    [ -e steps.h5.sites/site_00001.h5.density ] && density=$((density + 1))
    [ -e steps.h5.sites/site_00001.h5.chains ] && chains=$((chains + 1))
    if [ $density -eq 2 ] && [ $chains -eq 0 ]; then refuse --scf-conv-ry 1e-6; fi
    if [ $chains -eq 3 ]; then refuse --grid-factor 1.5; fi
done
[ $status -eq 0 ] || fail "stopped again and again: exit status $status after $starts starts: $(cat steps.txt)"
[ $density -gt 2 ] && [ $chains -gt 3 ] || fail "$density stops with a checkpoint of the density, $chains with one of the chains"

launch term &
victim=$!
for ((i = 0; i < 1000; i++)); do
    [ -e term.h5.sites/site_00001.h5.chains ] && break
    sleep 0.01
done
kill -TERM $victim
status=0
wait $victim || status=$?
[ $status -eq 75 ] || fail "SIGTERM inside the chains: exit status $status, expected 75: $(cat term.txt)"
site term --restart
grep -q 'goes on after step' term.txt || fail "SIGTERM: not gone on from the checkpoint: $(cat term.txt)"

# A site taken up in its density, and in its chains, and another one after it: as if nothing had happened.
site two --sites 1,0
for seen in density chains; do
    for ((i = 0; i < 100; i++)); do
        status=0
        site "$seen" --restart --sites 1,0 --max-seconds 0.001 || status=$?
        [ $status -eq 75 ] && [ -e "$seen.h5.sites/site_00001.h5.$seen" ] && break
    done
    [ $i -lt 100 ] || fail "no checkpoint of the $seen"
    site "$seen" --restart --sites 1,0
done

leftover=$(find . -name '*.density' -o -name '*.chains')
[ -z "$leftover" ] || fail "checkpoints are left: $leftover"
"$(command -v /usr/bin/python3 || command -v python3)" - <<'PY'
import json
whole, *others = (json.load(open(f + ".json")) for f in ("whole", "cut", "steps", "term"))
want = whole["sites"][0]
assert want["converged"] and want["lanczos_steps"] >= 300, want["lanczos_steps"]
for run in others:
    own = run["sites"][0]
    assert own.keys() == want.keys() and all(own[key] == want[key] for key in own if key != "seconds"), [k for k in own if own[k] != want[k]]
    assert run["mean_mb"] == whole["mean_mb"]
two, density, chains = (json.load(open(f + ".json")) for f in ("two", "density", "chains"))
assert two["sites"][0]["a_ha"] == want["a_ha"] and two["sites"][1]["a_ha"] != want["a_ha"]
for run in (density, chains):
    for own, other in zip(run["sites"], two["sites"]):
        assert all(own[key] == other[key] for key in other if key != "seconds"), [k for k in own if own[k] != other[k]]
PY
echo "$kills kills, $inside of them with a checkpoint of the chains; $starts starts of a run that is stopped at once"
