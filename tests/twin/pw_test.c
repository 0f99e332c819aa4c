// SPDX-License-Identifier: BSD-3-Clause
/* pw_test.c - every plane-wave op of every device, in both precisions, against the CPU in double precision. */
#include "host/dft/sphere.h"
#include "kernels/pw_ops.h"
#include "tests/twin/pw_cases.h"
#include "tests/twin/twin.h"

enum { N_ATOM = 3, N_FORM = 5, N_PROJ = 9, N_BLOCK = 6 };

static struct crystal a_crystal(const double length[3])
{
    struct crystal c = {.cell = {{length[0], 0.2, 0}, {-0.3, length[1], 0.4}, {0.1, 0, length[2]}}};
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

struct system { /* one case on one device */
    kd_device *dev;
    const struct pw_case *c;
    enum la_type type;
    struct sphere sphere;
    struct pw_basis *basis;
    struct pw_projectors *nonlocal;
    struct pw_projector_spec spec;
    double *form;
    void *potential_d;
    int self; /* the plane wave whose imaginary part is 0, or -1 */
    size_t n, ld;
};

/* Two species: s and p waves on one, s on the other. */
static void make_forms(struct system *s)
{
    static const int first_form[3] = {0, 4, N_FORM}, l[N_FORM] = {0, 1, 1, 1, 2}, species[N_ATOM] = {0, 1, 0};
    static const double coupling[N_FORM] = {1.5, -2, -2, -2, 0.8}, tau[N_ATOM][3] = {{0.1, 0.3, 0.2}, {2.9, 1.4, 3.1}, {1.2, 4.4, 0.7}};
    s->form = malloc((size_t)N_FORM * (size_t)s->sphere.n * sizeof *s->form);
    for (int g = 0; g < s->sphere.n; g++) {
        const double *q = s->sphere.g[g];
        double square = q[0] * q[0] + q[1] * q[1] + q[2] * q[2];
        s->form[g] = 0.3 * exp(-0.4 * square);
        for (int a = 0; a < 3; a++)
            s->form[(1 + a) * s->sphere.n + g] = 0.4 * q[a] * exp(-0.5 * square);
        s->form[4 * s->sphere.n + g] = 0.2 * q[0] * q[1] * exp(-0.3 * square);
    }
    s->spec = (struct pw_projector_spec){2, first_form, l, coupling, s->form, N_ATOM, species, tau};
}

static size_t n_point(const struct pw_case *c)
{
    return (size_t)(c->n[0] * c->n[1] * c->n[2]);
}

static void make_system(kd_device *dev, const struct pw_case *c, enum kd_precision precision, struct system *s)
{
    struct crystal crystal = a_crystal(c->cell);
    bool wide = precision == KD_DOUBLE;
    memset(s, 0, sizeof *s);
    s->dev = dev;
    s->c = c;
    s->type = c->real ? (wide ? LA_F64 : LA_F32) : wide ? LA_C64 : LA_C32;
    assert_ok(orbital_sphere(&crystal, c->ecut, c->k, c->real, &s->sphere));
    struct pw_spec spec = {s->type, {c->n[0], c->n[1], c->n[2]}, crystal.volume, s->sphere.n, (const int(*)[3])s->sphere.miller,
                           (const double(*)[3])s->sphere.g,
                           {(int)lround(2 * c->k[0]), (int)lround(2 * c->k[1]), (int)lround(2 * c->k[2])}};
    s->self = -1;
    for (int g = 0; g < s->sphere.n && c->real; g++) {
        bool own = true;
        for (int a = 0; a < 3; a++)
            own = own && 2 * s->sphere.miller[g][a] + spec.twice_k[a] == 0;
        s->self = own ? g : s->self;
    }
    assert_ok(dev->pw->create(dev, &spec, &s->basis));
    make_forms(s);
    assert_ok(dev->pw->projectors_create(dev, s->basis, &s->spec, &s->nonlocal));
    double *v = malloc(n_point(c) * sizeof *v);
    for (size_t i = 0; i < n_point(c); i++)
        v[i] = twin_random(50, i);
    double *v_d = twin_upload(dev, v, n_point(c) * sizeof *v);
    assert_ok(kd_alloc(dev, dev->pw->potential_bytes(s->basis), &s->potential_d));
    assert_ok(dev->pw->pack_potential(dev, dev->stream, s->basis, v_d, s->potential_d));
    assert_ok(dev->ops->stream_sync(dev, dev->stream));
    kd_free(dev, v_d);
    free(v);
    s->n = (size_t)s->sphere.n * (c->real ? 2 : 1);
    s->ld = pw_leading(s->type, s->n);
    int most = c->n_band > N_PROJ ? c->n_band : N_PROJ;
    assert_ok(kd_scratch_reserve(dev, dev->pw->scratch(dev, s->basis, most, N_PROJ)));
}

static void free_system(struct system *s)
{
    kd_free(s->dev, s->potential_d);
    s->dev->pw->projectors_destroy(s->dev, s->nonlocal);
    s->dev->pw->destroy(s->dev, s->basis);
    sphere_free(&s->sphere);
    free(s->form);
}

/* ---- blocks as doubles ---- */

/* Reals of block `stream`: larger for slow waves, as orbitals are. */
static double *random_orbitals(const struct system *s, int n_vec, uint32_t stream)
{
    size_t n_pw = (size_t)s->sphere.n;
    double *x = malloc((size_t)n_vec * 2 * n_pw * sizeof *x);
    for (int j = 0; j < n_vec; j++)
        for (size_t g = 0; g < n_pw; g++) {
            const double *q = s->sphere.g[g];
            double size = 1 / (1 + q[0] * q[0] + q[1] * q[1] + q[2] * q[2]);
            double *to = x + ((size_t)j * n_pw + g) * 2;
            to[0] = (double)(float)(size * twin_random(stream + (uint32_t)j, 2 * g));
            to[1] = (int)g == s->self ? 0 : (double)(float)(size * twin_random(stream + (uint32_t)j, 2 * g + 1));
        }
    return x;
}

static struct la_block upload_block(const struct system *s, int n_vec, const double *x)
{
    size_t width = la_width(s->type), row = s->ld * width, n = s->n * width, bytes = (size_t)n_vec * row * (la_is_double(s->type) ? 8 : 4);
    char *raw = calloc(1, bytes);
    for (int j = 0; j < n_vec; j++)
        for (size_t g = 0; g < n; g++)
            if (la_is_double(s->type))
                ((double *)(void *)raw)[(size_t)j * row + g] = x[(size_t)j * n + g];
            else
                ((float *)(void *)raw)[(size_t)j * row + g] = (float)x[(size_t)j * n + g];
    struct la_block b = {s->type, n_vec, s->n, s->ld, twin_upload(s->dev, raw, bytes)};
    free(raw);
    return b;
}

static double *take_block(const struct system *s, const struct la_block *b)
{
    size_t width = la_width(s->type), row = s->ld * width, n = s->n * width, bytes = (size_t)b->n_vec * row * (la_is_double(s->type) ? 8 : 4);
    void *raw = malloc(bytes);
    double *x = malloc((size_t)b->n_vec * n * sizeof *x);
    twin_download(s->dev, raw, b->x_d, bytes);
    for (int j = 0; j < b->n_vec; j++)
        for (size_t g = 0; g < n; g++) {
            size_t at = (size_t)j * row + g;
            x[(size_t)j * n + g] = la_is_double(s->type) ? ((double *)raw)[at] : (double)((float *)raw)[at];
        }
    free(raw);
    return x;
}

/* ---- what the ops leave behind ---- */

enum { R_APPLY, R_LOCAL, R_DENSITY, R_GRADIENT, R_SUPERPOSE, R_NOISE, R_PROJECT, R_RESIDUAL, R_NORM, R_PRECONDITION, N_RESULT };
static const char *const result_name[N_RESULT] = {"apply",   "local",    "density", "gradient",     "superpose", "noise",
                                                  "project", "residual", "norms",   "precondition"};

struct results {
    double *x[N_RESULT];
    size_t n[N_RESULT];
};

static void store(struct results *r, int which, double *x, size_t n)
{
    r->x[which] = x;
    r->n[which] = n;
}

static double *take_doubles(kd_device *dev, double *x_d, size_t n)
{
    double *x = malloc(n * sizeof *x);
    twin_download(dev, x, x_d, n * sizeof *x);
    kd_free(dev, x_d);
    return x;
}

static void run_hamiltonian(const struct system *s, const struct la_block *psi, const struct la_block *out, struct results *r)
{
    kd_device *dev = s->dev;
    size_t reals = (size_t)psi->n_vec * s->n * la_width(s->type);
    struct pw_hamiltonian h = {s->basis, s->potential_d, s->nonlocal}, local = {s->basis, s->potential_d, NULL};
    assert_ok(dev->pw->apply(dev, dev->stream, &h, psi, out));
    store(r, R_APPLY, take_block(s, out), reals);
    assert_ok(dev->pw->apply(dev, dev->stream, &local, psi, out));
    store(r, R_LOCAL, take_block(s, out), reals);
    double *occ = malloc((size_t)psi->n_vec * sizeof *occ), *m_d, *rho_d, *zero = calloc(n_point(s->c), sizeof *zero);
    for (int j = 0; j < psi->n_vec; j++)
        occ[j] = j % 3 == 2 ? 2 : 1 + twin_random(60, (size_t)j);
    double *occ_d = twin_upload(dev, occ, (size_t)psi->n_vec * sizeof *occ);
    rho_d = twin_upload(dev, zero, n_point(s->c) * sizeof *zero);
    for (int twice = 0; twice < 2; twice++) /* adds */
        assert_ok(dev->pw->density(dev, dev->stream, s->basis, psi, occ_d, rho_d));
    store(r, R_DENSITY, take_doubles(dev, rho_d, n_point(s->c)), n_point(s->c));
    size_t n_m = (size_t)psi->n_vec * N_PROJ * la_width(s->type);
    assert_ok(kd_alloc(dev, n_m * sizeof(double), &m_d));
    assert_ok(dev->pw->project(dev, dev->stream, s->nonlocal, psi, m_d));
    store(r, R_PROJECT, take_doubles(dev, m_d, n_m), n_m);
    kd_free(dev, occ_d);
    free(occ);
    free(zero);
}

static void run_vectors(const struct system *s, const struct la_block *psi, const struct la_block *out, struct results *r)
{
    kd_device *dev = s->dev;
    size_t row = s->n * la_width(s->type), reals = (size_t)psi->n_vec * row;
    double *eps = malloc((size_t)psi->n_vec * sizeof *eps), *norm_d;
    assert_ok(dev->pw->gradient(dev, dev->stream, s->basis, 1, psi, out));
    store(r, R_GRADIENT, take_block(s, out), reals);
    for (int j = 0; j < psi->n_vec; j++)
        eps[j] = (double)(float)twin_random(61, (size_t)j);
    double *eps_d = twin_upload(dev, eps, (size_t)psi->n_vec * sizeof *eps);
    struct la_block w = upload_block(s, psi->n_vec, r->x[R_GRADIENT]);
    assert_ok(kd_alloc(dev, (size_t)psi->n_vec * sizeof(double), &norm_d));
    assert_ok(dev->pw->residual(dev, dev->stream, s->basis, psi, out, eps_d, &w, norm_d));
    store(r, R_RESIDUAL, take_block(s, &w), reals);
    store(r, R_NORM, take_doubles(dev, norm_d, (size_t)psi->n_vec), (size_t)psi->n_vec);
    assert_ok(dev->pw->precondition(dev, dev->stream, s->basis, psi, &w));
    store(r, R_PRECONDITION, take_block(s, &w), reals);
    assert_ok(dev->pw->noise(dev, dev->stream, s->basis, 77, 0.25, &w));
    store(r, R_NOISE, take_block(s, &w), reals);
    kd_free(dev, w.x_d);
    kd_free(dev, eps_d);
    free(eps);
    double *zero = calloc((size_t)N_PROJ * row, sizeof *zero);
    struct la_block beta = upload_block(s, N_PROJ, zero);
    assert_ok(dev->pw->superpose(dev, dev->stream, s->basis, &s->spec, &beta));
    store(r, R_SUPERPOSE, take_block(s, &beta), (size_t)N_PROJ * row);
    kd_free(dev, beta.x_d);
    free(zero);
}

static void run(kd_device *dev, const struct pw_case *c, enum kd_precision precision, struct results *r)
{
    struct system s;
    make_system(dev, c, precision, &s);
    double *x = random_orbitals(&s, c->n_band, 100);
    struct la_block psi = upload_block(&s, c->n_band, x), out = upload_block(&s, c->n_band, x);
    kd_device_seal(dev);
    kd_device_unseal(dev);
    run_hamiltonian(&s, &psi, &out, r);
    run_vectors(&s, &psi, &out, r);
    assert_int_equal(kd_scratch_mark(dev), 0);
    kd_free(dev, psi.x_d);
    kd_free(dev, out.x_d);
    free(x);
    free_system(&s);
}

/* FP32: a few roundings of the largest number, more for what goes through two transforms; FP64 likewise. */
static void compare(const struct pw_case *c, enum kd_precision precision, const struct results *got, const struct results *want)
{
    for (int i = 0; i < N_RESULT; i++) {
        double scale = twin_largest(want->x[i], want->n[i]), relative = precision == KD_DOUBLE ? 1e-13 : 2e-6;
        assert_int_equal(got->n[i], want->n[i]);
        double error = twin_difference(got->x[i], want->x[i], want->n[i]);
        if (!(error <= relative * scale))
            fail_msg("%s, %s, %s: off by %g, largest %g", c->name, result_name[i], precision == KD_DOUBLE ? "double" : "mixed", error, scale);
    }
}

static void free_results(struct results *r)
{
    for (int i = 0; i < N_RESULT; i++)
        free(r->x[i]);
}

/* ---- the PPCG update ---- */

struct search { /* on the host: [n_vec][row] x, hx, p, hp */
    double *x, *hx, *p, *hp;
    size_t row;
};

static void run_search(kd_device *dev, const struct pw_case *c, enum kd_precision precision, bool has_p, struct search *out)
{
    struct system s;
    make_system(dev, c, precision, &s);
    struct la_block b[N_BLOCK];
    struct pw_hamiltonian h = {s.basis, s.potential_d, s.nonlocal};
    for (int i = 0; i < N_BLOCK; i++) {
        double *x = random_orbitals(&s, c->n_band, 200 + 100 * (uint32_t)(i / 2));
        b[i] = upload_block(&s, c->n_band, x);
        free(x);
        if (i % 2 == 1)
            assert_ok(dev->pw->apply(dev, dev->stream, &h, &b[i - 1], &b[i]));
    }
    struct pw_search q = {b[0], b[1], b[2], b[3], b[4], b[5], has_p, c->sub};
    assert_ok(dev->pw->search_update(dev, dev->stream, &q));
    out->row = s.n * la_width(s.type);
    out->x = take_block(&s, &b[0]);
    out->hx = take_block(&s, &b[1]);
    out->p = take_block(&s, &b[4]);
    out->hp = take_block(&s, &b[5]);
    assert_int_equal(kd_scratch_mark(dev), 0);
    for (int i = 0; i < N_BLOCK; i++)
        kd_free(dev, b[i].x_d);
    free_system(&s);
}

static void free_search(struct search *s)
{
    double *all[4] = {s->x, s->hx, s->p, s->hp};
    for (int i = 0; i < 4; i++)
        free(all[i]);
}

static double dot(const struct search *s, const double *a, int i, const double *b, int j)
{
    double sum = 0;
    for (size_t g = 0; g < s->row; g++)
        sum += a[(size_t)i * s->row + g] * b[(size_t)j * s->row + g];
    return sum;
}

/* Vectors are fixed up to a phase: norms, energies and the overlap with the other's are compared, and the step H p with its p. */
static void compare_search(const struct pw_case *c, enum kd_precision precision, const struct search *got, const struct search *want)
{
    double tolerance = precision == KD_DOUBLE ? 1e-9 : 2e-4;
    for (int j = 0; j < c->n_band; j++) {
        assert_near(dot(got, got->x, j, got->x, j), 1, tolerance);
        double energy = dot(want, want->x, j, want->hx, j), size = dot(want, want->p, j, want->p, j);
        assert_near(dot(got, got->x, j, got->hx, j), energy, tolerance * (1 + fabs(energy)));
        assert_near(dot(got, got->p, j, got->p, j), size, tolerance * (1 + size));
        assert_near(dot(got, got->p, j, got->hp, j), dot(want, want->p, j, want->hp, j), 10 * tolerance * (1 + size));
        assert_near(dot(got, got->hx, j, got->hx, j), dot(want, want->hx, j, want->hx, j), 30 * tolerance);
        for (int i = j / c->sub * c->sub; i < j; i++)
            assert_near(dot(got, got->x, i, got->x, j), 0, tolerance);
    }
}

static void check_search(kd_device *dev, const struct pw_case *c)
{
    for (int has_p = 0; has_p < 2; has_p++) {
        struct search want, got;
        run_search(twin_device[TWIN_CPU], c, KD_DOUBLE, has_p, &want);
        for (int p = KD_MIXED; p <= KD_DOUBLE; p++) {
            run_search(dev, c, (enum kd_precision)p, has_p, &got);
            compare_search(c, (enum kd_precision)p, &got, &want);
            free_search(&got);
        }
        free_search(&want);
    }
}

static void run_case(kd_device *dev, const struct pw_case *c)
{
    struct results want, got, again;
    run(twin_device[TWIN_CPU], c, KD_DOUBLE, &want);
    for (int p = KD_MIXED; p <= KD_DOUBLE; p++) {
        run(dev, c, (enum kd_precision)p, &got);
        compare(c, (enum kd_precision)p, &got, &want);
        free_results(&got);
    }
    setenv("KEDGE_FFT", dev->backend[1] == 'p' ? "fftw" : "cufft", 1); /* whole transforms: the twins of the codelets and fused passes */
    run(dev, c, KD_MIXED, &again);
    unsetenv("KEDGE_FFT");
    compare(c, KD_MIXED, &again, &want);
    free_results(&again);
    free_results(&want);
    check_search(dev, c);
    printf("  %s: %s\n", dev->backend, c->name);
}

static void every_case_agrees(void **state)
{
    kd_device *dev = twin_take(state);
    assert_non_null(dev->pw);
    assert_whole_table(dev->pw);
    const char *flavour = getenv("KEDGE_EMU_FLAVOUR");
    bool checking = flavour && strcmp(flavour, "check") == 0 && dev == twin_device[TWIN_EMU];
    for (int i = 0; i < N_PW_CASE; i++)
        if (!checking || !pw_cases[i].heavy)
            run_case(dev, &pw_cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        twin_tests(every_case_agrees),
    };
    return cmocka_run_group_tests(tests, twin_open, twin_close);
}
