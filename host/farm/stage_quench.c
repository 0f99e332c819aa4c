// SPDX-License-Identifier: BSD-3-Clause
/* stage_quench.c - melt and quench of one structure. */
#include "host/base/paths.h"
#include "host/farm/study.h"
#include "host/md/energy.h"
#include "host/md/quench.h"

/* A second attempt takes other random numbers: the first trajectory would fail again. */
static struct quench_options quench_of(const struct study *s, const struct study_work *w, int attempt, const char *directory,
                                       uint64_t *seed)
{
    struct quench_options o;
    quench_defaults(&o);
    o.dynamics.precision = s->precision;
    o.dynamics.directory = directory;
    o.dynamics.restart = true;
    o.dynamics.what = "quench";
    o.dynamics.thermo_every = 10000;
    o.melt_k = s->set.quench.melt_k;
    o.melt_ps = s->set.quench.melt_ps;
    o.cool_ps = s->set.quench.cool_ps;
    o.dt_fs = s->set.quench.dt_fs;
    o.pressure_bar = s->set.quench.pressure_bar;
    *seed = quench_seed((uint64_t)s->set.study.seed, 1000 * (attempt - 1) + s->structure[w->structure].replica);
    o.seed = *seed;
    o.seeds = seed;
    return o;
}

kd_status stage_quench(struct study *s, const struct study_work *w, int attempt, const char *product)
{
    char path[PATH_MAX], directory[PATH_MAX], name[FARM_NAME];
    struct structure *frames = NULL;
    struct potential potential = {0};
    struct dynamics_result result = {0};
    struct dynamics_summary summary;
    int n_frame = 0;
    uint64_t seed;
    kd_status status;
    snprintf(name, sizeof name, "%s-%d", s->structure[w->structure].name, attempt);
    study_file(s, "quench", name, "", directory);
    struct quench_options o = quench_of(s, w, attempt, directory, &seed);
    TRY(data_or_given(s->set.quench.potential, path));
    char start[PATH_MAX];
    study_file(s, "structures", s->structure[w->structure].name, "-start.xyz", start);
    TRY_OUT(structures_read(start, &frames, &n_frame));
    TRY_OUT(energy_potential(path, frames, n_frame, &potential));
    TRY_OUT(quench_batch(s->dev, &potential, &o, frames, n_frame, &result, &summary));
    if (result.failed)
        FAIL_OUT(KD_ENOCONV, "%s", result.message);
    status = structures_write(product, frames, n_frame);
out:
    structures_free(frames, n_frame);
    potential_free(&potential);
    return status;
}
