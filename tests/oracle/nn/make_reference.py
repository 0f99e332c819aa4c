#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Reference states by PyTorch in float64, in the format that `kedge train --replay` reads. Run here: ./make_reference.py
`make_reference.py full` writes the paper's two networks, full_charge.h5 and full_rdf.h5, into the working directory: too large to be kept."""
import sys

import h5py
import numpy
import torch

ACTIVATION = {"relu": torch.nn.ReLU, "leaky_relu": torch.nn.LeakyReLU, "tanh": torch.nn.Tanh, "gelu": torch.nn.GELU}
LOSS = {"mse": torch.nn.MSELoss, "mae": torch.nn.L1Loss, "huber": lambda: torch.nn.HuberLoss(delta=0.5)}


def make(name, widths, activation, loss, batch, n, weight_decay=0.0, decoupled=0, steps=12):
    torch.manual_seed(len(name))
    layers = []
    for i in range(len(widths) - 1):
        layers += [torch.nn.Linear(widths[i], widths[i + 1])] + ([ACTIVATION[activation]()] if i + 2 < len(widths) else [])
    net = torch.nn.Sequential(*layers)
    linear = [m for m in net if isinstance(m, torch.nn.Linear)]
    x, y = torch.randn(n, widths[0]), torch.randn(n, widths[-1])
    order = torch.randperm(n)
    with h5py.File(name + ".h5", "w") as f:
        f.attrs.update(activation=activation, batch=batch, lr=1e-3, loss_kind=loss, huber_delta=0.5,
                       weight_decay=weight_decay, decoupled=decoupled, torch=str(torch.__version__))
        for k, layer in enumerate(linear):
            f[f"layers.{k}.weight"] = layer.weight.detach().numpy()
            f[f"layers.{k}.bias"] = layer.bias.detach().numpy()
        f["x"], f["y"], f["order"] = x.numpy(), y.numpy(), order.numpy().astype("i4")
        net, x, y, criterion = net.double(), x.double(), y.double(), LOSS[loss]()
        kind = torch.optim.AdamW if decoupled else torch.optim.Adam
        optimiser = kind(net.parameters(), lr=1e-3, weight_decay=weight_decay)
        losses = []
        for step in range(steps):
            start = step * batch % n
            rows = order[start:start + batch]
            optimiser.zero_grad()
            output = net(x[rows])
            value = criterion(output, y[rows])
            value.backward()
            if step == 0:
                f["step0/output"] = output.detach().numpy()
                for k, layer in enumerate(linear):
                    f[f"step0/layers.{k}.weight.grad"] = layer.weight.grad.numpy()
                    f[f"step0/layers.{k}.bias.grad"] = layer.bias.grad.numpy()
            losses.append(value.item())
            optimiser.step()
        f["losses"] = numpy.array(losses)
        f["final_output_first8"] = net(x[:8]).detach().numpy()


if sys.argv[1:] == ["full"]:
    make("full_charge", [256, 256, 256, 256, 1], "leaky_relu", "mse", 128, 520)
    make("full_rdf", [256, 512, 512, 512, 256], "relu", "mse", 128, 520)
    sys.exit()
make("charge_tiny", [24, 20, 20, 20, 1], "leaky_relu", "mse", 32, 72)
make("rdf_tiny", [16, 26, 26, 26, 20], "relu", "mse", 32, 72)
make("gelu_adamw", [19, 33, 7, 5], "gelu", "mae", 16, 41, weight_decay=0.05, decoupled=1)
make("tanh_decay", [17, 23, 31, 3], "tanh", "huber", 13, 40, weight_decay=0.02)
