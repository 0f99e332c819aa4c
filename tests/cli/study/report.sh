#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# kedge report: all figures of networks on analytic spectra, half a study, nothing at all; the page holds everything.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export KEDGE_DATA="$SOURCE/data" OMP_NUM_THREADS=2
failures=0

fail()
{
    echo "FAIL: $*"
    failures=$((failures + 1))
}

quietly() { "$@" --device cpu --quiet >/dev/null 2>err.txt || fail "$*: $(cat err.txt)"; }

"$BUILD/tests/make_synthetic" d.h5 18 10 3 || exit 1
quietly "$KEDGE" train d.h5 --target charge --windows --set epochs=5 -o c.h5
quietly "$KEDGE" train d.h5 --target rdf --windows --set epochs=5 -o r.h5
quietly "$KEDGE" train d.h5 --target charge --split structure --set epochs=5 -o s.h5
quietly "$KEDGE" evaluate c*.h5 r*.h5 s.h5 d.h5 -o results.h5
mkdir -p half/structures
echo '{"kedge": "x", "settings": {"study": {"title": "Half <a> study"}}}' >half/study.json
echo '{"stages": [{"stage": "scf", "total": 4, "done": 2, "failed": 1}], "all": {"total": 4, "done": 2, "failed": 1},
 "failures": [{"item": "scf-x", "attempts": 2, "reason": "did not <converge>"}]}' >half/progress.json
quietly "$KEDGE" generate --formula Si8O16 --rule random -o half/structures/a-r0.xyz
quietly "$KEDGE" generate --formula Si8 --rule random -o half/structures/b-r0.xyz

# everything that networks give
"$KEDGE" report results.h5 d.h5 -o all --json >all.json 2>err.txt || fail "report: $(cat err.txt)"
grep -q 'spectra of an analytic model' err.txt || fail "no warning of analytic spectra"
python3 - <<'PY' || fail "all.json"
import json, os
j = json.load(open("all.json"))
f = {x["id"]: x for x in j["figures"]}
assert len(f) == 14
assert "lacks" in f["fig1"] and "lacks" in f["figS1"], "no structures and no quartz were given"
for k, x in f.items():
    if k in ("fig1", "figS1"):
        continue
    assert x["data"] and os.path.getsize(f"all/{k}.dat") > 100 and os.path.getsize(f"all/{k}.gp") > 300, k
n = {x["name"]: x for x in j["numbers"]}
charge = n["Charge, unseen sites: RMSE"]
assert charge["paper"] == 0.110 and 0 < charge["site"] < 2 and 0 < charge["structure"] < 2
assert 0 < n["Charge, window b (1836.25-1842.50 eV): RMSE"]["site"] < 2
assert n["Si sites in the dataset"]["site"] == 180
assert "site" not in n["Density of a-Si (mean)"]
PY
# the numbers in the table are those of kedge evaluate
"$KEDGE" evaluate s.h5 d.h5 -o one.h5 --device cpu --json 2>/dev/null >one.json
python3 - <<'PY' || fail "another RMSE than kedge evaluate"
import json
want = json.load(open("one.json"))["models"][0]["rmse"]
got = {x["name"]: x for x in json.load(open("all.json"))["numbers"]}["Charge, unseen sites: RMSE"]["structure"]
assert abs(got - want) < 1e-9, (got, want)
PY
# data of a figure: every row of Fig. 2 is an energy and a number; as many curves as structures
[ "$(grep -c '^# structure' all/fig2.dat)" = 18 ] || fail "fig2.dat: $(grep -c '^# structure' all/fig2.dat) curves, expected 18"
if command -v gnuplot >/dev/null; then
    for id in fig2 fig3 fig4 fig5 fig6 fig7 fig8 figS2 figS3 figS4 figS5 figS6; do
        [ -s all/$id.svg ] && [ -s all/$id.png ] || fail "$id is not drawn"
        (cd all && gnuplot $id.gp 2>&1) | grep -i warning && fail "gnuplot warns about $id.gp"
    done
    [ "$(grep -c 'src="data:image' all/index.html)" = 12 ] || fail "pictures in the page: $(grep -c 'src="data:image' all/index.html)"
    grep -qE '(src|href)="[^d]' all/index.html && fail "the page refers to other files"
fi
grep -q 'no number below is a result' all/index.html || fail "the page does not say that its spectra are analytic"

# half a study: what is there, what is not, who failed
"$KEDGE" report half >out.txt 2>err.txt || fail "half a study: $(cat err.txt)"
grep -q '^fig3 .*no charge network' out.txt || fail "what fig3 lacks: $(cat out.txt)"
[ -s half/report/fig1.dat ] || fail "no structures drawn"
grep -q 'did not &#60;converge&#62;' half/report/index.html || fail "failures are not on the page"
grep -q 'Half &#60;a&#62; study' half/report/index.html || fail "the title is not on the page"

# nothing
mkdir empty
"$KEDGE" report empty >out.txt 2>err.txt
[ $? = 2 ] && grep -q 'empty: neither a study nor a dataset nor results' err.txt || fail "an empty directory: $(cat err.txt)"
"$KEDGE" report c.h5 >out.txt 2>err.txt
[ $? = 2 ] && grep -q 'c.h5: neither results' err.txt || fail "a model: $(cat err.txt)"
"$KEDGE" report d.h5 -o /proc/report >out.txt 2>err.txt
[ $? = 5 ] || fail "a place that cannot be written: $(cat err.txt)"
PATH=/nonexistent "$KEDGE" report d.h5 -o bare >out.txt 2>err.txt || fail "without gnuplot: $(cat err.txt)"
grep -q 'no gnuplot: data and scripts are written' err.txt || fail "without gnuplot: no word"

[ "$failures" = 0 ]
