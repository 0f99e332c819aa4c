#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# faults.sh - whatever device call fails, for every one that `kedge energy` makes: no crash, no leak, one line and exit 4
# or 5, or the same answer where the call was not needed. Without a driver: exit 4 and the reason.
set -u
structure=$SOURCE/data/structures/quartz-alpha-9.xyz
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export ASAN_OPTIONS=detect_leaks=0 # the emulator's own report speaks of device memory; host memory has other tests
run() { env "$@" "$KEDGE" energy "$structure" --device emu --quiet >"$scratch/out" 2>"$scratch/err"; }

run EMU_COUNT=1 || { echo "the undisturbed run fails:"; cat "$scratch/err"; exit 1; }
cp "$scratch/out" "$scratch/undisturbed"
n=$(grep -o 'any:[0-9]*' "$scratch/err" | tail -1 | cut -d: -f2)
[ "${n:-0}" -gt 20 ] || { echo "only ${n:-0} device calls counted"; exit 1; }

failed=0
for i in $(seq 1 "$n"); do
    run "EMU_FAIL=any:$i"
    status=$?
    case $status in
    0) cmp -s "$scratch/out" "$scratch/undisturbed" || { echo "call $i fails: exit 0 with another answer"; failed=1; } ;;
    4 | 5) grep -q '^kedge: ' "$scratch/err" || { echo "call $i fails: exit $status without a reason"; failed=1; } ;;
    *)
        echo "call $i fails: exit $status"
        cat "$scratch/err"
        failed=1
        ;;
    esac
done
for code in 35 100 46 999; do
    run EMU_NO_DEVICE=$code
    status=$?
    if [ $status -ne 4 ] || ! grep -q "^kedge: .*error $code" "$scratch/err"; then
        echo "driver answers $code: exit $status, expected 4 and the number"
        cat "$scratch/err"
        failed=1
    fi
done
echo "$n calls failed one by one"
exit $failed
