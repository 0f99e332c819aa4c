#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# frame.sh - what all subcommands share: help, hints, exit status, where output goes, the common JSON keys.
set -uo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}
# expect STATUS PATTERN ARGUMENTS...: exit status, and a line of stderr (- for none) that matches
expect() {
    local status=$1 pattern=$2 got
    shift 2
    "$KEDGE" "$@" >out 2>err
    got=$?
    [ "$got" = "$status" ] || fail "kedge $*: exit status $got, expected $status: $(cat err)"
    if [ "$pattern" = - ]; then
        [ ! -s err ] || fail "kedge $*: said \"$(cat err)\", expected silence"
    else
        grep -qE -- "$pattern" err || fail "kedge $*: said \"$(cat err)\", expected \"$pattern\""
    fi
}
json() { python3 -c "import json,sys; o=json.load(open('out')); assert $1, o" || fail "JSON: expected $1"; }

# help teaches, on standard output
expect 0 - --version
grep -qE '^kedge [0-9]+\.[0-9]+\.[0-9]+$' out || fail "--version: $(cat out)"
expect 0 - help
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' out)
[ "$(echo "$commands" | wc -w)" -ge 2 ] || fail "help lists no commands"
for c in $commands; do
    [ "$c" = help ] && continue
    expect 0 - "$c" --help
    grep -q '^Examples:' out || fail "$c --help has no examples"
    grep -q "^  kedge $c" out || fail "$c --help has no example of its own"
    grep -q 'Common options:' out || fail "$c --help lacks the common options"
    cp out long
    expect 0 - help "$c"
    cmp -s out long || fail "help $c differs from $c --help"
    expect 0 - "$c" -h
    expect 0 - "$c" --usage
    expect 0 - "$c" --version
    grep -q '^kedge [0-9]' out || fail "$c --version"
done

# wrong usage: status 2, a hint, nothing on standard output
expect 2 'Usage: kedge COMMAND'
for wrong in "enrgy|expected energy\?" "zzzzzz|unknown command" "help inof|expected info\?" "--json info|before the command" \
    "info --devise cpu|expected --device\?" "info --device gpu|expected auto, cpu, cuda or cuda:N" "info --device|requires an argument" \
    "info --device cuda:x|expected auto" "info --precision half|expected mixed or double" "info --threads 0|from 1 to 1024" \
    "info --threads two|from 1 to 1024" "info --seed -1|at least 0" "info --max-seconds never|expected a number" \
    "info --max-seconds 0|expected a number" "info extra|one argument too many" "energy|no input, expected" \
    "info --json=yes|doesn't allow an argument"; do
    # shellcheck disable=SC2086
    expect 2 "${wrong#*|}" ${wrong%%|*}
    [ ! -s out ] || fail "kedge ${wrong%%|*}: wrong usage, but something on standard output"
done
expect 2 "Try .kedge info --help" info --bogus
expect 2 'no such file|cannot open' energy -- --json

# results on stdout, notes on stderr; --quiet keeps to errors
expect 0 - info --device cpu --quiet
grep -q '^--device cpu takes cpu' out || fail "info: $(cat out)"
expect 2 '^kedge: none.xyz: ' energy --quiet none.xyz
[ "$(wc -l <err)" = 1 ] || fail "an error is more than one line: $(cat err)"

# one JSON object with the common keys, also when something fails
expect 0 - info --json --device cpu --threads 1 --precision double --seed 7 --quiet
json "o['device']=='cpu' and o['precision']=='double' and o['threads']==1 and o['seed']==7 and o['exit_status']==0"
json "o['seconds_total']>0 and o['peak_memory_mb']>1 and o['warnings']==[] and 'peak_device_memory_mb' in o and 'error' not in o"
expect 2 'none.xyz' energy --json none.xyz
json "o['exit_status']==2 and 'none.xyz' in o['error'] and o['command']=='energy'"
for c in $commands; do
    arguments="none.xyz -o none.out"
    case $c in
        help) continue ;;
        convert) arguments="none.xyz none.cif" ;;
        generate) arguments="--formula Qq2" ;;
        pseudo) arguments=Qq ;;
        evaluate | predict) arguments="none.h5 none.h5" ;;
    esac
    # shellcheck disable=SC2086
    [ "$c" = info ] || expect 2 '^kedge: ' "$c" --json --quiet --device cpu $arguments
    [ "$c" != info ] || expect 0 - info --json --quiet --device cpu
    json "o['command']=='$c' and o['peak_memory_mb']>1 and o['peak_device_memory_mb']>=0 and o['seconds_total']>0 and 'warnings' in o"
done
[ -z "$(compgen -G 'none*')" ] || fail "commands that failed left files: $(compgen -G 'none*')"
expect 0 - energy --json --quiet --device cpu --precision double "$SOURCE/data/structures/silicon-8.xyz"
json "o['peak_device_memory_mb']>0"

# a device that is not there: the reason, status 4; auto says once why it took the CPU
if ! "$KEDGE" info --device cuda >/dev/null 2>&1; then
    expect 4 '^kedge: device cuda|^kedge: .*(CUDA|cuda)' info --device cuda
    expect 0 'auto took the CPU' info
    [ "$(grep -c 'auto took the CPU' err)" = 1 ] || fail "auto explains itself more than once"
    expect 4 'cuda' info --device cuda:7 --json
    json "o['exit_status']==4 and o['device']=='none'"
    expect 4 '^kedge: .*(CUDA|cuda)' energy --device cuda --quiet -o none.xyz "$SOURCE/data/structures/silicon-8.xyz"
    [ "$(wc -l <err)" = 1 ] && [ ! -e none.xyz ] || fail "a device that is not there: more than one line, or a file: $(cat err)"
fi

# a full disk behind standard output is noticed
for how in info "info --json" help "info --help" "--version" "info --usage"; do
    # shellcheck disable=SC2086
    "$KEDGE" $how >/dev/full 2>err
    [ $? = 5 ] || fail "kedge $how >/dev/full: exit status is not 5"
done

# --log-json: one object a line; a place that cannot be written is an error
expect 0 - info --quiet --log-json events
if [ -s events ]; then
    python3 -c "import json; [json.loads(l)['event'] for l in open('events')]" || fail "--log-json: $(cat events)"
fi
expect 5 'no/dir/events: cannot write' info --log-json no/dir/events
[ ! -s out ] || fail "--log-json failed, but results were printed"

[ "$failures" = 0 ]
