#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# runtime-packages.sh PREFIX - the Debian packages whose libraries an installation links, one a line. Libraries of the CUDA
# plug-in are not among them: it is opened only where they are (cuda-libraries.sh).
set -euo pipefail
prefix=${1:?runtime-packages.sh: expected the prefix of an installation}
libraries() { # what the program and the library themselves link, as paths
    find "$prefix/bin" "$prefix"/lib* -type f \( -name 'kedge' -o -name 'libkedge.so*' \) -print0 |
        xargs -0 -n1 ldd | awk '$2 == "=>" && $3 ~ /^\// {print $3}' | grep -v "^$prefix/" | sort -u
}
while read -r library; do
    # dpkg lists a merged-/usr file under one of its two names, and a link of the alternatives system under neither.
    real=$(readlink -f "$library")
    for name in "$library" "$real" "${library#/usr}" "${real#/usr}" "/usr$library"; do
        if owner=$(dpkg-query -S "$name" 2>/dev/null); then
            echo "${owner%%:*}"
            break
        fi
    done
done < <(libraries) | sort -u | grep -vE '^(libc6|libgcc-s1|libstdc\+\+6)$'
