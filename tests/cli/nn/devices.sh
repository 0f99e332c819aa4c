#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# devices.sh - nets shared out over two emulated GPUs give the bytes that one gives.
set -uo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export EMU_DEVICES=2
"$BUILD/tests/make_synthetic" d.h5 9 4 1 || exit 1
for n in 1 2; do
    "$KEDGE" train d.h5 --target charge --device emu --devices $n --set hidden='[12]' --set epochs=3 --set batch=16 --ensemble 3 -o e$n.h5 \
        --quiet >out 2>&1 || { cat out; exit 1; }
done
cmp e1.h5 e2.h5
