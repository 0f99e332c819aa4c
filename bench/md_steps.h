// SPDX-License-Identifier: BSD-3-Clause
/* md_steps.h - whole steps of NVE dynamics of a batch, to be timed. */
#ifndef KD_MD_STEPS_H
#define KD_MD_STEPS_H

#include "host/md/batch.h"

struct md_steps {
    struct batch batch;
    struct structure *frame; /* [n] copies with velocities */
    struct md_run run;
    struct md_phase *phase;
    struct md_replica *state;
    int n, n_step; /* replicas; steps of a call */
};

/* `copies` times the frame, each with Maxwell velocities of its own at temperature_k. */
kd_status md_steps_open(kd_device *dev, const struct potential *p, const struct structure *frame, int copies, double temperature_k,
                        double skin, enum kd_precision precision, int n_step, struct md_steps *m);
/* n_step more steps. KD_ENOCONV when a replica has failed. */
kd_status md_steps_go(void *md_steps);
void md_steps_close(struct md_steps *m);
/* The largest difference between the positions of two runs, angstrom. */
kd_status md_steps_distance(const struct md_steps *a, const struct md_steps *b, double *distance);

#endif
