#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# entrypoint.sh [COMMAND ...] - says on stderr which device this container sees, then runs the command.
# "kedge" may be left out:  docker run kedge energy in.xyz
set -eu
# An arbitrary user has no home: what is cached goes to a place that can be written.
if [ -z "${HOME:-}" ] || [ ! -w "$HOME" ]; then
    HOME=${TMPDIR:-/tmp}
    export HOME
fi
kedge info 2>/dev/null | sed -n 's/^--device auto takes /kedge: device /p' >&2 || true
[ $# -gt 0 ] || set -- kedge help
if ! command -v "$1" >/dev/null 2>&1; then
    set -- kedge "$@"
fi
exec "$@"
