// SPDX-License-Identifier: BSD-3-Clause
/* pseudo_test.c - generated pseudopotentials against the all-electron atom they come from, and the checks against planted faults. */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/atom/check.h"
#include "host/atom/radial.h"
#include "host/atom/startvec.h"
#include "host/atom/upf.h"
#include "host/base/units.h"

static struct generation *generate(int z, double hole)
{
    struct recipe r;
    struct configuration c;
    struct generation *g = NULL;
    assert_ok(recipe_default(z, &r));
    assert_ok(configuration_ground(z, &c));
    assert_ok(configuration_excite(&c, 1, 0, hole));
    assert_ok(generation_make(&r, &c, &g));
    return g;
}

static void passes(int z, double hole)
{
    struct generation *g = generate(z, hole);
    struct check *c = malloc(sizeof *c);
    assert_non_null(c);
    assert_ok(check_run(g, c));
    if (!c->ok)
        fail_msg("Z = %d, hole %g: norm %g, levels %g, phases %g %g %g, ghosts %d, excitations %g, cutoff %g Ry", z, hole, c->norm_error,
                 c->eigenvalue_error, c->phase_error[0], c->phase_error[1], c->phase_error[2], !c->ghost_ok, c->excitation_error,
                 c->ecut_1mha_ry);
    for (int k = 0; k < c->n_wave; k++) { /* what goes wrong with hand-made reconstruction data */
        assert_near(c->wave[k].norm_ratio, 1, 1e-6); /* quadrature */
        assert_near(c->wave[k].slope_ps, c->wave[k].slope_ae, 1e-3 * (1 + fabs(c->wave[k].slope_ae))); /* difference formula at a seam */
    }
    free(c);
    generation_free(g);
}

/* H to Be keep their 1s among the valence shells: no core hole there. */
static void every_default_set_passes_every_check_with_no_half_and_full_hole(void **state)
{
    (void)state;
    for (int z = 1; z <= 18; z++)
        for (int half = 0; half <= (z < 5 ? 0 : 2); half++)
            passes(z, 0.5 * half);
}

/* ld1.x with Troullier-Martins sets gives 1922.606 eV (141.308924 Ry): all-electron parts are the same to 1e-5, pseudo-atoms carry
 * their own non-linearity of xc; half an eV is what the alignment of spectra can bear. */
static void core_energy_difference_of_silicon_is_that_of_ld1(void **state)
{
    (void)state;
    struct generation *ground = generate(14, 0), *hole = generate(14, 1);
    double difference = (hole->atom->energies.total - hole->energy_ps) - (ground->atom->energies.total - ground->energy_ps);
    assert_near(ev_from_ha(difference), 1922.606, 0.5);
    generation_free(ground);
    generation_free(hole);
}

/* A small radius with a distant second energy is known to pull a shadow of the 2s below the valence. */
static void a_planted_ghost_is_found(void **state)
{
    (void)state;
    const char *change[] = {"rc_s=1.4", "rc_p=1.4", "r_local=1.1", "depth=8"};
    struct recipe r;
    struct configuration c;
    struct generation *g;
    struct check *check = malloc(sizeof *check);
    assert_non_null(check);
    assert_ok(recipe_default(14, &r));
    assert_ok(configuration_ground(14, &c));
    for (int k = 0; k < 4; k++)
        assert_ok(recipe_set(&r, change[k]));
    assert_ok(generation_make(&r, &c, &g));
    assert_ok(check_run(g, check));
    assert_false(check->ghost_ok);
    assert_false(check->ok);
    assert_true(check->levels_ps[0] > check->levels_ae[0]);
    free(check);
    generation_free(g);
}

/* Beyond the largest core radius the pseudo-wave is the all-electron wave, the projectors are zero, the ion is -Z_v / r. */
static void nothing_changes_outside_the_core(void **state)
{
    (void)state;
    struct generation *g = generate(8, 0);
    const struct radial_grid *grid = &g->atom->grid;
    for (int i = g->separable.core; i < grid->n; i++) {
        for (int k = 0; k < g->n_channel; k++)
            assert_near(g->channel[k].phi[0][i], g->channel[k].wave[0].p[i], 0);
        for (int k = 0; k < g->separable.n_projector; k++)
            assert_near(g->separable.beta[k][i], 0, 0);
        if (grid->r[i] > 4)
            assert_near(g->separable.v_ion[i] * grid->r[i], -6, 2e-4); /* xc of the last of the 1s */
    }
    double charge = radial_integral(grid, g->charge), core = radial_integral(grid, g->core_charge);
    assert_near(charge, 6, 1e-6);
    assert_near(core, 2, 1e-9);
    for (int k = 0; k < g->separable.n_projector; k++)
        for (int j = 0; j <= k; j++)
            if (g->separable.l[k] == g->separable.l[j])
                assert_near(radial_integral2(grid, g->separable.beta[k], g->separable.beta[j]), k == j, 1e-9);
    generation_free(g);
}

static void the_file_holds_what_was_generated(void **state)
{
    (void)state;
    struct generation *g = generate(14, 0.5);
    struct pseudo p, q;
    struct startvec s;
    char path[] = "/tmp/kedge_pseudo_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_ok(generation_pseudo(g, &p));
    assert_ok(upf_write(&p, path));
    assert_ok(upf_read(path, &q));
    assert_near(q.z_valence, 4.5, 1e-12);
    assert_true(q.has_atom && q.xc == XC_PBE && q.relativistic);
    assert_string_equal(q.configuration, "1s1.5 2s2 2p6 3s2 3p2");
    assert_near(q.energy_ae, g->atom->energies.total, 1e-12 * fabs(q.energy_ae));
    assert_near(q.energy_ps, g->energy_ps, 1e-12 * fabs(q.energy_ps));
    assert_int_equal(q.n_projector, 6);
    assert_int_equal(q.n_partial, 6);
    assert_int_equal(q.n_core, 3);
    double *square = calloc((size_t)q.n, sizeof *square);
    assert_non_null(square);
    for (int k = 0; k < q.n_core; k++) {
        for (int i = 0; i < q.n; i++)
            square[i] = q.core[k].psi[i] * q.core[k].psi[i];
        assert_near(upf_simpson(q.n | 1, square, q.rab), 1, 1e-5); /* the file's mesh starts at exp(-7)/Z */
    }
    assert_near(upf_simpson(q.n, q.core_charge, q.rab), 9.5, 1e-4);
    assert_near(upf_simpson(q.n, q.charge, q.rab), 4, 1e-4);
    assert_ok(startvec_make(&q, &q, 0, &s));
    assert_int_equal(s.n_partial, 3);
    assert_true(s.norm > 1e-3 && s.norm < 1);
    startvec_free(&s);
    free(square);
    pseudo_free(&p);
    pseudo_free(&q);
    generation_free(g);
    unlink(path);
}

/* What a pseudo wave of the core-hole ion says about its dipole with the 1s, against the all-electron wave of the same energy, from
 * below the edge to 50 eV above it: 2 % of the amplitude, what a phase error of 0.005 pi does to the ratio at the point where the two
 * are matched; energies with a node near that point say nothing and are left out. */
static void dipoles_are_reconstructed_over_the_whole_spectrum(void **state)
{
    (void)state;
    static const int z[] = {6, 8, 11, 13, 14, 16};
    for (int t = 0; t < 6; t++) {
        struct generation *ground = generate(z[t], 0), *hole = generate(z[t], 1);
        struct pseudo p, core;
        struct startvec s;
        assert_ok(generation_pseudo(hole, &p));
        assert_ok(generation_pseudo(ground, &core));
        assert_ok(startvec_make(&p, &core, 0, &s));
        const struct radial_grid *g = &hole->atom->grid;
        const double *psi = ground->atom->state[0].p;
        double *ae = calloc(3 * (size_t)g->n, sizeof *ae), *q = ae + g->n, *ps = q + g->n, slope, worst = 0;
        int last = radial_grid_index(g, 6), match = hole->separable.core + 3;
        assert_non_null(ae);
        for (double e = -0.2; e < 1.9; e += 0.1) {
            struct radial_equation eq = {g, 1, atom_alpha(&hole->atom->options), z[t], hole->atom->v, NULL};
            radial_outward(&eq, e, last, ae, q);
            assert_ok(pseudo_atom_outward(&hole->separable, hole->v_local, 1, e, last, ps, &slope));
            double phase = wave_angle(e, ae[match], ae[match] / g->r[match] + 2 * q[match]), want = 0, got = 0;
            if (fabs(sin(KD_PI * phase)) < 0.3)
                continue;
            for (int i = 0; i <= last; i++)
                want += g->r[i] * ae[i] * psi[i] * g->rab[i];
            for (int i = 0; i < p.n && p.r[i] < 6; i++)
                got += s.radial[i] * radial_value(g, ps, p.r[i]) * p.rab[i];
            worst = fmax(worst, fabs(got * ae[match] / ps[match] / want - 1));
        }
        print_message("Z = %d: dipole reconstructed to %.4f\n", z[t], worst);
        assert_true(worst < 0.02);
        startvec_free(&s);
        pseudo_free(&p);
        pseudo_free(&core);
        generation_free(ground);
        generation_free(hole);
        free(ae);
    }
}

static void recipes_are_changed_by_words_and_print_themselves(void **state)
{
    (void)state;
    struct recipe r, s;
    char text[512], *rest = text;
    assert_ok(recipe_default(14, &r));
    assert_ok(recipe_set(&r, "rc_p=1.62"));
    assert_ok(recipe_set(&r, "xc=PZ"));
    assert_ok(recipe_set(&r, "depth=-2"));
    recipe_print(&r, text);
    assert_ok(recipe_default(14, &s));
    for (char *word; (word = strsep(&rest, " "));)
        assert_ok(recipe_set(&s, word));
    assert_near(s.channel[1].rc, 1.62, 0);
    assert_near(s.local_depth, -2, 0);
    assert_int_equal(s.xc, XC_LDA_PZ);
    const char *bad[] = {"rc_p", "rc_q=1", "rc_p=x", "rc_p=-1", "xc=B3LYP", "core=two", "=", "rc_ppppppppppppppppppppppppp=1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(recipe_set(&r, bad[i]), KD_EINPUT);
    assert_int_equal(recipe_default(26, &r), KD_EINPUT);
}

/* The recipe is refused, not obeyed, where it cannot work. */
static void impossible_recipes_are_refused(void **state)
{
    (void)state;
    struct recipe r;
    struct configuration c;
    struct generation *g = NULL;
    const char *bad[] = {"r_local=3", "rc_s=0.2", "core=9", "rc_p=0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_ok(recipe_default(14, &r));
        assert_ok(configuration_ground(14, &c));
        assert_ok(recipe_set(&r, bad[i]));
        assert_int_equal(generation_make(&r, &c, &g), KD_EINPUT);
        assert_null(g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_set_passes_every_check_with_no_half_and_full_hole),
        cmocka_unit_test(core_energy_difference_of_silicon_is_that_of_ld1),
        cmocka_unit_test(a_planted_ghost_is_found),
        cmocka_unit_test(nothing_changes_outside_the_core),
        cmocka_unit_test(the_file_holds_what_was_generated),
        cmocka_unit_test(dipoles_are_reconstructed_over_the_whole_spectrum),
        cmocka_unit_test(recipes_are_changed_by_words_and_print_themselves),
        cmocka_unit_test(impossible_recipes_are_refused),
    };
    return cmocka_run_group_tests_name("pseudo", tests, NULL, NULL);
}
