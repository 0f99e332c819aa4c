// SPDX-License-Identifier: BSD-3-Clause
/* stage_dataset.c - finished sites to dataset.h5, on one calibrated axis (host/nn/gather.h). */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/base/log.h"
#include "host/base/units.h"
#include "host/farm/study.h"
#include "host/nn/gather.h"
#include "host/xas/calibration.h"

struct gathering {
    struct study *s;
    struct gather *g;
    struct gather_options o; /* of g */
    struct calibration calibration;
    double *energy_ev, *sigma; /* [n_energy] */
};

static struct gather_options options_of(const struct study *s)
{
    struct gather_options o = gather_defaults();
    o.emin_ev = s->set.dataset.emin_ev;
    o.emax_ev = s->set.dataset.emax_ev;
    o.n_energy = s->set.dataset.points;
    o.bonds.site_axis.r_max = s->set.dataset.rmax_angstrom;
    o.bonds.site_axis.n_bin = s->set.dataset.rdf_points;
    o.test_fraction = s->set.train.test_fraction;
    o.split_seed = (uint64_t)s->set.study.seed;
    return o;
}

static kd_status make_axis(struct gathering *d)
{
    d->energy_ev = malloc((size_t)d->o.n_energy * sizeof *d->energy_ev);
    d->sigma = malloc((size_t)d->o.n_energy * sizeof *d->sigma);
    if (!d->energy_ev || !d->sigma)
        FAIL(KD_ENOMEM, "dataset: no host memory");
    for (int i = 0; i < d->o.n_energy; i++)
        d->energy_ev[i] = d->o.emin_ev + i * (d->o.emax_ev - d->o.emin_ev) / (d->o.n_energy - 1);
    return KD_OK;
}

/* One site file. A bad one is left out, and the rest goes on. The recipe of the dataset is that of alpha-quartz, which has both elements:
 * a site's own names the elements of its cell only. */
static kd_status add_site(struct gathering *d, int index, const char *path)
{
    struct xanes_site site = {0};
    kd_status status = xanes_site_read(path, &site);
    if (status == KD_OK)
        status = calibration_check(&d->calibration, site.recipe);
    if (status == KD_OK)
        status = xanes_spectrum_calibrated(&site, &site.broadening, d->calibration.constant_ev, d->o.n_energy, d->energy_ev, d->sigma);
    if (status == KD_OK) {
        for (int i = 0; i < d->o.n_energy; i++)
            d->sigma[i] = mb_from_bohr2(d->sigma[i]);
        status = gather_site(d->g, index, &(struct gather_spectrum){site.site, site.z, site.failure, d->calibration.recipe,
                                                                     d->calibration.constant_ev, d->o.n_energy, d->energy_ev, d->sigma});
    } else if (status == KD_EINPUT) {
        log_warning("left out: %s: %s", path, kd_error_message());
        status = KD_OK;
    }
    xanes_site_free(&site);
    return status;
}

static kd_status add_structure(struct gathering *d, int k)
{
    const struct study_structure *one = &d->s->structure[k];
    char path[PATH_MAX], name[FARM_NAME];
    int index;
    study_file(d->s, "charges", one->name, ".h5", path);
    if (access(path, R_OK) != 0)
        return KD_OK;
    TRY(gather_structure(d->g, one->name, path, &index));
    for (int i = 0; index >= 0 && i < one->n_site; i++) {
        snprintf(name, sizeof name, "%s-s%03d", one->name, i);
        study_file(d->s, "xanes", name, ".h5", path);
        if (access(path, R_OK) == 0)
            TRY(add_site(d, index, path));
    }
    return KD_OK;
}

kd_status study_sites(struct study *s, const struct gather_options *o, struct gather *g, double *shift_ev)
{
    struct gathering d = {.s = s, .g = g, .o = *o};
    char path[PATH_MAX];
    kd_status status;
    study_file(s, "calibration", "quartz", ".json", path);
    TRY(calibration_read(path, &d.calibration));
    TRY_OUT(make_axis(&d));
    for (int k = 0; k < s->n_structure; k++)
        TRY_OUT(add_structure(&d, k));
    *shift_ev = d.calibration.constant_ev;
out:
    free(d.energy_ev);
    free(d.sigma);
    return status;
}

kd_status stage_dataset(struct study *s, const char *product)
{
    const struct gather_options o = options_of(s);
    struct gather *g = NULL;
    struct js *provenance = js_new();
    double shift_ev = 0;
    kd_status status;
    TRY_OUT(gather_open(s->dev, &o, &g));
    TRY_OUT(study_sites(s, &o, g, &shift_ev));
    if (gather_rows(g) == 0)
        FAIL_OUT(KD_EINPUT, "%s: no site has a spectrum and a charge yet", s->farm.directory);
    js_string(provenance, "kedge_version", s->version);
    conf_json(s->conf, provenance, "study");
    TRY_OUT(gather_write(g, product, provenance));
    log_info("%s: %d sites, %d left out, shifted by %+.3f eV", product, gather_rows(g), gather_left_out(g), shift_ev);
out:
    gather_close(g);
    js_free(provenance);
    return status;
}
