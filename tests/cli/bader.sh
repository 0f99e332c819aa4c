#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# bader.sh - kedge bader on cube files: charges, threads, what is refused and how. Needs KEDGE and BUILD.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
fail() { echo "FAILED: $*"; exit 1; }

"$BUILD/tests/test_physics_bader" --cube > model.cube || fail "no model"
for t in 1 3; do
    "$KEDGE" bader model.cube --device cpu --threads $t --json > $t.json 2> err || fail "threads $t: $(cat err)"
done
electrons() { grep -oE '"electrons": ?\[[^]]*\]' "$1"; }
[ -n "$(electrons 1.json)" ] || fail "no electrons in --json"
[ "$(electrons 1.json)" = "$(electrons 3.json)" ] || fail "electrons depend on threads"
grep -qE '"charges_e": ?\[null' 1.json || fail "charges without --valence, expected null"
grep -qE '"n_atoms_without_basin": ?0' 1.json || fail "atoms without basin"

# the model holds 10.4 and 8.7 electrons of what is given: charges are N - electrons, and files are written
"$KEDGE" bader model.cube --device cpu --reference model.cube --valence Si=10.4 --valence O=8 -o charges.h5 --quiet > out || fail "--valence"
grep -qE '^ +0 Si +\+0\.207' out || fail "charge of atom 0: $(sed -n 4p out)"
[ -s charges.h5 ] || fail "no charges.h5"

# STATUS WORDS COMMAND...: ends with the status, names what is wrong in one line
refused() {
    local status=$1 words=$2
    shift 2
    "$KEDGE" bader "$@" --device cpu > out 2> err
    local got=$?
    [ $got = "$status" ] || fail "$*: status $got, expected $status: $(cat err)"
    grep -q -- "$words" err || fail "$*: $(cat err), expected ... $words"
}
head -c 2000000 model.cube > cut.cube
refused 2 "the file ends" cut.cube
sed '20s/[0-9]E/xE/' model.cube > letter.cube
refused 2 "letter.cube:20: " letter.cube
sed '3s/8/-8/' model.cube > several.cube
refused 2 "several fields" several.cube
{ cat model.cube; echo 1.0; } > long.cube
refused 2 "more than the expected" long.cube
refused 2 "cannot be read" nothing.cube
refused 2 "goes with a ground state" model.cube --grid-factor 2
refused 2 "EL=N" model.cube --valence Si
refused 2 "charge of Si is not known" model.cube -o never.h5
[ ! -e never.h5 ] || fail "never.h5 was written"
refused 75 "nothing was written" model.cube --reference model.cube --valence Si=10.4 --valence O=8 -o never.h5 --max-seconds 0.001
[ ! -e never.h5 ] || fail "never.h5 was written after being stopped"
echo "bader: done"
