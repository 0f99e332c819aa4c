#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# kedge study: begins, refuses, goes on, grows; ranks, kill -9, a full disk and damage change nothing in the result.
set -u
work=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
export KEDGE_DATA="$SOURCE/data" OMP_NUM_THREADS=1
failures=0

fail()
{
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# expect_error STATUS TEXT ARGUMENT...
expect_error()
{
    local want=$1 text=$2 status
    shift 2
    "$KEDGE" study --device cpu "$@" >out.txt 2>err.txt
    status=$?
    [ "$status" = "$want" ] || fail "kedge study $*: exit status $status, expected $want: $(cat err.txt)"
    grep -qF -- "$text" err.txt || fail "kedge study $*: \"$(cat err.txt)\", expected \"$text\""
}

cat >tiny.ini <<'INI'
[study]
title = Tiny
formulas = Si2O4 Si4
replicas = 1
[quench]
melt_ps = 0.1
cool_ps = 0.2
[scf]
ecut_ry = 12
conv_ry = 1e-5
INI
stop_after=(-s farm.last_stage=scf) # the whole chain is whole.sh's

# what is wrong is said in one line, and nothing is begun
expect_error 2 "expected STUDY.ini"
expect_error 2 "nothing.ini: cannot open" nothing.ini
expect_error 2 'study.formulas: "SiN", expected silicon and oxygen only' tiny.ini -s "study.formulas=SiN"
expect_error 2 "Si4 given twice" tiny.ini -s "study.formulas=Si4 Si4"
expect_error 2 'unknown key "ecutt_ry" in [scf], expected ecut_ry?' tiny.ini -s scf.ecutt_ry=40
expect_error 2 "no study has begun there" tiny.ini --status
expect_error 5 "/proc/self/study: cannot make this directory" tiny.ini -o /proc/self/study
printf '[scf]\necut_ry = fifty\n' >bad.ini
expect_error 2 "bad.ini:2:" bad.ini
[ ! -e tiny ] || fail "something was begun"
"$KEDGE" study --explain | grep -q 'ecut_ry  *plane-wave cutoff' || fail "--explain"
"$KEDGE" study --example >example.ini && "$KEDGE" study example.ini --status 2>&1 | grep -q 'no study has begun' || fail "--example cannot be read back"

# once through; the products of two ranks are the same bytes
"$KEDGE" study tiny.ini "${stop_after[@]}" --device cpu --json >one.json 2>/dev/null || fail "a tiny study: $(tail -3 one.json)"
[ "$(python3 -c 'import json; a = json.load(open("one.json"))["all"]; print(a["total"], a["done"], a["failed"])' | cut -d' ' -f2-)" = "$(
    python3 -c 'import json; a = json.load(open("one.json"))["all"]; print(a["total"], 0)')" ] || fail "not all done: $(cat one.json)"
expect_error 2 "a study has begun there, expected --restart" tiny.ini
expect_error 2 "scf.ecut_ry: 30, but tiny was begun with 12" tiny.ini --restart -s scf.ecut_ry=30
sum_of() { (cd "$1" && find structures gs -type f ! -name '*.tmp-*' ! -name '*.corrupt' -print0 | sort -z | xargs -0 sha256sum | sha256sum); }
reference=$(sum_of tiny)
if command -v mpirun >/dev/null; then
    mpirun --allow-run-as-root --oversubscribe -n 2 "$KEDGE" study tiny.ini "${stop_after[@]}" -o ranks --device cpu --quiet >out.txt 2>err.txt ||
        fail "two ranks: $(cat err.txt)"
    [ "$(sum_of ranks)" = "$reference" ] || fail "two ranks give other files"
fi

# killed at random instants, gone on with, as the directory alone
RANDOM=7
"$KEDGE" study tiny.ini "${stop_after[@]}" -o killed --device cpu --max-seconds 0.001 >/dev/null 2>&1
[ $? = 75 ] || fail "--max-seconds: exit status not 75"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    "$KEDGE" study killed --restart --device cpu --quiet >/dev/null 2>&1 &
    sleep "0.$((RANDOM % 90 + 10))"
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
done
"$KEDGE" study killed --restart --device cpu --quiet >out.txt 2>err.txt || fail "after the kills: $(cat err.txt)"
[ "$(sum_of killed)" = "$reference" ] || fail "killed ten times: other files"
[ -z "$(find killed/claims killed/owners -type f)" ] || fail "claims of the dead are left: $(find killed/claims killed/owners -type f)"

# damage: one byte of a product, and a truncated one
product=$(find tiny/gs -name 'Si4-r0.h5')
printf 'x' | dd of="$product" bs=1 seek=3000 conv=notrunc 2>/dev/null
truncate -s 100 tiny/structures/Si2O4-r0-start.xyz
"$KEDGE" study tiny.ini "${stop_after[@]}" --restart --device cpu >out.txt 2>err.txt || fail "after damage: $(cat err.txt)"
[ "$(grep -c 'damaged (kept as .corrupt), will be made again' err.txt)" = 2 ] || fail "damage: $(cat err.txt)"
[ "$(sum_of tiny)" = "$reference" ] || fail "damaged files were not made again"

# a full disk: one line, exit status 5, no item counted as failed, and it goes on elsewhere
if unshare -rm true 2>/dev/null; then
    mkdir full
    unshare -rm bash -c 'mount -t tmpfs -o size=256k tmpfs full || exit 77
        "$KEDGE" study tiny.ini -s farm.last_stage=scf -o full/study --device cpu --quiet 2>err.txt
        status=$?; ls full/study/failed | wc -l >failed.txt; exit $status'
    status=$?
    if [ $status != 77 ]; then
        [ $status = 5 ] && grep -q 'No space left on device' err.txt || fail "full disk: exit status $status: $(cat err.txt)"
        [ "$(cat failed.txt)" = 0 ] || fail "full disk: items count as failed"
    fi
fi

# more replicas; a failure is recorded, the rest goes on, a second try comes with --restart
sed -i 's/"first_replica": 0, //; /^first_replica/d' tiny/study.json tiny/study.ini # begun before Kedge knew this key
"$KEDGE" study tiny --restart --device cpu --quiet -s study.replicas=2 >out.txt 2>err.txt || fail "a second replica: $(cat err.txt)"
[ -s tiny/gs/Si2O4-r1.h5 ] || fail "no second replica"
"$KEDGE" study tiny.ini "${stop_after[@]}" -o part --device cpu --quiet -s study.first_replica=1 >out.txt 2>err.txt || fail "a part: $(cat err.txt)"
cmp tiny/gs/Si2O4-r1.h5 part/gs/Si2O4-r1.h5 && [ ! -e part/gs/Si2O4-r0.h5 ] || fail "the second replica alone is another"
"$KEDGE" study tiny.ini "${stop_after[@]}" -o failing --device cpu --quiet -s scf.max_iterations=1 >out.txt 2>err.txt
[ $? = 3 ] || fail "an SCF of one iteration: exit status not 3"
"$KEDGE" study failing --status >out.txt && grep -q 'failed: scf-Si4-r0: ' out.txt || fail "--status: $(cat out.txt)"
"$KEDGE" study failing --restart --device cpu --quiet >out.txt 2>err.txt
python3 - <<'PY' || fail "attempts"
import json
assert json.load(open("failing/failed/scf-Si4-r0.json"))["attempts"] == 2
PY
[ -s failing/progress.html ] && grep -q 'scf-Si4-r0' failing/progress.html || fail "progress.html"

[ "$failures" = 0 ]
