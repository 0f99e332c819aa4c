// SPDX-License-Identifier: BSD-3-Clause
/* md_steps.c - the op `run` as a benchmark. */
#include "bench/md_steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/md/dynamics.h"
#include "host/structure/element.h"

enum { CAPACITY = 40 };

static kd_status upload(kd_device *dev, const struct potential *p, struct md_steps *m)
{
    const size_t n_atom = (size_t)m->batch.md.n_atom;
    double mass[POTENTIAL_MAX_SPECIES], (*velocity)[4] = calloc(n_atom, sizeof *velocity);
    kd_status status = KD_OK;
    if (!velocity)
        FAIL(KD_ENOMEM, "bench_md: no host memory");
    for (int s = 0; s < p->n_species; s++)
        mass[s] = element_mass(p->number[s]);
    for (int r = 0; r < m->n; r++)
        for (int a = 0; a < m->frame[r].n_atom; a++)
            memcpy(velocity[m->batch.first[r] + a], m->frame[r].velocity[a], 3 * sizeof(double));
    TRY_OUT(kd_alloc_copy(dev, dev->stream, velocity, n_atom * sizeof *velocity, &m->run.velocity_d));
    TRY_OUT(kd_alloc_copy(dev, dev->stream, mass, (size_t)p->n_species * sizeof *mass, (void **)&m->run.mass_d));
    TRY_OUT(kd_alloc(dev, (size_t)m->n * sizeof *m->phase, (void **)&m->run.phase_d));
    TRY_OUT(kd_alloc_copy(dev, dev->stream, m->state, (size_t)m->n * sizeof *m->state, &m->run.replica_d));
out:
    free(velocity);
    return status;
}

static kd_status copy_frames(const struct structure *frame, double temperature_k, struct md_steps *m)
{
    m->frame = calloc((size_t)m->n, sizeof *m->frame);
    m->phase = calloc((size_t)m->n, sizeof *m->phase);
    m->state = calloc((size_t)m->n, sizeof *m->state);
    if (!m->frame || !m->phase || !m->state)
        FAIL(KD_ENOMEM, "bench_md: no host memory");
    for (int r = 0; r < m->n; r++) {
        TRY(structure_copy(frame, &m->frame[r]));
        TRY(dynamics_velocities(&m->frame[r], 100 + (uint64_t)r, temperature_k));
        m->phase[r] = (struct md_phase){.ensemble = MD_NVE, .end = INT64_MAX, .dt = 0.5, .max_move = 0.5};
        m->state[r].kinetic[0] = -1;
    }
    return KD_OK;
}

kd_status md_steps_open(kd_device *dev, const struct potential *p, const struct structure *frame, int copies, double temperature_k,
                        double skin, enum kd_precision precision, int n_step, struct md_steps *m)
{
    memset(m, 0, sizeof *m);
    m->n = copies;
    m->n_step = n_step;
    TRY(copy_frames(frame, temperature_k, m));
    TRY(batch_create(dev, p, m->frame, copies, &m->batch));
    m->run = (struct md_run){.batch = &m->batch.md, .position_d = m->batch.position_d, .cell_d = m->batch.cell_d,
                             .force_d = m->batch.forces.force_d, .phase = m->phase, .potential = &m->batch.table,
                             .precision = precision, .capacity = CAPACITY, .skin = skin};
    TRY(upload(dev, p, m));
    size_t bytes = dev->md->run_bytes(dev, &m->batch.md, CAPACITY, precision);
    TRY(kd_alloc(dev, bytes, &m->run.work_d));
    TRY(kd_fill(dev, dev->stream, m->run.work_d, 0, bytes));
    return kd_scratch_reserve(dev, dev->md->run_scratch(dev, &m->batch.md, CAPACITY, precision));
}

kd_status md_steps_go(void *md_steps)
{
    struct md_steps *m = md_steps;
    kd_device *dev = m->batch.dev;
    for (int r = 0; r < m->n; r++)
        m->phase[r].stop += m->n_step;
    TRY(kd_upload(dev, dev->stream, (void *)m->run.phase_d, m->phase, (size_t)m->n * sizeof *m->phase));
    TRY(dev->md->run(dev, dev->stream, &m->run));
    TRY(kd_download(dev, dev->stream, m->state, m->run.replica_d, (size_t)m->n * sizeof *m->state));
    for (int r = 0; r < m->n; r++)
        if (m->state[r].outcome != MD_RUNNING)
            FAIL(KD_ENOCONV, "bench_md: replica %d ended with outcome %d", r, m->state[r].outcome);
    return KD_OK;
}

void md_steps_close(struct md_steps *m)
{
    if (m->batch.dev) {
        kd_free(m->batch.dev, m->run.velocity_d);
        kd_free(m->batch.dev, (void *)m->run.mass_d);
        kd_free(m->batch.dev, (void *)m->run.phase_d);
        kd_free(m->batch.dev, m->run.replica_d);
        kd_free(m->batch.dev, m->run.work_d);
        batch_free(&m->batch);
    }
    for (int r = 0; m->frame && r < m->n; r++)
        structure_free(&m->frame[r]);
    free(m->frame);
    free(m->phase);
    free(m->state);
    memset(m, 0, sizeof *m);
}

kd_status md_steps_distance(const struct md_steps *a, const struct md_steps *b, double *distance)
{
    const size_t n = (size_t)a->batch.md.n_atom;
    double(*x)[4] = malloc(n * sizeof *x), (*y)[4] = malloc(n * sizeof *y);
    kd_status status = KD_OK;
    if (!x || !y)
        FAIL_OUT(KD_ENOMEM, "bench_md: no host memory");
    TRY_OUT(kd_download(a->batch.dev, a->batch.dev->stream, x, a->run.position_d, n * sizeof *x));
    TRY_OUT(kd_download(b->batch.dev, b->batch.dev->stream, y, b->run.position_d, n * sizeof *y));
    *distance = 0;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) {
            const double d = fabs(x[i][k] - y[i][k]);
            *distance = d > *distance || isnan(d) ? d : *distance;
        }
out:
    free(x);
    free(y);
    return status;
}
