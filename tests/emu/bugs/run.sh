#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh - every planted bug of list.txt is caught by its flavour, every correct twin passes.
#   run.sh fast|asan|check PROGRAM
set -u
flavour=$1
program=$2
here=$(dirname "$0")
[ -x "$program" ] || { echo "no $flavour flavour in this build"; exit 77; }
case $flavour in
fast) column=2 ;;
asan) column=3 ;;
check) column=4 ;;
*) echo "flavour $flavour, expected fast, asan or check"; exit 2 ;;
esac
export KEDGE_STRICT=1
export ASAN_OPTIONS=detect_leaks=0 # the emulator's own report speaks of leaks
failed=0 caught=0 unseen=0 n=0
while IFS= read -r line; do
    case $line in '#'* | '') continue ;; esac
    name=$(awk -F' [|] ' '{print $1}' <<<"$line")
    expected=$(awk -F' [|] ' -v c=$column '{print $c}' <<<"$line")
    n=$((n + 1))
    if ! said=$("$program" "$name" twin 2>&1) || [ -n "$said" ]; then
        echo "FAILED $name: the correct twin does not pass: $said"
        failed=$((failed + 1))
    fi
    said=$("$program" "$name" bug 2>&1)
    status=$?
    [ $status -ne 139 ] || said="$said Segmentation fault"
    if [ "$expected" = - ]; then
        unseen=$((unseen + 1))
        [ $status -eq 0 ] || echo "note $name: seen by $flavour after all: $said"
    elif [ $status -eq 0 ] || ! grep -q -- "$expected" <<<"$said"; then
        echo "FAILED $name: status $status, expected a complaint with \"$expected\": $said"
        failed=$((failed + 1))
    else
        caught=$((caught + 1))
    fi
done <"$here/list.txt"
echo "$flavour: $n bugs, $caught caught, $unseen not for this flavour, $failed failures"
[ $failed -eq 0 ]
