// SPDX-License-Identifier: BSD-3-Clause
/* train_tune.c - kedge train --tune MODEL --references LIST: a charge model moved towards a few measured references. */
#include "apps/train_tune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/log.h"
#include "host/nn/predict.h"
#include "host/nn/tune.h"

/* One reference as the model sees it: the row and the scale fit are those of kedge predict. */
static kd_status read_row(struct app *app, kd_device *dev, const struct nn_model *m, const char *model_name,
                          const struct nn_reference *reference, double *row)
{
    struct nn_measured measured;
    struct nn_reading reading;
    TRY(nn_measured_read(reference->path, &measured));
    struct nn_question q = {.n_model = 1, .model = m, .name = &model_name, .spectrum = &measured, .shift_ev = reference->shift_ev,
                            .axis_error_ev = 0.05};
    kd_status status = nn_read_spectrum(dev, app->precision, &q, &reading);
    if (status == KD_OK) {
        memcpy(row, reading.mu, (size_t)m->n_axis * sizeof *row);
        for (int k = 0; k < reading.n_reason; k++)
            log_warning("%s: %s", reference->path, reading.reason[k]);
        nn_reading_free(&reading);
    }
    nn_measured_free(&measured);
    return status;
}

static void say(struct app *app, const struct nn_reference *reference, const struct nn_tuning *t)
{
    struct js *list = js_array(app->json, "references");
    app_print(app, "%-28s %9s %9s %9s %9s\n", "reference", "charge", "before", "left out", "after");
    for (int i = 0; i < t->n; i++) {
        struct js *entry = js_object(list, NULL);
        js_string(entry, "file", reference[i].path);
        js_double(entry, "charge_e", reference[i].charge_e);
        js_double(entry, "before_e", t->before[i]);
        js_double(entry, "left_out_e", t->left_out[i]);
        js_double(entry, "after_e", t->after[i]);
        app_print(app, "%-28.60s %9.3f %9.3f %9.3f %9.3f\n", reference[i].path, reference[i].charge_e, t->before[i], t->left_out[i], t->after[i]);
    }
    app_print(app, "%-28s %9s %9.3f %9.3f %9.3f e\n", "RMSE", "", t->rmse_before, t->rmse_left_out, t->rmse_after);
    if (!t->improved)
        app_print(app, "the references do not help: left out one at a time, none of them is read better; the model stays as it was\n");
    js_bool(app->json, "improved", t->improved);
    js_double(app->json, "rmse_before_e", t->rmse_before);
    js_double(app->json, "rmse_left_out_e", t->rmse_left_out);
    js_double(app->json, "rmse_after_e", t->rmse_after);
    if (t->improved)
        js_double(app->json, "strength", t->strength);
}

kd_status train_tune(struct app *app, const char *model_name, const char *list, const char *out)
{
    struct nn_reference *reference = calloc(NN_MAX_REFERENCE, sizeof *reference);
    struct nn_model model = {0};
    struct nn_tuning tuning = {0};
    kd_device *dev;
    double *x = NULL, charge_e[NN_MAX_REFERENCE];
    int n = 0;
    kd_status status = reference ? nn_references_read(list, &n, reference) : kd_fail(KD_ENOMEM, "kedge train: no host memory");
    if (status == KD_OK)
        status = nn_model_read(model_name, &model);
    if (status == KD_OK && !(x = malloc(((size_t)n * (size_t)model.n_axis + 1) * sizeof *x)))
        status = kd_fail(KD_ENOMEM, "kedge train: no host memory");
    if (status == KD_OK)
        status = app_device(app, &dev);
    for (int i = 0; status == KD_OK && i < n; i++) {
        charge_e[i] = reference[i].charge_e;
        status = read_row(app, dev, &model, model_name, &reference[i], x + (size_t)i * (size_t)model.n_axis);
    }
    if (status == KD_OK)
        status = nn_tune(dev, app->precision, &model, n, x, charge_e, &tuning);
    if (status == KD_OK)
        status = nn_model_write(out, &model);
    if (status == KD_OK)
        say(app, reference, &tuning);
    nn_tuning_free(&tuning);
    nn_model_free(&model);
    free(reference);
    free(x);
    return status;
}
