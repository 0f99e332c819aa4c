// SPDX-License-Identifier: BSD-3-Clause
/* ranks.c - several processes of one launcher as one run of a subcommand. */
#include "apps/ranks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "host/base/log.h"

void app_place_rank(struct app *app, const struct ranks *ranks, char device[32])
{
    char why_not[256];
    const char *backend = strcmp(app->device, "emu") == 0 ? "emu" : "cuda";
    bool open = strcmp(app->device, "auto") == 0 || strcmp(app->device, backend) == 0;
    int n = open && ranks->local_size > 1 ? kd_device_count(backend, why_not) : 0;
    if (n > 0) {
        snprintf(device, 32, "%s:%d", backend, ranks->local % n);
        app->device = device;
    }
#ifdef _OPENMP
    if (!app->n_thread && ranks->local_size > 1 && !getenv("OMP_NUM_THREADS")) {
        int share = omp_get_num_procs() / ranks->local_size;
        app->n_thread = share > 0 ? share : 1;
        omp_set_num_threads(app->n_thread);
    }
#endif
}

kd_status app_ranks_begin(struct app *app, struct app_ranks *r)
{
    *r = (struct app_ranks){.ranks = {.size = 1}};
    TRY(ranks_begin(&r->ranks));
    if (r->ranks.size == 1)
        return KD_OK;
    TRY(kd_device_open("cpu", 1, &r->host, NULL));
    TRY(ranks_comm(&r->ranks, r->host, &r->comm));
    app_place_rank(app, &r->ranks, r->device);
    if (r->ranks.rank == 0)
        return KD_OK;
    app->silent = true;
    TRY(log_close());
    return log_open(&(struct log_options){LOG_ERROR, NULL, "kedge"});
}

void app_ranks_end(struct app_ranks *r)
{
    kd_comm_close(r->comm);
    kd_device_close(r->host);
    ranks_end(&r->ranks);
}
