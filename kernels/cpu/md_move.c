// SPDX-License-Identifier: BSD-3-Clause
/* md_move.c - kicks, drifts and sums over the atoms of one replica. */
#include "kernels/cpu/md_move.h"

#include <math.h>
#include <string.h>

#include "kernels/cpu/tersoff_lanes.h"
#include "kernels/md_step.h"

typedef double double4 __attribute__((vector_size(32)));
typedef double double4_any __attribute__((vector_size(32), aligned(8), may_alias));

/* What a pass over atoms from .. to-1 does; `with` is its own. */
typedef void chunk_pass(const struct mover *m, int from, int to, const void *with, double *sum);

static void keep_most(double *most, double x)
{
    if (!(x <= *most) && *most == *most)
        *most = x;
}

static void sum_chunks(const struct mover *m, double total[MOVE_SUMS])
{
    const int n_chunk = move_chunks(m->n_atom);
    memset(total, 0, MOVE_SUMS * sizeof *total);
    for (int c = 0; c < n_chunk; c++) {
        for (int s = 0; s < MOVE_MOST; s++)
            total[s] += m->sums[c][s];
        for (int s = MOVE_MOST; s < MOVE_SUMS; s++)
            keep_most(&total[s], m->sums[c][s]);
    }
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
    sum_chunks(m, total);
}

/* ---- kicks ---- */

/* time / mass and half the mass of every species. */
struct inertia {
    double by[TERSOFF_SPECIES], half[TERSOFF_SPECIES];
};

static void find_inertia(const struct mover *m, double time, struct inertia *inertia)
{
    for (int s = 0; s < m->n_species; s++) {
        const double mass = m->mass[s] * MD_AMU_A2_FS2_EV;
        inertia->by[s] = time / mass;
        inertia->half[s] = 0.5 * mass;
    }
}

static double4 load(const double *four)
{
    return *(const double4_any *)four;
}

static double length2(double4 v2)
{
    return (v2[0] + v2[1]) + v2[2];
}

struct kick {
    struct inertia inertia;
    double scale;
};

static void kick_chunk(const struct mover *m, int from, int to, const void *with, double *sum)
{
    const struct kick *k = with;
    double4 kinetic = {0};
    for (int i = from; i < to; i++) {
        const int kind = m->species[i];
        const double4 v = load(m->velocity[i]) * k->scale + load(m->force[i]) * k->inertia.by[kind], v2 = v * v;
        *(double4_any *)m->velocity[i] = v;
        kinetic += k->inertia.half[kind] * v2;
        keep_most(&sum[MOVE_MOST], length2(v2));
    }
    memcpy(sum, &kinetic, 3 * sizeof *sum);
}

double move_kick(const struct mover *m, double scale, double time, double kinetic[3])
{
    struct kick k = {.scale = scale};
    double total[MOVE_SUMS];
    find_inertia(m, time, &k.inertia);
    run_pass(m, kick_chunk, &k, total);
    memcpy(kinetic, total, 3 * sizeof *kinetic);
    return total[MOVE_MOST];
}

void move_kicks(const struct kicks *k, int from, int to, const double (*force)[4])
{
    const struct mover *m = k->mover;
    struct inertia inertia;
    find_inertia(m, k->time, &inertia);
    for (int begin = from; begin < to; begin += MOVE_CHUNK) {
        const int end = begin + MOVE_CHUNK < to ? begin + MOVE_CHUNK : to;
        double4 kinetic = {0};
        double most = 0, *sum = m->sums[begin / MOVE_CHUNK];
        for (int i = begin; i < end; i++, force++) {
            const int kind = m->species[i];
            const double4 push = load(force[0]) * inertia.by[kind];
            double4 v = load(m->velocity[i]) + push, v2 = v * v;
            kinetic += inertia.half[kind] * v2;
            if (k->twice) {
                v += push;
                v2 = v * v;
            }
            *(double4_any *)m->velocity[i] = v;
            keep_most(&most, length2(v2));
        }
        memset(sum, 0, MOVE_SUMS * sizeof *sum);
        memcpy(sum, &kinetic, 3 * sizeof *sum);
        sum[MOVE_MOST] = most;
    }
}

double move_kicks_end(const struct mover *m, double kinetic[3])
{
    double total[MOVE_SUMS];
    sum_chunks(m, total);
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

static void on_chunk(const struct mover *m, int from, int to, const void *with, double *sum)
{
    const double time = *(const double *)with;
    (void)sum;
    for (int i = from; i < to; i++)
        *(double4_any *)m->position[i] = load(m->position[i]) + time * load(m->velocity[i]);
}

void move_on(const struct mover *m, double time)
{
    double total[MOVE_SUMS];
    run_pass(m, on_chunk, &time, total);
}

static void remember_chunk(const struct mover *m, int from, int to, const void *with, double *sum)
{
    (void)with;
    (void)sum;
    memcpy(m->reference[from], m->position[from], (size_t)(to - from) * sizeof *m->position);
}

void move_remember(const struct mover *m)
{
    double total[MOVE_SUMS];
    run_pass(m, remember_chunk, NULL, total);
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
