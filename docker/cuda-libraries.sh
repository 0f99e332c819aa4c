#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# cuda-libraries.sh PREFIX TO - copies the CUDA libraries that the plug-in of an installation needs into TO; makes TO empty without one.
# So the runtime base need not carry cuFFT, cuBLAS or cuSOLVER, and a plain Debian base runs the GPU too.
set -euo pipefail
prefix=${1:?cuda-libraries.sh: expected the prefix of an installation} to=${2:?cuda-libraries.sh: expected a folder}
mkdir -p "$to"
plugin=$(find "$prefix" -name libkedge_cuda.so -print -quit)
[ -n "$plugin" ] || exit 0
missing=$(ldd "$plugin" | awk '$3 == "not" {print $1}' | grep -v '^libcuda\.so' || true)
if [ -n "$missing" ]; then
    echo "cuda-libraries.sh: not found: $missing" >&2
    exit 1
fi
ldd "$plugin" | awk '$3 ~ /\/(cuda|nvidia)[^ ]*\/|\/lib(cu|nv|nccl)[^ ]*\.so/ {print $3}' | sort -u | while read -r library; do
    cp -L "$library" "$to/"
done
