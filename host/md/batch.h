// SPDX-License-Identifier: BSD-3-Clause
/* batch.h - structures as a batch of replicas on a device, with their neighbour lists and forces.
 *
 *     TRY(batch_create(dev, &potential, frames, n_frame, &b));   // set-up: allocates
 *     TRY(batch_build_lists(&b, 0));                             // grows the lists until they hold
 *     TRY(batch_evaluate(&b, KD_DOUBLE));
 *     TRY(batch_download(&b, force, energy, virial)); */
#ifndef KD_BATCH_H
#define KD_BATCH_H

#include <stddef.h>

#include "host/md/potential.h"
#include "host/structure/structure.h"
#include "kernels/device.h"
#include "kernels/md_ops.h"

struct batch {
    kd_device *dev;
    const struct potential *potential; /* borrowed */
    struct tersoff_table table;
    struct md_batch md;        /* what the ops read; position_d and cell_d are the batch's own and may be rewritten */
    int *first;                /* [n_replica + 1] md.first */
    double *position_d, *cell_d;
    struct md_neighbors list;
    struct md_forces forces;
    double skin;               /* of the lists */
};

/* Atoms of periodic directions are wrapped into the cell, a direction that is not periodic gets a cell with empty space
 * beyond the range instead, so that forces are those of the isolated direction. KD_EINPUT "source: what, expected what":
 * an element that the potential lacks, a cell flatter than 0.5 angstrom. KD_ENOMEM. Everything is freed on failure. */
kd_status batch_create(kd_device *dev, const struct potential *potential, const struct structure *structure, int n,
                       struct batch *out);
void batch_free(struct batch *b); /* a zeroed struct is fine */

/* Neighbour lists of the present positions. Allocates when an atom has more neighbours than any before: not after the seal.
 * KD_EINPUT: more than 1000 neighbours, or a position that no lattice vector leads back from. */
kd_status batch_build_lists(struct batch *b, double skin);

/* Forces, energies, virials of the present positions, on the device. Lists must be valid: no atom has moved more than
 * skin / 2 since they were built. */
kd_status batch_evaluate(struct batch *b, enum kd_precision precision);

/* Any of the three may be NULL. force[n_atom][3], energy[n_replica], virial[n_replica][6]. */
kd_status batch_download(const struct batch *b, double (*force)[3], double *energy, double (*virial)[6]);

/* The closest pair of each replica within the range, from the lists: distance in angstrom (infinity when there is no pair)
 * and the two atoms, counted within the replica. */
struct closest_pair {
    double distance;
    int i, j;
};
kd_status batch_closest(const struct batch *b, struct closest_pair *closest);

#endif
