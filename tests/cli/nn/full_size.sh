#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# full_size.sh - PyTorch makes reference states of the paper's two networks; the replay test follows them.
set -uo pipefail
python=/usr/bin/python3
"$python" -c 'import torch, h5py' 2>/dev/null || { echo "no python3-torch or python3-h5py"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
"$python" "$SOURCE/tests/oracle/nn/make_reference.py" full || exit 1
KEDGE_ORACLE_NN=$scratch "$BUILD/tests/test_nn_replay" >out 2>&1 || { cat out; exit 1; }
grep -q "OK \\] the_full_sized_states_agree" out || { cat out; exit 1; }
