#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every shell script of the project is clean.
command -v shellcheck >/dev/null || exit 77
cd "$SOURCE" || exit 1
find setup .ci docker apps tests bench \( -name '*.sh' -o -path setup -o -path .ci/run \) -type f -print0 |
    xargs -0 shellcheck -S warning
