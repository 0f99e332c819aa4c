#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""size.py - house limits: a file is at most 400 lines (tests 600), a function at most 60 (main loops of tests too).

Functions are found by braces at column 0, which .clang-format guarantees."""
import os
import re
import sys

FILE_LIMIT, TEST_FILE_LIMIT, FUNCTION_LIMIT = 400, 600, 60
root = os.environ.get("SOURCE", ".")
problems = []
for folder in ("kernels", "host", "apps", "bench", "tests"):
    for path, _, names in os.walk(os.path.join(root, folder)):
        for name in sorted(names):
            if not name.endswith((".c", ".h", ".cu", ".cuh", ".cpp", ".cc", ".hpp")):
                continue
            full = os.path.join(path, name)
            shown = os.path.relpath(full, root)
            with open(full, encoding="utf-8") as f:
                lines = f.read().split("\n")
            limit = TEST_FILE_LIMIT if folder in ("tests", "bench") else FILE_LIMIT
            if len(lines) > limit:
                problems.append(f"{shown}: {len(lines)} lines, at most {limit}")
            for n, line in enumerate(lines, 1):
                if len(line) > 120:
                    problems.append(f"{shown}:{n}: {len(line)} columns, at most 120")
                if "SPDX" in line:
                    break
            else:
                problems.append(f"{shown}: no SPDX line")
            start = None
            for n, line in enumerate(lines, 1):
                if line == "{":
                    start = n
                elif re.match(r"^\}\s*$", line) and start:
                    if n - start + 1 > FUNCTION_LIMIT + 2:
                        problems.append(f"{shown}:{start}: function of {n - start - 1} lines, at most {FUNCTION_LIMIT}")
                    start = None
print("\n".join(problems) if problems else "size: every file and function can be seen whole")
sys.exit(1 if problems else 0)
