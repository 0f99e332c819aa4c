// SPDX-License-Identifier: BSD-3-Clause
/* energy.h - Tersoff energy, forces and virial of structures. */
#ifndef KD_ENERGY_H
#define KD_ENERGY_H

#include "host/md/potential.h"
#include "host/structure/structure.h"
#include "kernels/device.h"

/* The potential of every element that occurs in the frames, from the file `path`. */
kd_status energy_potential(const char *path, const struct structure *frames, int n_frame, struct potential *out);

/* Fill force, energy and virial of every frame. Frames go to the device together, as many as fit in a few hundred MB.
 * Warns of atoms closer than 0.5 angstrom. KD_EINPUT "source: what": atoms at the same place, an element without
 * parameters, a flat cell; KD_EDEVICE; KD_ENOMEM. Frames already evaluated keep their results. */
kd_status energy_evaluate(kd_device *dev, const struct potential *p, enum kd_precision precision,
                          struct structure *frames, int n_frame);

/* Largest |force| of a frame, eV/angstrom; 0 without forces. */
double energy_max_force(const struct structure *s);

#endif
