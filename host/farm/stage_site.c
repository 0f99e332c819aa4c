// SPDX-License-Identifier: BSD-3-Clause
/* stage_site.c - charges of a structure, the spectrum of one site, the two reference crystals. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/bader/bader.h"
#include "host/base/units.h"
#include "host/farm/study.h"
#include "host/xas/calibration.h"
#include "host/xas/collect.h"

kd_status stage_bader(struct study *s, const struct study_work *w, const char *product)
{
    char gs[PATH_MAX];
    struct bader_options o = bader_defaults();
    struct bader_charges charges;
    struct js *provenance = js_new();
    study_file(s, "gs", s->structure[w->structure].name, ".h5", gs);
    kd_status status = bader_ground_state(s->dev, gs, &o, &charges);
    if (status == KD_OK) {
        js_string(provenance, "structure", s->structure[w->structure].name);
        js_string(provenance, "kedge_version", s->version);
        status = bader_write(product, &charges, provenance);
        bader_charges_free(&charges);
    }
    js_free(provenance);
    return status;
}

/* ---- spectra ---- */

static kd_status options_of(struct study *s, int attempt, struct xanes_options *o)
{
    char gamma[32];
    *o = xanes_defaults(s->precision);
    o->final_state = (enum xanes_final_state)s->set.xanes.final_state;
    for (int a = 0; a < 3; a++)
        o->mesh[a] = s->set.xanes.kpoints[a];
    o->scf_accuracy = ha_from_ry(s->set.xanes.conv_ry);
    o->core_hole_file = s->set.pseudo.core_hole[0] ? s->set.pseudo.core_hole : NULL;
    o->pseudo = study_pseudo(s, s->pseudo_words);
    o->max_step *= attempt > 1 ? 2 : 1;
    o->seed = (uint64_t)s->set.study.seed;
    o->checkpoint_seconds = s->set.farm.checkpoint_s;
    snprintf(gamma, sizeof gamma, "%.10g", s->set.xanes.gamma_ev);
    return broaden_parse(gamma, &o->broadening);
}

void study_close_xanes(struct study *s)
{
    xanes_close(s->xanes);
    s->xanes = NULL;
    s->xanes_path[0] = '\0';
}

/* The ground state at `path` ready for its sites; the last one is kept. */
static kd_status open_xanes(struct study *s, const char *path, int attempt)
{
    struct xanes_options o;
    if (s->xanes && strcmp(path, s->xanes_path) == 0 && attempt == s->xanes_attempt)
        return KD_OK;
    study_close_xanes(s);
    TRY(options_of(s, attempt, &o));
    TRY(xanes_open(s->dev, path, &o, &s->xanes));
    snprintf(s->xanes_path, sizeof s->xanes_path, "%s", path);
    s->xanes_attempt = attempt;
    return KD_OK;
}

/* The k-th of n sites spread evenly over the absorbers. */
static kd_status choose_site(struct study *s, int k, int n, int *site)
{
    int *absorber = malloc((size_t)xanes_structure(s->xanes)->n_atom * sizeof *absorber);
    if (!absorber)
        FAIL(KD_ENOMEM, "study: no host memory");
    int n_absorber = xanes_absorbers(s->xanes, absorber);
    *site = k < n && n <= n_absorber ? absorber[(long)k * n_absorber / n] : -1;
    free(absorber);
    return *site >= 0 ? KD_OK : kd_fail(KD_EINPUT, "%s: site %d of %d, but %d absorbers", s->xanes_path, k, n, n_absorber);
}

/* The k-th of n sites. Until xanes_forget its state is beside `product`, for another process to go on from: not for a second attempt. */
static kd_status run_site(struct study *s, int k, int n, int attempt, const char *product, struct xanes_site *out)
{
    int site = -1;
    TRY(choose_site(s, k, n, &site));
    TRY(xanes_keep(s->xanes, product, attempt == 1));
    kd_status status = xanes_site_run(s->xanes, site, out);
    if (status == KD_ENOCONV)
        kd_fail(KD_ENOCONV, "site %d: %s", site, out->failure);
    if (status != KD_OK)
        xanes_site_free(out);
    if (status == KD_ENOCONV || status == KD_EINPUT)
        xanes_forget(s->xanes);
    return status;
}

kd_status stage_xanes(struct study *s, const struct study_work *w, int attempt, const char *product)
{
    char gs[PATH_MAX];
    struct xanes_site site = {0};
    const struct study_structure *one = &s->structure[w->structure];
    study_file(s, "gs", one->name, ".h5", gs);
    TRY(open_xanes(s, gs, attempt));
    TRY(run_site(s, w->site, one->n_site, attempt, product, &site));
    kd_status status = xanes_site_write(product, &site);
    if (status == KD_OK)
        xanes_forget(s->xanes);
    xanes_site_free(&site);
    return status;
}

/* ---- alpha-quartz and silicon ---- */

static const double BEFORE_EV = 20, BEHIND_EV = 55, STEP_EV = 0.05;

/* Mean spectrum about the edge on the aligned axis, and where it is highest. */
static kd_status reference_spectrum(const struct xanes_site *site, struct js *object, double *peak_ev)
{
    struct collect c;
    double height, edge_ev = ev_from_ha(site->edge + site->e_shift);
    if (!isfinite(edge_ev))
        FAIL(KD_EINPUT, "calibration: the pseudopotentials do not say what a core hole costs, expected sets with total energies of the atoms");
    struct collect_axis axis = {XANES_CALIBRATED, 0, 0, edge_ev - BEFORE_EV, edge_ev + BEHIND_EV, 1 + (int)lrint((BEFORE_EV + BEHIND_EV) / STEP_EV)};
    double *mean = calloc((size_t)axis.n, sizeof *mean);
    if (!mean)
        FAIL(KD_ENOMEM, "calibration: no host memory");
    kd_status status = collect_begin(&axis, &c);
    if (status == KD_OK) {
        status = collect_add(&c, site, &site->broadening);
        if (status == KD_OK && (!collect_mean(&c, -1, mean) || !collect_peak(&c, -1, peak_ev, &height)))
            status = kd_fail(KD_ENOCONV, "calibration: the spectrum has no highest point between %.1f and %.1f eV", axis.emin_ev, axis.emax_ev);
        js_doubles(object, "aligned_ev", (size_t)axis.n, c.energy_ev);
        js_doubles(object, "sigma_bohr2", (size_t)axis.n, mean);
        collect_free(&c);
    }
    free(mean);
    return status;
}

/* The file of `kedge xanes --calibration`, with the spectrum beside it. Silicon only brings its spectrum: no target. */
static kd_status write_reference(const struct study *s, const struct xanes_site *site, const char *file, bool quartz, double peak_ev,
                                 const struct js *spectrum, const char *path)
{
    struct calibration c = {.peak_ev = peak_ev, .target_ev = quartz ? s->set.calibration.peak_ev : peak_ev};
    c.constant_ev = c.target_ev - peak_ev;
    snprintf(c.reference, sizeof c.reference, "%s", file);
    snprintf(c.recipe, sizeof c.recipe, "%s", site->recipe);
    return calibration_write(path, &c, spectrum);
}

static kd_status reference_site(struct study *s, const char *file, const char *name, int attempt, const char *product, struct xanes_site *site)
{
    char gs[PATH_MAX];
    study_file(s, "calibration", name, "-gs.h5", gs);
    if (access(gs, F_OK) != 0)
        TRY(study_reference_gs(s, file, name, gs));
    TRY(open_xanes(s, gs, 1));
    return run_site(s, 0, 1, attempt, product, site);
}

kd_status stage_reference(struct study *s, const struct study_work *w, int attempt, const char *product)
{
    bool quartz = w->site == 0;
    const char *file = quartz ? s->set.calibration.structure : s->set.calibration.silicon;
    struct xanes_site site = {0};
    double peak_ev;
    struct js *object = js_new();
    kd_status status = reference_site(s, file, quartz ? "quartz" : "silicon", attempt, product, &site);
    if (status == KD_OK)
        status = reference_spectrum(&site, object, &peak_ev);
    if (status == KD_OK)
        status = write_reference(s, &site, file, quartz, peak_ev, object, product);
    if (status == KD_OK)
        xanes_forget(s->xanes);
    xanes_site_free(&site);
    js_free(object);
    return status;
}
