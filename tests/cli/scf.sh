#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# scf.sh - kedge scf as a user meets it: smearing, kill -9 and restart with the same bits, cube and orbitals, one line for what is wrong.
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
silicon=$SOURCE/data/structures/silicon-8.xyz
quartz=$SOURCE/data/structures/quartz-alpha-9.xyz
small="--device cpu --threads 2 --ecut-ry 12 --quiet"

# 0.1eV is a tenth of an electron volt and not a broken exponent; the same width in three units is one calculation
for width in 0.1eV 1e-1ev 0.00734986443513Ry 0.00367493221757Ha; do
    # shellcheck disable=SC2086
    expect 0 "" scf "$silicon" $small --json --no-forces --smearing "gauss:$width"
    python3 -c "import json; print('%.9f' % json.load(open('out'))['energy_terms_ha']['smearing'])" >>smearing
done
[ "$(sort -u smearing | wc -l)" = 1 ] || fail "one width in three units: $(cat smearing)"
[ "$(wc -l <smearing)" = 4 ] || fail "smearing terms: $(cat smearing)"
for wrong in gauss:eV gauss:0.1 gauss:0.1meV gauss:-0.1eV gauss:nan gauss 0.1eV wild:0.1eV; do
    # shellcheck disable=SC2086
    expect 2 "" scf "$silicon" $small --smearing "$wrong"
    [ "$(grep -c . err)" -le 2 ] || fail "--smearing $wrong: more than a line and a hint: $(cat err)"
done

# two eigensolvers, one energy
for solver in ppcg davidson; do
    # shellcheck disable=SC2086
    expect 0 "" scf "$quartz" $small --json --no-forces --precision double --conv-ry 1e-10 --eigensolver $solver
    python3 -c "import json; print(json.load(open('out'))['energy_ha'])" >>solvers
done
python3 -c "a, b = map(float, open('solvers')); assert abs(a - b) < 1e-9" || fail "energies of the eigensolvers: $(cat solvers)"
expect 2 "expected ppcg or davidson" scf "$quartz" --eigensolver lobpcg

# an unbroken run, with everything that can be written
run="scf $quartz $small --checkpoint-seconds 0"
# shellcheck disable=SC2086
expect 0 "" $run -o whole.h5 --cube whole.cube --orbitals
[ ! -e whole.h5.checkpoint ] || fail "a checkpoint is left of a run that is done"
/usr/bin/python3 - <<'EOF' || fail "cube and orbitals"
import sys
import numpy as np
try:
    import h5py
except ImportError:
    sys.exit(0)
f = h5py.File("whole.h5")
n = f["grid/density"].shape
line = open("whole.cube").read().split("\n")
n_atom = int(line[2].split()[0])
assert n_atom == 9 and tuple(int(line[3 + a].split()[0]) for a in range(3)) == n
step = np.array([[float(x) for x in line[3 + a].split()[1:]] for a in range(3)])
assert np.allclose(step * np.array(n)[:, None] * 0.529177210903, f["structure/cell_angstrom"][()], atol=1e-7)
rho = np.array(" ".join(line[6 + n_atom:]).split(), float).reshape(n)
assert np.allclose(rho, f["grid/density"][()], rtol=1e-5, atol=1e-9)
volume = abs(np.linalg.det(step))
assert abs(rho.sum() * volume - 48) < 2e-3, rho.sum() * volume
# the density again, from the orbitals
c = f["orbitals/000/coefficient"][()].astype(float)
m, half = f["orbitals/000/miller"][()], f["orbitals/000"].attrs["half"]
occupation = f["bands/occupation"][0]
again = np.zeros(n)
for band, filled in enumerate(occupation):
    grid = np.zeros(n, complex)
    grid[tuple(m.T)] = c[band, :, 0] + 1j * c[band, :, 1]
    if half:
        own = (m == 0).all(axis=1)
        grid[tuple(-m[~own].T)] = np.conj(grid[tuple(m[~own].T)])
    assert abs((abs(grid) ** 2).sum() - 1) < 1e-5
    again += filled * abs(np.fft.ifftn(grid) * grid.size) ** 2
again /= volume * grid.size
# gs.h5 has it inside the density's sphere, which holds all of it
assert abs(again - f["grid/density"][()]).max() < 1e-5 * again.max(), abs(again - f["grid/density"][()]).max()
EOF

# killed at random instants, and restarted: the same bytes
for _ in 1 2 3 4 5; do
    # shellcheck disable=SC2086
    "$KEDGE" $run -o parts.h5 --orbitals --restart >/dev/null 2>&1 &
    pid=$!
    sleep "0.$((RANDOM % 30 + 10))"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
done
# shellcheck disable=SC2086
expect 0 "" $run -o parts.h5 --orbitals --restart
cmp whole.h5 parts.h5 || fail "GS.h5 differs after kill -9 and restart"

# for certain in the middle: stopped after the first iteration, again and again
for _ in $(seq 40); do
    # shellcheck disable=SC2086
    "$KEDGE" $run -o steps.h5 --orbitals --restart --max-seconds 0.001 >/dev/null 2>err
    got=$?
    [ "$got" = 75 ] || break
    [ -s steps.h5.checkpoint ] || fail "exit status 75 without a checkpoint"
    stops=$((${stops:-0} + 1))
done
[ "$got" = 0 ] && [ "${stops:-0}" -ge 3 ] || fail "step by step: exit status $got after ${stops:-0} stops: $(cat err)"
cmp whole.h5 steps.h5 || fail "GS.h5 differs after a run in steps"

# a vacancy: its three-fold level is half filled. Nobody need know: smeared when fixed occupations do not do, also after a restart
{ printf '7\n' && sed -n '2p;4,10p' "$silicon"; } >vacancy.xyz
vacancy="scf vacancy.xyz $small --checkpoint-seconds 0 --no-forces"
# shellcheck disable=SC2086
expect 0 "begins again with --smearing gauss:0.1eV" ${vacancy/--quiet/} -o vacancy.h5
grep -q 'the Fermi energy is' out || fail "vacancy: $(cat out)"
[ ! -e vacancy.h5.checkpoint ] || fail "a checkpoint is left of the vacancy"
# shellcheck disable=SC2086
expect 0 "" $vacancy --smearing gauss:0.1eV --json
given=$(python3 -c "import json; print('%.7f' % json.load(open('out'))['energy_ha'])")
# shellcheck disable=SC2086
expect 0 "" $vacancy --json
found=$(python3 -c "import json; print('%.7f' % json.load(open('out'))['energy_ha'])")
[ "$given" = "$found" ] || fail "vacancy: $found Ha, $given with the smearing given"
for _ in $(seq 100); do
    # shellcheck disable=SC2086
    "$KEDGE" $vacancy -o again.h5 --restart --max-seconds 0.001 >/dev/null 2>err
    got=$?
    [ "$got" = 75 ] || break
done
[ "$got" = 0 ] && cmp vacancy.h5 again.h5 || fail "the vacancy in steps: exit status $got: $(cat err)"
# an odd number of electrons
# shellcheck disable=SC2086
expect 0 "" scf "$silicon" $small --charge 1 --no-forces
grep -q 'the Fermi energy is' out || fail "odd electrons: $(cat out)"

# other calculations' checkpoints, damaged ones, none
# shellcheck disable=SC2086
expect 75 "" $run -o other.h5 --max-seconds 0.001
# shellcheck disable=SC2086
expect 2 "a checkpoint of another calculation" scf "$quartz" ${small/12/13} -o other.h5 --restart
head -c 1000 other.h5.checkpoint >short && mv short other.h5.checkpoint
# shellcheck disable=SC2086
expect 2 "other.h5.checkpoint" $run -o other.h5 --restart
# shellcheck disable=SC2086
expect 2 "--restart: expected -o" $run --restart
# shellcheck disable=SC2086
expect 3 "not converged" $run -o none.h5 --cube none.cube --max-iterations 2
[ ! -e none.h5 ] && [ ! -e none.cube ] || fail "a ground state that has not converged was written"
[ "$failures" = 0 ] || exit 1
echo "kedge scf: restarts after ${stops:-0} stops give the same bytes"
