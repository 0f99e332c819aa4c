// SPDX-License-Identifier: BSD-3-Clause
/* cmd_predict.c - kedge predict: a measured spectrum to charge, composition, coordination and g(R). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/app.h"
#include "host/base/commit.h"
#include "host/base/log.h"
#include "host/nn/page.h"
#include "host/nn/predict.h"

static const char doc[] =
    "MODEL files come first, the measured spectrum last: two columns (eV or keV, any order, any header), XDI, Athena's .nor, or HDF5 "
    "(NXxas). Its scale, offset and a linear background are fitted together with the principal components of the training spectra, so "
    "that raw, normalised and flattened data give the same answer; --as-is takes the numbers as they stand. Pre-edge line and edge step "
    "are reported.\n"
    "An energy axis that is off by 0.5 eV costs more than everything else. --reference FILE is a scan of a reference material from the "
    "same beamtime, whose highest peak belongs at --reference-ev (alpha-quartz: 1846, the default); --shift-ev X is added as it is. "
    "Without either, the axis is trusted to 0.3 eV (--axis-error-ev), and the interval says so.\n"
    "The interval is one standard deviation: spread of the ensemble, scaled to the errors on unseen sites; RMSE on unseen sites; slope "
    "of the charge against a shift of the axis. When the spectrum is unlike all training spectra, would fit much better elsewhere, or "
    "models of single windows (kedge train --windows) disagree, no single number is given: the reasons are, and the exit status is 3.";

static const char examples[] = "  kedge predict charge.h5 charge_?.h5 rdf.h5 sample.xdi\n"
                               "  kedge predict charge.h5 sample.dat --reference quartz.dat -o sample.json --page sample.svg\n"
                               "  kedge predict charge.h5 sample.nor --shift-ev -0.35 --json\n";

enum { KEY_SHIFT = APP_KEY, KEY_REFERENCE, KEY_REFERENCE_EV, KEY_AXIS, KEY_AS_IS, KEY_PAGE };

struct choices {
    const char *out, *page, *reference;
    double shift_ev, reference_ev, axis_ev;
    bool shift_given, axis_given, as_is;
};

static const struct argp_option options[] = {
    {"output", 'o', "FILE", 0, "The whole reading (JSON)", 0},
    {"page", KEY_PAGE, "FILE", 0, "The same as one page of pictures (SVG)", 0},
    {"shift-ev", KEY_SHIFT, "X", 0, "Add X eV to the energies", 0},
    {"reference", KEY_REFERENCE, "FILE", 0, "Reference scan of the same beamtime", 0},
    {"reference-ev", KEY_REFERENCE_EV, "X", 0, "Where its highest peak belongs (eV), 1846", 0},
    {"axis-error-ev", KEY_AXIS, "X", 0, "How far the axis is trusted (eV); 0.3, or 0.05 with --reference or --shift-ev", 0},
    {"as-is", KEY_AS_IS, NULL, 0, "Take the spectrum on the scale of the training spectra", 0},
    {0},
};

static kd_status take(struct app *app, int key, const char *arg)
{
    struct choices *c = app->choices;
    switch (key) {
    case 'o':
        c->out = arg;
        return KD_OK;
    case KEY_PAGE:
        c->page = arg;
        return KD_OK;
    case KEY_SHIFT:
        c->shift_given = true;
        return app_double("--shift-ev", arg, -1000, 1000, &c->shift_ev);
    case KEY_REFERENCE:
        c->reference = arg;
        return KD_OK;
    case KEY_REFERENCE_EV:
        return app_double("--reference-ev", arg, 1, 1e6, &c->reference_ev);
    case KEY_AXIS:
        c->axis_given = true;
        return app_double("--axis-error-ev", arg, 0, 100, &c->axis_ev);
    case KEY_AS_IS:
        c->as_is = true;
        return KD_OK;
    }
    return app_option_unknown(app);
}

static void put_file(struct js *json, const struct nn_measured *m)
{
    struct js *file = js_object(json, "spectrum");
    js_string(file, "format", m->format);
    js_string(file, "column", m->column);
    js_string(file, "element", m->element);
    js_string(file, "edge", m->edge);
    js_int(file, "points", m->n);
    js_bool(file, "from_kev", m->from_kev);
    js_bool(file, "from_angle", m->from_angle);
    js_bool(file, "reversed", m->reversed);
    js_bool(file, "normalised", m->normalised);
    js_int(file, "duplicates", m->n_duplicate);
}

static void put_charge(struct js *json, const struct nn_reading *r)
{
    bool sure = r->n_reason == 0;
    if (sure)
        js_double(json, "charge_e", r->charge_e);
    else
        js_null(json, "charge_e");
    js_double(json, "sigma_e", r->sigma_e);
    js_double(json, "sigma_model_e", r->sigma_model_e);
    js_double(json, "sigma_axis_e", r->sigma_axis_e);
    js_double(json, "slope_e_ev", r->slope_e_ev);
    if (sure) {
        js_double(json, "x", r->x);
        js_double(json, "x_sigma", r->x_sigma);
        js_double(json, "oxygen_neighbours", r->oxygen);
    }
    struct js *curve = js_object(json, "shift_curve");
    js_doubles(curve, "shift_ev", NN_N_SHIFT, r->shift_ev);
    js_doubles(curve, "charge_e", NN_N_SHIFT, r->shift_charge);
    js_doubles(curve, "residual", NN_N_SHIFT, r->shift_residual);
    js_double(json, "residual", r->residual);
    js_double(json, "residual_limit", r->residual_limit);
    js_double(json, "best_shift_ev", r->best_shift_ev);
    js_doubles(json, "sensitivity_e", (size_t)r->n_axis, r->sensitivity);
}

static void put_reading(struct js *json, const struct nn_question *q, const struct nn_reading *r)
{
    put_file(json, q->spectrum);
    struct js *normalisation = js_object(json, "normalisation");
    js_double(normalisation, "e0_ev", r->normalisation.e0_ev);
    js_double(normalisation, "edge_step", r->normalisation.step);
    js_double(normalisation, "fitted_step", r->levels.step);
    js_double(normalisation, "fitted_offset", r->levels.offset);
    js_double(normalisation, "fitted_slope_per_ev", r->levels.slope_per_ev);
    js_double(json, "shift_applied_ev", q->shift_ev);
    js_double(json, "axis_error_ev", q->axis_error_ev);
    js_doubles(json, "energy_ev", (size_t)r->n_axis, r->energy_ev);
    js_doubles(json, "mu", (size_t)r->n_axis, r->mu);
    if (r->has_charge)
        put_charge(json, r);
    struct js *windows = js_array(json, "windows");
    for (int w = 0; w < r->n_window; w++) {
        struct js *window = js_object(windows, NULL);
        js_string(window, "file", q->name[r->window[w].model]);
        js_double(window, "low_ev", r->window[w].low_ev);
        js_double(window, "high_ev", r->window[w].high_ev);
        js_double(window, "charge_e", r->window[w].charge_e);
        js_double(window, "sigma_e", r->window[w].sigma_e);
        js_double(window, "deviation_sigma", r->window[w].deviation);
    }
    if (r->n_r) {
        js_doubles(json, "r_angstrom", (size_t)r->n_r, r->r_angstrom);
        js_doubles(json, "rdf", (size_t)r->n_r, r->rdf);
        js_doubles(json, "rdf_sigma", (size_t)r->n_r, r->rdf_sigma);
    }
    struct js *reasons = js_array(json, "reasons");
    for (int i = 0; i < r->n_reason; i++)
        js_string(reasons, NULL, r->reason[i]);
    js_bool(json, "refused", r->n_reason > 0);
}

static void say(struct app *app, const struct nn_question *q, const struct nn_reading *r)
{
    const struct nn_measured *m = q->spectrum;
    app_print(app, "%s: %d points, %s, from %s%s%s\n", app->file[app->n_file - 1], m->n, m->format, m->column,
              m->from_kev ? ", keV" : "", m->reversed ? ", descending" : "");
    if (r->normalisation.step > 0)
        app_print(app, "edge       %.2f eV, step %.4g\n", r->normalisation.e0_ev, r->normalisation.step);
    if (r->has_charge && r->n_reason == 0) {
        app_print(app, "charge     %.3f +- %.3f e   (model %.3f, energy axis %.3f: %+.3f e per eV)\n", r->charge_e, r->sigma_e,
                  r->sigma_model_e, r->sigma_axis_e, r->slope_e_ev);
        app_print(app, "x in SiOx  %.2f +- %.2f   oxygen neighbours %.2f\n", r->x, r->x_sigma, r->oxygen);
    }
    for (int w = 0; w < r->n_window; w++)
        app_print(app, "  window %8.2f to %8.2f eV   %.3f +- %.3f e   %+.1f sigma\n", r->window[w].low_ev, r->window[w].high_ev,
                  r->window[w].charge_e, r->window[w].sigma_e, r->window[w].deviation);
    if (r->n_r) {
        int top = 0;
        for (int i = 1; i < r->n_r; i++)
            top = r->rdf[i] > r->rdf[top] ? i : top;
        app_print(app, "g(R)       highest at %.2f angstrom: %.2f +- %.2f\n", r->r_angstrom[top], r->rdf[top], r->rdf_sigma[top]);
    }
    for (int i = 0; i < r->n_reason; i++)
        app_print(app, "doubt      %s\n", r->reason[i]);
}

/* The whole reading as a file of its own. */
static kd_status write_json(const char *path, const struct nn_question *q, const struct nn_reading *r)
{
    struct commit c;
    TRY(commit_open(path, &c));
    struct js *json = js_new();
    put_reading(json, q, r);
    kd_status status = js_print(json, c.file);
    js_free(json);
    if (status == KD_OK)
        return commit_finish(&c);
    commit_abandon(&c);
    return status;
}

static kd_status calibrate(const struct choices *c, struct nn_question *q)
{
    q->shift_ev = c->shift_ev;
    q->axis_error_ev = c->axis_given ? c->axis_ev : c->reference || c->shift_given ? 0.05 : 0.3;
    if (!c->reference)
        return KD_OK;
    struct nn_measured reference;
    if (c->shift_given)
        FAIL(KD_EINPUT, "--shift-ev and --reference: expected one of them");
    TRY(nn_measured_read(c->reference, &reference));
    q->shift_ev = (c->reference_ev > 0 ? c->reference_ev : 1846) - nn_peak_energy(&reference);
    nn_measured_free(&reference);
    if (fabs(q->shift_ev) > 20)
        FAIL(KD_EINPUT, "%s: its highest peak is %.2f eV away from where it belongs, expected at most 20: is it the right edge?",
             c->reference, fabs(q->shift_ev));
    return KD_OK;
}

static kd_status answer(struct app *app, struct nn_question *q)
{
    const struct choices *c = app->choices;
    struct nn_reading r;
    kd_device *dev;
    TRY(calibrate(c, q));
    TRY(app_device(app, &dev));
    TRY(nn_read_spectrum(dev, app->precision, q, &r));
    put_reading(app->json, q, &r);
    say(app, q, &r);
    kd_status status = c->out ? write_json(c->out, q, &r) : KD_OK;
    if (status == KD_OK && c->page)
        status = nn_page_write(c->page, q, app->file[app->n_file - 1], &r);
    if (status == KD_OK && r.n_reason > 0)
        status = kd_fail(KD_ENOCONV, "%s: no single charge: %s", app->file[app->n_file - 1], r.reason[0]);
    nn_reading_free(&r);
    return status;
}

static kd_status run(struct app *app)
{
    const struct choices *c = app->choices;
    int n = app->n_file - 1;
    struct nn_measured measured;
    TRY(nn_measured_read(app->file[n], &measured));
    struct nn_model *model = calloc((size_t)n, sizeof *model);
    kd_status status = model ? KD_OK : kd_fail(KD_ENOMEM, "kedge predict: no host memory");
    bool synthetic = false;
    for (int i = 0; status == KD_OK && i < n; i++) {
        status = nn_model_read(app->file[i], &model[i]);
        synthetic = synthetic || model[i].synthetic;
    }
    if (synthetic)
        log_warning("a model was trained on spectra of an analytic model, not of physics: what it says is no result");
    struct nn_question q = {.n_model = n, .model = model, .name = app->file, .spectrum = &measured, .as_is = c->as_is};
    if (status == KD_OK)
        status = answer(app, &q);
    for (int i = 0; model && i < n; i++)
        nn_model_free(&model[i]);
    free(model);
    nn_measured_free(&measured);
    return status;
}

const struct app_command cmd_predict = {
    .name = "predict",
    .summary = "A measured spectrum to charge, composition and g(R), with doubts",
    .arguments = "MODEL.h5... SPECTRUM",
    .doc = doc,
    .examples = examples,
    .n_file_min = 2,
    .n_file_max = -1,
    .option = options,
    .take = take,
    .choices_size = sizeof(struct choices),
    .run = run,
};
