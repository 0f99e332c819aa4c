#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh - the emulator agrees with plain loops in every order of threads, eagerly and lazily, on one device and on
# three, and a machine without a driver or a call that fails is told to the caller.
#   run.sh fast|asan|check PROGRAM
set -u
flavour=$1
program=$2
[ -x "$program" ] || { echo "no $flavour flavour in this build"; exit 77; }
export ASAN_OPTIONS=detect_leaks=0 # the emulator's own report speaks of leaks
failed=0

# expect STATUS TEXT VARIABLE=VALUE... [-- ARGUMENT]: run under these variables, compare status, look for the text
expect() {
    local want=$1 text=$2
    shift 2
    local variables=()
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        variables+=("$1")
        shift
    done
    [ $# -gt 0 ] && shift
    local said status
    said=$(env "${variables[@]}" "$program" "$@" 2>&1)
    status=$?
    if [ $status -ne "$want" ] || ! grep -q -- "$text" <<<"$said"; then
        echo "FAILED ${variables[*]} $*: status $status, expected $want and \"$text\": $said"
        failed=1
    else
        echo "ok ${variables[*]} $*"
    fi
}

expect 0 'ok: ranks sum and gather' EMU_ORDER=forward
expect 0 'ok: ranks sum and gather' EMU_ORDER=reverse
expect 0 'ok: ranks sum and gather' EMU_ORDER=random:7
expect 0 'ok: ranks sum and gather' EMU_EAGER=1
expect 0 'ok: ranks sum and gather' EMU_DEVICES=3
[ "$flavour" = check ] || expect 0 'ok: fresh memory is NaN' EMU_DEVICES=1 -- poison
expect 1 'error 35' EMU_NO_DEVICE=35
expect 1 'cudaMalloc fails, call 3' EMU_FAIL=cudaMalloc:3
expect 1 'launch fails, call 2' EMU_FAIL=launch:2
expect 1 'cublasCreate(&h) gives error' EMU_FAIL=cublasCreate:1
if [ "$flavour" = check ]; then
    expect 0 '"at": "warp.cu:.*"space": "shared"' EMU_PROFILE=-
fi
exit $failed
