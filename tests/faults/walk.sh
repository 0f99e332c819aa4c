#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# walk.sh - every failure path: the n-th allocation, device allocation, write and HDF5 call fails, for every n, on a two-atom
# pipeline. No crash, no leak (sanitized builds), one clear line, the right exit status, the older file intact, no litter.
set -uo pipefail
grep -q 'KEDGE_FAULTS:.*=ON' "$BUILD/CMakeCache.txt" || { echo "built without KEDGE_FAULTS"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export OMP_NUM_THREADS=1 KEDGE_DATA="$SOURCE/data" KEDGE_FAIL_MARK=$work/mark
failures=0
fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}
cat >two.xyz <<'END'
2
Lattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3 pbc="T T T"
Si 0 0 0
O 1.6 0.1 0.2
END

# walk KIND MAXIMUM STATUSES RESULT COMMAND...: RESULT is the file that the command writes (- for none). The undisturbed result is
# whole.RESULT. A disturbed run either fails with one of STATUSES and leaves the older RESULT, or (when the call did not
# matter) ends with 0 and the same RESULT.
walk() {
    local kind=$1 maximum=$2 statuses=$3 result=$4 n status reached=0
    shift 4
    [ "$result" = - ] || rm -f "$result"
    "$@" >out 2>err || { fail "$* fails undisturbed: $(cat err)"; return; }
    [ "$result" = - ] || mv "$result" whole
    for ((n = 1; n <= maximum; n++)); do
        rm -f mark
        [ "$result" = - ] || echo older >"$result"
        KEDGE_FAIL=$kind:$n timeout 60 "$@" >out 2>err
        status=$?
        [ -e mark ] || break
        reached=$n
        if [ "$status" != 0 ] && [[ " $statuses " != *" $status "* ]]; then
            fail "$kind:$n $*: exit status $status: $(head -c 600 err)"
        fi
        grep -qE 'Sanitizer|runtime error|Assertion' err && fail "$kind:$n $*: $(head -c 1500 err)"
        if [ "$status" = 0 ]; then
            [ "$result" = - ] || cmp -s whole "$result" || fail "$kind:$n $*: ends well with another result"
        else
            [ "$(grep -c . err)" = 1 ] || fail "$kind:$n $*: $(grep -c . err) lines, expected one: $(head -c 600 err)"
            if [ "$result" != - ] && [ "$(cat "$result" 2>/dev/null)" != older ] && ! cmp -s whole "$result"; then
                fail "$kind:$n $*: $result is neither the older nor the whole one"
            fi
        fi
        if compgen -G '*.tmp-*' >/dev/null; then
            fail "$kind:$n $*: a staged file is left"
            rm -f ./*.tmp-*
        fi
    done
    [ "$n" -le "$maximum" ] || fail "$kind $*: more than $maximum calls, the walk did not reach the end"
    [ "$reached" -gt 0 ] || fail "$kind $*: no call was reached"
    echo "  $kind: $reached calls failed in turn: ${*##*/}"
}

for device in cpu $("$KEDGE" info --device emu -q >/dev/null 2>&1 && echo emu); do
    walk dev_alloc 200 "5" out.xyz "$KEDGE" energy two.xyz -o out.xyz --device "$device" --quiet
done
walk alloc 3000 "5" - "$KEDGE" info --device cpu --quiet
walk alloc 3000 "5" out.xyz "$KEDGE" energy two.xyz -o out.xyz --device cpu --quiet --json
walk write 200 "5" out.xyz "$KEDGE" energy two.xyz -o out.xyz --device cpu --quiet --json --log-json events
walk alloc 3000 "5" out.vasp "$KEDGE" convert two.xyz out.vasp --quiet
walk write 200 "5" out.data "$KEDGE" convert two.xyz out.data --quiet
walk alloc 500 "5" sample.h5 "$BUILD/tests/h5_sample" write sample.h5
walk write 100 "5" sample.h5 "$BUILD/tests/h5_sample" write sample.h5
walk h5 500 "5 2" sample.h5 "$BUILD/tests/h5_sample" write sample.h5
"$BUILD/tests/h5_sample" write sample.h5
walk alloc 500 "5" - "$BUILD/tests/h5_sample" reread sample.h5
walk h5 500 "5 2" - "$BUILD/tests/h5_sample" reread sample.h5
[ "$failures" = 0 ]
