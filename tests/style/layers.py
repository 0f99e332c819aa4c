#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""layers.py [ROOT] - dependencies point down, and every library has one door (docs/house.md)."""
import os
import re
import sys

ROOMS = "base structure store md atom dft xas bader nn report farm".split()
DOORS = [  # what is included, where alone that may stand
    (r"hdf5(_hl)?\.h|H5.*\.h", r"host/store/"),
    (r"mpi\.h", r"host/farm/"),
    (r"nccl\.h", r"kernels/cuda/comm"),
    (r"fftw3\.h", r"kernels/cpu/fft\."),
    (r"cblas\.h|lapacke\.h|openblas.*", r"kernels/cpu/la\."),
    (r"xc\.h|xc_funcs\.h", r"kernels/cpu/xc\.|host/atom/"),
    (r"ini\.h", r"host/base/conf\.c"),
    (r"jansson\.h", r"host/base/json\.c"),
    (r"expat\.h", r"host/atom/upf"),
    (r"spglib\.h", r"host/structure/symmetry\.c"),
    (r"dlfcn\.h", r"kernels/device\.c|host/base/"),
]
VENDOR_CUDA = re.compile(r"(cuda|cu[A-Z]|cufft|cublas|cusolver|nvtx3/|nccl)")
root = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SOURCE", ".")
problems = []


def complain(file, text):
    problems.append(f"{file}: {text}")


def sources(folder):
    for path, _, names in sorted(os.walk(os.path.join(root, folder))):
        for name in sorted(names):
            if name.endswith((".c", ".h", ".cu", ".cuh", ".cpp", ".hpp", ".inc")):
                full = os.path.join(path, name)
                with open(full, encoding="utf-8") as f:
                    yield os.path.relpath(full, root), f.read()


def includes(text):
    return re.findall(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', text, re.M)


def strip_comments(text):
    """Comments and strings become blanks; line numbers stay."""
    blank = lambda m: re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def check_kernels(file, name):
    if name.startswith(("host/", "apps/", "bench/", "tests/")):
        complain(file, f"includes {name}: kernels/ knows nothing above the ground floor")
    elif (name.startswith("kernels/cuda/") or VENDOR_CUDA.match(name)) and not file.startswith("kernels/cuda/"):
        complain(file, f"includes {name}: CUDA stays in kernels/cuda")
    elif name.startswith("kernels/cpu/") and not file.startswith("kernels/cpu/"):
        complain(file, f"includes {name}: only kernels/cpu may")


def check_host(file, name):
    room = file.split("/")[1]
    if name.startswith(("kernels/cpu/", "kernels/cuda/")) or VENDOR_CUDA.match(name):
        complain(file, f"includes {name}: host/ sees only the op tables")
    elif name.startswith(("apps/", "bench/", "tests/")):
        complain(file, f"includes {name}: dependencies point down")
    elif name.startswith("host/") and room in ROOMS:
        other = name.split("/")[1]
        if other not in ROOMS or ROOMS.index(other) > ROOMS.index(room):
            complain(file, f"includes {name}: a room may use only itself and the rooms before it")


def check_above(file, name):
    if name.startswith(("kernels/cpu/", "kernels/cuda/", "cuda")):
        complain(file, f"includes {name}: apps and bench see only the op tables")


for folder, check in (("kernels", check_kernels), ("host", check_host), ("apps", check_above), ("bench", check_above)):
    for file, text in sources(folder):
        if folder == "host" and file.split("/")[1] not in ROOMS:
            complain(file, "not in a room of the house: " + " ".join(ROOMS))
        for name in includes(text):
            check(file, name)
            for pattern, place in DOORS:
                if re.fullmatch(pattern, name) and not re.match(place, file):
                    complain(file, f"includes {name}: its one door is {place}")
        code = strip_comments(text)
        if folder in ("host", "kernels"):
            for m in re.finditer(r"(?<![\w.>])(exit|abort|_exit|quick_exit)\s*\(", code):
                complain(f"{file}:{code.count(chr(10), 0, m.start()) + 1}", f"{m.group(1)}(): nothing below apps/ exits")
        if folder != "kernels" and re.search(r"^[ \t]*#[ \t]*if.*(CUDA|__NVCC__)", text, re.M):
            complain(file, "no #ifdef CUDA above the ground floor")
        if file.startswith("kernels/cuda/") and re.search(r"atomicAdd\s*\(\s*\(\s*(float|double)", code):
            complain(file, "floating-point atomics are not deterministic")

print("\n".join(problems) if problems else "layers: every dependency points down, every library has one door")
sys.exit(1 if problems else 0)
