// SPDX-License-Identifier: BSD-3-Clause
/* xas_test.c - Lanczos chains of every device and type against the dense Hamiltonian, and against one another. */
#include "tests/twin/twin.h"

#include <complex.h>

#include "host/dft/sphere.h"
#include "kernels/xas_ops.h"

enum { N_K = 3, N_POL = 3, N_STEP = 60, MOST_POL = 5, MOST_ATOM = 35, MOST_FORM = 14 };
static const double k_frac[N_K][3] = {{0, 0, 0}, {0.5, 0, 0.5}, {0.25, -0.125, 0.375}};

/* What the chains run on: small, against the dense matrix; large, several chunks of plane waves and tiles of atoms, more forms of one parity and
 * more polarisations than a GPU takes at once. */
struct problem {
    double ecut; /* Ha */
    int grid, n_pol, n_step, n_atom, of_first; /* of_first: atoms of the first species */
    int first_form[3], l[MOST_FORM];
};
static const struct problem small = {3.0, 10, N_POL, N_STEP, 3, 2, {0, 4, 5}, {0, 1, 1, 1, 0}};
static const struct problem large = {25.0, 16, MOST_POL, 2, MOST_ATOM, 33, {0, 10, 14}, {0, 0, 2, 2, 2, 2, 2, 1, 1, 1, 0, 1, 1, 1}};

static struct crystal a_crystal(void)
{
    struct crystal c = {.cell = {{6.0, 0.2, 0}, {-0.3, 5.5, 0.4}, {0.1, 0, 5.8}}};
    const double(*a)[3] = (const double(*)[3])c.cell;
    for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        for (int x = 0; x < 3; x++)
            c.reciprocal[i][x] = a[j][(x + 1) % 3] * a[k][(x + 2) % 3] - a[j][(x + 2) % 3] * a[k][(x + 1) % 3];
    }
    for (int x = 0; x < 3; x++)
        c.volume += a[0][x] * c.reciprocal[0][x];
    for (int i = 0; i < 9; i++)
        c.reciprocal[i / 3][i % 3] *= 2 * M_PI / c.volume;
    return c;
}

/* One k-point of the case on a device, in one type. */
struct point {
    kd_device *dev;
    enum la_type type;
    struct sphere sphere;
    struct pw_basis *basis;
    struct pw_projectors *nonlocal;
    void *potential_d;
    struct xas_k k;
};

static double uniform(int stream, int i)
{
    double u[2];
    philox_uniforms(11, (uint32_t)stream, (uint64_t)i, 0, u);
    return 2 * u[0] - 1;
}

/* Species 0, 1, 0 for the small one; the absorber is atom 0. */
static void place_atoms(const struct problem *q, int *species, double (*tau)[3])
{
    static const double first[3][3] = {{0.1, 0.3, 0.2}, {2.9, 1.4, 3.1}, {1.2, 4.4, 0.7}};
    for (int i = 0; i < q->n_atom; i++) {
        species[i] = q->n_atom == 3 ? i % 2 : i >= q->of_first;
        for (int x = 0; x < 3; x++)
            tau[i][x] = q->n_atom == 3 ? first[i][x] : 6 * uniform(2 + x, i);
    }
}

/* s, p and d waves with Gaussian tails, each narrower than the one before. */
static double form_of(int l, int nth, int index, const double *q)
{
    double square = q[0] * q[0] + q[1] * q[1] + q[2] * q[2], tail = exp(-(0.4 + 0.02 * index) * square);
    const double d[5] = {q[0] * q[1], q[1] * q[2], q[0] * q[2], q[0] * q[0] - q[1] * q[1], 3 * q[2] * q[2] - square};
    return l == 0 ? 0.3 * tail : l == 1 ? 0.4 * q[nth % 3] * tail : 0.2 * d[nth % 5] * tail;
}

static void fill_forms(const struct problem *q, const struct sphere *s, double *form)
{
    int nth[3] = {0, 0, 0};
    for (int j = 0; j < q->first_form[2]; j++) {
        int l = q->l[j], n = nth[l]++;
        for (int g = 0; g < s->n; g++)
            form[j * s->n + g] = form_of(l, n, j, s->g[g]);
    }
}

/* The three p waves of the absorber, and as many again. */
static void start_vectors(const struct problem *q, struct point *p)
{
    static const int l[MOST_POL] = {1, 1, 1, 1, 1}, species[1] = {0};
    static const double unit[MOST_POL] = {1, 1, 1, 1, 1};
    int all_species[MOST_ATOM], n_pw = p->sphere.n, first[2] = {0, q->n_pol};
    double tau[MOST_ATOM][3], *form = malloc((size_t)q->n_pol * (size_t)n_pw * sizeof *form);
    place_atoms(q, all_species, tau);
    for (int j = 0; j < q->n_pol; j++)
        for (int g = 0; g < n_pw; g++)
            form[j * n_pw + g] = form_of(1, j, 5 + j / 3, p->sphere.g[g]);
    struct pw_projector_spec start = {1, first, l, unit, form, 1, species, (const double(*)[3])tau, false};
    assert_ok(kd_scratch_reserve(p->dev, p->dev->pw->scratch(p->dev, p->basis, 8, 9 + q->n_atom)));
    assert_ok(p->dev->pw->superpose(p->dev, p->dev->stream, p->basis, &start, &p->k.vector[0]));
    free(form);
}

static void make_projectors(const struct problem *q, bool chains_only, struct point *p)
{
    int species[MOST_ATOM];
    double tau[MOST_ATOM][3], coupling[MOST_FORM], *form = malloc((size_t)q->first_form[2] * (size_t)p->sphere.n * sizeof *form);
    place_atoms(q, species, tau);
    fill_forms(q, &p->sphere, form);
    for (int j = 0; j < q->first_form[2]; j++)
        coupling[j] = (q->l[j] == 1 ? -2 : 1.5) * 3 / q->n_atom;
    struct pw_projector_spec spec = {2, q->first_form, q->l, coupling, form, q->n_atom, species, (const double(*)[3])tau, chains_only};
    assert_ok(p->dev->pw->projectors_create(p->dev, p->basis, &spec, &p->nonlocal));
    free(form);
}

static void make_point(kd_device *dev, const struct problem *q, int index, enum la_type type, bool chains_only, struct point *p)
{
    const double *f = k_frac[index];
    struct crystal c = a_crystal();
    bool half = !la_is_complex(type);
    size_t n_point = (size_t)q->grid * (size_t)q->grid * (size_t)q->grid;
    memset(p, 0, sizeof *p);
    p->dev = dev;
    p->type = type;
    assert_ok(orbital_sphere(&c, q->ecut, f, half, &p->sphere));
    int n_pw = p->sphere.n;
    struct pw_spec spec = {type, {q->grid, q->grid, q->grid}, c.volume, n_pw, (const int(*)[3])p->sphere.miller, (const double(*)[3])p->sphere.g,
                           {(int)lround(2 * f[0]), (int)lround(2 * f[1]), (int)lround(2 * f[2])}};
    assert_ok(dev->pw->create(dev, &spec, &p->basis));
    make_projectors(q, chains_only, p);
    double *v = malloc(n_point * sizeof *v), *v_d;
    for (size_t i = 0; i < n_point; i++)
        v[i] = uniform(1, (int)i);
    assert_ok(kd_alloc_copy(dev, dev->stream, v, n_point * sizeof *v, &v_d));
    assert_ok(kd_alloc(dev, dev->pw->potential_bytes(p->basis), &p->potential_d));
    assert_ok(dev->pw->pack_potential(dev, dev->stream, p->basis, v_d, p->potential_d));
    assert_ok(dev->ops->stream_sync(dev, dev->stream));
    kd_free(dev, v_d);
    free(v);
    p->k.h = (struct pw_hamiltonian){p->basis, p->potential_d, p->nonlocal};
    size_t n = (size_t)n_pw * (half ? 2 : 1);
    for (int i = 0; i < 3; i++) {
        p->k.vector[i] = (struct la_block){type, q->n_pol, n, pw_leading(type, n), NULL};
        assert_ok(kd_alloc(dev, (size_t)q->n_pol * p->k.vector[i].ld * la_size(type), &p->k.vector[i].x_d));
    }
    start_vectors(q, p);
}

static void free_point(struct point *p)
{
    kd_free(p->dev, p->potential_d);
    for (int i = 0; i < 3; i++)
        kd_free(p->dev, p->k.vector[i].x_d);
    p->dev->pw->projectors_destroy(p->dev, p->nonlocal);
    p->dev->pw->destroy(p->dev, p->basis);
    sphere_free(&p->sphere);
}

struct chains { /* host copies; n_pol and n_step are those of the problem */
    double norm[N_K * MOST_POL], a[N_K * MOST_POL * N_STEP], b[N_K * MOST_POL * N_STEP];
};

/* What a restart in another process finds: the two newest vectors and the coefficients so far, and NaN in place of the rest. */
static void restart(kd_device *dev, const struct xas_block *q, int first)
{
    for (int i = 0; i < q->n_k; i++)
        for (int v = 0; v < 3; v++) {
            const struct la_block *b = &q->k[i].vector[v];
            size_t row = b->n * la_size(b->type), n = (size_t)b->n_vec;
            unsigned char *host = malloc(n * row);
            for (int j = 0; j < b->n_vec; j++) /* what lies between the vectors need never have been written */
                assert_ok(kd_download(dev, dev->stream, host + (size_t)j * row, la_slice(b, j, 1).x_d, row));
            assert_ok(kd_fill(dev, dev->stream, b->x_d, 0xff, n * b->ld * la_size(b->type)));
            for (int j = 0; j < b->n_vec && v != (first + 1) % 3; j++)
                assert_ok(kd_upload(dev, dev->stream, la_slice(b, j, 1).x_d, host + (size_t)j * row, row));
            free(host);
        }
    assert_ok(dev->xas->resume(dev, dev->stream, q, first));
}

/* All k-points in one block; steps in groups of `group`, with a restart in between (anew). */
static void run_in_groups(kd_device *dev, const struct problem *problem, const enum la_type type[N_K], int group, bool anew, struct chains *out)
{
    const int n_step = problem->n_step;
    memset(out, 0, sizeof *out);
    struct point p[N_K];
    struct xas_k k[N_K];
    struct xas_block q = {.n_k = N_K, .n_pol = problem->n_pol, .n_max = n_step, .k = k};
    for (int i = 0; i < N_K; i++) {
        make_point(dev, problem, i, type[i], true, &p[i]);
        k[i] = p[i].k;
    }
    assert_ok(kd_alloc(dev, sizeof out->norm, &q.norm_d));
    assert_ok(kd_alloc(dev, sizeof out->a, &q.a_d));
    assert_ok(kd_alloc(dev, sizeof out->b, &q.b_d));
    assert_ok(kd_scratch_reserve(dev, dev->xas->scratch(dev, &q)));
    kd_device_seal(dev);
    assert_ok(dev->xas->start(dev, dev->stream, &q));
    for (int n = 0; n < n_step; n += group) {
        if (n > 0 && anew)
            restart(dev, &q, n);
        assert_ok(dev->xas->advance(dev, dev->stream, &q, n, n + group > n_step ? n_step - n : group));
    }
    assert_int_equal(dev->xas->advance(dev, dev->stream, &q, n_step, 1), KD_EINTERNAL);
    assert_int_equal(dev->xas->resume(dev, dev->stream, &q, n_step + 1), KD_EINTERNAL);
    size_t n_chain = (size_t)N_K * (size_t)problem->n_pol;
    assert_ok(kd_download(dev, dev->stream, out->norm, q.norm_d, n_chain * sizeof *out->norm));
    assert_ok(kd_download(dev, dev->stream, out->a, q.a_d, n_chain * (size_t)n_step * sizeof *out->a));
    assert_ok(kd_download(dev, dev->stream, out->b, q.b_d, n_chain * (size_t)n_step * sizeof *out->b));
    kd_device_unseal(dev);
    kd_free(dev, q.norm_d);
    kd_free(dev, q.a_d);
    kd_free(dev, q.b_d);
    for (int i = 0; i < N_K; i++)
        free_point(&p[i]);
}

static void run(kd_device *dev, const struct problem *problem, const enum la_type type[N_K], int group, struct chains *out)
{
    run_in_groups(dev, problem, type, group, false, out);
}

static const enum la_type real_wide[N_K] = {LA_F64, LA_F64, LA_C64}, complex_wide[N_K] = {LA_C64, LA_C64, LA_C64},
                          real_narrow[N_K] = {LA_F32, LA_F32, LA_C32}, complex_narrow[N_K] = {LA_C32, LA_C32, LA_C32};

/* <phi|(z - H)^-1|phi> / <phi|phi> by the continued fraction. */
static double complex fraction(const double *a, const double *b, double complex z)
{
    double complex g = z - a[N_STEP - 1];
    for (int n = N_STEP - 2; n >= 0; n--)
        g = z - a[n] - b[n] * b[n] / g;
    return 1 / g;
}

static void download_vector(kd_device *dev, const struct la_block *b, int j, double complex *x)
{
    assert_ok(kd_download(dev, dev->stream, x, (double complex *)b->x_d + (size_t)j * b->ld, b->n * sizeof *x));
}

/* H as a matrix, column by column through apply; x = (z - H)^-1 phi by elimination. */
static double complex dense(const struct point *p, int pol, double complex z)
{
    kd_device *dev = p->dev;
    int n = p->sphere.n;
    double complex *m = malloc((size_t)n * (size_t)(n + 1) * sizeof *m), *x = malloc((size_t)n * sizeof *x), *h = malloc((size_t)n * sizeof *h);
    double complex *phi = malloc((size_t)n * sizeof *phi), result = 0;
    struct la_block one = la_slice(&p->k.vector[1], 0, 1), out = la_slice(&p->k.vector[2], 0, 1);
    download_vector(dev, &p->k.vector[0], pol, phi);
    for (int j = 0; j < n; j++) {
        memset(x, 0, (size_t)n * sizeof *x);
        x[j] = 1;
        assert_ok(kd_upload(dev, dev->stream, one.x_d, x, (size_t)n * sizeof *x));
        assert_ok(dev->pw->apply(dev, dev->stream, &p->k.h, &one, &out));
        download_vector(dev, &out, 0, h);
        for (int i = 0; i < n; i++)
            m[i * (n + 1) + j] = (i == j ? z : 0) - h[i];
        m[j * (n + 1) + n] = phi[j];
    }
    for (int c = 0; c < n; c++) { /* z is far from the axis: no pivoting is needed */
        for (int r = c + 1; r < n; r++) {
            double complex f = m[r * (n + 1) + c] / m[c * (n + 1) + c];
            for (int k = c; k <= n; k++)
                m[r * (n + 1) + k] -= f * m[c * (n + 1) + k];
        }
    }
    for (int c = n - 1; c >= 0; c--) {
        for (int k = c + 1; k < n; k++)
            m[c * (n + 1) + n] -= m[c * (n + 1) + k] * m[k * (n + 1) + n];
        m[c * (n + 1) + n] /= m[c * (n + 1) + c];
        result += conj(phi[c]) * m[c * (n + 1) + n];
    }
    free(m);
    free(x);
    free(h);
    free(phi);
    return result;
}

static void chains_give_the_resolvent_of_the_dense_hamiltonian(void **state)
{
    (void)state;
    struct chains *c = malloc(sizeof *c), *narrow = malloc(sizeof *c);
    run(twin_device[TWIN_CPU], &small, real_wide, N_STEP, c);
    run(twin_device[TWIN_CPU], &small, real_narrow, N_STEP, narrow);
    for (int i = 0; i < N_K; i++) {
        struct point p;
        make_point(twin_device[TWIN_CPU], &small, i, LA_C64, false, &p);
        assert_ok(kd_scratch_reserve(twin_device[TWIN_CPU], twin_device[TWIN_CPU]->pw->scratch(twin_device[TWIN_CPU], p.basis, 1, 9)));
        for (int pol = 0; pol < N_POL; pol++)
            for (int e = 0; e < 3; e++) {
                double complex z = -0.5 + 1.2 * e + 0.15 * I, want = dense(&p, pol, z);
                int chain = i * N_POL + pol, at = chain * N_STEP;
                double norm2 = c->norm[chain] * c->norm[chain];
                double complex got = norm2 * fraction(c->a + at, c->b + at, z);
                double complex single = norm2 * fraction(narrow->a + at, narrow->b + at, z);
                assert_near(cabs(got - want), 0, 1e-8 * cabs(want)); /* docs/: Lanczos = dense diagonalisation */
                assert_near(cabs(single - want), 0, 2e-5 * cabs(want)); /* FP32 vectors */
            }
        free_point(&p);
    }
    free(c);
    free(narrow);
}

static void real_and_complex_orbitals_give_the_same_chains(void **state)
{
    (void)state;
    struct chains *real = malloc(sizeof *real), *full = malloc(sizeof *full);
    run(twin_device[TWIN_CPU], &small, real_wide, 7, real);
    run(twin_device[TWIN_CPU], &small, complex_wide, 7, full);
    for (int chain = 0; chain < N_K * N_POL; chain++) {
        assert_near(real->norm[chain], full->norm[chain], 1e-14);
        for (int n = chain * N_STEP; n < chain * N_STEP + 20; n++) { /* later ones follow the loss of orthogonality, which is round-off */
            assert_near(real->a[n], full->a[n], 1e-10);
            assert_near(real->b[n], full->b[n], 1e-10);
        }
    }
    free(real);
    free(full);
}

static void threads_groups_of_steps_and_restarts_change_no_bit(void **state)
{
    (void)state;
    struct chains *one = calloc(1, sizeof *one), *other = calloc(1, sizeof *other);
    kd_device *single, *many;
    assert_ok(kd_device_open("cpu", 1, &single, NULL));
    assert_ok(kd_device_open("cpu", 5, &many, NULL)); /* more threads than k-points: they share one */
    run(single, &small, real_narrow, N_STEP, one);
    run(many, &small, real_narrow, 7, other);
    assert_memory_equal(one, other, sizeof *one);
    run_in_groups(twin_device[TWIN_CPU], &small, real_narrow, 1, true, other);
    assert_memory_equal(one, other, sizeof *one);
    kd_device_close(single);
    kd_device_close(many);
    free(one);
    free(other);
}

/* Both problems; and the same bits in groups too small for a graph, and in groups with graphs and restarts. */
static void chains_agree(void **state)
{
    kd_device *dev = twin_take(state);
    const enum la_type *type[3] = {real_wide, real_narrow, complex_narrow};
    struct problem brief = small;
    const struct problem *problem[2] = {&brief, &large};
    brief.n_step = 40; /* graphs of 12 steps from step 1 on */
    struct chains *want = malloc(sizeof *want), *got = malloc(sizeof *got), *again = malloc(sizeof *again);
    for (int t = 0; t < 6; t++) {
        const struct problem *q = problem[t / 3];
        double tolerance = t % 3 ? 1e-4 : 1e-9, norm = t % 3 ? 1e-6 : 1e-12;
        run(twin_device[TWIN_CPU], q, type[t % 3], q->n_step, want);
        run(dev, q, type[t % 3], q->n_step, got);
        if (q == &brief) {
            run(dev, q, type[t], 11, again);
            assert_memory_equal(got, again, sizeof *got);
            run_in_groups(dev, q, type[t], 17, true, again);
            assert_memory_equal(got, again, sizeof *got);
        }
        for (int chain = 0; chain < N_K * q->n_pol; chain++) {
            assert_near(got->norm[chain], want->norm[chain], norm);
            int first = chain * q->n_step, n_alike = q->n_step < 15 ? q->n_step : 15; /* later steps follow round-off */
            for (int n = first; n < first + n_alike; n++) {
                assert_near(got->a[n], want->a[n], tolerance);
                assert_near(got->b[n], want->b[n], tolerance);
            }
        }
    }
    free(want);
    free(got);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_give_the_resolvent_of_the_dense_hamiltonian),
        cmocka_unit_test(real_and_complex_orbitals_give_the_same_chains),
        cmocka_unit_test(threads_groups_of_steps_and_restarts_change_no_bit),
        twin_tests_gpu(chains_agree),
    };
    return cmocka_run_group_tests(tests, twin_open, twin_close);
}
