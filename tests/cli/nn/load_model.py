#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""load_model.py MODEL DATASET RESULTS: the same network in PyTorch, the same outputs."""
import sys
import h5py
import torch

model, dataset, results = (h5py.File(name) for name in sys.argv[1:4])

# the five lines
act = {"relu": torch.nn.ReLU, "leaky_relu": torch.nn.LeakyReLU, "tanh": torch.nn.Tanh, "gelu": torch.nn.GELU}[model.attrs["activation"].decode()
      if isinstance(model.attrs["activation"], bytes) else model.attrs["activation"]]
layers = [torch.nn.Linear(*model[f"layers.{k}.weight"].shape[::-1]) for k in range(model.attrs["layers"])]
net = torch.nn.Sequential(*[m for layer in layers for m in (layer, act())][:-1]).double()
net.load_state_dict({f"{2 * k}.{name}": torch.tensor(model[f"layers.{k}.{name}"][()]) for k in range(len(layers)) for name in ("weight", "bias")})

x = torch.tensor(dataset["spectra"][()][model["split/test"][()]])
x = (x - torch.tensor(model["input/shift"][()])) * torch.tensor(model["input/scale"][()])
y = (net(x) / torch.tensor(model["target/scale"][()]) + torch.tensor(model["target/shift"][()])).detach().numpy()
ours = results["models/000/predicted"][()]
error = abs(y - ours).max() / abs(y).max()
print(f"{sys.argv[1]}: largest difference {error:.1e} of the largest output")
sys.exit(not error < 1e-5)  # kedge computed in FP32: 6e-8 per operation, a few hundred terms, four layers
