#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# layers.sh - dependencies point down, and every library has one door (docs/house.md).
# Called with a directory it checks that tree instead of the sources: the test of the test plants violations.
set -uo pipefail
cd "${1:-$SOURCE}" || exit 1
failures=0
complain() {
    echo "$1"
    failures=$((failures + 1))
}

# includes FILE -> the names in its #include lines
includes() { sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]([^>"]+)[>"].*/\1/p' "$1"; }

rooms="base structure store md atom dft xas bader nn report farm"
room_number() {
    local n=0 room
    for room in $rooms; do
        n=$((n + 1))
        [ "$room" = "$1" ] && { echo $n; return; }
    done
    echo 0
}

sources() { find "$@" \( -name '*.c' -o -name '*.h' -o -name '*.cu' -o -name '*.cuh' -o -name '*.cpp' -o -name '*.hpp' -o -name '*.inc' \) 2>/dev/null | sort; }

for file in $(sources kernels); do
    for name in $(includes "$file"); do
        case $name in
            host/* | apps/* | bench/* | tests/*) complain "$file includes $name: kernels/ knows nothing above the ground floor" ;;
            kernels/cuda/* | cuda* | cu[A-Z]* | cufft* | cublas* | cusolver* | nvtx3/* | nccl*)
                case $file in kernels/cuda/*) ;; *) complain "$file includes $name: CUDA stays in kernels/cuda" ;; esac ;;
            kernels/cpu/*)
                case $file in kernels/cpu/*) ;; *) complain "$file includes $name: only kernels/cpu may" ;; esac ;;
        esac
    done
done

for file in $(sources host); do
    room=$(echo "$file" | cut -d/ -f2)
    own=$(room_number "$room")
    [ "$own" -gt 0 ] || complain "$file: host/$room is not a room of the house ($rooms)"
    for name in $(includes "$file"); do
        case $name in
            kernels/cpu/* | kernels/cuda/* | cuda* | cufft* | cublas* | cusolver* | nccl*)
                complain "$file includes $name: host/ sees only the op tables" ;;
            apps/* | bench/* | tests/*) complain "$file includes $name: dependencies point down" ;;
            host/*)
                other=$(room_number "$(echo "$name" | cut -d/ -f2)")
                [ "$other" -gt 0 ] && [ "$other" -le "$own" ] ||
                    complain "$file includes $name: a room may use only itself and the rooms before it" ;;
        esac
    done
done

for file in $(sources apps bench); do
    for name in $(includes "$file"); do
        case $name in
            kernels/cpu/* | kernels/cuda/* | cuda*) complain "$file includes $name: apps and bench see only the op tables" ;;
        esac
    done
done

# library -> the only places that may include it
door() { # pattern allowed-regex name
    local file hit
    for file in $(sources kernels host apps bench); do
        hit=$(includes "$file" | grep -E "^($1)$" || true)
        [ -z "$hit" ] && continue
        echo "$file" | grep -qE "^($2)" || complain "$file includes $hit: the one door of $3 is $2"
    done
}
door 'hdf5(_hl)?\.h|H5.*\.h' 'host/store/' HDF5
door 'mpi\.h' 'host/farm/' MPI
door 'nccl\.h' 'kernels/cuda/comm' NCCL
door 'fftw3\.h' 'kernels/cpu/fft\.c' FFTW
door 'cblas\.h|lapacke\.h|openblas.*' 'kernels/cpu/la\.c' BLAS/LAPACK
door 'xc\.h|xc_funcs\.h' 'kernels/cpu/xc\.c|host/atom/' libxc
door 'ini\.h' 'host/base/conf\.c' inih
door 'jansson\.h' 'host/base/json\.c' jansson
door 'expat\.h' 'host/atom/upf' expat
door 'spglib\.h' 'host/structure/symmetry\.c' spglib
door 'dlfcn\.h' 'kernels/device\.c|host/base/' dlopen

for file in $(sources host kernels); do
    grep -nE '(^|[^_a-zA-Z])(exit|abort) ?\(' "$file" | grep -vE '^\S+ \*|//|/\*' | sed "s|^|$file:|" | while read -r line; do
        echo "$line: nothing below apps/ exits"
    done
done | grep . && failures=$((failures + 1))

for file in $(sources host apps bench); do
    grep -nE '#[[:space:]]*if.*(CUDA|__NVCC__)' "$file" | sed "s|^|$file:|;s|\$|: no #ifdef CUDA above the ground floor|" | grep . && failures=$((failures + 1))
done
grep -rnE 'atomicAdd *\( *\(?(float|double)' kernels/cuda 2>/dev/null && complain "floating-point atomics are not deterministic"

[ "$failures" -eq 0 ] && echo "layers: every dependency points down, every library has one door"
[ "$failures" -eq 0 ]
