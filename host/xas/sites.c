// SPDX-License-Identifier: BSD-3-Clause
/* sites.c - many sites of one structure, each into its own file. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/base/log.h"
#include "host/base/paths.h"
#include "host/base/stop.h"
#include "host/xas/room.h"

static bool done_before(const char *path, const struct xanes *x, const struct xanes_job *job, struct xanes_site *s)
{
    if (!job->restart || !path_is_file(path))
        return false;
    if (xanes_site_read(path, s) == KD_OK && s->converged && strcmp(s->recipe, x->recipe) == 0 && s->energy_ground == x->gs.energy)
        return true;
    kd_error_clear();
    xanes_site_free(s);
    return false;
}

/* One site: from its file, or run and written. *failed counts what did not converge. */
static kd_status one_site(struct xanes *x, const struct xanes_job *job, int site, struct xanes_site *s, int *failed)
{
    char path[PATH_MAX] = "";
    if (job->directory && snprintf(path, sizeof path, "%s/site_%05d.h5", job->directory, site) >= (int)sizeof path)
        FAIL(KD_EINPUT, "%s: too long a name", job->directory);
    if (!done_before(path, x, job, s)) {
        TRY(xanes_keep(x, job->directory ? path : NULL, job->restart));
        kd_status status = xanes_site_run(x, site, s);
        if (status != KD_OK && status != KD_ENOCONV)
            return status;
        if (status == KD_ENOCONV) {
            log_warning("site %d failed: %s", site, s->failure);
            kd_error_clear();
        }
        if (job->directory)
            TRY(xanes_site_write(path, s));
        xanes_forget(x);
    }
    *failed += !s->converged;
    return job->done ? job->done(job->owner, path, s) : KD_OK;
}

/* The response of the reference sites, in the order of the structure. */
static kd_status references(struct xanes *x, const struct xanes_job *job, int n_absorber, const int *absorber, int *failed)
{
    int n = x->options.final_state == XANES_GROUND ? 0 : x->options.n_reference, n_shell = x->scf->density.n_shell, used = 0;
    n = n < n_absorber ? n : n_absorber;
    double *sum = calloc((size_t)n_shell, sizeof *sum);
    struct xanes_job quiet = *job;
    quiet.done = NULL;
    kd_status status = sum ? KD_OK : kd_fail(KD_ENOMEM, "xanes: no host memory");
    for (int i = 0; i < n && status == KD_OK; i++) {
        struct xanes_site s = {0};
        status = one_site(x, &quiet, absorber[i], &s, failed);
        if (status == KD_OK && s.converged && s.n_shell == n_shell) {
            for (int g = 0; g < n_shell; g++)
                sum[g] += s.response[g];
            used++;
        }
        xanes_site_free(&s);
    }
    for (int g = 0; g < n_shell && used; g++)
        sum[g] /= used;
    if (used && status == KD_OK) {
        x->response = sum;
        sum = NULL;
    }
    free(sum);
    return status;
}

static bool is_reference(const struct xanes *x, int n_absorber, const int *absorber, int site)
{
    for (int i = 0; i < x->options.n_reference && i < n_absorber; i++)
        if (absorber[i] == site)
            return true;
    return false;
}

static kd_status all_sites(struct xanes *x, const struct xanes_job *job, int n_absorber, const int *absorber)
{
    int failed = 0, ignored = 0, n = job->n_site ? job->n_site : n_absorber;
    const int *site = job->n_site ? job->site : absorber;
    TRY(references(x, job, n_absorber, absorber, &ignored));
    for (int i = 0; i < n; i++) {
        struct xanes_site s = {0};
        struct xanes_job again = *job;
        double *response = x->response;
        if (response && is_reference(x, n_absorber, absorber, site[i])) { /* done just now: read, or done again the same way */
            again.restart = true;
            x->response = NULL;
        }
        kd_status status = one_site(x, &again, site[i], &s, &failed);
        x->response = response;
        xanes_site_free(&s);
        TRY(status);
        if (stop_requested() && i + 1 < n)
            return stop_status("the sites that are done");
    }
    return failed ? kd_fail(KD_ENOCONV, "%d of %d sites failed; the others are kept", failed, n) : KD_OK;
}

kd_status xanes_sites(kd_device *dev, const struct xanes_job *job, const struct xanes_options *options)
{
    struct xanes *x;
    TRY(xanes_open(dev, job->gs_path, options, &x));
    int *absorber = malloc((size_t)x->gs.structure.n_atom * sizeof *absorber);
    kd_status status = absorber ? KD_OK : kd_fail(KD_ENOMEM, "xanes: no host memory");
    if (status == KD_OK && job->opened)
        status = job->opened(job->owner, x);
    if (status == KD_OK && job->directory && mkdir(job->directory, 0777) != 0 && errno != EEXIST)
        status = kd_fail(KD_EIO, "%s: %s", job->directory, strerror(errno));
    if (status == KD_OK)
        status = all_sites(x, job, xanes_absorbers(x, absorber), absorber);
    free(absorber);
    xanes_close(x);
    return status;
}
