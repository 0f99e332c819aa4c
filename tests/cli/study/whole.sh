#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# whole.sh [KILLS] - compositions to report in one command: all stages, two ranks, KILLS random kill -9 (default 6) give the same dataset;
# a damaged ground state and a missing pseudopotential are said and cost nothing else.
set -u
kills=${1:-6}
for stage in quench xanes bader; do
    "$KEDGE" help | grep -q "^  $stage " || { echo "this build has no kedge $stage"; exit 77; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export KEDGE_DATA="$SOURCE/data" OMP_NUM_THREADS=1
failures=0

fail()
{
    echo "FAIL: $*"
    failures=$((failures + 1))
}

cat >whole.ini <<'INI'
[study]
title = Two cells
formulas = Si2O4 Si4
replicas = 1
[quench]
melt_ps = 0.2
cool_ps = 0.4
[scf]
ecut_ry = 10
conv_ry = 1e-5
[xanes]
block = 1
[calibration]
silicon =
repeat = 1 1 1
kpoints = 1 1 1
[train]
epochs_charge = 5
epochs_rdf = 5
folds = 0
by_structure = no
windows = no
[farm]
checkpoint_s = 0.05
INI
study() { "$KEDGE" study "$@" --device cpu --quiet >out.txt 2>err.txt; }
hash_of() { sha256sum <"$1/dataset.h5"; }

study whole.ini || fail "undisturbed: $(cat err.txt)"
for product in structures/Si4-r0.xyz gs/Si4-r0.h5 charges/Si2O4-r0.h5 xanes/Si2O4-r0-s001.h5 calibration/quartz.json models/charge-site.h5 \
    models/rdf-site.h5 results.h5 report/index.html progress.html; do
    [ -s whole/$product ] || fail "$product is missing"
done
reference=$(hash_of whole)
"$KEDGE" dataset whole -o again.h5 --device cpu --quiet --json >again.json 2>err.txt || fail "kedge dataset of a study: $(cat err.txt)"
/usr/bin/python3 - <<'PY' || fail "kedge dataset of a study gives other rows"
try:
    import h5py
except ImportError:
    raise SystemExit(0)
a, b = h5py.File("whole/dataset.h5"), h5py.File("again.h5")
for name in "energy_ev", "spectra", "charge_e", "rdf", "structure_id", "site":
    assert a[name].shape[0] > 0 and (a[name][()] == b[name][()]).all(), name
PY
mkdir empty && cp whole/study.ini whole/study.json empty && ! "$KEDGE" dataset empty -o never.h5 --device cpu --quiet 2>err.txt && [ ! -e never.h5 ] ||
    fail "a study without calibration: $(cat err.txt)"
/usr/bin/python3 - <<'PY' || fail "dataset.h5"
try:
    import h5py, numpy
except ImportError:
    raise SystemExit(0)
f = h5py.File("whole/dataset.h5")
assert f["spectra"].shape == (6, 256)
assert list(f["x"][()]) == [2, 2, 0, 0, 0, 0]
assert list(f["structure_id"][()]) == [0, 0, 1, 1, 1, 1]
assert abs(f["energy_ev"][0] - 1830) < 1e-9 and abs(f["energy_ev"][255] - 1880) < 1e-9
tail = f["spectra"][()][:, -70:].mean()
assert 0.03 < tail < 0.5, f"the K edge of silicon is a step of 0.15 Mb (Henke 1993), mean {tail}"
assert (f["charge_e"][()][:2] > f["charge_e"][()][2:].max()).all(), "silicon next to oxygen is the more positive"
assert f.attrs["provenance.study.scf.ecut_ry"] == 10
PY

if command -v mpirun >/dev/null; then
    mpirun --allow-run-as-root --oversubscribe -n 2 "$KEDGE" study whole.ini -o ranks --device cpu --quiet >out.txt 2>err.txt || fail "two ranks: $(cat err.txt)"
    [ "$(hash_of ranks)" = "$reference" ] || fail "two ranks give another dataset"
fi

RANDOM=11
cp whole.ini killed.ini
for ((i = 0; i < kills; i++)); do
    "$KEDGE" study killed.ini --restart --device cpu --quiet >/dev/null 2>&1 &
    sleep "$((RANDOM % 2)).$((RANDOM % 90 + 10))"
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
done
study killed.ini --restart || fail "after $kills kills: $(cat err.txt)"
[ "$(hash_of killed)" = "$reference" ] || fail "killed $kills times: another dataset"
[ -z "$(find killed/claims killed/owners -type f)" ] || fail "claims of the dead are left"
[ -z "$(find killed/gs killed/xanes -name '*.checkpoint' -o -name '*.density' -o -name '*.chains')" ] || fail "checkpoints of finished items are left"

# a ground state that is cut short is found and made again, and the dataset is the same
truncate -s 2000 whole/gs/Si4-r0.h5
study whole.ini --restart || fail "after damage: $(cat err.txt)"
[ -s whole/gs/Si4-r0.h5.corrupt ] && [ "$(hash_of whole)" = "$reference" ] || fail "a damaged ground state"

# so far: a site gone (four rows are left to learn from, what the linear fit needs), the study itself untouched
rm whole/xanes/Si4-r0-s000.h5
"$KEDGE" study whole.ini --gather --device cpu --quiet >out.txt 2>err.txt || fail "--gather: $(cat err.txt)"
[ -s whole/so-far/report/index.html ] && [ "$(hash_of whole)" = "$reference" ] || fail "--gather: no report, or it changed the study"

# a pseudopotential that is not there: the items fail with its name, nothing hangs, exit status 3
study whole.ini -o nopseudo -s pseudo.si=nothing.upf
[ $? = 3 ] && grep -q 'nothing.upf' nopseudo/failed/scf-Si4-r0.json || fail "a missing pseudopotential: $(cat err.txt)"

[ "$failures" = 0 ]
