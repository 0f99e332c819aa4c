// SPDX-License-Identifier: BSD-3-Clause
/* la_test.c - every linear-algebra op of every device, in both precisions, against the CPU in double precision. */
#include "kernels/la_ops.h"
#include "tests/twin/la_cases.h"
#include "tests/twin/twin.h"

enum { N_BLOCK = 4, A = 0, B = 1, Y = 2, X = 3 };

struct operands { /* one case on one device */
    kd_device *dev;
    struct la_block block[N_BLOCK]; /* a, b, y like b, x like a */
    double *m_d, *square_d, *weight_d;
    void *owned[N_BLOCK + 3];
};

/* What an op leaves behind, as doubles, to be compared. */
struct results {
    double *gram, *combined, *rotated, *dot, *scaled;
    size_t n_gram, n_block, n_rotated, n_dot;
};

static enum la_type type_of(const struct la_case *c, enum kd_precision precision)
{
    return c->is_complex ? (precision == KD_DOUBLE ? LA_C64 : LA_C32) : precision == KD_DOUBLE ? LA_F64 : LA_F32;
}

static void *random_block(enum la_type type, size_t count, uint32_t stream)
{
    size_t reals = count * la_width(type);
    void *x = malloc(reals * 8);
    for (size_t i = 0; i < reals; i++)
        if (la_is_double(type))
            ((double *)x)[i] = twin_random(stream, i);
        else
            ((float *)x)[i] = (float)twin_random(stream, i);
    return x;
}

static double *random_doubles(kd_device *dev, size_t count, uint32_t stream, double scale)
{
    double *x = malloc(count * sizeof *x);
    for (size_t i = 0; i < count; i++)
        x[i] = scale * twin_random(stream, i);
    double *x_d = twin_upload(dev, x, count * sizeof *x);
    free(x);
    return x_d;
}

static void make_operands(kd_device *dev, const struct la_case *c, enum kd_precision precision, struct operands *o)
{
    enum la_type type = type_of(c, precision);
    size_t w = la_width(type);
    int n_vec[N_BLOCK] = {c->n_a, c->n_b, c->n_b, c->n_a};
    o->dev = dev;
    for (int i = 0; i < N_BLOCK; i++) {
        size_t count = (size_t)n_vec[i] * c->ld;
        void *x = random_block(type, count, 10 + (uint32_t)i);
        o->block[i] = (struct la_block){type, n_vec[i], c->n, c->ld, twin_upload(dev, x, count * la_size(type))};
        o->owned[i] = o->block[i].x_d;
        free(x);
    }
    o->m_d = random_doubles(dev, (size_t)(c->n_a * c->n_b) * w, 20, 0.5);
    o->square_d = random_doubles(dev, (size_t)(c->n_a * c->n_a) * w, 21, 0.5);
    o->weight_d = random_doubles(dev, c->n, 22, 3);
    o->owned[N_BLOCK] = o->m_d;
    o->owned[N_BLOCK + 1] = o->square_d;
    o->owned[N_BLOCK + 2] = o->weight_d;
    assert_ok(kd_scratch_reserve(dev, dev->la->scratch(dev, c->n_a > c->n_b ? c->n_a : c->n_b)));
}

static double *block_numbers(kd_device *dev, const struct la_block *b, size_t *count)
{
    size_t w = la_width(b->type), n = (size_t)b->n_vec * b->ld * w;
    void *raw = malloc(n * 8);
    double *x = malloc((size_t)b->n_vec * b->n * w * sizeof *x);
    twin_download(dev, raw, b->x_d, n * (la_is_double(b->type) ? 8 : 4));
    for (int j = 0; j < b->n_vec; j++)
        for (size_t g = 0; g < b->n * w; g++) {
            size_t at = (size_t)j * b->ld * w + g;
            x[(size_t)j * b->n * w + g] = la_is_double(b->type) ? ((double *)raw)[at] : (double)((float *)raw)[at];
        }
    free(raw);
    *count = (size_t)b->n_vec * b->n * w;
    return x;
}

static double *doubles(kd_device *dev, const double *x_d, size_t count)
{
    double *x = malloc(count * sizeof *x);
    twin_download(dev, x, x_d, count * sizeof *x);
    return x;
}

static void run(const struct operands *o, struct results *r)
{
    kd_device *dev = o->dev;
    const struct la_block *a = &o->block[A], *b = &o->block[B], *y = &o->block[Y], *x = &o->block[X];
    double *out_d;
    r->n_gram = (size_t)(a->n_vec * b->n_vec) * la_width(a->type);
    r->n_dot = (size_t)(a->n_vec < b->n_vec ? a->n_vec : b->n_vec);
    assert_ok(kd_alloc(dev, (r->n_gram + r->n_dot) * sizeof(double), &out_d));
    assert_ok(dev->la->gram(dev, dev->stream, a, b, out_d));
    r->gram = doubles(dev, out_d, r->n_gram);
    struct la_block first = la_slice(a, 0, (int)r->n_dot), second = la_slice(b, 0, (int)r->n_dot);
    assert_ok(dev->la->dot(dev, dev->stream, &first, &second, out_d));
    r->dot = doubles(dev, out_d, r->n_dot);
    kd_free(dev, out_d);
    assert_ok(dev->la->combine(dev, dev->stream, a, o->m_d, 0.75, -0.5, y));
    r->combined = block_numbers(dev, y, &r->n_block);
    assert_ok(dev->la->scale(dev, dev->stream, b, o->weight_d, y));
    r->scaled = block_numbers(dev, y, &r->n_block);
    struct la_block two[2] = {*x, *a};
    assert_ok(dev->la->rotate(dev, dev->stream, 2, two, o->square_d));
    r->rotated = block_numbers(dev, x, &r->n_rotated);
    double *also = block_numbers(dev, a, &r->n_rotated);
    r->rotated = realloc(r->rotated, 2 * r->n_rotated * sizeof(double));
    memcpy(r->rotated + r->n_rotated, also, r->n_rotated * sizeof(double));
    r->n_rotated *= 2;
    free(also);
    assert_int_equal(kd_scratch_mark(dev), 0); /* what was taken is given back */
}

static void free_results(struct results *r)
{
    free(r->gram);
    free(r->combined);
    free(r->rotated);
    free(r->dot);
    free(r->scaled);
}

static void free_operands(struct operands *o)
{
    for (size_t i = 0; i < sizeof o->owned / sizeof *o->owned; i++)
        kd_free(o->dev, o->owned[i]);
}

/* Sums of n numbers of size 1: FP32 keeps 2e-7 of sqrt(n) times a few, FP64 1e-15. */
static void compare(const struct la_case *c, enum kd_precision precision, const struct results *got, const struct results *want)
{
    double eps = precision == KD_DOUBLE ? 2e-15 : 3e-7, root = sqrt((double)c->n) + 2;
    assert_near(twin_difference(got->gram, want->gram, want->n_gram), 0, 8 * eps * root);
    assert_near(twin_difference(got->dot, want->dot, want->n_dot), 0, 8 * eps * root);
    assert_near(twin_difference(got->combined, want->combined, want->n_block), 0, 2 * eps * c->n_a);
    assert_near(twin_difference(got->rotated, want->rotated, want->n_rotated), 0, 2 * eps * c->n_a);
    assert_near(twin_difference(got->scaled, want->scaled, want->n_block), 0, 2 * eps);
}

static void run_case(kd_device *dev, const struct la_case *c)
{
    struct operands o;
    struct results want, got, again;
    make_operands(twin_device[TWIN_CPU], c, KD_DOUBLE, &o);
    run(&o, &want);
    free_operands(&o);
    for (int p = KD_MIXED; p <= KD_DOUBLE; p++) {
        make_operands(dev, c, (enum kd_precision)p, &o);
        run(&o, &got);
        free_operands(&o);
        compare(c, (enum kd_precision)p, &got, &want);
        make_operands(dev, c, (enum kd_precision)p, &o); /* the same bits again */
        run(&o, &again);
        free_operands(&o);
        assert_memory_equal(got.gram, again.gram, got.n_gram * sizeof(double));
        assert_memory_equal(got.dot, again.dot, got.n_dot * sizeof(double));
        free_results(&got);
        free_results(&again);
    }
    free_results(&want);
    printf("  %s: %s\n", dev->backend, c->name);
}

/* ---- small matrices ---- */

struct small { /* Hermitian m, positive definite s, [n][n] of width w */
    int n;
    size_t w, cells;
    double *m, *s;
};

static void make_small(int n, bool is_complex, struct small *p)
{
    p->n = n;
    p->w = is_complex ? 2 : 1;
    p->cells = (size_t)n * (size_t)n * p->w;
    p->m = calloc(p->cells, sizeof(double));
    p->s = calloc(p->cells, sizeof(double));
    for (int j = 0; j < n; j++)
        for (int i = 0; i <= j; i++)
            for (size_t e = 0; e < p->w; e++) {
                size_t up = ((size_t)j * (size_t)n + (size_t)i) * p->w + e, down = ((size_t)i * (size_t)n + (size_t)j) * p->w + e;
                double sign = e == 0 ? 1 : i == j ? 0 : -1, r = twin_random(30, up), t = twin_random(31, up);
                p->m[up] = i == j && e == 1 ? 0 : r;
                p->m[down] = sign * r;
                p->s[up] = (i == j && e == 1 ? 0 : 0.3 * t / sqrt(n)) + (i == j && e == 0);
                p->s[down] = i == j ? p->s[up] : sign * 0.3 * t / sqrt(n);
            }
}

static void free_small(struct small *p)
{
    free(p->m);
    free(p->s);
}

/* (re, im) of <column j of a| x |column k of b> for an n x n matrix x (NULL: unit). */
static void sandwich(const struct small *p, const double *v, const double *x, int j, int k, double out[2])
{
    size_t n = (size_t)p->n, w = p->w;
    out[0] = out[1] = 0;
    for (size_t b = 0; b < n; b++)
        for (size_t a = 0; a < n; a++) {
            double ar = v[((size_t)j * n + a) * w], ai = w == 2 ? -v[((size_t)j * n + a) * w + 1] : 0;
            double br = v[((size_t)k * n + b) * w], bi = w == 2 ? v[((size_t)k * n + b) * w + 1] : 0;
            double xr = x[(b * n + a) * w], xi = w == 2 ? x[(b * n + a) * w + 1] : 0;
            double r = xr * br - xi * bi, i = xr * bi + xi * br;
            out[0] += ar * r - ai * i;
            out[1] += ar * i + ai * r;
        }
}

/* v^H s v = 1 and v^H m v = w, for the pairs (j,k) of a few columns. */
static void check_pairs(const struct small *p, const double *v, const double *w, const double *s)
{
    int step = p->n > 40 ? p->n / 5 : 1;
    for (int j = 0; j < p->n; j += step)
        for (int k = 0; k < p->n; k += step) {
            double overlap[2], energy[2];
            sandwich(p, v, s, j, k, overlap);
            sandwich(p, v, p->m, j, k, energy);
            assert_near(hypot(overlap[0] - (j == k), overlap[1]), 0, 2e-12);
            assert_near(hypot(energy[0] - (j == k ? w[j] : 0), energy[1]), 0, 2e-11);
        }
}

static void check_eigh(kd_device *dev, int n, bool is_complex, bool general)
{
    struct small p;
    int info, want_info, *info_d;
    make_small(n, is_complex, &p);
    kd_device *cpu = twin_device[TWIN_CPU];
    double *v[2], *w[2];
    for (int which = 0; which < 2; which++) {
        kd_device *d = which ? dev : cpu;
        assert_ok(kd_scratch_reserve(d, d->la->scratch(d, n)));
        double *m_d = twin_upload(d, p.m, p.cells * 8), *s_d = twin_upload(d, p.s, p.cells * 8), *w_d;
        assert_ok(kd_alloc(d, (size_t)n * sizeof(double), &w_d));
        assert_ok(kd_alloc(d, sizeof(int), &info_d));
        assert_ok(d->la->eigh(d, d->stream, is_complex ? LA_C32 : LA_F64, n, m_d, general ? s_d : NULL, w_d, info_d));
        twin_download(d, which ? &info : &want_info, info_d, sizeof(int));
        v[which] = doubles(d, m_d, p.cells);
        w[which] = doubles(d, w_d, (size_t)n);
        void *all[4] = {m_d, s_d, w_d, info_d};
        for (int i = 0; i < 4; i++)
            kd_free(d, all[i]);
    }
    assert_int_equal(info, 0);
    assert_int_equal(want_info, 0);
    assert_near(twin_difference(w[1], w[0], (size_t)n), 0, 1e-11);
    double *unit = calloc(p.cells, sizeof *unit);
    for (size_t i = 0; i < (size_t)n; i++)
        unit[(i * (size_t)n + i) * p.w] = 1;
    check_pairs(&p, v[1], w[1], general ? p.s : unit);
    free(unit);
    for (int i = 0; i < 2; i++) {
        free(v[i]);
        free(w[i]);
    }
    free_small(&p);
}

static void check_orthonormalizer(kd_device *dev, int n, bool is_complex)
{
    struct small p;
    int info, *info_d;
    make_small(n, is_complex, &p);
    assert_ok(kd_scratch_reserve(dev, dev->la->scratch(dev, n)));
    double *c_d = twin_upload(dev, p.s, p.cells * 8);
    assert_ok(kd_alloc(dev, sizeof(int), &info_d));
    assert_ok(dev->la->orthonormalizer(dev, dev->stream, is_complex ? LA_C64 : LA_F32, n, c_d, info_d));
    twin_download(dev, &info, info_d, sizeof info);
    assert_int_equal(info, 0);
    double *c = doubles(dev, c_d, p.cells), out[2];
    for (int j = 0; j < n; j++)
        for (int k = 0; k < n; k++) {
            sandwich(&p, c, p.s, j, k, out);
            assert_near(hypot(out[0] - (j == k), out[1]), 0, 1e-12);
            if (k > j) /* upper triangular */
                assert_near(c[((size_t)j * (size_t)n + (size_t)k) * p.w], 0, 0);
        }
    free(c);
    kd_free(dev, c_d);
    kd_free(dev, info_d);
    free_small(&p);
}

/* Vector 2 of s is vector 1; and a NaN in m. */
static void check_refusals(kd_device *dev, int n)
{
    struct small p;
    int info, *info_d;
    make_small(n, false, &p);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            p.s[j * n + i] = i == j || (i < 2 && j < 2);
    double *m_d = twin_upload(dev, p.m, p.cells * 8), *s_d = twin_upload(dev, p.s, p.cells * 8), *w_d;
    assert_ok(kd_alloc(dev, (size_t)n * sizeof(double), &w_d));
    assert_ok(kd_alloc(dev, sizeof(int), &info_d));
    assert_ok(kd_scratch_reserve(dev, dev->la->scratch(dev, n)));
    assert_ok(dev->la->eigh(dev, dev->stream, LA_F64, n, m_d, s_d, w_d, info_d));
    twin_download(dev, &info, info_d, sizeof info);
    assert_int_equal(info, 2);
    p.m[n] = (double)NAN;
    assert_ok(kd_upload(dev, dev->stream, m_d, p.m, p.cells * 8));
    kd_status status = dev->la->eigh(dev, dev->stream, LA_F64, n, m_d, NULL, w_d, info_d);
    twin_download(dev, &info, info_d, sizeof info);
    assert_true(status == KD_EINTERNAL || status == KD_OK);
    assert_int_equal(info, -1);
    void *all[4] = {m_d, s_d, w_d, info_d};
    for (int i = 0; i < 4; i++)
        kd_free(dev, all[i]);
    free_small(&p);
}

static void every_case_agrees(void **state)
{
    kd_device *dev = twin_take(state);
    assert_non_null(dev->la);
    assert_whole_table(dev->la);
    for (int c = 0; c < N_LA_CASE; c++)
        run_case(dev, &la_cases[c]);
    static const int sizes[] = {1, 2, 24, 61};
    for (int i = 0; i < 4; i++)
        for (int is_complex = 0; is_complex < 2; is_complex++) {
            check_eigh(dev, sizes[i], is_complex, false);
            check_eigh(dev, sizes[i], is_complex, true);
            check_orthonormalizer(dev, sizes[i], is_complex);
        }
    check_refusals(dev, 9);
    if (dev != twin_device[TWIN_CPU]) { /* beyond what the host solves */
        check_eigh(dev, 701, false, true);
        check_eigh(dev, 701, true, false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        twin_tests(every_case_agrees),
    };
    return cmocka_run_group_tests(tests, twin_open, twin_close);
}
