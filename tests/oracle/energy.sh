#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# energy.sh - `kedge energy` gives what LAMMPS gave, for every reference of tests/oracle/md, on every device that there is, in
# both precisions: in the file it writes and in its JSON.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export KEDGE_DATA="$SOURCE/data"
md=$SOURCE/tests/oracle/md
references=("$md"/{csi8,csi63vac,aquartz9,aquartz72,bcrist192,gas200,msio2_216,asio2_216,asio_200}.xyz)
synthetic=("$md"/synthetic3_{small,gas}.xyz)
failures=0 devices=cpu
for d in emu cuda; do
    "$KEDGE" info --device $d --quiet >/dev/null 2>&1 && devices="$devices $d"
done
[ ! -e "$BUILD/lib/kedge/libkedge_cuda_emu.so" ] || [[ $devices == *emu* ]] || { echo "FAILED: the emulated plug-in cannot be opened"; exit 1; }

# agrees DEVICE PRECISION POTENTIAL REFERENCE...
agrees()
{
    local device=$1 precision=$2 potential=$3
    shift 3
    if ! "$KEDGE" energy "$@" -p "$potential" --device "$device" --precision "$precision" -o out.xyz --json >out.json 2>err; then
        echo "FAILED: $device $precision: $(cat err)"
        failures=$((failures + 1))
    elif ! python3 "$SOURCE/tests/oracle/energy_compare.py" "$precision" out.xyz out.json "$@"; then
        failures=$((failures + 1))
    fi
}

for device in $devices; do
    echo "$device"
    for precision in double mixed; do
        agrees "$device" $precision "$SOURCE/data/SiO.tersoff" "${references[@]}"
        agrees "$device" $precision "$md/synthetic3.tersoff" "${synthetic[@]}"
    done
done
[ "$failures" = 0 ]
