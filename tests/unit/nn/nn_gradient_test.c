// SPDX-License-Identifier: BSD-3-Clause
/* nn_gradient_test.c - backpropagation against finite differences, and every instruction set against the baseline. */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/rng.h"
#include "host/nn/resident.h"

static double *normals(size_t n, uint64_t seed)
{
    struct rng r = rng_start(seed, RNG_TEST, 0);
    double *v = malloc(n * sizeof *v);
    assert_non_null(v);
    for (size_t i = 0; i < n; i++)
        v[i] = rng_normal(&r);
    return v;
}

struct setup {
    kd_device *dev;
    struct nn_net net;
    struct nn_settings settings;
    struct nn_samples samples;
    double *x, *y;
    int rows[64], n;
};

static void start(struct setup *s, enum nn_activation activation, enum nn_loss loss, int n_in, int n_out)
{
    assert_ok(kd_device_open("cpu", 1, &s->dev, NULL));
    s->settings = nn_default_settings(NN_CHARGE);
    s->settings.n_hidden = 2;
    s->settings.hidden[0] = 21;
    s->settings.hidden[1] = 9;
    s->settings.activation = activation;
    s->settings.loss = loss;
    s->settings.huber_delta = 0.7;
    struct nn_shape shape = nn_shape_of(&s->settings, n_in, n_out);
    assert_ok(nn_net_create(&shape, &s->net));
    nn_net_initialise(&s->net, 3);
    s->net.slope = 0.01;
    s->net.column = 2;
    for (int i = 0; i < n_in; i++) {
        s->net.input_shift[i] = 0.1 * i;
        s->net.input_scale[i] = 1 + 0.01 * i;
    }
    s->net.target_shift[0] = 0.3;
    s->net.target_scale[0] = 1.7;
    s->x = normals(40 * 32, 1);
    s->y = normals((size_t)40 * (size_t)n_out, 2);
    s->samples = (struct nn_samples){40, 32, n_out, s->x, s->y};
    s->n = 27;
    for (int i = 0; i < s->n; i++)
        s->rows[i] = (7 * i) % 40;
}

static void end(struct setup *s)
{
    nn_net_free(&s->net);
    kd_device_close(s->dev);
    free(s->x);
    free(s->y);
}

/* Loss, and the gradient unless it is NULL, at the present parameters. */
static double evaluate(struct setup *s, enum kd_precision precision, double *gradient)
{
    struct nn_group group;
    struct nn_data data;
    const struct nn_net *net = &s->net;
    const struct nn_settings *settings = &s->settings;
    int *index_d, *count_d;
    void *gradient_d;
    double *loss_d, loss;
    size_t n = nn_parameter_count(&s->net.shape);
    assert_ok(nn_group_create(s->dev, precision, 1, &net, &settings, &group));
    assert_ok(nn_data_upload(s->dev, precision, &s->samples, &data));
    assert_ok(kd_alloc_copy(s->dev, s->dev->stream, s->rows, (size_t)s->n * sizeof(int), &index_d));
    assert_ok(kd_alloc_copy(s->dev, s->dev->stream, &s->n, sizeof(int), &count_d));
    assert_ok(kd_alloc(s->dev, n * sizeof(double), &gradient_d));
    assert_ok(kd_alloc(s->dev, sizeof(double), &loss_d));
    assert_ok(kd_scratch_reserve(s->dev, s->dev->nn->scratch(s->dev, 1, &group, s->n, precision)));
    struct nn_rows rows = {s->n, index_d, count_d};
    assert_ok(s->dev->nn->gradient(s->dev, s->dev->stream, &group, &rows, &data, precision, gradient_d, loss_d));
    assert_ok(kd_download(s->dev, s->dev->stream, &loss, loss_d, sizeof loss));
    if (gradient)
        assert_ok(nn_real_download(s->dev, precision, n, gradient_d, gradient));
    kd_free(s->dev, index_d);
    kd_free(s->dev, count_d);
    kd_free(s->dev, gradient_d);
    kd_free(s->dev, loss_d);
    nn_data_free(s->dev, &data);
    nn_group_free(s->dev, &group);
    return loss;
}

/* Central differences with a step of 1e-6: smooth terms err by 1e-12, rounding of the loss by 1e-10, in about 600 components. No
 * rectifier and no absolute value changes sides within the step for these 27 samples. */
static void backpropagation_is_the_derivative_of_the_loss(void **state)
{
    (void)state;
    for (int activation = 0; activation < NN_N_ACTIVATION; activation++)
        for (int loss = 0; loss < NN_N_LOSS; loss++) {
            struct setup s;
            start(&s, (enum nn_activation)activation, (enum nn_loss)loss, 13, 3);
            size_t n = nn_parameter_count(&s.net.shape);
            double *gradient = malloc(n * sizeof *gradient), norm = 0, error = 0;
            assert_non_null(gradient);
            evaluate(&s, KD_DOUBLE, gradient);
            for (size_t i = 0; i < n; i++) {
                double was = s.net.parameter[i], step = 1e-6;
                s.net.parameter[i] = was + step;
                double up = evaluate(&s, KD_DOUBLE, NULL);
                s.net.parameter[i] = was - step;
                double down = evaluate(&s, KD_DOUBLE, NULL);
                s.net.parameter[i] = was;
                double difference = (up - down) / (2 * step) - gradient[i];
                error += difference * difference;
                norm += gradient[i] * gradient[i];
            }
            assert_near(sqrt(error / norm), 0, 1e-7);
            free(gradient);
            end(&s);
        }
}

static void every_instruction_set_gives_the_same_gradient(void **state)
{
    (void)state;
    struct setup s;
    start(&s, NN_GELU, NN_HUBER, 30, 5);
    size_t n = nn_parameter_count(&s.net.shape);
    double *want = malloc(n * sizeof *want), *got = malloc(n * sizeof *got);
    assert_true(want && got);
    for (int precision = KD_MIXED; precision <= KD_DOUBLE; precision++) {
        setenv("KEDGE_NN_ISA", "baseline", 1);
        double loss = evaluate(&s, (enum kd_precision)precision, want);
        const char *isa[] = {"AVX2", "AVX-512"};
        for (int k = 0; k < 2; k++) { /* one that the machine lacks falls back to the next best */
            setenv("KEDGE_NN_ISA", isa[k], 1);
            double tolerance = precision == KD_DOUBLE ? 1e-13 : 2e-6; /* another order of sums of at most 30 terms */
            assert_near(evaluate(&s, (enum kd_precision)precision, got), loss, tolerance * loss);
            double error = 0, norm = 0;
            for (size_t i = 0; i < n; i++) {
                error += (got[i] - want[i]) * (got[i] - want[i]);
                norm += want[i] * want[i];
            }
            assert_near(sqrt(error / norm), 0, tolerance);
        }
    }
    unsetenv("KEDGE_NN_ISA");
    free(want);
    free(got);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backpropagation_is_the_derivative_of_the_loss),
        cmocka_unit_test(every_instruction_set_gives_the_same_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
