// SPDX-License-Identifier: BSD-3-Clause
/* fleet_checkpoint.c - everything that a restart needs, in one HDF5 file that is renamed into place (docs/formats.md). Positions,
 * velocities and states alone decide the rest of a trajectory: lists and forces are found again, with the same bits. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/base/hash.h"
#include "host/md/fleet.h"
#include "host/store/h5.h"

enum { CHECKPOINT_VERSION = 1 };

/* Of what must be the same for a restart to make sense: FNV-1a over plans, elements and precision. */
static long long identity(const struct fleet *f)
{
    uint64_t hash = HASH_START;
    hash = hash_bytes(hash, &f->o->precision, sizeof f->o->precision);
    hash = hash_bytes(hash, &f->o->thermo_every, sizeof f->o->thermo_every);
    hash = hash_bytes(hash, &f->o->frame_every, sizeof f->o->frame_every);
    hash = hash_bytes(hash, f->potential->entry, (size_t)f->potential->n_species * (size_t)f->potential->n_species *
                                                     (size_t)f->potential->n_species * sizeof *f->potential->entry);
    for (int r = 0; r < f->n; r++) {
        const struct dynamics_plan *p = &f->plan[r];
        hash = hash_bytes(hash, &p->seed, sizeof p->seed);
        hash = hash_bytes(hash, f->frame[r].number, (size_t)f->frame[r].n_atom * sizeof(int));
        hash = hash_bytes(hash, f->frame[r].position, (size_t)f->frame[r].n_atom * sizeof *f->frame[r].position);
        for (int s = 0; s < p->n_stage; s++) {
            const struct dynamics_stage *g = &p->stage[s];
            const double v[12] = {g->ensemble,   (double)g->n_step, g->dt_fs,      g->temperature_k[0],     g->temperature_k[1],
                                  g->pressure_bar, g->tau_t_fs,       g->tau_p_fs,   g->anisotropic + 2 * g->draw + 4 * g->keep_momentum,
                                  g->force_tolerance_ev_a, g->pressure_tolerance_bar, s};
            hash = hash_bytes(hash, v, sizeof v);
        }
    }
    return (long long)(hash >> 1);
}

static void path_of(const struct fleet *f, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/checkpoint.h5", f->o->directory);
}

/* The arrays of a checkpoint, for writing and for reading. conserved may be NaN. */
enum { N_ARRAY = 15 };
struct item {
    struct h5_array array;
    void *memory;
};

static void list_items(const struct fleet *f, int *stage_flags, struct item item[N_ARRAY])
{
    const size_t n = (size_t)f->n, n_atom = (size_t)f->n_atom;
    const struct item all[N_ARRAY] = {
        {{"position", H5_DOUBLE, 2, {n_atom, 4}, "angstrom", 0}, f->position},
        {{"velocity", H5_DOUBLE, 2, {n_atom, 4}, "angstrom/fs", 0}, f->velocity},
        {{"force", H5_DOUBLE, 2, {n_atom, 4}, "eV/angstrom", 0}, f->force}, /* replicas that are done are not evaluated again */
        {{"cell", H5_DOUBLE, 2, {n, 9}, "angstrom", 0}, f->cell},
        {{"state", H5_BYTE, 2, {n, sizeof *f->state}, "1", 0}, f->state},
        {{"phase", H5_BYTE, 2, {n, sizeof *f->phase}, "1", 0}, f->phase},
        {{"stage", H5_INT, 1, {n}, "1", 0}, f->stage},
        {{"flags", H5_INT, 1, {n}, "1", 0}, stage_flags},
        {{"time", H5_DOUBLE, 1, {n}, "fs", 0}, f->time_fs},
        {{"conserved", H5_DOUBLE, 1, {n}, "eV", H5_ALLOW_NAN}, f->conserved},
        {{"drift", H5_DOUBLE, 1, {n}, "meV/atom/ps", 0}, f->drift},
        {{"log_bytes", H5_LONG, 1, {n}, "1", 0}, f->log_bytes},
        {{"csv_bytes", H5_LONG, 1, {n}, "1", 0}, f->csv_bytes},
        {{"chunks", H5_INT, 1, {1}, "1", 0}, (void *)&f->n_chunk},
        {{"result", H5_BYTE, 2, {n, sizeof *f->result}, "1", 0}, f->result},
    };
    memcpy(item, all, sizeof all);
}

/* What stands in the logs must be on the disk before a checkpoint counts on it. */
static kd_status settle_logs(struct fleet *f)
{
    for (int r = 0; r < f->n; r++) {
        FILE *const file[2] = {f->log[r], f->csv[r]};
        long *const bytes[2] = {&f->log_bytes[r], &f->csv_bytes[r]};
        for (int i = 0; i < 2; i++) {
            if (fflush(file[i]) != 0 || fdatasync(fileno(file[i])) != 0)
                FAIL(KD_EIO, "%s/%s: the thermo log cannot be written", f->o->directory, f->result[r].name);
            *bytes[i] = ftell(file[i]);
        }
    }
    return KD_OK;
}

kd_status fleet_write_checkpoint(struct fleet *f)
{
    char path[PATH_MAX];
    struct item item[N_ARRAY];
    struct h5 *h5 = NULL;
    kd_status status;
    int *flags = calloc((size_t)f->n, sizeof *flags);
    if (!flags)
        FAIL(KD_ENOMEM, "%s: no host memory", f->o->what);
    for (int r = 0; r < f->n; r++)
        flags[r] = f->failed[r] + 2 * f->relaxed[r];
    path_of(f, path);
    list_items(f, flags, item);
    TRY_OUT(settle_logs(f));
    TRY_OUT(h5_create(path, &h5));
    TRY_OUT(h5_set_text(h5, "/", "creator", "kedge"));
    TRY_OUT(h5_set_int(h5, "/", "version", CHECKPOINT_VERSION));
    TRY_OUT(h5_set_int(h5, "/", "identity", identity(f)));
    for (int i = 0; i < N_ARRAY; i++)
        TRY_OUT(h5_write(h5, &item[i].array, item[i].memory));
    free(flags);
    return h5_commit(h5);
out:
    h5_abandon(h5);
    free(flags);
    return status;
}

static kd_status read_items(struct fleet *f, struct h5 *h5, int *flags)
{
    long long version, who;
    struct item item[N_ARRAY];
    TRY(h5_get_int(h5, "/", "version", &version));
    TRY(h5_get_int(h5, "/", "identity", &who));
    if (version != CHECKPOINT_VERSION)
        FAIL(KD_EINPUT, "%s: version %lld, expected %d", h5_path(h5), version, CHECKPOINT_VERSION);
    if (who != identity(f))
        FAIL(KD_EINPUT, "%s: a checkpoint of another run, expected the same structures, options and seed (or a new directory)",
             h5_path(h5));
    list_items(f, flags, item);
    for (int i = 0; i < N_ARRAY; i++)
        TRY(h5_read(h5, &item[i].array, item[i].memory));
    for (int r = 0; r < f->n; r++) {
        if (f->stage[r] < 0 || f->stage[r] > f->plan[r].n_stage)
            FAIL(KD_EINPUT, "%s: stage %d of replica %d, expected 0 to %d", h5_path(h5), f->stage[r], r, f->plan[r].n_stage);
        f->failed[r] = flags[r] & 1;
        f->relaxed[r] = flags[r] & 2;
        f->state[r].pending = MD_AT_START;
    }
    return KD_OK;
}

kd_status fleet_read_checkpoint(struct fleet *f, bool *found)
{
    char path[PATH_MAX];
    struct h5 *h5 = NULL;
    kd_status status = KD_OK;
    path_of(f, path);
    *found = access(path, F_OK) == 0;
    if (!*found)
        return KD_OK;
    int *flags = calloc((size_t)f->n, sizeof *flags);
    if (!flags)
        FAIL(KD_ENOMEM, "%s: no host memory", f->o->what);
    TRY_OUT(h5_open(path, &h5));
    TRY_OUT(read_items(f, h5, flags));
    TRY_OUT(fleet_upload(f));
out:
    h5_close(h5);
    free(flags);
    return status;
}
