// SPDX-License-Identifier: BSD-3-Clause
/* md_move.c - kicks, drifts and sums over the atoms of one replica. */
#include "kernels/cpu/md_move.h"

#include <math.h>
#include <string.h>

#include "kernels/md_step.h"

/* What a pass over atoms from .. to-1 does; `with` is its own. */
typedef void chunk_pass(const struct mover *m, int from, int to, const void *with, double *sum);

static void keep_most(double *most, double x)
{
    if (!(x <= *most) && *most == *most)
        *most = x;
}

static void run_pass(const struct mover *m, chunk_pass *pass, const void *with, double total[MOVE_SUMS])
{
    const int n = m->n_atom, n_chunk = move_chunks(n);
#pragma omp parallel for schedule(static) num_threads(m->n_thread) if (m->n_thread > 1 && n_chunk > 1)
    for (int c = 0; c < n_chunk; c++) {
        const int from = c * MOVE_CHUNK, to = from + MOVE_CHUNK < n ? from + MOVE_CHUNK : n;
        memset(m->sums[c], 0, sizeof m->sums[c]);
        pass(m, from, to, with, m->sums[c]);
    }
    memset(total, 0, MOVE_SUMS * sizeof *total);
    for (int c = 0; c < n_chunk; c++) {
        for (int s = 0; s < MOVE_MOST; s++)
            total[s] += m->sums[c][s];
        for (int s = MOVE_MOST; s < MOVE_SUMS; s++)
            keep_most(&total[s], m->sums[c][s]);
    }
}

static void kick_chunk(const struct mover *m, int from, int to, const void *with, double *sum)
{
    const double time = *(const double *)with;
    for (int i = from; i < to; i++) {
        const double mass = m->mass[m->species[i]] * MD_AMU_A2_FS2_EV, by = time / mass, half = 0.5 * mass;
        double *v = m->velocity[i];
        const double *f = m->force[i];
        double square = 0;
        for (int x = 0; x < 3; x++) {
            v[x] += f[x] * by;
            const double v2 = v[x] * v[x];
            sum[x] += half * v2;
            square += v2;
        }
        keep_most(&sum[MOVE_MOST], square);
    }
}

double move_kick(const struct mover *m, double time, double kinetic[3])
{
    double total[MOVE_SUMS];
    run_pass(m, kick_chunk, &time, total);
    memcpy(kinetic, total, 3 * sizeof *kinetic);
    return total[MOVE_MOST];
}

static void kinetic_chunk(const struct mover *m, int from, int to, const void *with, double *sum)
{
    (void)with;
    for (int i = from; i < to; i++) {
        const double half = 0.5 * m->mass[m->species[i]] * MD_AMU_A2_FS2_EV;
        for (int x = 0; x < 3; x++)
            sum[x] += half * (m->velocity[i][x] * m->velocity[i][x]);
    }
}

void move_kinetic(const struct mover *m, double kinetic[3])
{
    double total[MOVE_SUMS];
    run_pass(m, kinetic_chunk, NULL, total);
    memcpy(kinetic, total, 3 * sizeof *kinetic);
}

static void scale_chunk(const struct mover *m, int from, int to, const void *with, double *sum)
{
    const double factor = *(const double *)with;
    (void)sum;
    for (int i = from; i < to; i++)
        for (int x = 0; x < 3; x++)
            m->velocity[i][x] *= factor;
}

void move_scale(const struct mover *m, double factor)
{
    double total[MOVE_SUMS];
    run_pass(m, scale_chunk, &factor, total);
}

static void momentum_chunk(const struct mover *m, int from, int to, const void *with, double *sum)
{
    (void)with;
    for (int i = from; i < to; i++) {
        const double mass = m->mass[m->species[i]];
        for (int x = 0; x < 3; x++)
            sum[x] += mass * m->velocity[i][x];
        sum[3] += mass;
    }
}

static void shift_chunk(const struct mover *m, int from, int to, const void *with, double *sum)
{
    const double *by = with;
    (void)sum;
    for (int i = from; i < to; i++)
        for (int x = 0; x < 3; x++)
            m->velocity[i][x] -= by[x];
}

void move_rest(const struct mover *m)
{
    double total[MOVE_SUMS], by[3];
    run_pass(m, momentum_chunk, NULL, total);
    for (int x = 0; x < 3; x++)
        by[x] = total[x] / total[3];
    run_pass(m, shift_chunk, by, total);
}

static void drift_chunk(const struct mover *m, int from, int to, const void *with, double *sum)
{
    const struct drift d = *(const struct drift *)with;
    for (int i = from; i < to; i++) {
        double *r = m->position[i], *v = m->velocity[i], square = 0;
        const double *from_where = m->reference[i];
        for (int x = 0; x < 3; x++) {
            r[x] = (r[x] + d.before * v[x]) * d.scale[x];
            v[x] *= d.brake[x];
            r[x] += d.after * v[x];
            const double way = r[x] - d.stretch[x] * from_where[x];
            square += way * way;
        }
        keep_most(&sum[MOVE_MOST], square);
    }
}

double move_drift(const struct mover *m, const struct drift *d)
{
    double total[MOVE_SUMS];
    run_pass(m, drift_chunk, d, total);
    return total[MOVE_MOST];
}

static void power_chunk(const struct mover *m, int from, int to, const void *with, double *sum)
{
    (void)with;
    for (int i = from; i < to; i++)
        for (int x = 0; x < 3; x++) {
            const double f = m->force[i][x], v = m->velocity[i][x];
            sum[0] += f * v;
            sum[1] += f * f;
            sum[2] += v * v;
        }
}

void move_power(const struct mover *m, double sums[3])
{
    double total[MOVE_SUMS];
    run_pass(m, power_chunk, NULL, total);
    memcpy(sums, total, 3 * sizeof *sums);
}

static void steer_chunk(const struct mover *m, int from, int to, const void *with, double *sum)
{
    const double *keep_push = with;
    for (int i = from; i < to; i++) {
        double square = 0;
        for (int x = 0; x < 3; x++) {
            double *v = &m->velocity[i][x];
            *v = keep_push[0] * *v + keep_push[1] * m->force[i][x];
            square += *v * *v;
        }
        keep_most(&sum[MOVE_MOST], square);
    }
}

double move_steer(const struct mover *m, double keep, double push)
{
    double total[MOVE_SUMS];
    const double with[2] = {keep, push};
    run_pass(m, steer_chunk, with, total);
    return total[MOVE_MOST];
}

static void force_chunk(const struct mover *m, int from, int to, const void *with, double *sum)
{
    (void)with;
    for (int i = from; i < to; i++) {
        const double *f = m->force[i];
        keep_most(&sum[MOVE_MOST], f[0] * f[0] + f[1] * f[1] + f[2] * f[2]);
    }
}

double move_largest_force(const struct mover *m)
{
    double total[MOVE_SUMS];
    run_pass(m, force_chunk, NULL, total);
    return sqrt(total[MOVE_MOST]);
}
