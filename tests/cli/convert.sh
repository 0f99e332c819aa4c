#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# kedge convert: every pair of formats, selections, and one line and exit status 2 for everything wrong, with nothing written.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export KEDGE_DATA="$SOURCE/data"
quartz=$SOURCE/data/structures/quartz-alpha-9.xyz
failures=0

fail()
{
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# expect_error STATUS TEXT OUTPUT ARGUMENT...: exit status, one line on stderr that holds TEXT, no OUTPUT, no litter
expect_error()
{
    local want=$1 text=$2 output=$3 status
    shift 3
    rm -f "$output"
    "$KEDGE" convert "$@" >out.txt 2>err.txt
    status=$?
    [ "$status" = "$want" ] || fail "kedge convert $*: exit status $status, expected $want"
    grep -qF -- "$text" err.txt || fail "kedge convert $*: \"$(cat err.txt)\", expected \"$text\""
    [ "$(wc -l <err.txt)" = 1 ] || fail "kedge convert $*: $(wc -l <err.txt) lines on stderr, expected one"
    [ ! -s out.txt ] || fail "kedge convert $*: something on stdout"
    [ ! -e "$output" ] || fail "kedge convert $*: $output was written"
    [ -z "$(find . -name '*.tmp-*')" ] || fail "kedge convert $*: a staged file was left"
}

# every format to every format, and back to the extxyz it came from
for from in a.xyz POSCAR a.cif a.data; do
    "$KEDGE" convert -q "$quartz" $from >/dev/null || fail "quartz to $from"
    for to in b.extxyz b.vasp b.cif b.lmp; do
        "$KEDGE" convert -q $from $to >/dev/null || fail "$from to $to"
        "$KEDGE" convert $to --json back.xyz >report.json || fail "$to to back.xyz"
        grep -q '"n_atom": 9, "formula": "O6Si3", "volume_a3": 113.13' report.json || fail "$from to $to: $(cat report.json)"
    done
done
"$KEDGE" convert -q "$quartz" a.xyz >/dev/null && "$KEDGE" convert -q a.xyz b.xyz >/dev/null
cmp a.xyz b.xyz || fail "extxyz is not a fixed point"

# a file without a telling name is recognised by what is in it
for from in a.xyz POSCAR a.cif a.data; do
    cp $from nameless
    "$KEDGE" convert nameless back.xyz >/dev/null || fail "$from without its name"
done

# frames, supercells, wrapping
cat a.xyz a.xyz "$SOURCE/data/structures/silicon-8.xyz" >three.xyz
"$KEDGE" convert three.xyz all.xyz | grep -q '3 frames' || fail "three frames"
"$KEDGE" convert three.xyz last.cif --frame -1 | grep -q '^Si8: 8 atoms' || fail "--frame -1"
"$KEDGE" convert three.xyz last.cif --frame 0 | grep -q '^O6Si3: 9 atoms' || fail "--frame 0"
"$KEDGE" convert a.xyz big.data --repeat 2 1 3 | grep -q '^O36Si18: 54 atoms, 678.78.*2.6457 g' || fail "--repeat"
"$KEDGE" convert a.xyz big.data --wrap "--repeat=1 1 2" | grep -q '18 atoms' || fail "--repeat=1 1 2"
"$KEDGE" convert --help | grep -q 'kedge convert quartz.cif quartz.xyz' || fail "no examples in --help"

expect_error 2 'three.xyz: 3 frames, but x.cif can hold one' x.cif three.xyz x.cif
expect_error 2 '--frame 3: three.xyz has 3 frames, expected -3 to 2' x.cif three.xyz x.cif --frame 3
expect_error 2 'x.cube: unknown format, expected a name of extxyz' x.cube a.xyz x.cube
expect_error 2 'missing.xyz: cannot open' x.cif missing.xyz x.cif
expect_error 2 'a directory' x.cif . x.cif
expect_error 2 'expected' x.cif "$KEDGE" x.cif
expect_error 5 'cannot write' nowhere/x.cif a.xyz nowhere/x.cif
expect_error 2 'atoms in the supercell' x.xyz a.xyz x.xyz --repeat 1000 1000 1000
printf '2\npbc="F F F"\nSi 0 0 0\nO 0 0 1.6\n' >dimer.xyz
"$KEDGE" convert dimer.xyz dimer2.xyz >/dev/null || fail "a cluster as extxyz"
expect_error 2 'dimer.xyz: an isolated cluster, expected a cell (POSCAR)' x.vasp dimer.xyz x.vasp
expect_error 2 'dimer.xyz: an isolated cluster cannot be repeated' x.xyz dimer.xyz x.xyz --repeat 2 1 1
printf 'hello\nworld\n' >letter.txt
expect_error 2 'letter.txt: not a structure, expected extxyz' x.xyz letter.txt x.xyz
printf '' >empty.cif
expect_error 2 'empty.cif:1: no sites' x.xyz empty.cif x.xyz
printf '' >POSCAR_empty
expect_error 2 'POSCAR_empty:1: end of file' x.xyz POSCAR_empty x.xyz
printf '1\nLattice="5 0 0 0 5 0 0 0 5"\nQq 0 0 0\n' >bad.xyz
expect_error 2 'bad.xyz:3: unknown element "Qq"' x.cif bad.xyz x.cif
sed 's/ 6 / x /; s/^3 6$/3 x/' POSCAR >POSCAR_bad
expect_error 2 'POSCAR_bad:7: "x", expected a number of atoms' x.xyz POSCAR_bad x.xyz
sed 's/Si2 Si 0 /Si2 Si nan /' a.cif >bad.cif
expect_error 2 'fractional coordinate "nan"' x.xyz bad.cif x.xyz
sed 's/^9 atoms/10 atoms/' a.data >bad.data
expect_error 2 'bad.data:' x.xyz bad.data x.xyz

# an older file of that name survives a failure
echo precious >old.xyz
"$KEDGE" convert bad.cif old.xyz 2>/dev/null && fail "bad.cif was converted"
[ "$(cat old.xyz)" = precious ] || fail "an older file was touched"

# wrong options are wrong usage
for wrong in '--repeat 0 1 1' '--repeat 2 2' '--frame one' '--nonsense'; do
    # shellcheck disable=SC2086 # words are wanted
    "$KEDGE" convert a.xyz x.xyz $wrong >/dev/null 2>&1
    [ $? = 2 ] || fail "kedge convert $wrong: exit status is not 2"
    [ ! -e x.xyz ] || fail "kedge convert $wrong: x.xyz was written"
done
[ "$failures" = 0 ] || exit 1
echo "convert: all pairs of formats, every error in one line"
