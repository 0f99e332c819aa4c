// SPDX-License-Identifier: BSD-3-Clause
/* xanes_reference.c - the constant of the energy axis from a reference crystal. */
#include "apps/xanes_reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/base/log.h"
#include "host/base/text.h"
#include "host/base/units.h"
#include "host/xas/calibration.h"
#include "host/xas/collect.h"

/* k-points so dense that the cell's repetitions are at least this long (bohr): two along quartz' axes, one in a glass. */
static const double repeat_bohr = 18;

struct reference {
    struct collect collect;
    const struct xanes_options *options;
};

static kd_status opened(void *owner, const struct xanes *x)
{
    struct reference *r = owner;
    const struct gs_file *g = xanes_ground(x);
    struct collect_axis axis = {XANES_ABSOLUTE, ev_from_ha(g->smearing == SMEARING_FIXED ? g->homo : g->fermi), 0, -2, 40, 841};
    return collect_begin(&axis, &r->collect);
}

/* Sites may differ in shift: each is put on the axis of the first before the mean is taken. */
static kd_status done(void *owner, const char *path, struct xanes_site *s)
{
    struct reference *r = owner;
    (void)path;
    if (r->collect.n_row == 0 && isfinite(s->e_shift)) {
        struct collect_axis axis = {XANES_CALIBRATED, 0, 0, ev_from_ha(s->e_shift + s->edge) - 2, ev_from_ha(s->e_shift + s->edge) + 40, 841};
        collect_free(&r->collect);
        TRY(collect_begin(&axis, &r->collect));
    }
    log_info("reference site %d: %d iterations, %d steps, shift %.3f eV", s->site, s->scf_iterations, s->chains.n_step, ev_from_ha(s->e_shift));
    return collect_add(&r->collect, s, &r->options->broadening);
}

static kd_status ground_state(struct app *app, const struct reference_choice *choice, const struct xanes_options *options, const char *in,
                              const char *out)
{
    struct structure *frame;
    int n;
    struct pseudo_set set = {0};
    struct crystal crystal = {0};
    struct scf_options o = scf_defaults();
    struct scf *s = NULL;
    kd_device *dev;
    kd_status status = KD_OK;
    TRY(app_device(app, &dev));
    TRY(structures_read(in, &frame, &n));
    TRY_OUT(pseudo_set_read(&frame[n - 1], &options->pseudo, &set));
    TRY_OUT(crystal_create(&frame[n - 1], set.n, set.list, set.species, &crystal));
    o.ecut = choice->ecut;
    o.precision = options->precision;
    o.seed = options->seed;
    for (int a = 0; a < 3; a++) {
        const double *v = crystal.cell[a];
        o.mesh[a] = (int)fmax(1, ceil(repeat_bohr / sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) - 1e-3));
    }
    log_info("ground state of %s with %d x %d x %d k-points", in, o.mesh[0], o.mesh[1], o.mesh[2]);
    TRY_OUT(scf_create(dev, &crystal, &o, &s));
    TRY_OUT(scf_run(s));
    TRY_OUT(gs_write(out, s, &frame[n - 1], &set, false, NULL));
out:
    scf_free(s);
    crystal_free(&crystal);
    pseudo_set_free(&set);
    structures_free(frame, n);
    return status;
}

static kd_status finish(struct app *app, const struct reference_choice *choice, struct reference *r, struct calibration *c)
{
    double height;
    if (!collect_peak(&r->collect, -1, &c->peak_ev, &height))
        FAIL(KD_ENOCONV, "--calibrate: no main peak within 40 eV of the edge of %s", c->reference);
    c->constant_ev = c->target_ev - c->peak_ev;
    snprintf(c->recipe, sizeof c->recipe, "%s", r->collect.recipe);
    app_print(app, "main peak of %s: %.3f eV calculated (%.5f Mb), %.3f eV measured\nconstant %.3f eV\n", c->reference, c->peak_ev,
              mb_from_bohr2(height), c->target_ev, c->constant_ev);
    js_double(app->json, "constant_ev", c->constant_ev);
    js_double(app->json, "peak_ev", c->peak_ev);
    js_double(app->json, "target_ev", c->target_ev);
    js_string(app->json, "reference", c->reference);
    js_string(app->json, "recipe", c->recipe);
    return choice->out ? calibration_write(choice->out, c, NULL) : KD_OK;
}

kd_status xanes_reference(struct app *app, const struct reference_choice *choice, const struct xanes_options *options, int n_site,
                          const int *site)
{
    struct calibration c = {0};
    struct reference r = {.options = options};
    char gs[PATH_MAX];
    const char *equals = strrchr(choice->text, '=');
    kd_device *dev;
    if (!equals || (size_t)(equals - choice->text) >= sizeof c.reference || !number_double(equals + 1, &c.target_ev) || c.target_ev < 10)
        FAIL(KD_EINPUT, "--calibrate: \"%s\", expected REFERENCE=EV like quartz.xyz=1846", choice->text);
    memcpy(c.reference, choice->text, (size_t)(equals - choice->text));
    bool ready = strlen(c.reference) > 3 && strcmp(c.reference + strlen(c.reference) - 3, ".h5") == 0;
    snprintf(gs, sizeof gs, "%s%s", ready ? c.reference : choice->out ? choice->out : "/tmp/kedge-calibration", ready ? "" : ".gs.h5");
    TRY(app_device(app, &dev));
    if (!ready)
        TRY(ground_state(app, choice, options, c.reference, gs));
    struct xanes_job job = {gs, NULL, n_site, site, false, opened, done, &r};
    kd_status status = xanes_sites(dev, &job, options);
    if (status == KD_OK)
        status = finish(app, choice, &r, &c);
    if (!ready && !choice->out)
        unlink(gs);
    collect_free(&r.collect);
    return status;
}
