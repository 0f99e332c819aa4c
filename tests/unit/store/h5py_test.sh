#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# h5py_test.sh - other people's HDF5 reads ours, and ours theirs.
set -euo pipefail
python=/usr/bin/python3
"$python" -c 'import h5py, numpy' 2>/dev/null || { echo "h5py is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$BUILD/tests/h5_sample" write "$work/ours.h5"
"$python" - "$work" <<'PY'
import sys, h5py, numpy as np
work = sys.argv[1]
with h5py.File(work + "/ours.h5") as f:
    assert f.attrs["creator"] == "kedge" and f.attrs["seed"] == 42
    e = f["bands/energy_ha"]
    assert e.dtype == np.float64 and e.shape == (2, 3) and e[1, 2] == 0.1 and e.attrs["units"] == "Ha"
    assert e.compression == "gzip" and e.shuffle
    assert f["layers.0.weight"].dtype == np.float32 and f["layers.0.weight"][1] == np.float32(0.1)
    assert f["site"].dtype == np.int32 and list(f["site"]) == [0, 3, 7]
    assert list(f["species"].asstr()) == ["Si", "O"]
    assert f.get("chunk", getlink=True).filename == "other.h5"
with h5py.File(work + "/theirs.h5", "w") as f:
    f["x"] = np.array([1.5, 2, 3], dtype=">f8")
    f["x"].attrs["units"] = "eV"
    f["n"] = np.array([1, 2**40])
    f["flag"] = np.array([True, False])
    f["names"] = ["silicon", "oxygen"]
    f.attrs["creator"] = "h5py"
PY
got=$("$BUILD/tests/h5_sample" read "$work/theirs.h5")
[ "$got" = "1.5 3 1099511627776 1 h5py 2 silicon oxygen" ] || { echo "read: $got"; exit 1; }
