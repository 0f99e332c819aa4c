#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# manual.sh - every command has a man page without faults, and bash completes commands, options and values.
set -uo pipefail
failures=0
fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}
commands=$("$KEDGE" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')

export PATH="${KEDGE%/*}:$PATH"
# shellcheck disable=SC1091
. "$SOURCE/apps/kedge.bash"
# complete_line WORDS...: what bash would offer for the last word
complete_line() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    _kedge
    echo "${COMPREPLY[*]}"
}
[ "$(complete_line kedge inf)" = info ] || fail "kedge inf<TAB>: $(complete_line kedge inf)"
[ "$(complete_line kedge '' | wc -w)" = "$(echo "$commands" | wc -w)" ] || fail "kedge <TAB>: $(complete_line kedge '')"
[ "$(complete_line kedge help inf)" = info ] || fail "kedge help inf<TAB>"
[ "$(complete_line kedge info --dev)" = --device ] || fail "kedge info --dev<TAB>: $(complete_line kedge info --dev)"
[ "$(complete_line kedge info --device c)" = "cpu cuda" ] || fail "kedge info --device c<TAB>"
[ "$(complete_line kedge info --device = c)" = "cpu cuda" ] || fail "kedge info --device=c<TAB>"
[ "$(complete_line kedge info --precision '')" = "mixed double" ] || fail "kedge info --precision <TAB>"
for option in --seed --quiet --help --max-seconds; do
    complete_line kedge info --- >/dev/null
    complete_line kedge info -- | grep -q -- "$option" || fail "kedge info --<TAB> lacks $option"
done
[[ $(complete_line kedge energy "$SOURCE/READM") = *README.md ]] || fail "files are not completed"

if [ ! -f "$BUILD/man/kedge.1" ]; then
    echo "no help2man: no man pages"
    [ "$failures" = 0 ] && exit 77
    exit 1
fi
for c in $commands; do
    [ "$c" = help ] && continue
    page=$BUILD/man/kedge-$c.1
    [ -s "$page" ] || { fail "$page is missing"; continue; }
    grep -q '^.SH EXAMPLES' "$page" || fail "$page has no examples"
done
if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning "$BUILD"/man/*.1 || fail "mandoc finds fault with a page"
fi
[ "$failures" = 0 ]
