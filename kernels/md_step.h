// SPDX-License-Identifier: BSD-3-Clause
/* md_step.h - the decisions of a step of dynamics or relaxation, made once for every device: temperatures, thermostat,
 * barostat, FIRE. Inline, for C, C++ and CUDA; loops over atoms belong to the backends. */
#ifndef KD_MD_STEP_H
#define KD_MD_STEP_H

#include <math.h>

#include "kernels/md_run.h"
#include "kernels/philox.h"

/* amu (angstrom/fs)^2 in eV, CODATA 2018. */
#define MD_AMU_A2_FS2_EV 103.642696526805

static inline KD_HD int md_freedom(const struct md_phase *p, int n_atom)
{
    return 3 * n_atom - (p->zero_momentum && n_atom > 1 ? 3 : 0);
}

/* Is the cell scaled in the step that leads from `step` to step + 1? */
static inline KD_HD int md_scales_cell(const struct md_phase *p, int64_t step)
{
    return p->ensemble == MD_NPT && step % MD_BAROSTAT_STRIDE == 0;
}

/* k_B T that the thermostat wants at this step. */
static inline KD_HD double md_target(const struct md_phase *p, int64_t step)
{
    double span = (double)(p->end - p->begin), at = (double)(step - p->begin);
    return span > 0 ? p->temperature[0] + (p->temperature[1] - p->temperature[0]) * (at / span) : p->temperature[1];
}

/* Sum of the squares of n >= 1 normals: twice a gamma deviate of shape n/2 (Marsaglia and Tsang, ACM TOMS 26, 363 (2000)), shape
 * below 1 by one normal apart. Draws are counted from *index. */
static inline KD_HD double md_chi_squared(uint64_t seed, int64_t step, int n, uint32_t *index)
{
    double sum = 0, z[2], u[2];
    if (n == 1) {
        philox_normals(seed, MD_STREAM, (uint64_t)step, (*index)++, z);
        return z[0] * z[0];
    }
    const double d = 0.5 * n - 1.0 / 3.0, c = 1 / sqrt(9 * d);
    for (int trial = 0; trial < 64; trial++) { /* accepted at 95 % or more */
        philox_normals(seed, MD_STREAM, (uint64_t)step, (*index)++, z);
        philox_uniforms(seed, MD_STREAM, (uint64_t)step, (*index)++, u);
        double v = 1 + c * z[0];
        v = v * v * v;
        if (v > 0 && log(u[0]) < 0.5 * z[0] * z[0] + d - d * v + d * log(v)) {
            sum = 2 * d * v;
            break;
        }
    }
    return sum > 0 ? sum : (double)n;
}

/* Factor of all velocities at the end of the step that led to `step` (Bussi et al., eq. A7). */
static inline KD_HD double md_velocity_factor(const struct md_phase *p, int64_t step, int n_atom, double kinetic)
{
    const int n_free = md_freedom(p, n_atom);
    if (n_free < 1 || !(kinetic > 0))
        return 1;
    const double keep = exp(-p->dt / p->tau_t), wanted = 0.5 * md_target(p, step); /* per degree of freedom */
    const double share = (1 - keep) * wanted / kinetic;
    uint32_t index = 2;
    double z[2];
    philox_normals(p->seed, MD_STREAM, (uint64_t)step, 0, z);
    const double rest = n_free > 1 ? md_chi_squared(p->seed, step, n_free - 1, &index) : 0;
    const double square = keep + share * (z[0] * z[0] + rest) + 2 * z[0] * sqrt(keep * share);
    return square > 0 ? sqrt(square) : 0;
}

/* strain[3] of MD_BAROSTAT_STRIDE steps from `step`, from the kinetic energies and the virial at `step` (Bernetti and Bussi, eq. 7,
 * in Ito form for ln V; anisotropic: lengths of their own, whose sum is that ln V). */
static inline KD_HD void md_cell_strain(const struct md_phase *p, int64_t step, const struct md_replica *r, double strain[3])
{
    const double dt = MD_BAROSTAT_STRIDE * p->dt, rate = p->compressibility * dt / p->tau_p, temperature = md_target(p, step);
    double z[4], axis[3];
    philox_normals(p->seed, MD_STREAM, (uint64_t)step, 1, z);
    philox_normals(p->seed, MD_STREAM, (uint64_t)step, 0xffffffffu, z + 2);
    for (int a = 0; a < 3; a++)
        axis[a] = (2 * r->kinetic[a] + r->virial[a]) / r->volume;
    if (p->anisotropic) {
        const double noise = sqrt(2 * temperature * rate / (3 * r->volume));
        for (int a = 0; a < 3; a++)
            strain[a] = rate / 3 * (axis[a] - p->pressure) + noise * z[a];
    } else {
        const double pressure = (axis[0] + axis[1] + axis[2]) / 3;
        const double change = rate * (pressure - p->pressure) + sqrt(2 * temperature * rate / r->volume) * z[0];
        strain[0] = strain[1] = strain[2] = change / 3;
    }
}

/* Is a strain sane? */
static inline KD_HD int md_strain_is_small(const double strain[3])
{
    return fabs(strain[0]) < 0.1 && fabs(strain[1]) < 0.1 && fabs(strain[2]) < 0.1; /* false for NaN */
}

/* ---- relaxation ----
 * Unit masses; time in angstrom/sqrt(eV). The cell moves along with its strains: coordinate c strain, c = 2 sqrt(N) angstrom, so that its
 * stiffness is that of bonds whatever N is. */

/* Force on c strain_a: (W_a - P V) / c; all three alike when isotropic. */
static inline KD_HD void md_strain_force(const struct md_phase *p, const struct md_replica *r, int n_atom, double force[3])
{
    const double c = 2 * sqrt((double)n_atom);
    for (int a = 0; a < 3; a++)
        force[a] = p->ensemble == MD_RELAX_CELL ? (r->virial[a] - p->pressure * r->volume) / c : 0;
    if (!p->anisotropic)
        force[0] = force[1] = force[2] = (force[0] + force[1] + force[2]) / 3;
}

static inline KD_HD int md_is_relaxed(const struct md_phase *p, const struct md_replica *r, int n_atom)
{
    double force[3];
    md_strain_force(p, r, n_atom, force);
    const double tolerance = p->pressure_tolerance * r->volume / (2 * sqrt((double)n_atom));
    for (int a = 0; a < 3; a++)
        if (!(fabs(force[a]) <= tolerance))
            return 0;
    return r->max_force <= p->force_tolerance;
}

/* One FIRE decision. In: sums over atoms of F.v, F.F, v.v, largest F.F. Out: v becomes keep v + push F, then
 * atoms move by fire_dt v. The strain rates are updated here. */
static inline KD_HD void md_fire(const struct md_phase *p, struct md_replica *r, int n_atom, const double sums[3], double *keep,
                                 double *push)
{
    double force[3], power = sums[0], ff = sums[1], vv = sums[2];
    md_strain_force(p, r, n_atom, force);
    for (int a = 0; a < 3; a++) {
        power += force[a] * r->strain_rate[a];
        ff += force[a] * force[a];
        vv += r->strain_rate[a] * r->strain_rate[a];
    }
    if (!(r->fire_dt > 0)) {
        r->fire_dt = 0.05;
        r->fire_mix = 0.1;
        r->fire_up = 0;
        power = 0;
    }
    if (power > 0) {
        *keep = 1 - r->fire_mix;
        *push = ff > 0 ? r->fire_mix * sqrt(vv / ff) : 0;
        if (++r->fire_up > 5) {
            r->fire_dt = fmin(1.1 * r->fire_dt, 0.3);
            r->fire_mix *= 0.99;
        }
    } else {
        *keep = *push = 0;
        r->fire_dt = fmax(0.5 * r->fire_dt, 1e-4);
        r->fire_mix = 0.1;
        r->fire_up = 0;
    }
    *push += r->fire_dt;
    for (int a = 0; a < 3; a++)
        r->strain_rate[a] = *keep * r->strain_rate[a] + *push * force[a];
}

/* How long the move takes once the longest of it, `fastest` = largest |v|, is cut to max_move; strain[3] comes with it. */
static inline KD_HD double md_fire_move(const struct md_phase *p, struct md_replica *r, int n_atom, double fastest)
{
    const double c = 2 * sqrt((double)n_atom);
    double time = r->fire_dt, strain = 0;
    if (fastest * time > p->max_move)
        time = p->max_move / fastest;
    for (int a = 0; a < 3; a++)
        strain = fmax(strain, fabs(r->strain_rate[a]) / c);
    if (strain * time > 0.01)
        time = 0.01 / strain;
    for (int a = 0; a < 3; a++)
        r->strain[a] = r->strain_rate[a] / c * time;
    return time;
}

/* What a barostat step adds to E: the trapezoid of dE = -sum W_a d(strain_a), half before the move, half behind it; its error is
 * of third order. */
static inline KD_HD double md_strain_work(const struct md_replica *r)
{
    return -0.5 * (r->virial[0] * r->strain[0] + r->virial[1] * r->strain[1] + r->virial[2] * r->strain[2]);
}

#endif
