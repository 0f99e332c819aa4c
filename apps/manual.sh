#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# manual.sh KEDGE DIRECTORY - man pages kedge.1 and kedge-COMMAND.1 out of --help, by help2man.
set -euo pipefail
kedge=$1 out=$2
mkdir -p "$out"
export LC_ALL=C
version=$("$kedge" --version | awk '{print $2; exit}')
commands=$("$kedge" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')

page() { # name summary extra-file words...
    local name=$1 summary=$2 extra=$3
    shift 3
    help2man --no-info --section 1 --manual "Kedge manual" --source "kedge $version" --version-string "$version" \
        --name "$summary" --include "$extra" --output "$out/$name.1" "$*"
    # one word for the name, and a date that mandoc knows
    sed -i -e "s/^\.TH [A-Z]* \"1\" \"[^\"]*\"/.TH ${name^^} \"1\" \"$(date -u +%Y-%m-%d)\"/" \
        -e "/^\.SH NAME/{n;s/.*/$name \\\\- $summary/}" "$out/$name.1"
}

extra=$(mktemp)
trap 'rm -f "$extra"' EXIT
{
    echo "[SEE ALSO]"
    for c in $commands; do [ "$c" = help ] || printf '.BR kedge-%s (1)\n' "$c"; done
} >"$extra"
page kedge "Si K-edge XANES of amorphous silicon suboxides" "$extra" "$kedge"
printf '[EXIT STATUS]\n0 done; 2 wrong input or usage; 3 not converged, the rest is kept; 4 device; 5 input/output or memory;\n75 stopped on request with a checkpoint.\n\n[SEE ALSO]\n.BR kedge (1)\n' >"$extra"
for c in $commands; do
    [ "$c" = help ] && continue
    summary=$("$kedge" help | sed -n "s/^  $c  *//p" | head -1)
    page "kedge-$c" "$summary" "$extra" "$kedge $c"
done
