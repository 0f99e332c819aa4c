#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# install_test.sh - an installation elsewhere works: the program finds its data and plug-ins, and other people's builds find
# the library by CMake package and by pkg-config.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$BUILD" --prefix "$work/opt" >/dev/null
mv "$work/opt" "$work/moved" # nothing may depend on the prefix
prefix=$work/moved
env -u KEDGE_DATA -u KEDGE_PLUGIN_DIR "$prefix/bin/kedge" --version | grep -q kedge
if [ -f "$SOURCE/data/SiO.tersoff" ]; then
    (cd "$work" && env -u KEDGE_DATA "$prefix/bin/kedge" energy --device cpu "$prefix/share/kedge/structures/quartz-alpha-9.xyz" >/dev/null)
fi

sanitizer=""
if grep -q 'KEDGE_SANITIZE:.*=address' "$BUILD/CMakeCache.txt"; then sanitizer="-fsanitize=address,undefined"; fi
if grep -q 'KEDGE_SANITIZE:.*=thread' "$BUILD/CMakeCache.txt"; then sanitizer="-fsanitize=thread"; fi
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[^=]*=//p' "$BUILD/CMakeCache.txt")

mkdir "$work/consumer"
cp "$here/consumer.c" "$work/consumer/"
cp "$here/CMakeLists.txt.consumer" "$work/consumer/CMakeLists.txt"
cmake -S "$work/consumer" -B "$work/by-cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$compiler" \
    -DCMAKE_C_FLAGS="$sanitizer" >/dev/null
cmake --build "$work/by-cmake" >/dev/null
"$work/by-cmake/consumer" >/dev/null

libdir=$(dirname "$(find "$prefix" -name libkedge.so)")
export PKG_CONFIG_PATH=$libdir/pkgconfig
# shellcheck disable=SC2046
"$compiler" $sanitizer "$here/consumer.c" -o "$work/by-pkg" \
    $(pkg-config --define-variable=prefix="$prefix" --cflags --libs kedge) -Wl,-rpath,"$libdir"
"$work/by-pkg" >/dev/null
[ "$(pkg-config --modversion kedge)" = "$("$prefix/bin/kedge" --version | head -1 | awk '{print $2}')" ]
