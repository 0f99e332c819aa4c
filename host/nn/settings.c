// SPDX-License-Identifier: BSD-3-Clause
/* settings.c - hyper-parameters by name. */
#include "host/nn/settings.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "host/base/conf.h"

static const char *const target_names[] = {"charge", "rdf"};
static const char *const activation_names[] = {"relu", "leaky_relu", "tanh", "gelu"};
static const char *const loss_names[] = {"mse", "mae", "huber"};
static const char *const schedule_names[] = {"constant", "cosine", "exponential", "step"};

enum kind { REAL_SETTING, INT_SETTING, BOOL_SETTING, CHOICE_SETTING, WIDTHS_SETTING };

struct setting {
    const char *name;
    enum kind kind;
    size_t offset;
    double min, max;
    const char *const *choice; /* CHOICE: names, max is the last index */
};

#define AT(member) offsetof(struct nn_settings, member)
static const struct setting table[] = {
    {"hidden", WIDTHS_SETTING, AT(hidden), 1, 8192, NULL},
    {"activation", CHOICE_SETTING, AT(activation), 0, NN_N_ACTIVATION - 1, activation_names},
    {"slope", REAL_SETTING, AT(slope), 0, 1, NULL},
    {"loss", CHOICE_SETTING, AT(loss), 0, NN_N_LOSS - 1, loss_names},
    {"huber_delta", REAL_SETTING, AT(huber_delta), 1e-6, 1e6, NULL},
    {"learning_rate", REAL_SETTING, AT(learning_rate), 0, 10, NULL},
    {"beta1", REAL_SETTING, AT(beta1), 0, 0.999999, NULL},
    {"beta2", REAL_SETTING, AT(beta2), 0, 0.999999, NULL},
    {"epsilon", REAL_SETTING, AT(epsilon), 1e-16, 1, NULL},
    {"weight_decay", REAL_SETTING, AT(weight_decay), 0, 10, NULL},
    {"decoupled", BOOL_SETTING, AT(decoupled), 0, 1, NULL},
    {"dropout", REAL_SETTING, AT(dropout), 0, 0.95, NULL},
    {"batch", INT_SETTING, AT(batch), 1, 8192, NULL},
    {"epochs", INT_SETTING, AT(n_epoch), 1, 1000000, NULL},
    {"drop_last", BOOL_SETTING, AT(drop_last), 0, 1, NULL},
    {"schedule", CHOICE_SETTING, AT(schedule), 0, NN_N_SCHEDULE - 1, schedule_names},
    {"final_factor", REAL_SETTING, AT(final_factor), 1e-9, 1, NULL},
    {"step_factor", REAL_SETTING, AT(step_factor), 1e-9, 1, NULL},
    {"step_epochs", INT_SETTING, AT(step_epochs), 1, 1000000, NULL},
    {"warmup_epochs", INT_SETTING, AT(warmup_epochs), 0, 1000000, NULL},
    {"patience", INT_SETTING, AT(patience), 0, 1000000, NULL},
    {"bf16", BOOL_SETTING, AT(bf16), 0, 1, NULL},
    {"scale_input", BOOL_SETTING, AT(scale_input), 0, 1, NULL},
    {"scale_target", BOOL_SETTING, AT(scale_target), 0, 1, NULL},
};
enum { N_SETTING = sizeof table / sizeof *table };

struct nn_settings nn_default_settings(enum nn_target target)
{
    struct nn_settings s = {.n_hidden = 3,
                            .hidden = {256, 256, 256},
                            .activation = NN_LEAKY_RELU,
                            .slope = 0.01,
                            .loss = NN_MSE,
                            .huber_delta = 1,
                            .learning_rate = 1e-3,
                            .beta1 = 0.9,
                            .beta2 = 0.999,
                            .epsilon = 1e-8,
                            .batch = 128,
                            .n_epoch = 271,
                            .schedule = NN_CONSTANT,
                            .final_factor = 0.01,
                            .step_factor = 0.1,
                            .step_epochs = 100,
                            .scale_input = true,
                            .scale_target = true};
    if (target == NN_RDF) {
        s.hidden[0] = s.hidden[1] = s.hidden[2] = 512;
        s.activation = NN_RELU;
        s.n_epoch = 583;
    }
    return s;
}

struct nn_shape nn_shape_of(const struct nn_settings *settings, int n_in, int n_out)
{
    struct nn_shape shape = {.n_layer = settings->n_hidden + 1, .activation = settings->activation};
    shape.width[0] = n_in;
    for (int l = 0; l < settings->n_hidden; l++)
        shape.width[l + 1] = settings->hidden[l];
    shape.width[shape.n_layer] = n_out;
    return shape;
}

static kd_status find_setting(const char *name, const struct setting **found)
{
    const char *names[N_SETTING];
    for (int i = 0; i < N_SETTING; i++) {
        names[i] = table[i].name;
        if (strcmp(table[i].name, name) == 0) {
            *found = &table[i];
            return KD_OK;
        }
    }
    const char *nearest = conf_nearest(name, names, N_SETTING);
    FAIL(KD_EINPUT, "network settings: unknown \"%.40s\"%s%s%s", name, nearest ? ", did you mean \"" : "",
         nearest ? nearest : "", nearest ? "\"?" : "");
}

static kd_status set_choice(const struct setting *s, const struct js *value, int *out)
{
    const char *word = js_value_string(value);
    for (int i = 0; word && i <= (int)s->max; i++)
        if (strcmp(s->choice[i], word) == 0) {
            *out = i;
            return KD_OK;
        }
    FAIL(KD_EINPUT, "network settings: %s is \"%.40s\", expected %s, %s, ...", s->name, word ? word : "not a word",
         s->choice[0], s->choice[1]);
}

static kd_status set_widths(struct nn_settings *settings, const struct setting *s, const struct js *value)
{
    size_t n = js_size(value);
    if (n < 1 || n > NN_MAX_LAYER - 1)
        FAIL(KD_EINPUT, "network settings: hidden has %zu widths, expected an array of 1 to %d", n, NN_MAX_LAYER - 1);
    for (size_t i = 0; i < n; i++) {
        double width;
        if (!js_value_double(js_item(value, i), &width) || width != floor(width) || width < s->min || width > s->max)
            FAIL(KD_EINPUT, "network settings: width %zu of hidden, expected an integer from 1 to %g", i, s->max);
        settings->hidden[i] = (int)width;
    }
    settings->n_hidden = (int)n;
    return KD_OK;
}

kd_status nn_settings_set(struct nn_settings *settings, const char *name, const struct js *value)
{
    const struct setting *s = NULL;
    TRY(find_setting(name, &s));
    void *at = (char *)settings + s->offset;
    if (s->kind == CHOICE_SETTING)
        return set_choice(s, value, at);
    if (s->kind == WIDTHS_SETTING)
        return set_widths(settings, s, value);
    double number = NAN;
    bool is_number = js_value_double(value, &number);
    if (s->kind == BOOL_SETTING && js_value_bool(value, at))
        return KD_OK;
    if (s->kind == BOOL_SETTING && (!is_number || (number != 0 && number != 1)))
        FAIL(KD_EINPUT, "network settings: %s, expected true, false, 1 or 0", name);
    if (!is_number || !(number >= s->min && number <= s->max) || (s->kind == INT_SETTING && number != floor(number)))
        FAIL(KD_EINPUT, "network settings: %s = %g, expected %s from %g to %g", name, number,
             s->kind == INT_SETTING ? "an integer" : "a number", s->min, s->max);
    if (s->kind == REAL_SETTING)
        *(double *)at = number;
    else if (s->kind == INT_SETTING)
        *(int *)at = (int)number;
    else
        *(bool *)at = number != 0;
    return KD_OK;
}

kd_status nn_settings_check(const struct nn_settings *settings)
{
    if (settings->warmup_epochs > settings->n_epoch)
        FAIL(KD_EINPUT, "network settings: warmup_epochs = %d, expected at most epochs = %d", settings->warmup_epochs,
             settings->n_epoch);
    return KD_OK;
}

void nn_settings_json(const struct nn_settings *settings, struct js *object)
{
    for (int i = 0; i < N_SETTING; i++) {
        const struct setting *s = &table[i];
        const void *at = (const char *)settings + s->offset;
        if (s->kind == REAL_SETTING)
            js_double(object, s->name, *(const double *)at);
        else if (s->kind == INT_SETTING)
            js_int(object, s->name, *(const int *)at);
        else if (s->kind == BOOL_SETTING)
            js_int(object, s->name, *(const bool *)at);
        else if (s->kind == CHOICE_SETTING)
            js_string(object, s->name, s->choice[*(const int *)at]);
        else
            js_ints(object, s->name, (size_t)settings->n_hidden, settings->hidden);
    }
}

kd_status nn_settings_read(struct nn_settings *settings, const struct js *object)
{
    for (size_t i = 0; i < js_size(object); i++)
        TRY(nn_settings_set(settings, js_key(object, i), js_get(object, js_key(object, i))));
    return nn_settings_check(settings);
}

double nn_learning_rate(const struct nn_settings *s, int epoch)
{
    double progress = s->n_epoch > 1 ? (double)epoch / (s->n_epoch - 1) : 0, rate = s->learning_rate;
    if (s->schedule == NN_COSINE)
        rate *= s->final_factor + (1 - s->final_factor) * 0.5 * (1 + cos(3.14159265358979323846 * progress));
    else if (s->schedule == NN_EXPONENTIAL)
        rate *= pow(s->final_factor, progress);
    else if (s->schedule == NN_STEP)
        rate *= pow(s->step_factor, epoch / s->step_epochs);
    if (epoch < s->warmup_epochs)
        rate *= (double)(epoch + 1) / (s->warmup_epochs + 1);
    return rate;
}

static kd_status parse(const char *what, const char *name, const char *const *names, int n, int *out)
{
    for (int i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = i;
            return KD_OK;
        }
    FAIL(KD_EINPUT, "%s: \"%.40s\", expected %s or %s%s", what, name, names[0], names[1], n > 2 ? ", ..." : "");
}

const char *nn_target_name(enum nn_target target)
{
    return target_names[target];
}

kd_status nn_target_parse(const char *name, enum nn_target *target)
{
    int i = 0;
    TRY(parse("target", name, target_names, 2, &i));
    *target = (enum nn_target)i;
    return KD_OK;
}

const char *nn_activation_name(enum nn_activation activation)
{
    return activation_names[activation];
}

kd_status nn_activation_parse(const char *name, enum nn_activation *activation)
{
    int i = 0;
    TRY(parse("activation", name, activation_names, NN_N_ACTIVATION, &i));
    *activation = (enum nn_activation)i;
    return KD_OK;
}

kd_status nn_loss_parse(const char *name, enum nn_loss *loss)
{
    int i = 0;
    TRY(parse("loss", name, loss_names, NN_N_LOSS, &i));
    *loss = (enum nn_loss)i;
    return KD_OK;
}
