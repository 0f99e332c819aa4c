#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# kedge pseudo: files, JSON, report, and one line with exit status 2 for everything wrong.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

fail()
{
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# expect_error TEXT ARGUMENT...: exit status 2, one line that holds TEXT, no file
expect_error()
{
    local text=$1 status
    shift
    "$KEDGE" pseudo "$@" -o bad.upf >out.txt 2>err.txt
    status=$?
    [ "$status" = 2 ] || fail "kedge pseudo $*: exit status $status, expected 2"
    grep -qF -- "$text" err.txt || fail "kedge pseudo $*: \"$(cat err.txt)\", expected \"$text\""
    [ ! -e bad.upf ] || fail "kedge pseudo $*: a file was written"
}

"$KEDGE" pseudo Si --core-hole 1s=1.0 -o hole.upf --core-orbital 1s.dat --report report --json >hole.json 2>err.txt ||
    fail "Si with a core hole: exit status $?: $(cat err.txt)"
python3 - <<'PY' || fail "the JSON of Si with a core hole"
import json
j = json.load(open("hole.json"))
assert j["ok"] is True and j["element"] == "Si" and j["z_valence"] == 5, j
assert abs(j["energy_ae_ha"] + 221.4222580) < 6e-6, j["energy_ae_ha"]  # ld1.x, tests/oracle/atom
assert j["checks"]["levels_ae"] == j["checks"]["levels_ps"]
assert j["seconds_total"] > 0
PY
grep -q '<PP_HEADER' hole.upf || fail "no UPF was written"
[ "$(grep -c '^#' 1s.dat)" = 1 ] || fail "the core orbital file has no header"
for name in waves.dat potentials.dat phases.dat cutoff.dat report.gp; do
    [ -s "report/$name" ] || fail "the report lacks $name"
done
if command -v gnuplot >/dev/null; then
    for name in waves potentials phases cutoff; do
        grep -q '</svg>' "report/$name.svg" || fail "gnuplot drew no $name.svg"
    done
fi
"$KEDGE" pseudo Si --core-hole 1s=1.0 -o again.upf >text.txt 2>/dev/null
cmp -s hole.upf again.upf || fail "the same command twice gave two files"
grep -q 'levels of s below' text.txt || fail "no table of checks"

"$KEDGE" pseudo Si --set rc_s=1.4 --set rc_p=1.4 --set r_local=1.1 --set depth=8 -o ghost.upf >ghost.txt 2>err.txt
[ $? = 3 ] || fail "a set with a ghost: exit status not 3"
grep -q GHOST ghost.txt || fail "the ghost is not named"
[ -s ghost.upf ] || fail "the set with a ghost was not kept"

expect_error "chemical symbol" Xx
expect_error "H to Ar" Fe
expect_error "something like 1s=1.0" Si --core-hole 1s
expect_error "no core shell" Si --core-hole 3s=1
expect_error "--core-hole" Si --core-hole 1s=3
expect_error "expected a number" Si --set rc_s=much
expect_error "recipe: '" Si --set radius=1
expect_error "reaches beyond" Si --set r_local=2.5
expect_error "is no shell" Si --configuration "[Ne] 3x2"
"$KEDGE" pseudo Si -o /nonexistent/Si.upf >/dev/null 2>err.txt
[ $? = 5 ] || fail "a directory that is not there: exit status not 5"

[ "$failures" = 0 ] || exit 1
echo "kedge pseudo: files, checks and errors as promised"
