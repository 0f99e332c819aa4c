// SPDX-License-Identifier: BSD-3-Clause
/* shells.h - who stands around whom: all pairs of a structure within a range, images included. */
#ifndef KD_SHELLS_H
#define KD_SHELLS_H

#include "host/structure/structure.h"
#include "kernels/device.h"

struct shell_atom {
    int atom;
    double d[3], r; /* from the centre to this image of `atom`, angstrom */
};

struct shells {
    int n_atom;
    int *start;               /* [n_atom + 1] neighbours of atom i are near[start[i]] .. near[start[i+1]-1] */
    struct shell_atom *near;  /* sorted by atom, then by image */
};

/* Any cell, also one smaller than the range; open directions have no images. KD_EINPUT: more than 8 elements, a flat cell, more
 * than 1000 neighbours; KD_ENOMEM, KD_EDEVICE. */
kd_status shells_find(kd_device *dev, const struct structure *s, double range, struct shells *out);
void shells_free(struct shells *s); /* a zeroed struct is fine */

#endif
