// SPDX-License-Identifier: BSD-3-Clause
/* md_run.h - what replicas do over many steps: the structs of the op `run` (md_ops.h).
 *
 * A step of molecular dynamics is velocity Verlet; every MD_BAROSTAT_STRIDE-th one scales the cell in the middle of its drift
 * (stochastic cell rescaling, Bernetti and Bussi, J. Chem. Phys. 153, 114107 (2020)), and each ends with stochastic velocity
 * rescaling (Bussi, Donadio, Parrinello, J. Chem. Phys. 126, 014101 (2007)). Both are first order and exact at T = 0. Relaxation is
 * FIRE (Bitzek et al., PRL 97, 170201 (2006)) with unit masses and capped moves, of atoms alone or with the cell. The arithmetic is in
 * md_step.h, the same for every device.
 *
 * Random numbers are counted by the step, sums go over live bonds and fixed chunks: the trajectory has the same bits for any
 * number of threads, however it is cut into calls, and whenever lists were rebuilt. */
#ifndef KD_MD_RUN_H
#define KD_MD_RUN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MD_BAROSTAT_STRIDE = 10,  /* steps */
    MD_MOMENTUM_STRIDE = 100, /* steps between removals of the total momentum that rounding has left */
    MD_STREAM = 3             /* of philox.h, for thermostat and barostat: RNG_THERMOSTAT */
};

enum md_ensemble { MD_NVE, MD_NVT, MD_NPT, MD_RELAX, MD_RELAX_CELL };

/* Why a replica stands still. Only MD_CROWDED is mended by the caller (more capacity, then MD_RUNNING again). */
enum md_outcome {
    MD_RUNNING,
    MD_CONVERGED,  /* relaxation: forces and pressure below the tolerances */
    MD_CROWDED,    /* an atom has more neighbours than the lists have slots: max_neighbor; the step will be finished later */
    MD_LOST,       /* positions cannot be listed */
    MD_RUNAWAY,    /* an atom was to move more than max_move in one step, or its velocity is not finite: not moved */
    MD_COLLAPSED   /* the barostat was to change the volume by more than a third in one go */
};

enum md_pending { MD_AT_START /* forces are not known */, MD_MIDSTEP /* moved, forces are not known */, MD_BETWEEN };

/* What a replica shall do. Set by the host. */
struct md_phase {
    int ensemble;            /* enum md_ensemble */
    int anisotropic;         /* barostat, cell relaxation: x, y, z of their own; else one factor */
    int zero_momentum;       /* also: 3 degrees of freedom fewer */
    int reserved;
    int64_t begin, end;      /* steps of the ramp: temperature[0] at begin, temperature[1] at end */
    int64_t stop;            /* this call ends at this step */
    double dt;               /* fs */
    double temperature[2];   /* eV (k_B T) */
    double pressure;         /* eV/angstrom^3 */
    double tau_t, tau_p;     /* fs */
    double compressibility;  /* angstrom^3/eV */
    double max_move;         /* angstrom per step: beyond it MD is a runaway; relaxation is cut to it */
    double force_tolerance;  /* relaxation: largest |F|, eV/angstrom */
    double pressure_tolerance; /* eV/angstrom^3, on every axis */
    uint64_t seed;
};

/* Where a replica is. The host zeroes it at the beginning; ops keep it. */
struct md_replica {
    int64_t step;            /* since the beginning */
    int pending, outcome;    /* enum md_pending, md_outcome */
    int max_neighbor, n_build;
    double energy, virial[6];  /* potential, eV, of the present positions */
    double kinetic[3];       /* eV, of x, y, z velocities; kinetic[0] < 0 with MD_AT_START: not known */
    double volume;
    double work;             /* eV: what thermostat and barostat have added to E + K, so that E + K - work is conserved */
    double strain[3];        /* of the step under way: lengths are multiplied by exp(strain) */
    double max_force;        /* relaxation: of the present positions */
    double fire_dt, fire_mix; /* 0: relaxation begins */
    double strain_rate[3];
    int fire_up, reserved;
};

/* Relaxation or dynamics? */
#define MD_IS_RELAXATION(phase) ((phase)->ensemble == MD_RELAX || (phase)->ensemble == MD_RELAX_CELL)

#ifdef __cplusplus
}
#endif
#endif
