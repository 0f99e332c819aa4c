// SPDX-License-Identifier: BSD-3-Clause
/* structure_memory_test.c - memory runs out at every allocation of every reader, once each. */
#include "tests/support/failing_malloc.h"
#include "tests/support/structure_text.h"

static const char frames[] =
    "1\nLattice=\"4 0 0 0 4 0 0 0 4\" Properties=species:S:1:pos:R:3:vel:R:3:forces:R:3 a=1 b=2\nSi 0 0 0 1 "
    "1 1 2 2 2\n"
    "1\nLattice=\"4 0 0 0 4 0 0 0 4\" energy=1\nO 0 0 0\n1\npbc=\"F F F\"\nO 0 0 0\n";
static const char lammps[] = "t\n2 atoms\n1 atom types\n0 4 xlo xhi\n0 4 ylo yhi\n0 4 zlo zhi\nMasses\n\n1 "
                             "28\nAtoms\n\n2 1 0 0 0\n1 1 1 1 1\n"
                             "Velocities\n\n1 0 0 0\n2 1 1 1\n";
static const char poscar[] = "t\n1\n5 0 0\n0 5 0\n0 0 5\nSi\n1\nDirect\n0 0 0\n\n1 2 3\n";
static const char cif[] =
    "data_x\n_cell_length_a 5\n_cell_length_b 5\n_cell_length_c 5\n_cell_angle_alpha 90\n_cell_angle_beta "
    "90\n"
    "_cell_angle_gamma "
    "90\nloop_\n_space_group_symop_operation_xyz\nx,y,z\n-x,-y,-z\nloop_\n_atom_site_label\n"
    "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nSi1 0.1 0 0\nO1 0 0.2 0\n";

/* Read, repeat, copy: everything that allocates. */
static kd_status read_and_multiply(struct text *t, enum structure_format format)
{
    struct structure *s, big, copy;
    int n_frame;
    TRY(structures_parse(t, format, &s, &n_frame));
    kd_status status = structure_repeat(&s[0], (int[]){2, 1, 1}, &big);
    if (status == KD_OK) {
        status = structure_copy(&big, &copy);
        if (status == KD_OK)
            structure_free(&copy);
        structure_free(&big);
    }
    structures_free(s, n_frame);
    return status;
}

static void when_memory_runs_out_the_readers_say_so_and_keep_nothing(void **state)
{
    (void)state;
    static const char *const file[] = {
        [FORMAT_EXTXYZ] = frames, [FORMAT_LAMMPS] = lammps, [FORMAT_POSCAR] = poscar, [FORMAT_CIF] = cif};
    if (!failing_malloc_available())
        skip();
    for (enum structure_format format = FORMAT_EXTXYZ; format <= FORMAT_CIF; format++) {
        bool failed = true;
        long n = 0;
        for (; failed && n < 1000; n++) {
            struct text t;
            assert_ok(text_from("test", file[format], strlen(file[format]), &t));
            failing_malloc_begin(n);
            kd_status status = read_and_multiply(&t, format);
            long kept = failing_malloc_end(&failed);
            text_free(&t);
            assert_int_equal(kept, 0);
            if (status != (failed ? KD_ENOMEM : KD_OK))
                fail_msg("format %d, allocation %ld: status %d, %s", format, n, status, kd_error_message());
        }
        assert_in_range(n, 5, 999); /* it did fail a few times, and at last it did not */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(when_memory_runs_out_the_readers_say_so_and_keep_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
