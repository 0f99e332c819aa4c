#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# make.sh TEST_PROGRAM BADER - charges of the model of tests/physics/bader_test.c by Henkelman's bader 1.05 (near-grid, its default):
#   make.sh build/release/tests/test_physics_bader bader > triclinic.txt
set -eu
test=$(realpath "$1")
bader=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$test" --cube > "$work/model.cube"
(cd "$work" && "$bader" model.cube > log)
awk 'NF == 7 && $1 ~ /^[0-9]+$/ { printf "%s%s", n++ ? ", " : "", $5 } END { print "" }' "$work/ACF.dat"
