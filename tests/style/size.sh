#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
exec python3 "$(dirname "$(readlink -f "$0")")/size.py"
