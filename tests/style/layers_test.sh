#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# layers_test.sh - the house is clean, and each kind of violation, planted in a copy, is found.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
python3 "$here/layers.py" "$SOURCE"

trap 'rm -rf "$work"' EXIT
work=$(mktemp -d)
plant() { # file line: must be found
    rm -rf "${work:?}"/*
    mkdir -p "$work/$(dirname "$1")" "$work/kernels" "$work/host/base" "$work/apps" "$work/bench"
    printf '%s\n' "$2" >"$work/$1"
    if python3 "$here/layers.py" "$work" >"$work/report"; then
        echo "not found: $2 in $1"
        exit 1
    fi
    grep -qF "$1" "$work/report" || { echo "report does not name $1"; exit 1; }
}
plant kernels/cpu/x.c '#include "host/base/units.h"'
plant kernels/cpu/x.c '#include <cuda_runtime_api.h>'
plant kernels/x.c '#include "kernels/cpu/cpu.h"'
plant host/md/x.c '#include "kernels/cuda/cuda.cuh"'
plant host/md/x.c '#include "host/dft/scf.h"'
plant host/kitchen/x.c 'int x;'
plant host/md/x.c '#include <hdf5.h>'
plant apps/x.c '#include <jansson.h>'
plant host/dft/x.c '#  include <fftw3.h>'
plant host/base/x.c 'void f(void) { exit(1); }'
plant apps/x.c '#ifdef KEDGE_CUDA'
plant apps/x.c '#include "kernels/cpu/cpu.h"'
