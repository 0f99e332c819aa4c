# SPDX-License-Identifier: BSD-3-Clause
"""io_peer.py OPERATION PATH: median seconds of five of h5py's or ASE's reading or writing what is in PATH."""
import os
import statistics
import sys
import time

operation, path = sys.argv[1:]
beside = path + ".peer"


def durable(write):
    write(beside + ".new")
    with open(beside + ".new", "rb+") as f:
        os.fsync(f.fileno())
    os.rename(beside + ".new", beside)


if operation.startswith("h5"):
    import h5py

    def read():
        with h5py.File(path, "r") as f:
            return {k: (v[()], v.compression) for k, v in f.items()}

    def write_new(name):
        with h5py.File(name, "w") as f:
            for k, (v, compression) in held.items():
                if compression:
                    f.create_dataset(k, data=v, compression="gzip", compression_opts=4, shuffle=True)
                else:
                    f.create_dataset(k, data=v)
else:
    import ase.io

    def read():
        return ase.io.read(path, ":", format="extxyz")

    def write_new(name):
        ase.io.write(name, held, format="extxyz")

held = read()
run = read if operation.endswith("read") else lambda: durable(write_new)
seconds = []
for _ in range(5):
    begin = time.perf_counter()
    run()
    seconds.append(time.perf_counter() - begin)
print(statistics.median(seconds))
if os.path.exists(beside):
    os.remove(beside)
