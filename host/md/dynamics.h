// SPDX-License-Identifier: BSD-3-Clause
/* dynamics.h - molecular dynamics and relaxation of many structures at once, each by a plan of its own, with logs, trajectories and
 * checkpoints. One call is one batch on one device; the steps themselves are the op `run` (kernels/md_ops.h). */
#ifndef KD_DYNAMICS_H
#define KD_DYNAMICS_H

#include <stdbool.h>
#include <stdint.h>

#include "host/base/json.h"
#include "host/md/potential.h"
#include "host/structure/structure.h"
#include "kernels/device.h"
#include "kernels/md_run.h"

enum { DYNAMICS_STAGES = 8 };

/* One stretch of a plan: a constant or ramped temperature for so many steps, or a relaxation. */
struct dynamics_stage {
    const char *name; /* "melt" */
    enum md_ensemble ensemble;
    int64_t n_step;   /* relaxation: at most */
    double dt_fs;
    double temperature_k[2]; /* at its beginning and end; NVE: the first is what velocities are drawn for */
    double pressure_bar;
    double tau_t_fs, tau_p_fs;
    bool anisotropic;
    bool draw;        /* Maxwell velocities of temperature_k[0] at its beginning */
    bool keep_momentum; /* do not remove the total momentum: plain NVE of given velocities */
    double force_tolerance_ev_a, pressure_tolerance_bar;
};

struct dynamics_plan {
    int n_stage;
    struct dynamics_stage stage[DYNAMICS_STAGES];
    uint64_t seed; /* of this replica: velocities, thermostat, barostat */
};

/* 0.5 fs, thermostat 100 fs, barostat 1000 fs, 1e-4 eV/angstrom, 10 bar. */
struct dynamics_stage dynamics_stage(const char *name, enum md_ensemble ensemble, int64_t n_step);

struct dynamics_options {
    enum kd_precision precision;
    const char *directory;   /* where files go; NULL: none are written, nothing can be restarted */
    bool restart;            /* go on from the checkpoint in the directory if there is one */
    const char *what;        /* "quench": for progress and messages */
    int64_t thermo_every;    /* steps; 0: only first and last step of each stage */
    int64_t frame_every;     /* steps between frames of the trajectory; 0: none */
    double checkpoint_seconds;
    double skin;             /* angstrom; changes speed only */
};

struct dynamics_result {
    bool failed;
    char message[160];       /* why */
    char name[64];           /* of the replica and its folder: "003-O144Si72" */
    int64_t step;
    int stage;               /* where it ended */
    double energy_ev, temperature_k, pressure_bar, density_gcc, max_force_ev_a;
    double drift_mev_atom_ps; /* of the conserved quantity: the largest of all stages of dynamics */
    bool relaxed;            /* the last relaxation met its tolerances */
};

struct dynamics_summary {
    int n_failed;
    double seconds, atom_steps; /* of this call */
    long n_build;               /* neighbour lists made */
};

/* frame[n] begin where they stand and end where they ended (wrapped; cell, velocity, force, energy, virial set); result[n] may be NULL.
 * A replica that fails ends alone: it is said with its seed and step, and the others go on; frame[r] then is its last sane state.
 * In the directory: checkpoint.h5, and for each replica NAME/thermo.log, thermo.csv, trajectory.NNNN.h5 (H5MD) and final.xyz.
 * KD_EINPUT: a plan or structure that makes no sense, a checkpoint of another run. KD_ESTOPPED: a checkpoint is there. KD_EIO, KD_ENOMEM,
 * KD_EDEVICE. Failing replicas alone do not fail the call: see summary. */
kd_status dynamics_run(kd_device *dev, const struct potential *potential, const struct dynamics_options *o,
                       const struct dynamics_plan *plan, struct structure *frame, int n, struct dynamics_result *result,
                       struct dynamics_summary *summary);

/* Maxwell velocities of all 3N components (angstrom/fs), momentum removed, temperature exact; keyed by (seed, atom). KD_EINPUT: an
 * element without a weight. */
kd_status dynamics_velocities(struct structure *s, uint64_t seed, double temperature_k);

/* n_atom, name, density ... of each replica, as objects appended to a list. */
void dynamics_json(struct js *list, const struct dynamics_result *result);

#endif
