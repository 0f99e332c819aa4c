#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# pytorch.sh - model.h5 opened by PyTorch in five lines of h5py gives the outputs that kedge evaluate writes.
set -uo pipefail
python=/usr/bin/python3
"$python" -c 'import torch, h5py' 2>/dev/null || { echo "no python3-torch or python3-h5py"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
"$BUILD/tests/make_synthetic" d.h5 18 8 1 || exit 1
for target in charge rdf; do
    "$KEDGE" train d.h5 --target $target --set epochs=4 -o $target.h5 --device cpu --quiet >/dev/null 2>&1 || exit 1
    "$KEDGE" evaluate $target.h5 d.h5 -o results_$target.h5 --device cpu --quiet >/dev/null 2>&1 || exit 1
    "$python" "$SOURCE/tests/cli/nn/load_model.py" $target.h5 d.h5 results_$target.h5 || exit 1
done
# ONNX: every activation, one net and an ensemble, a window
for activation in relu leaky_relu tanh gelu; do
    "$KEDGE" train d.h5 --target charge --set epochs=2 --set hidden='[20,12]' --set activation=$activation --ensemble 3 --window 1836:1850 \
        -o o.h5 --device cpu --quiet >/dev/null 2>&1 || exit 1
    "$KEDGE" evaluate o.h5 d.h5 -o results_o.h5 --device cpu --quiet >/dev/null 2>&1 || exit 1
    "$KEDGE" convert o.h5 o.onnx --quiet >/dev/null || exit 1
    "$python" "$SOURCE/tests/cli/nn/load_onnx.py" o.onnx d.h5 results_o.h5 || exit 1
done
"$KEDGE" convert rdf.h5 rdf.onnx --quiet >/dev/null || exit 1
"$python" "$SOURCE/tests/cli/nn/load_onnx.py" rdf.onnx d.h5 results_rdf.h5 || exit 1
