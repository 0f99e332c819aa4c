// SPDX-License-Identifier: BSD-3-Clause
/* nn_train_test.c - many nets at once are the same nets one by one; interruptions, early stopping, schedules, splits. */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/base/stop.h"
#include "host/nn/learn.h"
#include "tests/support/synthetic.h"

enum { N_ROW = 90, N_X = 40, N_Y = 3 };

struct problem {
    double x[N_ROW * N_X], y[N_ROW * N_Y];
    struct nn_samples samples;
    int train[N_ROW], validation[N_ROW];
    struct nn_job job[4];
};

static void pose(struct problem *p)
{
    struct rng r = rng_start(5, RNG_TEST, 0);
    for (int i = 0; i < N_ROW * N_X; i++)
        p->x[i] = rng_normal(&r);
    for (int i = 0; i < N_ROW; i++)
        for (int o = 0; o < N_Y; o++)
            p->y[i * N_Y + o] = sin(p->x[i * N_X + o]) + 0.5 * p->x[i * N_X + 5];
    p->samples = (struct nn_samples){N_ROW, N_X, N_Y, p->x, p->y};
    for (int i = 0; i < N_ROW; i++)
        p->train[i] = p->validation[i] = i;
    for (int j = 0; j < 4; j++) {
        struct nn_settings s = nn_default_settings(NN_CHARGE);
        s.n_hidden = 2;
        s.hidden[0] = 20;
        s.hidden[1] = j == 3 ? 11 : 16; /* the last one is in a group of its own */
        s.n_epoch = 6 + j;
        s.batch = 16;
        s.learning_rate = 3e-3;
        s.dropout = j == 1 ? 0.2 : 0;
        s.decoupled = j == 2;
        s.weight_decay = j == 2 ? 0.1 : 0;
        p->job[j] = (struct nn_job){.settings = s,
                                    .column = j,
                                    .n_in = 30,
                                    .n_train = 70 - 7 * j,
                                    .train = p->train,
                                    .n_validation = 15,
                                    .validation = p->validation + 75,
                                    .seed = 100 + (uint64_t)j};
    }
}

static struct nn_run run_on(kd_device *dev)
{
    return (struct nn_run){.dev = dev, .precision = KD_MIXED};
}

static void assert_same_net(const struct nn_net *a, const struct nn_net *b)
{
    assert_int_equal(a->n_epoch, b->n_epoch);
    assert_memory_equal(a->parameter, b->parameter, nn_parameter_count(&a->shape) * sizeof(double));
    assert_memory_equal(a->loss, b->loss, (size_t)a->n_epoch * sizeof(double));
    assert_memory_equal(a->validation_loss, b->validation_loss, (size_t)a->n_epoch * sizeof(double));
}

static void a_net_does_not_notice_its_company_or_the_number_of_threads(void **state)
{
    (void)state;
    static struct problem p;
    pose(&p);
    kd_device *one, *two;
    assert_ok(kd_device_open("cpu", 1, &one, NULL));
    assert_ok(kd_device_open("cpu", 2, &two, NULL));
    struct nn_net together[4], alone;
    struct nn_run run = run_on(two);
    assert_ok(nn_train(&run, &p.samples, 4, p.job, together));
    run = run_on(one);
    for (int j = 0; j < 4; j++) {
        assert_ok(nn_train(&run, &p.samples, 1, &p.job[j], &alone));
        assert_same_net(&alone, &together[j]);
        assert_true(alone.loss[alone.n_epoch - 1] < alone.loss[0]);
        nn_net_free(&alone);
        nn_net_free(&together[j]);
    }
    kd_device_close(one);
    kd_device_close(two);
}

static void an_interrupted_run_ends_with_the_same_bits(void **state)
{
    (void)state;
    static struct problem p;
    pose(&p);
    p.job[0].settings.patience = 30;
    p.job[0].settings.n_epoch = 25;
    kd_device *dev;
    assert_ok(kd_device_open("cpu", 1, &dev, NULL));
    struct nn_net whole[4], pieces[4];
    struct nn_run run = run_on(dev);
    assert_ok(nn_train(&run, &p.samples, 4, p.job, whole));
    run.checkpoint = "nn_train_test.checkpoint";
    run.restart = true;
    unlink(run.checkpoint);
    stop_request("test"); /* before the first round: everything is in the checkpoint, nothing done */
    assert_int_equal(nn_train(&run, &p.samples, 4, p.job, pieces), KD_ESTOPPED);
    stop_reset();
    run.keep_finished = true;
    assert_ok(nn_train(&run, &p.samples, 4, p.job, pieces));
    for (int j = 0; j < 4; j++) {
        assert_same_net(&whole[j], &pieces[j]);
        nn_net_free(&pieces[j]);
    }
    assert_ok(nn_train(&run, &p.samples, 4, p.job, pieces)); /* from the checkpoint of a finished run */
    for (int j = 0; j < 4; j++) {
        assert_same_net(&whole[j], &pieces[j]);
        nn_net_free(&pieces[j]);
        nn_net_free(&whole[j]);
    }
    p.job[1].seed++;
    assert_int_equal(nn_train(&run, &p.samples, 4, p.job, pieces), KD_EINPUT); /* another job's checkpoint */
    assert_non_null(strstr(kd_error_message(), "belongs to other"));
    unlink(run.checkpoint);
    kd_device_close(dev);
}

static void early_stopping_keeps_the_best_epoch(void **state)
{
    (void)state;
    static struct problem p;
    pose(&p);
    struct nn_job *job = &p.job[0];
    job->settings.patience = 4;
    job->settings.n_epoch = 400;
    job->settings.learning_rate = 2e-2;
    kd_device *dev;
    assert_ok(kd_device_open("cpu", 1, &dev, NULL));
    struct nn_run run = run_on(dev);
    struct nn_net net;
    assert_ok(nn_train(&run, &p.samples, 1, job, &net));
    assert_true(net.n_epoch < 400);
    assert_int_equal(net.n_epoch, net.best_epoch + 4);
    for (int e = 0; e < net.n_epoch; e++)
        assert_true(net.validation_loss[e] >= net.validation_loss[net.best_epoch - 1]);
    double output[15 * N_Y], sum = 0; /* the parameters are those of the best epoch: they give its loss */
    assert_ok(nn_infer(dev, KD_MIXED, 1, &net, &p.samples, job->validation, 15, output));
    for (int i = 0; i < 15; i++)
        for (int o = 0; o < N_Y; o++)
            sum += pow((output[i * N_Y + o] - p.y[job->validation[i] * N_Y + o]) * net.target_scale[o], 2) / (15 * N_Y);
    assert_near(sum, net.validation_loss[net.best_epoch - 1], 1e-5 * sum); /* FP32 rounding of outputs of order 1 */
    nn_net_free(&net);
    kd_device_close(dev);
}

static void a_net_that_diverges_does_not_take_others_along(void **state)
{
    (void)state;
    static struct problem p;
    pose(&p);
    kd_device *dev;
    assert_ok(kd_device_open("cpu", 1, &dev, NULL));
    struct nn_run run = run_on(dev);
    struct nn_net net[2];
    struct nn_job pair[2] = {p.job[0], p.job[1]};
    p.y[3] = 1e39; /* a target that is no float */
    pair[0].settings.scale_target = false;
    pair[1].train = p.train + 10;
    pair[1].n_train = 60;
    assert_ok(nn_train(&run, &p.samples, 2, pair, net));
    assert_true(net[0].diverged);
    assert_false(net[1].diverged);
    assert_int_equal(net[1].n_epoch, pair[1].settings.n_epoch);
    nn_net_free(&net[0]);
    nn_net_free(&net[1]);
    kd_device_close(dev);
}

static void schedules_start_and_end_where_they_say(void **state)
{
    (void)state;
    struct nn_settings s = nn_default_settings(NN_CHARGE);
    s.n_epoch = 101;
    s.final_factor = 0.01;
    assert_near(nn_learning_rate(&s, 100), 1e-3, 1e-18);
    s.schedule = NN_COSINE;
    assert_near(nn_learning_rate(&s, 0), 1e-3, 1e-18);
    assert_near(nn_learning_rate(&s, 50), 1e-3 * 0.505, 1e-15);
    assert_near(nn_learning_rate(&s, 100), 1e-5, 1e-15);
    s.schedule = NN_EXPONENTIAL;
    assert_near(nn_learning_rate(&s, 50), 1e-4, 1e-15);
    s.schedule = NN_STEP;
    s.step_epochs = 40;
    assert_near(nn_learning_rate(&s, 85), 1e-5, 1e-18);
    s.schedule = NN_CONSTANT;
    s.warmup_epochs = 4;
    assert_near(nn_learning_rate(&s, 0), 2e-4, 1e-18);
    assert_near(nn_learning_rate(&s, 4), 1e-3, 1e-18);
}

static void splits_by_structure_never_cut_one(void **state)
{
    (void)state;
    struct nn_dataset d;
    struct nn_split s, again, fold;
    assert_ok(synthetic_dataset("nn_split_test.h5", 20, 5, 1));
    assert_ok(nn_dataset_read("nn_split_test.h5", &d));
    assert_true(d.synthetic);
    for (int kind = NN_BY_SITE; kind <= NN_BY_STRUCTURE; kind++) {
        assert_ok(nn_split_make(&d, (enum nn_split_kind)kind, 0.2, 7, &s));
        assert_ok(nn_split_make(&d, (enum nn_split_kind)kind, 0.2, 7, &again));
        assert_int_equal(s.n_test, 20);
        assert_int_equal(s.n_train, 80);
        assert_memory_equal(s.test, again.test, 20 * sizeof(int));
        int cut = 0, seen = 0;
        for (int i = 0; i < s.n_test; i++)
            for (int j = 0; j < s.n_train; j++) {
                assert_int_not_equal(s.test[i], s.train[j]);
                cut += d.structure_id[s.test[i]] == d.structure_id[s.train[j]];
            }
        assert_int_equal(cut > 0, kind == NN_BY_SITE);
        for (int k = 0; k < 4; k++) {
            assert_ok(nn_fold_make(&d, (enum nn_split_kind)kind, s.train, s.n_train, 4, k, 7, &fold));
            assert_int_equal(fold.n_test, 20);
            seen += fold.n_test;
            nn_split_free(&fold);
        }
        assert_int_equal(seen, s.n_train);
        nn_split_free(&s);
        nn_split_free(&again);
    }
    int column, n;
    assert_ok(nn_window_columns(&d, 1836.25, 1842.5, &column, &n));
    assert_int_equal(n, 32);
    assert_int_equal(nn_window_columns(&d, 1800, 1842.5, &column, &n), KD_EINPUT);
    nn_dataset_free(&d);
    unlink("nn_split_test.h5");
}

static void a_model_survives_its_file(void **state)
{
    (void)state;
    struct nn_dataset d;
    assert_ok(synthetic_dataset("nn_model_test_data.h5", 12, 6, 1));
    assert_ok(nn_dataset_read("nn_model_test_data.h5", &d));
    kd_device *dev;
    assert_ok(kd_device_open("cpu", 2, &dev, NULL));
    struct nn_settings s = nn_default_settings(NN_RDF);
    s.n_hidden = 1;
    s.hidden[0] = 24;
    s.n_epoch = 3;
    struct nn_lesson lesson = {.target = NN_RDF, .split = NN_BY_STRUCTURE, .test_fraction = 0.25, .n_point = 1, .settings = &s,
                               .n_ensemble = 3, .windowed = true, .low_ev = 1842.5, .high_ev = 1867.5, .seed = 4};
    struct nn_run run = run_on(dev);
    struct nn_model made, read;
    struct nn_outcome o;
    assert_ok(nn_learn(&run, &d, &lesson, &made, &o));
    assert_ok(nn_model_write("nn_model_test.h5", &made));
    assert_ok(nn_model_read("nn_model_test.h5", &read));
    assert_int_equal(read.n_net, 3);
    assert_int_equal(read.n_in, made.n_in);
    assert_memory_equal(read.test, made.test, (size_t)made.n_test * sizeof(int));
    struct nn_samples samples = {d.n_row, d.n_energy, 0, d.spectra, NULL};
    size_t n = (size_t)made.n_test * (size_t)made.n_out;
    double *again = malloc(n * sizeof *again);
    assert_ok(nn_model_predict(dev, KD_MIXED, &read, &samples, read.test, read.n_test, again, NULL));
    assert_memory_equal(again, o.predicted, n * sizeof *again);
    free(again);
    nn_outcome_free(&o);
    nn_model_free(&made);
    nn_model_free(&read);
    nn_dataset_free(&d);
    kd_device_close(dev);
    unlink("nn_model_test.h5");
    unlink("nn_model_test_data.h5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_net_does_not_notice_its_company_or_the_number_of_threads),
        cmocka_unit_test(an_interrupted_run_ends_with_the_same_bits),
        cmocka_unit_test(early_stopping_keeps_the_best_epoch),
        cmocka_unit_test(a_net_that_diverges_does_not_take_others_along),
        cmocka_unit_test(schedules_start_and_end_where_they_say),
        cmocka_unit_test(splits_by_structure_never_cut_one),
        cmocka_unit_test(a_model_survives_its_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
