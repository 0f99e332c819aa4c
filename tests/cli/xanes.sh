#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# xanes.sh - kedge xanes as a user meets it: files, restart with another width, calibration, wrong input.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export KEDGE_CACHE=$work/cache OMP_WAIT_POLICY=passive # a tiny cell: threads that spin take the machine from others
fail() {
    echo "xanes.sh: $*" >&2
    exit 1
}
# refuse WORDS COMMAND...: exit status 2 and these words in the message
refuse() {
    local words=$1 status=0
    shift
    "$@" >out.txt 2>err.txt || status=$?
    [ $status -eq 2 ] || fail "$*: exit status $status, expected 2"
    grep -q -- "$words" err.txt || fail "$*: no '$words' in: $(cat err.txt)"
}
cat >si2.xyz <<'XYZ'
2
Lattice="2.7155 2.7155 0 2.7155 0 -2.7155 0 2.7155 -2.7155" Properties=species:S:1:pos:R:3 pbc="T T T"
Si 0 0 0
Si 2.8 1.3 -1.4
XYZ
"$KEDGE" pseudo Si -o Si.upf --quiet >/dev/null
"$KEDGE" scf si2.xyz --pseudo Si=Si.upf --ecut-ry 12 --device cpu --no-forces --quiet -o gs.h5 >/dev/null

quick=(--device cpu --quiet --kpoints 1 1 1 --sites 0)
"$KEDGE" xanes gs.h5 "${quick[@]}" -o x.h5 --json --chains --format csv >x.json
[ -s x.h5 ] && [ -s x.h5.sites/site_00000.h5 ] && [ -s x_site00000.csv ] && [ -s x_mean.csv ] || fail "files are missing: $(ls -R)"
ls cache/pseudo/Si_1s1_*.upf >/dev/null || fail "the core-hole set was not kept"
"$KEDGE" xanes gs.h5 "${quick[@]}" -o again.h5 --json --chains >again.json
"$KEDGE" xanes gs.h5 "${quick[@]}" -o x.h5 --restart --gamma-ev 0.4 --json --chains >narrow.json
"$KEDGE" xanes gs.h5 "${quick[@]}" -o xdi.h5 --final-state fch --format xdi >/dev/null
grep -q '^# Element.symbol: Si' xdi_site00000.xdi || fail "no XDI"
python=$(command -v /usr/bin/python3 || command -v python3)
"$python" - <<'PY'
import json
x, again, narrow = (json.load(open(f + ".json")) for f in ("x", "again", "narrow"))
site = x["sites"][0]
assert site["converged"] and site["lanczos_steps"] >= 150 and site["scf_iterations"] > 1, site["lanczos_steps"]
assert 1700 < site["e_shift_ev"] < 2000, site["e_shift_ev"]
assert site["a_ha"] == again["sites"][0]["a_ha"] and x["mean_mb"] == again["mean_mb"]  # the same bits twice
assert site["a_ha"] == narrow["sites"][0]["a_ha"] and site["seconds"] == narrow["sites"][0]["seconds"]  # read, not done again
assert max(narrow["mean_mb"]) > 1.1 * max(x["mean_mb"])  # a narrower line is higher
area = lambda d: sum(m for e, m in zip(d["energy_ev"], d["mean_mb"]) if e > d["sites"][0]["edge_ev"])
assert abs(area(narrow) / area(x) - 1) < 0.1  # and has the same area
PY
"$KEDGE" xanes --calibrate gs.h5=1840 "${quick[@]}" -o si.json >/dev/null
"$KEDGE" xanes gs.h5 "${quick[@]}" -o cal.h5 --energy-axis calibrated --calibration si.json --json >cal.json
"$KEDGE" xanes gs.h5 "${quick[@]}" -o cal.h5 --energy-axis calibrated --calibration si.json --restart --emin-ev 1837 --emax-ev 1843 --points 601 --json >near.json
"$python" - <<'PY'
import json
c = json.load(open("cal.json"))
assert len(c["energy_ev"]) == 256 and c["energy_ev"][0] == 1830 and c["energy_ev"][-1] == 1880
peak = json.load(open("near.json"))["main_peak_ev"]
assert abs(peak - 1840) < 0.05, peak  # the reference itself lands where it was put
PY
refuse 'final_state' "$KEDGE" xanes gs.h5 "${quick[@]}" --final-state fch --energy-axis calibrated --calibration si.json -o no.h5
refuse 'atom 7' "$KEDGE" xanes gs.h5 --device cpu --sites 7 -o no.h5
refuse 'expected xch, fch or none' "$KEDGE" xanes gs.h5 --final-state hole -o no.h5
refuse 'expected all, or atoms' "$KEDGE" xanes gs.h5 --sites 0- -o no.h5
refuse 'kind "xanes", expected ground_state' "$KEDGE" xanes x.h5 --device cpu -o no.h5
refuse 'no ground state given' "$KEDGE" xanes -o no.h5
refuse 'half width' "$KEDGE" xanes gs.h5 --gamma-ev 0 -o no.h5
[ ! -e no.h5 ] || fail "something was written after an error"
status=0
"$KEDGE" xanes gs.h5 "${quick[@]}" --max-steps 20 -o failed.h5 --json >failed.json 2>/dev/null || status=$?
[ $status -eq 3 ] || fail "a site that does not converge: exit status $status, expected 3"
grep -q '"converged": *false' failed.json || fail "the failed site is not recorded"

# Reference sites: the same bits whatever else is asked for, in whichever order, with files or without; near the result without them.
both=(--device cpu --quiet --kpoints 1 1 1 --json --chains)
"$KEDGE" xanes gs.h5 "${both[@]}" --reference-sites 1 --sites 0,1 -o r01.h5 >r01.json
"$KEDGE" xanes gs.h5 "${both[@]}" --reference-sites 1 --sites 1 -o r1.h5 >r1.json
"$KEDGE" xanes gs.h5 "${both[@]}" --reference-sites 1 --sites 1,0 >r10.json
"$KEDGE" xanes gs.h5 "${both[@]}" --sites 0,1 -o plain.h5 --plot >plain.json 2>plot.txt

# Killed between two sites: the restart gives the bits of an undisturbed run.
"$KEDGE" xanes gs.h5 "${both[@]}" --sites 0,1 -o killed.h5 >/dev/null 2>&1 &
victim=$!
for ((i = 0; i < 600; i++)); do
    [ -s killed.h5.sites/site_00000.h5 ] && break
    sleep 0.05
done
kill -9 $victim 2>/dev/null || true
wait $victim 2>/dev/null || true
[ -s killed.h5.sites/site_00000.h5 ] || fail "no file of the first site"
"$KEDGE" xanes gs.h5 "${both[@]}" --sites 0,1 -o killed.h5 --restart >killed.json
# Asked to stop: 75, and the rest follows.
status=0
"$KEDGE" xanes gs.h5 "${both[@]}" --sites 0,1 -o stopped.h5 --max-seconds 0.01 >/dev/null 2>&1 || status=$?
[ $status -eq 75 ] || fail "--max-seconds: exit status $status, expected 75"
"$KEDGE" xanes gs.h5 "${both[@]}" --sites 0,1 -o stopped.h5 --restart >stopped.json
"$python" - <<'PY'
import json
r01, r1, r10, plain, killed, stopped = (json.load(open(f + ".json")) for f in ("r01", "r1", "r10", "plain", "killed", "stopped"))
def site(run, number):
    return next(s for s in run["sites"] if s["site"] == number)
for run in (r1, r10):
    assert site(run, 1)["a_ha"] == site(r01, 1)["a_ha"]
assert site(r10, 0)["a_ha"] == site(r01, 0)["a_ha"] == site(plain, 0)["a_ha"]  # the reference itself starts without a reference
assert site(r01, 1)["a_ha"] != site(plain, 1)["a_ha"]  # it was used
assert max(abs(a - b) for a, b in zip(r01["mean_mb"], plain["mean_mb"])) < 2e-3 * max(plain["mean_mb"])  # and changes the way, not the end
for run in (killed, stopped):
    assert run["mean_mb"] == plain["mean_mb"]
    assert all(site(run, i)["a_ha"] == site(plain, i)["a_ha"] and site(run, i)["b_ha"] == site(plain, i)["b_ha"] for i in (0, 1))
PY
[ -s plain.dat ] && grep -q plain_sites.svg plain.gp || fail "--plot: no data or no script"
# the last block: mean of two sites and their deviation, which is that of the two blocks before
awk 'NF == 0 { next } /^#/ { block++; row = 0; next }
     { row++; if (block <= 2) own[block, row] = $2
       else { d = own[1, row] - own[2, row]; d = (d < 0 ? -d : d) / sqrt(2); n++
              if (NF != 3 || ($3 - d) ^ 2 > 1e-12) bad++ } }
     END { exit !(n > 100 && bad == 0) }' plain.dat || fail "--plot: standard deviation of two sites: $(tail -2 plain.dat)"
if command -v gnuplot >/dev/null; then
    grep -q '<svg' plain_mean.svg && grep -q 'site 1' plain_sites.svg || fail "--plot: no pictures: $(cat plot.txt)"
else
    grep -q 'is gnuplot installed' plot.txt || fail "--plot without gnuplot says nothing"
fi
