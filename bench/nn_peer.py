#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""nn_peer.py DIRECTORY ACTIVATION BATCH EPOCHS WIDTH...: PyTorch trains the network of bench_nn on one core, data in memory, no DataLoader.
DIRECTORY has x.f32, y.f32 (as the net sees them), w.f32 (canonical parameters), order.i32. Prints seconds per epoch (median; of processor time on a busy machine) and the
losses of the first ten steps."""
import sys
import time

import numpy
import torch

torch.set_num_threads(1)
directory, activation, batch, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
widths = [int(w) for w in sys.argv[5:]]


def read(name, kind, shape):
    return torch.from_numpy(numpy.fromfile(f"{directory}/{name}", kind).reshape(shape))


x, y, order = read("x.f32", "f4", (-1, widths[0])), read("y.f32", "f4", (-1, widths[-1])), read("order.i32", "i4", (-1,)).long()
w = read("w.f32", "f4", (-1,))
layers, at = [], 0
for n_in, n_out in zip(widths, widths[1:]):
    layer = torch.nn.Linear(n_in, n_out)
    layer.weight.data = w[at:at + n_in * n_out].reshape(n_out, n_in).clone()
    layer.bias.data = w[at + n_in * n_out:at + (n_in + 1) * n_out].clone()
    at += (n_in + 1) * n_out
    layers += [layer, torch.nn.ReLU() if activation == "relu" else torch.nn.LeakyReLU(0.0625)]
net = torch.nn.Sequential(*layers[:-1])
optimiser = torch.optim.Adam(net.parameters(), lr=0.0009765625)
criterion = torch.nn.MSELoss()
seconds, processor, losses = [], [], []
for epoch in range(epochs + 1):  # the first one warms up, and is compared
    begin, begin_processor = time.perf_counter(), time.process_time()
    for start in range(0, len(order), batch):
        rows = order[start:start + batch]
        optimiser.zero_grad(set_to_none=True)
        loss = criterion(net(x[rows]), y[rows])
        loss.backward()
        optimiser.step()
        if len(losses) < 10:
            losses.append(loss.item())
    seconds.append(time.perf_counter() - begin)
    processor.append(time.process_time() - begin_processor)
busy = sum(processor[1:]) < 0.9 * sum(seconds[1:])  # other programs took time away: count what this one had, as bench_nn does
print(sorted((processor if busy else seconds)[1:])[(epochs - 1) // 2], *losses)
