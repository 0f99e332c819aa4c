#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# resources.sh [--update] - the nvcc gate: compiles every .cu for sm_89 with warnings as errors and compares registers, shared
# memory, spills, barriers, block and occupancy of each kernel with kernels/cuda/resources.tsv.
# --update rewrites the table; it keeps the column `dynamic`, which no compiler knows: fill it in by hand for a new kernel.
# With another nvcc than the table's, only spills and more than 10 % of occupancy lost are failures.
set -uo pipefail
source_dir=${SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
table=$source_dir/kernels/cuda/resources.tsv
nvcc=${NVCC:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}
version=$("$nvcc" --version 2>/dev/null | sed -n 's/.*release .*, V//p')
[ -n "$version" ] || { echo "skipped: no nvcc that runs"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
include=$(dirname "$(dirname "$(readlink -f "$nvcc")")")/include
[ -e "$include/cuda_occupancy.h" ] || include=/usr/local/cuda/include
"${CXX:-c++}" -O1 -isystem "$include" "$source_dir/tests/cuda/occupancy.cc" -o "$work/occupancy" || exit 1

# sources FIRST_LINE_PATTERN -> the .cu names of one list of sources.cmake
sources() { sed -n "/set($1/,/)/p" "$source_dir/kernels/cuda/sources.cmake" | grep -oE '[a-z0-9_]+\.cu'; }

# Every kernel: "file kernel registers static spills barriers block", from ptxas -v and the .maxntid of its PTX.
compile() {
    local file=$1 extra=$2
    "$nvcc" -std=c++17 -arch=compute_89 -lineinfo -Werror all-warnings -I"$source_dir" -ptx \
        "$source_dir/kernels/cuda/$file" -o "$work/$file.ptx" || return 1
    "$(dirname "$nvcc")/ptxas" -arch=sm_89 -lineinfo -v -warn-spills ${extra:+"$extra"} -Werror "$work/$file.ptx" -o /dev/null \
        2> "$work/$file.log" || { cat "$work/$file.log"; return 1; }
    awk -v file="$file" '
        FNR == NR { if (/\.entry /) { match($0, /entry [A-Za-z0-9_]+/); entry = substr($0, RSTART + 6, RLENGTH - 6) }
                    if ($1 == ".maxntid") { gsub(",", ""); block[entry] = $2 * ($3 ? $3 : 1) * ($4 ? $4 : 1) }
                    next }
        /Compiling entry function/ { split($0, part, "\x27"); kernel = part[2]; seen = 1 }
        /Function properties for/ { own = ($NF == kernel) }
        /spill stores/ && own { spills = $5 + $9 }
        /Used [0-9]+ registers/ && seen {
            barriers = shared = 0
            for (k = 1; k <= NF; k++) {
                if ($k == "registers,") registers = $(k - 1)
                if ($k ~ /^barriers/) barriers = $(k - 1)
                if ($k ~ /^smem/) shared = $(k - 2)
            }
            print file, kernel, registers, shared, spills, barriers, (kernel in block) ? block[kernel] : 0
            seen = 0
        }' "$work/$file.ptx" "$work/$file.log"
}

fp32=" $(sources KEDGE_CUDA_FP32_SOURCES | tr '\n' ' ') "
for file in $(sources 'KEDGE_CUDA_[A-Z0-9]*_*SOURCES' | sort -u); do
    extra=
    [[ $fp32 == *" $file "* ]] && extra=-warn-double-usage
    compile "$file" "$extra" >> "$work/raw" || { echo "FAILED: $file does not pass nvcc"; exit 1; }
done

# Readable names; dynamic shared memory from the committed table; occupancy.
while read -r file kernel registers shared spills barriers block; do
    name=$(c++filt "$kernel" | sed -E 's/\(anonymous namespace\):://g; s/^void //; s/\(.*//; s/, /,/g; s/ >/>/g')
    [ "$block" -gt 0 ] || { echo "FAILED: $name has no __launch_bounds__" >&2; exit 1; }
    dynamic=$(awk -F'\t' -v k="$name" '$2 == k { print $6 }' "$table" 2> /dev/null)
    occupancy=$(echo "$registers $shared ${dynamic:-0} $block" | "$work/occupancy") || exit 1
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$file" "$name" "$registers" "$spills" "$shared" "${dynamic:-0}" \
        "$barriers" "$block" "$occupancy"
done < "$work/raw" | LC_ALL=C sort > "$work/table" || exit 1

{
    echo "# Resources of every kernel on sm_89, nvcc $version. Regenerate: tests/cuda/resources.sh --update"
    echo "# dynamic: bytes of dynamic shared memory of a typical launch, filled in by hand."
    printf 'file\tkernel\tregisters\tspills\tshared\tdynamic\tbarriers\tblock\toccupancy_percent\n'
    cat "$work/table"
} > "$work/new"
if [ "${1:-}" = --update ]; then
    cp "$work/new" "$table"
    echo "$(wc -l < "$work/table") kernels written to kernels/cuda/resources.tsv"
    exit 0
fi

if cmp -s "$table" "$work/new"; then
    echo "$(wc -l < "$work/table") kernels as in the table, nvcc $version"
    exit 0
fi
if grep -qF "nvcc $version." "$table"; then
    echo "FAILED: kernels/cuda/resources.tsv (-) differs from what nvcc makes now (+):"
    diff -U0 "$table" "$work/new" | tail -n +3
    echo "If that is wanted: tests/cuda/resources.sh --update"
    exit 1
fi
echo "nvcc $version is not the table's: comparing spills and occupancy only"
awk -F'\t' '
    FNR == NR { spills[$2] = $4; occupancy[$2] = $9; next }
    $4 > 0 && $4 > spills[$2] { print "FAILED: " $2 " spills " $4 " bytes"; bad = 1 }
    ($2 in occupancy) && $9 < 0.9 * occupancy[$2] { print "FAILED: " $2 " occupancy " $9 " %, was " occupancy[$2] " %"; bad = 1 }
    END { exit bad }' <(grep -v '^#' "$table" | tail -n +2) "$work/table"
