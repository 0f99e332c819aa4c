// SPDX-License-Identifier: BSD-3-Clause
/* nn_test.c - every network op of every device against the CPU in double precision, and what the table promises about bits. */
#include "tests/twin/twin.h"

#include "tests/twin/nn_cases.h"

/* ---- everything that a case gives ---- */

struct answer {
    double *gradient, *gradient_loss, *output, *loss, *validation, *part[NN_N_PART];
    size_t n_parameter, n_output, n_loss, n_validation;
};

static double *numbers(size_t n)
{
    double *v = calloc(n + 1, sizeof *v);
    assert_non_null(v);
    return v;
}

static struct answer run(kd_device *dev, enum kd_precision precision, const struct nn_case *c)
{
    struct nn_stage s;
    struct answer a = {0};
    assert_ok(nn_stage_open(dev, precision, c, &s));
    size_t nets = (size_t)c->n_net;
    a.n_parameter = s.n_parameter;
    a.n_output = (size_t)c->row_stride * (size_t)s.n_out;
    a.n_validation = (size_t)c->n_epoch;
    a.n_loss = a.n_validation * (size_t)c->step_stride;
    a.gradient = numbers(nets * a.n_parameter);
    a.gradient_loss = numbers(nets);
    a.output = numbers(nets * a.n_output);
    a.loss = numbers(nets * a.n_loss);
    a.validation = numbers(nets * a.n_validation);
    kd_device_seal(dev); /* ops do not allocate */
    assert_ok(nn_stage_train(&s));
    kd_device_unseal(dev);
    assert_ok(nn_stage_losses(&s, a.loss, a.validation));
    for (int part = 0; part < NN_N_PART; part++) {
        a.part[part] = numbers(nets * a.n_parameter);
        assert_ok(nn_group_get(dev, precision, &s.group, (enum nn_part)part, a.part[part]));
    }
    double *start = numbers(nets * a.n_parameter);
    for (size_t i = 0; i < nets; i++)
        memcpy(start + i * a.n_parameter, c->net[i].parameter, a.n_parameter * sizeof *start);
    assert_ok(nn_group_put(dev, precision, &s.group, NN_WEIGHTS, start));
    assert_ok(nn_stage_gradient(&s, a.gradient, a.gradient_loss));
    assert_ok(nn_stage_infer(&s, a.output));
    free(start);
    nn_stage_close(&s);
    return a;
}

static void answer_free(struct answer *a)
{
    free(a->gradient);
    free(a->gradient_loss);
    free(a->output);
    free(a->loss);
    free(a->validation);
    for (int part = 0; part < NN_N_PART; part++)
        free(a->part[part]);
}

/* |a - b| / |b| over the finite numbers of b; where b is not finite, a must not be either. */
static double distance(size_t n, const double *a, const double *b)
{
    double difference = 0, norm = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(b[i])) {
            assert_false(isfinite(a[i]));
            continue;
        }
        difference += (a[i] - b[i]) * (a[i] - b[i]);
        norm += b[i] * b[i];
    }
    return norm > 0 ? sqrt(difference / norm) : sqrt(difference);
}

/* ---- twins ---- */

/* Rounding of 6e-8 (1e-16) in sums of at most 70 terms, up to eight layers deep: 1e-5 (1e-12). Adam divides by the root of the second
 * moment, so a parameter whose gradient is near rounding moves by a full step in either direction: such are few, and the change of all
 * parameters together agrees to 1 % (1e-9). */
static void compare(const struct nn_case *c, enum kd_precision precision, const struct answer *got, const struct answer *want)
{
    bool mixed = precision == KD_MIXED;
    double once = mixed ? 1e-5 : 1e-12, trained = mixed ? 1e-2 : 1e-9;
    for (size_t i = 0; i < (size_t)c->n_net; i++) {
        size_t p = i * want->n_parameter, step = (size_t)(c->count[i] + c->batch - 1) / (size_t)c->batch;
        double *change = numbers(want->n_parameter), *expected = numbers(want->n_parameter);
        for (size_t k = 0; k < want->n_parameter; k++) {
            change[k] = got->part[NN_WEIGHTS][p + k] - c->net[i].parameter[k];
            expected[k] = want->part[NN_WEIGHTS][p + k] - c->net[i].parameter[k];
        }
        assert_near(distance(want->n_parameter, change, expected), 0, trained);
        assert_near(distance(want->n_parameter, got->part[NN_MOMENT1] + p, want->part[NN_MOMENT1] + p), 0, trained);
        assert_near(distance(want->n_parameter, got->part[NN_MOMENT2] + p, want->part[NN_MOMENT2] + p), 0, trained);
        for (size_t e = 0; e < (size_t)c->n_epoch; e++)
            assert_near(distance(step, got->loss + i * want->n_loss + e * (size_t)c->step_stride,
                                 want->loss + i * want->n_loss + e * (size_t)c->step_stride), 0, 10 * once);
        if (c->validation_stride && c->count[i])
            assert_near(distance(want->n_validation, got->validation + i * want->n_validation, want->validation + i * want->n_validation),
                        0, 10 * once);
        assert_near(distance(want->n_output, got->output + i * want->n_output, want->output + i * want->n_output), 0, once);
        if (c->count[i]) {
            assert_near(distance(want->n_parameter, got->gradient + p, want->gradient + p), 0, once);
            assert_near(got->gradient_loss[i], want->gradient_loss[i], once * want->gradient_loss[i]);
        }
        free(change);
        free(expected);
    }
}

/* bfloat16 keeps 8 bits, so each factor is off by up to 2^-9 = 0.2 %, in three products one behind the other: 1 % for outputs and losses,
 * 3 % for gradients, which are products of such numbers. Smooth activations: no unit changes sides. In double precision the flag says
 * nothing. */
static void compare_rounded(const struct nn_case *c, const struct answer *got, const struct answer *want)
{
    for (size_t i = 0; i < (size_t)c->n_net; i++) {
        size_t p = i * want->n_parameter, steps = (size_t)(c->count[i] + c->batch - 1) / (size_t)c->batch;
        if (!c->count[i])
            continue;
        assert_near(distance(want->n_output, got->output + i * want->n_output, want->output + i * want->n_output), 0, 1e-2);
        assert_near(distance(want->n_parameter, got->gradient + p, want->gradient + p), 0, 3e-2);
        assert_near(distance(steps, got->loss + i * want->n_loss, want->loss + i * want->n_loss), 0, 1e-2);
        assert_near(distance(1, got->validation + i * want->n_validation, want->validation + i * want->n_validation), 0, 1e-2);
    }
}

/* (The CPU in double precision is what the others are compared with.) */
static void every_case_agrees(void **state)
{
    kd_device *dev = twin_take(state);
    const int last = dev == twin_device[TWIN_CPU] ? KD_MIXED : KD_DOUBLE;
    for (int index = 0; index < nn_case_count(); index++) {
        struct nn_case c;
        if (nn_case_is_bench(index))
            continue;
        printf("  %s: %s\n", dev->backend, nn_case_name(index));
        assert_ok(nn_case_make(index, 0, &c));
        struct answer want = run(twin_device[TWIN_CPU], KD_DOUBLE, &c);
        for (int precision = KD_MIXED; precision <= last; precision++) {
            struct answer got = run(dev, (enum kd_precision)precision, &c);
            if (c.bf16 && precision == KD_MIXED)
                compare_rounded(&c, &got, &want);
            else
                compare(&c, (enum kd_precision)precision, &got, &want);
            answer_free(&got);
        }
        answer_free(&want);
        nn_case_free(&c);
    }
}

/* ---- promises ---- */

/* Nothing of a net depends on how many others there are. Case 3 has seven nets: other tiles than one net alone. */
static void a_net_gives_the_same_bits_alone_and_in_company(void **state)
{
    (void)state;
    for (int d = 0; d < TWIN_N_DEVICE; d++)
        for (int index = 3; twin_device[d] && index <= 6; index += 3)
            for (int precision = KD_MIXED; precision <= KD_DOUBLE; precision++) {
                struct nn_case alone, together;
                assert_ok(nn_case_make(index, 1, &alone));
                assert_ok(nn_case_make(index, 0, &together));
                struct answer a = run(twin_device[d], (enum kd_precision)precision, &alone);
                struct answer b = run(twin_device[d], (enum kd_precision)precision, &together);
                for (int part = 0; part < NN_N_PART; part++)
                    assert_memory_equal(a.part[part], b.part[part], a.n_parameter * sizeof(double));
                assert_memory_equal(a.gradient, b.gradient, a.n_parameter * sizeof(double));
                assert_memory_equal(a.output, b.output, (size_t)alone.count[0] * (size_t)alone.samples.n_y * sizeof(double));
                assert_memory_equal(a.loss, b.loss, a.n_loss * sizeof(double));
                assert_memory_equal(a.validation, b.validation, a.n_validation * sizeof(double));
                answer_free(&a);
                answer_free(&b);
                nn_case_free(&alone);
                nn_case_free(&together);
            }
}

static void a_net_without_rows_rests(void **state)
{
    (void)state;
    struct nn_case c;
    assert_ok(nn_case_make(3, 0, &c));
    for (int d = 0; d < TWIN_N_DEVICE; d++) {
        if (!twin_device[d])
            continue;
        struct answer a = run(twin_device[d], KD_DOUBLE, &c);
        size_t last = (size_t)c.n_net - 1;
        assert_int_equal(c.count[last], 0);
        assert_memory_equal(a.part[NN_WEIGHTS] + last * a.n_parameter, c.net[last].parameter, a.n_parameter * sizeof(double));
        assert_true(isnan(a.loss[last * a.n_loss])); /* left alone, as filled */
        assert_true(isnan(a.gradient_loss[last]) && isnan(a.gradient[last * a.n_parameter]));
        answer_free(&a);
    }
    nn_case_free(&c);
}

/* Two epochs in one call, or in two. */
static void epochs_of_one_call_or_of_two_give_the_same_bits(void **state)
{
    (void)state;
    struct nn_case c;
    assert_ok(nn_case_make(6, 1, &c)); /* with dropout: its counter goes on */
    for (int d = 0; d < TWIN_N_DEVICE; d++)
        for (int precision = KD_MIXED; twin_device[d] && precision <= KD_DOUBLE; precision++) {
            struct answer whole = run(twin_device[d], (enum kd_precision)precision, &c);
            struct nn_stage s;
            assert_ok(nn_stage_open(twin_device[d], (enum kd_precision)precision, &c, &s));
            const struct nn_epochs all = s.epochs;
            uint64_t first = c.first_step[0];
            for (int e = 0; e < c.n_epoch; e++) {
                s.epochs.n_epoch = 1;
                s.epochs.order_d = all.order_d + e * c.row_stride;
                s.epochs.rate_d = (const char *)all.rate_d + (size_t)e * (size_t)c.step_stride * NN_N_RATE * nn_real_size(s.precision);
                s.epochs.loss_d = all.loss_d + e * c.step_stride;
                s.epochs.validation_loss_d = all.validation_loss_d + e;
                assert_ok(kd_upload(twin_device[d], twin_device[d]->stream, (void *)(size_t)all.first_step_d, &first, sizeof first));
                assert_ok(nn_stage_train(&s));
                first += (uint64_t)((c.count[0] + c.batch - 1) / c.batch);
            }
            s.epochs = all;
            double *weights = numbers(s.n_parameter);
            assert_ok(nn_group_get(twin_device[d], s.precision, &s.group, NN_WEIGHTS, weights));
            assert_memory_equal(weights, whole.part[NN_WEIGHTS], s.n_parameter * sizeof *weights);
            free(weights);
            nn_stage_close(&s);
            answer_free(&whole);
        }
    nn_case_free(&c);
}

static void parts_of_the_state_come_back_bit_by_bit(void **state)
{
    (void)state;
    struct nn_case c;
    assert_ok(nn_case_make(2, 0, &c));
    for (int d = 0; d < TWIN_N_DEVICE; d++) {
        struct nn_stage s;
        if (!twin_device[d])
            continue;
        assert_ok(nn_stage_open(twin_device[d], KD_DOUBLE, &c, &s));
        size_t n = (size_t)c.n_net * s.n_parameter;
        double *value = numbers(n), *back = numbers(n);
        for (int part = 0; part < NN_N_PART; part++) {
            for (size_t i = 0; i < n; i++)
                value[i] = (double)part + 1.0 / (double)(i + 3);
            assert_ok(nn_group_put(twin_device[d], KD_DOUBLE, &s.group, (enum nn_part)part, value));
        }
        for (int part = 0; part < NN_N_PART; part++) {
            for (size_t i = 0; i < n; i++)
                value[i] = (double)part + 1.0 / (double)(i + 3);
            assert_ok(nn_group_get(twin_device[d], KD_DOUBLE, &s.group, (enum nn_part)part, back));
            assert_memory_equal(back, value, n * sizeof *back);
        }
        free(value);
        free(back);
        nn_stage_close(&s);
    }
    nn_case_free(&c);
}

/* ---- steps that ranks share ---- */

/* All parts of one step, on one device one after the other: their gradients added up in order, their losses too; then the step. */
static void shared_step(struct nn_stage *s, const struct nn_slice *step, double *sum, double *loss)
{
    const struct nn_case *c = s->input;
    size_t n = (size_t)c->n_net * s->n_parameter, n_loss = (size_t)c->n_net * (size_t)c->n_epoch * (size_t)c->step_stride;
    double *part = numbers(n), *part_loss = numbers(n_loss);
    memset(sum, 0, n * sizeof *sum);
    for (int p = 0; p < step->n_part; p++) {
        struct nn_slice slice = *step;
        slice.part = p;
        assert_ok(s->dev->nn->share(s->dev, s->dev->stream, &s->group, &s->epochs, &slice, &s->data, s->precision, s->gradient_d));
        assert_ok(nn_real_download(s->dev, s->precision, n, s->gradient_d, part));
        assert_ok(nn_stage_losses(s, part_loss, NULL));
        for (size_t i = 0; i < n; i++)
            sum[i] += part[i];
        for (int i = 0; i < c->n_net; i++) {
            size_t at = ((size_t)i * (size_t)c->n_epoch + (size_t)step->epoch) * (size_t)c->step_stride + (size_t)step->step;
            loss[at] += step->step * c->batch < c->count[i] ? part_loss[at] : 0;
        }
    }
    assert_ok(nn_real_upload(s->dev, s->precision, n, sum, s->gradient_d));
    assert_ok(s->dev->nn->update(s->dev, s->dev->stream, &s->group, &s->epochs, step, s->precision, s->gradient_d));
    free(part);
    free(part_loss);
}

/* Against the CPU's train in double precision, with the tolerances of `compare`. More parts than a short batch has rows are among them. */
static void share_case(kd_device *dev, enum kd_precision precision, const struct nn_case *c, int n_part, const struct answer *want)
{
    struct nn_stage s;
    double once = precision == KD_MIXED ? 1e-5 : 1e-12, trained = precision == KD_MIXED ? 1e-2 : 1e-9;
    assert_ok(nn_stage_open(dev, precision, c, &s));
    size_t n = (size_t)c->n_net * s.n_parameter;
    double *sum = numbers(n), *weights = numbers(n), *loss = numbers((size_t)c->n_net * want->n_loss);
    for (int e = 0; e < c->n_epoch; e++)
        for (int step = 0; step < c->step_stride; step++) {
            shared_step(&s, &(struct nn_slice){e, step, 0, n_part}, sum, loss);
            for (size_t i = 0; c->dropout == 0 && e == 0 && step == 0 && i < (size_t)c->n_net; i++)
                if (c->count[i])
                    assert_near(distance(s.n_parameter, sum + i * s.n_parameter, want->gradient + i * s.n_parameter), 0, once);
        }
    assert_ok(nn_group_get(dev, precision, &s.group, NN_WEIGHTS, weights));
    for (size_t i = 0; i < (size_t)c->n_net; i++) {
        const double *start = c->net[i].parameter, *expected = want->part[NN_WEIGHTS] + i * s.n_parameter;
        for (size_t k = 0; k < s.n_parameter; k++) {
            sum[k] = expected[k] - start[k];
            weights[i * s.n_parameter + k] -= start[k];
        }
        assert_near(distance(s.n_parameter, weights + i * s.n_parameter, sum), 0, trained);
        size_t steps = (size_t)(c->count[i] + c->batch - 1) / (size_t)c->batch;
        for (size_t e = 0; e < (size_t)c->n_epoch; e++) {
            size_t at = i * want->n_loss + e * (size_t)c->step_stride;
            assert_near(distance(steps, loss + at, want->loss + at), 0, 10 * once);
        }
    }
    free(sum);
    free(weights);
    free(loss);
    nn_stage_close(&s);
}

static void slices_of_batches_add_up_to_the_steps_of_train(void **state)
{
    (void)state;
    for (int index = 0; index < nn_case_count(); index++) {
        struct nn_case c;
        if (nn_case_is_bench(index))
            continue;
        assert_ok(nn_case_make(index, 0, &c));
        struct answer want = run(twin_device[TWIN_CPU], KD_DOUBLE, &c);
        for (int d = 0; d < TWIN_N_DEVICE && !c.bf16; d++)
            for (int precision = KD_MIXED; twin_device[d] && precision <= KD_DOUBLE; precision++)
                for (int n_part = d == 0 ? 1 : 3; n_part <= 3; n_part++)
                    if (d == 0 || precision == index % 2) /* emulated devices are slow: one precision a case, in turn */
                        share_case(twin_device[d], (enum kd_precision)precision, &c, n_part, &want);
        answer_free(&want);
        nn_case_free(&c);
    }
}

/* state_bytes, put, get, train, infer, gradient, share, update and scratch are exercised above; a new op has to be listed here and there. */
static void every_op_is_there_and_is_listed(void **state)
{
    (void)state;
    enum { LISTED = 9 };
    assert_int_equal(sizeof(struct nn_ops), LISTED * sizeof(void (*)(void)));
    for (int d = 0; d < TWIN_N_DEVICE; d++) {
        if (!twin_device[d])
            continue;
        assert_non_null(twin_device[d]->nn);
        for (size_t i = 0; i < LISTED; i++) {
            void (*op)(void);
            memcpy(&op, (const char *)twin_device[d]->nn + i * sizeof op, sizeof op);
            assert_true(op != NULL);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        twin_tests(every_case_agrees),
        cmocka_unit_test(a_net_gives_the_same_bits_alone_and_in_company),
        cmocka_unit_test(a_net_without_rows_rests),
        cmocka_unit_test(epochs_of_one_call_or_of_two_give_the_same_bits),
        cmocka_unit_test(parts_of_the_state_come_back_bit_by_bit),
        cmocka_unit_test(slices_of_batches_add_up_to_the_steps_of_train),
        cmocka_unit_test(every_op_is_there_and_is_listed),
    };
    return cmocka_run_group_tests(tests, twin_open, twin_close);
}
