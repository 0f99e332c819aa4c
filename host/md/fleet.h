// SPDX-License-Identifier: BSD-3-Clause
/* fleet.h - the replicas of one dynamics_run: device arrays, their images on the host, and where each stands in its plan. */
#ifndef KD_FLEET_H
#define KD_FLEET_H

#include <stdio.h>

#include "host/md/batch.h"
#include "host/md/dynamics.h"

/* Frames of one replica that are not in a file yet. */
struct frame_buffer {
    int n, room;
    int64_t *step;
    double *time_fs, *edges, *position, *velocity; /* [n], [n], [n][9], [n][n_atom][3] */
};

struct fleet {
    kd_device *dev;
    const struct potential *potential;
    const struct dynamics_options *o;
    const struct dynamics_plan *plan;
    struct structure *frame; /* the caller's */
    int n, n_atom;
    struct batch batch;
    struct md_run run;
    struct md_phase *phase, *phase_d;
    struct md_replica *state, *state_d;
    double *velocity_d, *mass_d;
    size_t work_bytes;
    double (*position)[4], (*velocity)[4], (*force)[4], (*cell)[9]; /* host images, filled by fleet_download */
    int *stage;              /* [n] n_stage: done */
    bool *failed;
    double *time_fs;         /* [n] at the beginning of the stage */
    double *conserved;       /* [n] at the beginning of the stage, eV; NAN: not known yet */
    double *drift;           /* [n] worst so far, meV/atom/ps */
    bool *relaxed;
    struct dynamics_result *result;
    /* files */
    long *log_bytes, *csv_bytes; /* [n] */
    int n_chunk;             /* of the trajectory, written so far */
    struct frame_buffer *frames;
    FILE **log, **csv;
    double seconds_before;
};

kd_status fleet_create(kd_device *dev, const struct potential *p, const struct dynamics_options *o, const struct dynamics_plan *plan,
                       struct structure *frame, int n, struct fleet *f);
void fleet_free(struct fleet *f);
/* Room for `capacity` neighbours; forgets lists. */
kd_status fleet_capacity(struct fleet *f, int capacity);
/* One call of the op, states back on the host; lists that do not hold are made larger, and the step finished. */
kd_status fleet_sail(struct fleet *f);
/* positions, velocities, forces, cells to the host images. */
kd_status fleet_download(struct fleet *f);
/* Host images and states to the device (restart). */
kd_status fleet_upload(struct fleet *f);
kd_status fleet_upload_states(struct fleet *f);
/* If an atom of replica r is more than 100 cells away (fresh host images), put all into the cell. */
kd_status fleet_wrap(struct fleet *f, int r);
/* Velocities and forces of replica r, which has failed, to zero: they may not be finite, its positions are. */
kd_status fleet_still(struct fleet *f, int r);
/* Set phase[r] for stage[r]; draws velocities where it says so. */
kd_status fleet_begin_stage(struct fleet *f, int r);
/* Fill a structure with what the host images say of replica r. */
kd_status fleet_structure(const struct fleet *f, int r, struct structure *s);

static inline int fleet_atoms(const struct fleet *f, int r)
{
    return f->batch.first[r + 1] - f->batch.first[r];
}
double fleet_time_fs(const struct fleet *f, int r);
double fleet_temperature_k(const struct fleet *f, int r);
double fleet_pressure_bar(const struct fleet *f, int r);
double fleet_density_gcc(const struct fleet *f, int r);
double fleet_kinetic_ev(const struct fleet *f, int r);
double fleet_conserved_ev(const struct fleet *f, int r);

/* ---- files (fleet_files.c, fleet_checkpoint.c, fleet_h5md.c) ---- */
kd_status fleet_open_logs(struct fleet *f, bool restart);
kd_status fleet_close_logs(struct fleet *f);
kd_status fleet_log_row(struct fleet *f, int r);
kd_status fleet_keep_frame(struct fleet *f, int r);    /* host images must be fresh */
kd_status fleet_write_frames(struct fleet *f);         /* one more chunk of every replica that has frames */
kd_status fleet_write_checkpoint(struct fleet *f);
kd_status fleet_read_checkpoint(struct fleet *f, bool *found);
kd_status fleet_write_finals(struct fleet *f);

#endif
