// SPDX-License-Identifier: BSD-3-Clause
/* model.c - model.h5 in and out, and what an ensemble says. */
#include "host/nn/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/store/h5.h"

void nn_model_free(struct nn_model *m)
{
    for (int i = 0; m->net && i < m->n_net; i++)
        nn_net_free(&m->net[i]);
    free(m->net);
    free(m->energy_ev);
    free(m->output_axis);
    free(m->error_output);
    free(m->test);
    nn_pca_free(&m->pca);
    *m = (struct nn_model){0};
}

/* ---- writing ---- */

static kd_status write_vector(struct h5 *f, const char *prefix, const char *name, const char *unit, int n, const double *v)
{
    char full[96];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    return h5_write(f, &(struct h5_array){full, H5_DOUBLE, 1, {(size_t)n}, unit, 0}, v);
}

static kd_status write_net(struct h5 *f, const char *prefix, const struct nn_net *net)
{
    const double *p = net->parameter;
    char name[96];
    for (int l = 0; l < net->shape.n_layer; l++) {
        size_t n_in = (size_t)net->shape.width[l], n_out = (size_t)net->shape.width[l + 1];
        snprintf(name, sizeof name, "%slayers.%d.weight", prefix, l);
        TRY(h5_write(f, &(struct h5_array){name, H5_DOUBLE, 2, {n_out, n_in}, "1", 0}, p));
        p += n_in * n_out;
        snprintf(name, sizeof name, "%slayers.%d.bias", prefix, l);
        TRY(h5_write(f, &(struct h5_array){name, H5_DOUBLE, 1, {n_out}, "1", 0}, p));
        p += n_out;
    }
    int n_in = net->shape.width[0], n_out = net->shape.width[net->shape.n_layer];
    TRY(write_vector(f, prefix, "input/shift", "1", n_in, net->input_shift));
    TRY(write_vector(f, prefix, "input/scale", "1", n_in, net->input_scale));
    TRY(write_vector(f, prefix, "target/shift", "1", n_out, net->target_shift));
    TRY(write_vector(f, prefix, "target/scale", "1", n_out, net->target_scale));
    TRY(write_vector(f, prefix, "training/loss", "1", net->n_epoch, net->loss));
    if (net->validation_loss)
        TRY(write_vector(f, prefix, "training/validation_loss", "1", net->n_epoch, net->validation_loss));
    snprintf(name, sizeof name, "%straining", prefix);
    TRY(h5_set_int(f, name, "best_epoch", net->best_epoch));
    return h5_set_int(f, name, "seed", (long long)net->seed);
}

static kd_status write_attributes(struct h5 *f, const struct nn_model *m)
{
    struct js *object = js_new();
    nn_settings_json(&m->settings, object);
    char *text = js_text(object);
    js_free(object);
    if (!text)
        FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
    kd_status status = h5_set_text(f, "/", "settings", text);
    free(text);
    TRY(status);
    TRY(h5_set_text(f, "/", "kedge", "model 1"));
    TRY(h5_set_text(f, "/", "target", nn_target_name(m->target)));
    TRY(h5_set_text(f, "/", "activation", nn_activation_name(m->settings.activation)));
    TRY(h5_set_double(f, "/", "negative_slope", m->settings.slope));
    TRY(h5_set_int(f, "/", "layers", m->net[0].shape.n_layer));
    TRY(h5_set_int(f, "/", "members", m->n_net));
    TRY(h5_set_int(f, "/", "column", m->column));
    TRY(h5_set_int(f, "/", "axis_points", m->n_axis));
    TRY(h5_set_double(f, "/", "calibration", m->calibration));
    TRY(h5_set_double(f, "/", "error_rms", m->error_rms));
    TRY(h5_set_double(f, "/", "resolution_ev", m->resolution_ev));
    TRY(h5_set_int(f, "/", "dataset_fingerprint", (long long)m->fingerprint));
    TRY(h5_set_int(f, "/", "synthetic", m->synthetic));
    TRY(h5_set_text(f, "/", "split", m->split_kind == NN_BY_STRUCTURE ? "structure" : "site"));
    TRY(h5_set_double(f, "/", "test_fraction", m->test_fraction));
    return h5_set_int(f, "/", "split_seed", (long long)m->split_seed);
}

static kd_status write_all(struct h5 *f, const struct nn_model *m)
{
    TRY(write_attributes(f, m));
    for (int i = 0; i < m->n_net; i++) {
        char prefix[32] = "";
        if (i > 0)
            snprintf(prefix, sizeof prefix, "member/%d/", i);
        TRY(write_net(f, prefix, &m->net[i]));
    }
    TRY(write_vector(f, "", "energy_ev", "eV", m->n_in, m->energy_ev));
    if (m->output_axis)
        TRY(write_vector(f, "", "r_angstrom", "angstrom", m->n_out, m->output_axis));
    TRY(write_vector(f, "", "error_output", m->target == NN_CHARGE ? "e" : "1", m->n_out, m->error_output));
    TRY(write_vector(f, "", "composition/x_of_charge", "1", 2, m->x_of_charge));
    TRY(write_vector(f, "", "composition/oxygen_of_charge", "1", 2, m->oxygen_of_charge));
    TRY(h5_write(f, &(struct h5_array){"split/test", H5_INT, 1, {(size_t)m->n_test}, "1", 0}, m->test));
    size_t n_in = (size_t)m->n_in, n_component = (size_t)m->pca.n_component;
    TRY(write_vector(f, "", "pca/mean", "1", m->n_in, m->pca.mean));
    TRY(write_vector(f, "", "pca/deviation", "1", m->pca.n_component, m->pca.deviation));
    TRY(h5_write(f, &(struct h5_array){"pca/component", H5_DOUBLE, 2, {n_component, n_in}, "1", 0}, m->pca.component));
    TRY(h5_set_double(f, "pca", "residual_99", m->pca.residual_99));
    return h5_set_double(f, "pca", "residual_99_9", m->pca.residual_99_9);
}

kd_status nn_model_write(const char *path, const struct nn_model *m)
{
    struct h5 *f;
    TRY(h5_create(path, &f));
    kd_status status = write_all(f, m);
    if (status == KD_OK)
        return h5_commit(f);
    h5_abandon(f);
    return status;
}

/* ---- reading ---- */

static kd_status read_vector(struct h5 *f, const char *prefix, const char *name, int n, double *v)
{
    char full[96];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    return h5_read(f, &(struct h5_array){full, H5_DOUBLE, 1, {(size_t)n}, NULL, 0}, v);
}

static kd_status read_history(struct h5 *f, const char *prefix, struct nn_net *net)
{
    char name[96];
    struct h5_array a;
    long long number = 0;
    snprintf(name, sizeof name, "%straining/loss", prefix);
    TRY(h5_shape(f, name, &a));
    if (a.rank != 1 || a.extent[0] > 1000000)
        FAIL(KD_EINPUT, "%s: %s is no history of losses", h5_path(f), name);
    net->n_epoch = (int)a.extent[0];
    net->loss = calloc((size_t)net->n_epoch + 1, sizeof *net->loss);
    if (!net->loss)
        FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
    TRY(read_vector(f, prefix, "training/loss", net->n_epoch, net->loss));
    snprintf(name, sizeof name, "%straining/validation_loss", prefix);
    if (h5_exists(f, name)) {
        net->validation_loss = calloc((size_t)net->n_epoch + 1, sizeof *net->validation_loss);
        if (!net->validation_loss)
            FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
        TRY(read_vector(f, prefix, "training/validation_loss", net->n_epoch, net->validation_loss));
    }
    snprintf(name, sizeof name, "%straining", prefix);
    TRY(h5_get_int(f, name, "best_epoch", &number));
    net->best_epoch = (int)number;
    TRY(h5_get_int(f, name, "seed", &number));
    net->seed = (uint64_t)number;
    return KD_OK;
}

static kd_status read_net(struct h5 *f, const char *prefix, const struct nn_model *m, struct nn_net *net)
{
    struct nn_shape shape = nn_shape_of(&m->settings, m->n_in, m->n_out);
    char name[96];
    TRY(nn_net_create(&shape, net));
    net->slope = m->settings.slope;
    net->column = m->column;
    double *p = net->parameter;
    for (int l = 0; l < shape.n_layer; l++) {
        size_t n_in = (size_t)shape.width[l], n_out = (size_t)shape.width[l + 1];
        snprintf(name, sizeof name, "%slayers.%d.weight", prefix, l);
        TRY(h5_read(f, &(struct h5_array){name, H5_DOUBLE, 2, {n_out, n_in}, NULL, 0}, p));
        p += n_in * n_out;
        snprintf(name, sizeof name, "%slayers.%d.bias", prefix, l);
        TRY(h5_read(f, &(struct h5_array){name, H5_DOUBLE, 1, {n_out}, NULL, 0}, p));
        p += n_out;
    }
    for (size_t i = 0; i < nn_parameter_count(&shape); i++)
        if (!isfinite(net->parameter[i]))
            FAIL(KD_EINPUT, "%s: a weight is not a finite number", h5_path(f));
    TRY(read_vector(f, prefix, "input/shift", m->n_in, net->input_shift));
    TRY(read_vector(f, prefix, "input/scale", m->n_in, net->input_scale));
    TRY(read_vector(f, prefix, "target/shift", m->n_out, net->target_shift));
    TRY(read_vector(f, prefix, "target/scale", m->n_out, net->target_scale));
    return read_history(f, prefix, net);
}

static kd_status read_settings(struct h5 *f, struct nn_model *m)
{
    char text[4096], word[32];
    struct js *object = NULL;
    TRY(h5_get_text(f, "/", "kedge", word, sizeof word));
    if (strcmp(word, "model 1") != 0)
        FAIL(KD_EINPUT, "%s: is a \"%s\", expected a model of this version (\"model 1\")", h5_path(f), word);
    TRY(h5_get_text(f, "/", "target", word, sizeof word));
    TRY(nn_target_parse(word, &m->target));
    m->settings = nn_default_settings(m->target);
    TRY(h5_get_text(f, "/", "settings", text, sizeof text));
    TRY(js_parse(h5_path(f), text, strlen(text), &object));
    kd_status status = nn_settings_read(&m->settings, object);
    js_free(object);
    TRY(status);
    TRY(h5_get_text(f, "/", "split", word, sizeof word));
    m->split_kind = strcmp(word, "structure") == 0 ? NN_BY_STRUCTURE : NN_BY_SITE;
    return KD_OK;
}

static kd_status read_numbers(struct h5 *f, struct nn_model *m)
{
    long long members, column, axis, fingerprint, synthetic, seed;
    struct h5_array energy, error, test;
    TRY(h5_get_int(f, "/", "members", &members));
    TRY(h5_get_int(f, "/", "column", &column));
    TRY(h5_get_int(f, "/", "axis_points", &axis));
    TRY(h5_get_int(f, "/", "dataset_fingerprint", &fingerprint));
    TRY(h5_get_int(f, "/", "synthetic", &synthetic));
    TRY(h5_get_int(f, "/", "split_seed", &seed));
    TRY(h5_get_double(f, "/", "calibration", &m->calibration));
    TRY(h5_get_double(f, "/", "error_rms", &m->error_rms));
    TRY(h5_get_double(f, "/", "resolution_ev", &m->resolution_ev));
    TRY(h5_get_double(f, "/", "test_fraction", &m->test_fraction));
    TRY(h5_shape(f, "energy_ev", &energy));
    TRY(h5_shape(f, "error_output", &error));
    TRY(h5_shape(f, "split/test", &test));
    if (members < 1 || members > 1000 || energy.rank != 1 || energy.extent[0] < 2 || energy.extent[0] > 4096 ||
        error.rank != 1 || error.extent[0] < 1 || error.extent[0] > 65536 || test.rank != 1 || axis > 65536 ||
        test.extent[0] > 100000000 || column < 0 || column + (long long)energy.extent[0] > axis)
        FAIL(KD_EINPUT, "%s: sizes that no model has", h5_path(f));
    m->n_net = (int)members;
    m->column = (int)column;
    m->n_axis = (int)axis;
    m->fingerprint = (uint64_t)fingerprint;
    m->synthetic = synthetic != 0;
    m->split_seed = (uint64_t)seed;
    m->n_in = (int)energy.extent[0];
    m->n_out = (int)error.extent[0];
    m->n_test = (int)test.extent[0];
    return KD_OK;
}

static kd_status read_pca(struct h5 *f, struct nn_model *m)
{
    struct h5_array a;
    TRY(h5_shape(f, "pca/component", &a));
    if (a.rank != 2 || a.extent[1] != (size_t)m->n_in || a.extent[0] > a.extent[1])
        FAIL(KD_EINPUT, "%s: pca/component does not fit %d inputs", h5_path(f), m->n_in);
    struct nn_pca *p = &m->pca;
    p->n_in = m->n_in;
    p->n_component = (int)a.extent[0];
    p->mean = calloc((size_t)m->n_in, sizeof *p->mean);
    p->component = calloc(a.extent[0] * a.extent[1] + 1, sizeof *p->component);
    p->deviation = calloc(a.extent[0] + 1, sizeof *p->deviation);
    if (!p->mean || !p->component || !p->deviation)
        FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
    TRY(read_vector(f, "", "pca/mean", m->n_in, p->mean));
    TRY(read_vector(f, "", "pca/deviation", p->n_component, p->deviation));
    TRY(h5_read(f, &(struct h5_array){"pca/component", H5_DOUBLE, 2, {a.extent[0], a.extent[1]}, NULL, 0}, p->component));
    TRY(h5_get_double(f, "pca", "residual_99", &p->residual_99));
    return h5_get_double(f, "pca", "residual_99_9", &p->residual_99_9);
}

static kd_status read_all(struct h5 *f, struct nn_model *m)
{
    TRY(read_settings(f, m));
    TRY(read_numbers(f, m));
    m->net = calloc((size_t)m->n_net, sizeof *m->net);
    m->energy_ev = calloc((size_t)m->n_in, sizeof *m->energy_ev);
    m->error_output = calloc((size_t)m->n_out, sizeof *m->error_output);
    m->output_axis = m->target == NN_RDF ? calloc((size_t)m->n_out, sizeof *m->output_axis) : NULL;
    m->test = calloc((size_t)m->n_test + 1, sizeof *m->test);
    if (!m->net || !m->energy_ev || !m->error_output || !m->test || (m->target == NN_RDF && !m->output_axis))
        FAIL(KD_ENOMEM, "%s: no host memory", h5_path(f));
    for (int i = 0; i < m->n_net; i++) {
        char prefix[32] = "";
        if (i > 0)
            snprintf(prefix, sizeof prefix, "member/%d/", i);
        TRY(read_net(f, prefix, m, &m->net[i]));
    }
    TRY(read_vector(f, "", "energy_ev", m->n_in, m->energy_ev));
    if (m->output_axis)
        TRY(read_vector(f, "", "r_angstrom", m->n_out, m->output_axis));
    TRY(read_vector(f, "", "error_output", m->n_out, m->error_output));
    TRY(read_vector(f, "", "composition/x_of_charge", 2, m->x_of_charge));
    TRY(read_vector(f, "", "composition/oxygen_of_charge", 2, m->oxygen_of_charge));
    TRY(h5_read(f, &(struct h5_array){"split/test", H5_INT, 1, {(size_t)m->n_test}, NULL, 0}, m->test));
    return read_pca(f, m);
}

kd_status nn_model_read(const char *path, struct nn_model *out)
{
    struct h5 *f;
    *out = (struct nn_model){0};
    TRY(h5_open(path, &f));
    kd_status status = read_all(f, out);
    h5_close(f);
    if (status != KD_OK)
        nn_model_free(out);
    return status;
}

/* ---- the ensemble ---- */

kd_status nn_model_predict(kd_device *dev, enum kd_precision precision, const struct nn_model *m,
                           const struct nn_samples *samples, const int *rows, int n_rows, double *mean, double *spread)
{
    if (!rows)
        n_rows = samples->n_row;
    size_t n = (size_t)n_rows * (size_t)m->n_out;
    double *all = malloc((size_t)m->n_net * n * sizeof *all + 1);
    if (!all)
        FAIL(KD_ENOMEM, "ensemble: no host memory");
    kd_status status = nn_infer(dev, precision, m->n_net, m->net, samples, rows, n_rows, all);
    for (size_t i = 0; status == KD_OK && i < n; i++) {
        double sum = 0, square = 0;
        for (int k = 0; k < m->n_net; k++)
            sum += all[(size_t)k * n + i];
        mean[i] = sum / m->n_net;
        for (int k = 0; k < m->n_net; k++)
            square += pow(all[(size_t)k * n + i] - mean[i], 2);
        if (spread)
            spread[i] = m->n_net > 1 ? sqrt(square / (m->n_net - 1)) : 0;
    }
    free(all);
    return status;
}
