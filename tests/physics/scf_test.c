// SPDX-License-Identifier: BSD-3-Clause
/* scf_test.c - identities of the ground state: H is its dense matrix, forces and stress are derivatives of the energy, a supercell is
 * a k-mesh, translations and the order of atoms do not matter, and what has not converged says so. */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/dft/pseudo_set.h"
#include "host/dft/scf.h"
#include "host/base/units.h"

static kd_device *dev;

/* ---- H as a dense matrix ---- */

enum { N = 8, POINT = N * N * N, MOST_PW = 400, N_FORM = 3, N_ATOM = 2 };
static const double side = 5.0;

struct dense {
    int n, miller[MOST_PW][3];
    double kg[MOST_PW][3], v[POINT], form[N_FORM][MOST_PW], tau[N_ATOM][3];
};
static const int form_l[N_FORM] = {0, 1, 2}, first_form[3] = {0, 2, 3}, species[N_ATOM] = {0, 1};
static const double coupling[N_FORM] = {0.7, -0.4, 0.3};

static double noise(void)
{
    static uint64_t state = 5;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) / 9007199254740992.0 - 0.5;
}

/* All plane waves of a sphere about -k, by columns; form factors of the right parity on the whole sphere. */
static void dense_fill(struct dense *d, const int twice_k[3], bool half)
{
    d->n = 0;
    for (int x = -3; x <= 3; x++)
        for (int y = -3; y <= 3; y++)
            for (int z = -3; z <= 3; z++) {
                int m[3] = {x, y, z}, order = 0;
                double square = 0, q[3];
                for (int a = 0; a < 3; a++) {
                    q[a] = 2 * KD_PI / side * (m[a] + 0.5 * twice_k[a]);
                    square += q[a] * q[a];
                    order = order ? order : 2 * m[a] + twice_k[a];
                }
                if (square > 10 || (half && order < 0))
                    continue;
                memcpy(d->miller[d->n], m, sizeof m);
                memcpy(d->kg[d->n], q, sizeof q);
                double even = exp(-0.2 * square), odd = (q[0] - 0.5 * q[1] + 0.3 * q[2]) * even;
                d->form[0][d->n] = even;
                d->form[1][d->n] = odd;
                d->form[2][d->n++] = q[0] * q[1] * even;
            }
}

static double complex_part(const double a[2], const double b[2], double *im) /* conj(a) b */
{
    *im = a[0] * b[1] - a[1] * b[0];
    return a[0] * b[0] + a[1] * b[1];
}

/* <k+G|beta> of atom a and form f. */
static void beta_of(const struct dense *d, int atom, int f, int g, double out[2])
{
    static const double power[3][2] = {{1, 0}, {0, -1}, {-1, 0}};
    double angle = 0;
    for (int a = 0; a < 3; a++)
        angle += d->kg[g][a] * d->tau[atom][a];
    double c = d->form[f][g] * cos(angle), s = -d->form[f][g] * sin(angle);
    out[0] = power[form_l[f]][0] * c - power[form_l[f]][1] * s;
    out[1] = power[form_l[f]][0] * s + power[form_l[f]][1] * c;
}

/* h = H c by the definition; V(G - G') summed over the grid for every pair. */
static void dense_apply(const struct dense *d, const double (*v_g)[2], const double (*c)[2], double (*h)[2])
{
    for (int g = 0; g < d->n; g++) {
        double kinetic = 0;
        for (int a = 0; a < 3; a++)
            kinetic += 0.5 * d->kg[g][a] * d->kg[g][a];
        h[g][0] = kinetic * c[g][0];
        h[g][1] = kinetic * c[g][1];
        for (int p = 0; p < d->n; p++) {
            int at = 0;
            for (int a = 0; a < 3; a++)
                at = at * N + ((d->miller[g][a] - d->miller[p][a]) % N + N) % N;
            h[g][0] += v_g[at][0] * c[p][0] - v_g[at][1] * c[p][1];
            h[g][1] += v_g[at][0] * c[p][1] + v_g[at][1] * c[p][0];
        }
    }
    for (int atom = 0; atom < N_ATOM; atom++)
        for (int f = first_form[species[atom]]; f < first_form[species[atom] + 1]; f++) {
            double sum[2] = {0}, b[2], im;
            for (int g = 0; g < d->n; g++) {
                beta_of(d, atom, f, g, b);
                sum[0] += complex_part(b, c[g], &im);
                sum[1] += im;
            }
            for (int g = 0; g < d->n; g++) {
                beta_of(d, atom, f, g, b);
                h[g][0] += coupling[f] * (b[0] * sum[0] - b[1] * sum[1]);
                h[g][1] += coupling[f] * (b[0] * sum[1] + b[1] * sum[0]);
            }
        }
}

static void fourier(const double *v, double (*v_g)[2])
{
    for (int g = 0; g < POINT; g++) {
        v_g[g][0] = v_g[g][1] = 0;
        for (int p = 0; p < POINT; p++) {
            int turn = (g / 64) * (p / 64) + (g / 8 % 8) * (p / 8 % 8) + (g % 8) * (p % 8);
            v_g[g][0] += v[p] * cos(2 * KD_PI * turn / N) / POINT;
            v_g[g][1] -= v[p] * sin(2 * KD_PI * turn / N) / POINT;
        }
    }
}

/* The op's H on one vector of `kept` plane waves, given and returned as complex coefficients. */
static void op_apply(const struct dense *kept, enum la_type type, const int twice_k[3], const double (*c)[2], double (*h)[2])
{
    bool real = !la_is_complex(type), wide = la_is_double(type);
    struct pw_spec spec = {type, {N, N, N}, side * side * side, kept->n, kept->miller, kept->kg, {twice_k[0], twice_k[1], twice_k[2]}};
    double form[N_FORM * MOST_PW], *v_d;
    for (int f = 0; f < N_FORM; f++)
        memcpy(form + f * kept->n, kept->form[f], (size_t)kept->n * sizeof *form);
    struct pw_projector_spec beta = {2, first_form, form_l, coupling, form, N_ATOM, species, kept->tau};
    struct pw_basis *basis;
    struct pw_projectors *nonlocal;
    void *packed_d;
    size_t count = (size_t)kept->n * (real ? 2 : 1), bytes = count * la_size(type);
    float single[2 * MOST_PW];
    double twice[2 * MOST_PW];
    for (int e = 0; e < 2 * kept->n; e++) {
        bool self = real && 2 * kept->miller[e / 2][0] + twice_k[0] == 0 && 2 * kept->miller[e / 2][1] + twice_k[1] == 0 &&
                    2 * kept->miller[e / 2][2] + twice_k[2] == 0;
        twice[e] = c[e / 2][e % 2] * (real && !self ? sqrt(2.0) : 1);
        single[e] = (float)twice[e];
    }
    assert_ok(dev->pw->create(dev, &spec, &basis));
    assert_ok(dev->pw->projectors_create(dev, basis, &beta, &nonlocal));
    assert_ok(kd_scratch_reserve(dev, dev->pw->scratch(dev, basis, 1, 3)));
    assert_ok(kd_alloc_copy(dev, dev->stream, kept->v, sizeof kept->v, &v_d));
    assert_ok(kd_alloc(dev, dev->pw->potential_bytes(basis), &packed_d));
    assert_ok(dev->pw->pack_potential(dev, dev->stream, basis, v_d, packed_d));
    struct la_block x = {type, 1, count, count, NULL}, y = x;
    assert_ok(kd_alloc_copy(dev, dev->stream, wide ? (void *)twice : (void *)single, bytes, &x.x_d));
    assert_ok(kd_alloc(dev, bytes, &y.x_d));
    struct pw_hamiltonian ham = {basis, packed_d, nonlocal};
    assert_ok(dev->pw->apply(dev, dev->stream, &ham, &x, &y));
    assert_ok(kd_download(dev, dev->stream, wide ? (void *)twice : (void *)single, y.x_d, bytes));
    for (int e = 0; e < 2 * kept->n; e++) {
        bool self = real && 2 * kept->miller[e / 2][0] + twice_k[0] == 0 && 2 * kept->miller[e / 2][1] + twice_k[1] == 0 &&
                    2 * kept->miller[e / 2][2] + twice_k[2] == 0;
        h[e / 2][e % 2] = (wide ? twice[e] : (double)single[e]) / (real && !self ? sqrt(2.0) : 1);
    }
    kd_free(dev, v_d);
    kd_free(dev, packed_d);
    kd_free(dev, x.x_d);
    kd_free(dev, y.x_d);
    dev->pw->projectors_destroy(dev, nonlocal);
    dev->pw->destroy(dev, basis);
}

static int find(const struct dense *d, const int m[3])
{
    for (int g = 0; g < d->n; g++)
        if (memcmp(d->miller[g], m, 3 * sizeof *m) == 0)
            return g;
    return -1;
}

/* Tolerance: round-off of sums of 123 terms of order 10. */
static void check_dense(enum la_type type, const int twice_k[3])
{
    static struct dense all, kept;
    static double v_g[POINT][2], c[MOST_PW][2], h[MOST_PW][2], part[MOST_PW][2], got[MOST_PW][2];
    bool real = !la_is_complex(type);
    dense_fill(&all, twice_k, false);
    dense_fill(&kept, twice_k, real);
    for (int p = 0; p < POINT; p++)
        all.v[p] = kept.v[p] = noise();
    for (int a = 0; a < 3 * N_ATOM; a++)
        all.tau[a / 3][a % 3] = kept.tau[a / 3][a % 3] = side * noise();
    fourier(all.v, v_g);
    for (int g = 0; g < all.n; g++) {
        int partner[3];
        for (int a = 0; a < 3; a++)
            partner[a] = -all.miller[g][a] - twice_k[a];
        int p = find(&all, partner);
        if (!real || p >= g) {
            c[g][0] = noise();
            c[g][1] = real && p == g ? 0 : noise();
        }
        if (real && p > g) {
            c[p][0] = c[g][0];
            c[p][1] = -c[g][1];
        }
    }
    dense_apply(&all, (const double(*)[2])v_g, (const double(*)[2])c, h);
    for (int g = 0; g < kept.n; g++)
        memcpy(part[g], c[find(&all, kept.miller[g])], sizeof part[g]);
    op_apply(&kept, type, twice_k, (const double(*)[2])part, got);
    for (int g = 0; g < kept.n; g++)
        for (int e = 0; e < 2; e++)
            assert_near(got[g][e], h[find(&all, kept.miller[g])][e], la_is_double(type) ? 1e-13 : 2e-5);
}

static void h_is_its_dense_matrix(void **state)
{
    (void)state;
    for (int k = 0; k < 8; k++) {
        int twice_k[3] = {k & 1, k >> 1 & 1, k >> 2};
        for (int type = LA_F32; type <= LA_C64; type++)
            check_dense((enum la_type)type, twice_k);
    }
}

/* ---- ground states ---- */

struct ground {
    double energy, force[4][3], stress[6], eps[16];
};

static kd_status solve(const struct structure *s, const struct scf_options *options, struct ground *out)
{
    struct pseudo_choice choice = {.core_hole_site = -1};
    struct pseudo_set set;
    struct crystal crystal;
    struct scf *scf;
    assert_ok(pseudo_set_read(s, &choice, &set));
    assert_ok(crystal_create(s, set.n, set.list, set.species, &crystal));
    assert_ok(scf_create(dev, &crystal, options, &scf));
    kd_status status = scf_run(scf);
    if (status == KD_OK) {
        assert_ok(scf_forces(scf));
        assert_ok(scf_stress(scf));
        out->energy = scf->energy.total;
        memcpy(out->force, scf->force, (size_t)s->n_atom * sizeof *out->force);
        memcpy(out->stress, scf->stress, sizeof out->stress);
        memcpy(out->eps, scf->k[0].eps, 8 * sizeof *out->eps);
    }
    scf_free(scf);
    crystal_free(&crystal);
    pseudo_set_free(&set);
    return status;
}

/* Two silicon atoms off their places in a cell without symmetry. */
static struct structure silicon(void)
{
    struct structure s;
    static const double cell[3][3] = {{0.1, 2.7, 2.75}, {2.65, -0.05, 2.7}, {2.72, 2.7, 0.02}}, place[2][3] = {{0.1, 0.2, 0}, {1.5, 1.3, 1.25}};
    assert_ok(structure_create(2, &s));
    memcpy(s.cell, cell, sizeof cell);
    memcpy(s.position, place, sizeof place);
    s.number[0] = s.number[1] = 14;
    return s;
}

static struct scf_options tight(void)
{
    struct scf_options o = scf_defaults();
    o.ecut = 8;
    o.mesh[0] = 2;
    o.precision = KD_DOUBLE;
    o.accuracy = 1e-12;
    o.smearing = SMEARING_GAUSS; /* bands touch in this cell */
    o.width = 0.01;
    return o;
}

static double energy_of(const struct structure *s, const struct scf_options *o)
{
    struct ground g;
    assert_ok(solve(s, o, &g));
    return g.energy;
}

/* Central differences over 0.01 A: third derivatives leave 1e-6. PBE sampled on the grid breaks translation (the egg box), which the
 * Hellmann-Feynman force does not know: measured 5e-5 Ha/bohr at 16 Ry, 3e-5 at the 30 Ry of here. */
static void forces_are_derivatives_of_the_energy(void **state)
{
    (void)state;
    struct structure s = silicon();
    struct scf_options o = tight();
    struct ground g;
    const double h = 0.01;
    o.ecut = 15;
    assert_ok(solve(&s, &o, &g));
    for (int axis = 0; axis < 3; axis++) {
        double e[2];
        for (int side_of = 0; side_of < 2; side_of++) {
            s.position[1][axis] += side_of ? -2 * h : h;
            e[side_of] = energy_of(&s, &o);
        }
        s.position[1][axis] += h;
        assert_near(g.force[1][axis], -(e[0] - e[1]) / (2 * bohr_from_angstrom(h)), 5e-5);
    }
    structure_free(&s);
}

static void strained(const struct structure *from, int a, int b, double e, struct structure *to)
{
    assert_ok(structure_copy(from, to));
    for (int k = 0; k < 3; k++) {
        double old = from->cell[k][b], other = from->cell[k][a];
        to->cell[k][a] += 0.5 * e * old;
        to->cell[k][b] += 0.5 * e * other;
    }
    for (int i = 0; i < from->n_atom; i++) {
        double old = from->position[i][b], other = from->position[i][a];
        to->position[i][a] += 0.5 * e * old;
        to->position[i][b] += 0.5 * e * other;
    }
}

/* At fixed plane waves the stress is the derivative; with strain the number of waves below the cutoff changes, so the strain is kept
 * below what lets a wave cross it here, 1e-4. */
static void stress_is_the_derivative_by_strain(void **state)
{
    (void)state;
    static const int voigt[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    struct structure s = silicon(), t;
    struct scf_options o = tight();
    struct ground g;
    const double h = 5e-5;
    assert_ok(solve(&s, &o, &g));
    double volume = fabs((s.cell[0][0] * (s.cell[1][1] * s.cell[2][2] - s.cell[1][2] * s.cell[2][1]) -
                          s.cell[0][1] * (s.cell[1][0] * s.cell[2][2] - s.cell[1][2] * s.cell[2][0]) +
                          s.cell[0][2] * (s.cell[1][0] * s.cell[2][1] - s.cell[1][1] * s.cell[2][0]))) * pow(bohr_from_angstrom(1), 3);
    for (int v = 0; v < 6; v++) {
        double e[2];
        for (int side_of = 0; side_of < 2; side_of++) {
            strained(&s, voigt[v][0], voigt[v][1], side_of ? -h : h, &t);
            e[side_of] = energy_of(&t, &o);
            structure_free(&t);
        }
        assert_near(g.stress[v], (e[0] - e[1]) / (2 * h * volume), 2e-6);
    }
    structure_free(&s);
}

static void a_supercell_is_a_mesh_of_k(void **state)
{
    (void)state;
    struct structure s = silicon(), twice;
    struct scf_options o = tight();
    double one = energy_of(&s, &o);
    assert_ok(structure_repeat(&s, (const int[3]){2, 1, 1}, &twice));
    o.mesh[0] = 1;
    assert_near(energy_of(&twice, &o), 2 * one, 2e-5); /* the grids differ: xc is sampled elsewhere */
    structure_free(&s);
    structure_free(&twice);
}

static void translation_and_order_do_not_matter(void **state)
{
    (void)state;
    struct structure s = silicon();
    struct scf_options o = tight();
    struct ground a, b;
    assert_ok(solve(&s, &o, &a));
    for (int x = 0; x < 3; x++) {
        double first = s.position[0][x];
        s.position[0][x] = s.position[1][x] + 0.37;
        s.position[1][x] = first + 0.37;
    }
    assert_ok(solve(&s, &o, &b));
    assert_near(b.energy, a.energy, 1e-5);
    for (int x = 0; x < 3; x++)
        assert_near(b.force[0][x], a.force[1][x], 3e-5);
    structure_free(&s);
}

static void precisions_agree(void **state)
{
    (void)state;
    struct structure s = silicon();
    struct scf_options o = tight();
    struct ground a, b;
    assert_ok(solve(&s, &o, &a));
    o.precision = KD_MIXED;
    o.accuracy = 1e-9;
    assert_ok(solve(&s, &o, &b));
    assert_near(b.energy, a.energy, 2e-6); /* the promise: 1e-6 Ha per atom, two atoms */
    for (int j = 0; j < 4; j++)
        assert_near(b.eps[j], a.eps[j], 4e-5);
    structure_free(&s);
}

static void too_few_iterations_are_no_result(void **state)
{
    (void)state;
    struct structure s = silicon();
    struct scf_options o = tight();
    struct ground g;
    o.max_iteration = 2;
    assert_int_equal(solve(&s, &o, &g), KD_ENOCONV);
    assert_non_null(strstr(kd_error_message(), "not converged in 2 iterations"));
    structure_free(&s);
}

static int open_cpu(void **state)
{
    (void)state;
    return kd_device_open("cpu", 0, &dev, NULL) == KD_OK ? 0 : -1;
}
static int close_cpu(void **state)
{
    (void)state;
    kd_device_close(dev);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(h_is_its_dense_matrix),
        cmocka_unit_test(forces_are_derivatives_of_the_energy),
        cmocka_unit_test(stress_is_the_derivative_by_strain),
        cmocka_unit_test(a_supercell_is_a_mesh_of_k),
        cmocka_unit_test(translation_and_order_do_not_matter),
        cmocka_unit_test(precisions_agree),
        cmocka_unit_test(too_few_iterations_are_no_result),
    };
    return cmocka_run_group_tests(tests, open_cpu, close_cpu);
}
