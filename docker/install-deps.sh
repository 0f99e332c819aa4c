#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# install-deps.sh [--list] [build] [run] [test] [peers] [container] [mpi] - the Debian 12 / Ubuntu 24.04 packages of Kedge; one list for setup, CI and containers.
# Installs only what is missing: as root, else with sudo; with nothing missing it needs neither, nor a network.
#   --list   print the packages instead
set -euo pipefail

build="gcc g++ cmake ninja-build pkg-config make libfftw3-dev libopenblas-dev liblapacke-dev libxc-dev libsymspg-dev
       libhdf5-dev libexpat1-dev libinih-dev libjansson-dev"
run="gnuplot-nox" # pictures; without it: data and scripts only
test="libcmocka-dev gnuplot-nox clang-14 libclang-rt-14-dev libomp-14-dev hdf5-tools help2man mandoc shellcheck bash-completion
      python3 python3-numpy python3-h5py python3-ase libopenmpi-dev openmpi-bin"
mpi="libopenmpi-dev openmpi-bin" # optional: `kedge study` under mpirun; found or not at configuration
container="help2man bash-completion libcmocka-dev"
peers="lammps quantum-espresso quantum-espresso-data python3-torch hyperfine openmpi-bin"

wanted="" list=false
for group in "$@"; do
    case $group in
        build) wanted="$wanted $build" ;;
        run) wanted="$wanted $run" ;;
        test) wanted="$wanted $test" ;;
        peers) wanted="$wanted $peers" ;;
        mpi) wanted="$wanted $mpi" ;;
        container) wanted="$wanted $container" ;;
        --list) list=true ;;
        *)
            echo "install-deps.sh: unknown group \"$group\", expected build, run, test, mpi, peers, container or --list" >&2
            exit 2
            ;;
    esac
done
[ -n "$wanted" ] || wanted=$build
read -r -d '' -a wanted <<<"$wanted" || true

if $list; then
    printf '%s\n' "${wanted[@]}"
    exit 0
fi

installed() { [ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null || true)" = "install ok installed" ]; }

missing=()
for package in "${wanted[@]}"; do
    installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        as_root=(sudo)
    else
        echo "setup: these packages are missing and need root to install: ${missing[*]}" >&2
        echo "setup: ask your administrator for:  apt-get install ${missing[*]}" >&2
        exit 5
    fi
fi
echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -q >/dev/null || echo "setup: the package lists could not be updated" >&2
# One by one if need be: a release that lacks a test package must not lack the rest.
if ! "${as_root[@]}" apt-get install -qy --no-install-recommends "${missing[@]}" >/dev/null; then
    for package in "${missing[@]}"; do
        "${as_root[@]}" apt-get install -qy --no-install-recommends "$package" >/dev/null ||
            echo "setup: $package could not be installed; what needs it is skipped" >&2
    done
fi
for package in $build; do
    if [[ " ${wanted[*]} " = *" $package "* ]] && ! installed "$package"; then
        echo "setup: $package is needed and could not be installed" >&2
        exit 5
    fi
done
