#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# devices.sh - nets shared out over two emulated GPUs give the bytes that one gives; with shared batches (NCCL), the scores.
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
cmp e1.h5 e2.h5 || exit 1
# the sums over a batch in another order: 6e-8 per sum and 60 steps, far below 1 % of the error
rmse() { tr -d '\n ' <"$1" | grep -oE '"test":\{"rmse":[0-9.e+-]+' | grep -oE '[0-9.e+-]+$'; }
for run in 1 2 3; do
    shared=(--devices 2 --data-parallel)
    [ $run -eq 1 ] && shared=()
    "$KEDGE" train d.h5 --target charge --device emu "${shared[@]}" --set hidden='[12]' --set epochs=4 --set batch=16 --set patience=3 --ensemble 2 \
        -o p$run.h5 --json >p$run.json 2>err || { cat err; exit 1; }
done
cmp p2.h5 p3.h5 || exit 1
cmp -s p1.h5 p2.h5 && { echo "the bytes of one device: batches were not shared"; exit 1; }
awk -v a="$(rmse p1.json)" -v b="$(rmse p2.json)" 'BEGIN { print a, b; exit !(a > 0 && b > 0 && (a - b) ^ 2 < (0.01 * a) ^ 2) }'
