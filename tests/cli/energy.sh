#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# kedge energy: the numbers of LAMMPS through files and JSON, ASE reads what it writes, one line for everything wrong.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export KEDGE_DATA="$SOURCE/data"
oracle=$SOURCE/tests/oracle/md
failures=0

fail()
{
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# expect_error STATUS TEXT ARGUMENT...: exit status, the last line on stderr holds TEXT, nothing on stdout, no out.xyz
expect_error()
{
    local want=$1 text=$2 status
    shift 2
    "$KEDGE" energy --device cpu -o out.xyz "$@" >out.txt 2>err.txt
    status=$?
    [ "$status" = "$want" ] || fail "kedge energy $*: exit status $status, expected $want"
    tail -n 1 err.txt | grep -qF -- "$text" || fail "kedge energy $*: \"$(cat err.txt)\", expected \"$text\""
    [ ! -s out.txt ] || fail "kedge energy $*: something on stdout"
    [ ! -e out.xyz ] || fail "kedge energy $*: out.xyz was written"
}

frame() # SECOND_ATOM LATTICE: two silicon atoms
{
    printf '2\nLattice="%s" Properties=species:S:1:pos:R:3 pbc="T T T"\nSi 0 0 0\n%s\n' "$2" "$1" >bad.xyz
}

# one frame: keys at the top, numbers of LAMMPS
"$KEDGE" energy "$oracle/aquartz9.xyz" --device cpu --precision double --json >one.json || fail "one frame"
python3 - "$oracle/aquartz9.xyz" <<'PY' || fail "one.json does not agree with LAMMPS"
import json, re, sys
comment = open(sys.argv[1]).read().split("\n")[1]
energy = float(re.search(r" energy=(\S+)", comment).group(1))
w = [float(x) for x in re.search(r'virial="([^"]*)"', comment).group(1).split()]
j = json.load(open("one.json"))
assert abs(j["energy_ev"] - energy) < 1e-10 * abs(energy), j["energy_ev"]
for got, want in zip(j["virial_ev"], [w[0], w[4], w[8], w[5], w[2], w[1]]):
    assert abs(got - want) < 1e-9, (got, want)
assert 10 < j["max_force_ev_a"] < 11 and j["n_atom"] == 9 and j["precision"] == "double"
PY

# several frames, from several files: a list; the written file has them all
"$KEDGE" energy "$oracle/aquartz9.xyz" "$oracle/csi8.xyz" --device cpu --json -o both.xyz >two.json || fail "two files"
[ "$(python3 -c 'import json; j = json.load(open("two.json")); print(len(j["frames"]), [round(f["energy_ev"], 3) for f in j["frames"]])')" = "2 [-58.386, -36.452]" ] ||
    fail "two.json: $(cat two.json)"
"$KEDGE" energy both.xyz --device cpu >table.txt || fail "what was written cannot be read"
[ "$(grep -c 'both.xyz' table.txt)" = 2 ] || fail "table: $(cat table.txt)"

# ASE: the same energy, forces and stress, with its own sign convention
if /usr/bin/python3 -c 'import ase' 2>/dev/null; then
    /usr/bin/python3 - <<'PY' || fail "ASE"
import json
from ase.io import read
frames, wanted = read("both.xyz", ":"), json.load(open("two.json"))["frames"]
for a, want in zip(frames, wanted):
    assert abs(a.get_potential_energy() - want["energy_ev"]) < 1e-12
    assert abs((a.get_forces() ** 2).sum(axis=1).max() ** 0.5 - want["max_force_ev_a"]) < 1e-12
    for s, w in zip(a.get_stress(), want["virial_ev"]):
        assert abs(s * a.get_volume() + w) < 1e-9, (s, w)
PY
fi

# a bad day
sed 's/^O /C /' "$oracle/aquartz9.xyz" >carbon.xyz
expect_error 2 "SiO.tersoff: no entry for C C C, expected one" carbon.xyz
expect_error 2 "carbon.xyz:1: 9, expected the name of an element" "$oracle/aquartz9.xyz" -p carbon.xyz
expect_error 2 "nothing.tersoff: no such file" "$oracle/aquartz9.xyz" -p nothing.tersoff
expect_error 2 "nothing.xyz: cannot open" nothing.xyz
frame "Si 2 2 2" "0.1 0 0 0 5 0 0 0 5"
expect_error 2 "bad.xyz: the cell is 0.1 angstrom thick along lattice vector 1" bad.xyz
frame "Si 6 6 0" "6 0 0 0 6 0 0 0 6"
expect_error 2 "bad.xyz: atoms 1 and 2 are at the same place" bad.xyz
frame "Si nan 6 0" "6 0 0 0 6 0 0 0 6"
expect_error 2 "bad.xyz:4" bad.xyz
expect_error 5 "missing/out.xyz" "$oracle/aquartz9.xyz" -o missing/out.xyz
frame "Si 6.3 6 0" "6 0 0 0 6 0 0 0 6"
"$KEDGE" energy bad.xyz --device cpu --json 2>/dev/null | grep -q 'only 0.300 angstrom apart' || fail "no warning of an overlap"
"$KEDGE" energy --help | grep -q 'virial_ev \[xx yy' || fail "--help does not say what --json holds"

[ "$failures" = 0 ]
