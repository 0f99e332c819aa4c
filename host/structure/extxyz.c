// SPDX-License-Identifier: BSD-3-Clause
/* extxyz.c - extended XYZ: one frame in, one frame out. */
#include "host/structure/extxyz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/units.h"
#include "host/structure/cell.h"
#include "host/structure/element.h"
#include "host/structure/format.h"

/* What one atom line says, before it goes where it belongs. */
struct row {
    int number;
    double vector[N_FIELD][3];
};

static kd_status read_column(const struct text *t, enum extxyz_field field, int column, const char *token,
                             struct row *row)
{
    char shown[48];
    switch (field) {
    case FIELD_SKIPPED:
        return KD_OK;
    case FIELD_SPECIES:
        row->number = element_number(token);
        if (!row->number)
            return text_error(t, "unknown element \"%s\", expected a symbol such as Si",
                              text_show(shown, token));
        return KD_OK;
    case FIELD_NUMBER:
        if (!number_int(token, &row->number) || !element_symbol(row->number))
            return text_error(t, "atomic number \"%s\", expected 1 to %d", text_show(shown, token),
                              ELEMENT_LAST);
        return KD_OK;
    default:
        if (!number_double(token, &row->vector[field][column]))
            return text_error(t, "\"%s\", expected a number", text_show(shown, token));
        return KD_OK;
    }
}

static kd_status read_row(const struct text *t, char *line, const struct extxyz_layout *layout,
                          struct row *row)
{
    int n_expected = 0, n_found = 0;
    for (int p = 0; p < layout->n_property; p++)
        n_expected += layout->n_column[p];
    for (int p = 0; p < layout->n_property; p++)
        for (int column = 0; column < layout->n_column[p]; column++, n_found++) {
            char *token = text_token(&line);
            if (!token)
                return text_error(t, "%d columns, expected %d (%s)", n_found, n_expected,
                                  layout->declared ? "Properties" : "species x y z");
            TRY(read_column(t, layout->field[p], column, token, row));
        }
    if (layout->declared && text_token(&line))
        return text_error(t, "more than %d columns, expected as many as Properties says", n_expected);
    return KD_OK;
}

/* ASE's momenta are amu angstrom per ASE time unit, angstrom sqrt(amu/eV) = 10.18 fs. */
static kd_status velocity_from_momentum(const struct text *t, const struct extxyz_layout *layout,
                                        const struct row *row, double v[3])
{
    double mass = layout->has[FIELD_MASS] ? row->vector[FIELD_MASS][0] : element_mass(row->number);
    if (!(mass > 0))
        return text_error(t, "momentum of an atom of mass %g, expected a positive mass", mass);
    for (int a = 0; a < 3; a++)
        v[a] = row->vector[FIELD_MOMENTUM][a] / mass / sqrt(KD_AMU_A2_FS2_EV);
    return KD_OK;
}

static kd_status read_atoms(struct text *t, const struct extxyz_layout *layout, struct structure *s)
{
    if (layout->has[FIELD_FORCE])
        TRY(structure_add_force(s));
    if (layout->has[FIELD_VELOCITY] || layout->has[FIELD_MOMENTUM])
        TRY(structure_add_velocity(s));
    for (int i = 0; i < s->n_atom; i++) {
        struct row row = {0};
        char *line = text_next(t);
        TRY(read_row(t, line, layout, &row));
        s->number[i] = row.number;
        memcpy(s->position[i], row.vector[FIELD_POSITION], sizeof s->position[i]);
        if (s->force)
            memcpy(s->force[i], row.vector[FIELD_FORCE], sizeof s->force[i]);
        if (layout->has[FIELD_MOMENTUM])
            TRY(velocity_from_momentum(t, layout, &row, s->velocity[i]));
        else if (s->velocity)
            memcpy(s->velocity[i], row.vector[FIELD_VELOCITY], sizeof s->velocity[i]);
    }
    return KD_OK;
}

static kd_status read_count(struct text *t, int *n_atom)
{
    char shown[48], *line = text_next(t);
    if (!line)
        return text_error(t, "end of file, expected a number of atoms");
    if (!number_int(text_trim(line), n_atom) || *n_atom < 1)
        return text_error(t, "\"%s\", expected a number of atoms", text_show(shown, line));
    if (*n_atom > t->n_line - t->at - 1)
        return text_error(t,
                          "%d atoms, but only %d lines follow, expected a comment line and a line per atom",
                          *n_atom, t->n_line - t->at);
    return KD_OK;
}

kd_status extxyz_parse(struct text *t, struct structure *out)
{
    int n_atom;
    struct extxyz_layout layout;
    memset(out, 0, sizeof *out);
    TRY(read_count(t, &n_atom));
    TRY(structure_create(n_atom, out));
    kd_status status = extxyz_comment(t, text_next(t), out, &layout);
    int comment_line = t->at;
    if (status == KD_OK)
        status = read_atoms(t, &layout, out);
    if (status == KD_OK)
        status = structure_accept(out, t, comment_line);
    if (status != KD_OK)
        structure_free(out);
    return status;
}

/* Shortest decimal that reads back as the same double. */
static void print_number(FILE *out, const char *before, double value)
{
    char number[32];
    fprintf(out, "%s%s", before, number_write(number, value));
}

static void print_numbers(FILE *out, const char *key, const double *number, int n)
{
    fprintf(out, "%s=\"", key);
    for (int i = 0; i < n; i++)
        print_number(out, i ? " " : "", number[i]);
    fputs("\" ", out);
}

static void print_tensor(FILE *out, const char *key, const double voigt[6], double factor)
{
    static const int voigt_of[9] = {0, 5, 4, 5, 1, 3, 4, 3, 2};
    double full[9];
    for (int i = 0; i < 9; i++)
        full[i] = factor * voigt[voigt_of[i]] + 0.0; /* never "-0" */
    print_numbers(out, key, full, 9);
}

static void print_vector(FILE *out, const double v[3])
{
    for (int a = 0; a < 3; a++)
        print_number(out, " ", v[a]);
}

static void print_comment(FILE *out, const struct structure *s)
{
    if (!structure_is_cluster(s))
        print_numbers(out, "Lattice", &s->cell[0][0], 9);
    fprintf(out, "Properties=species:S:1:pos:R:3%s%s ", s->velocity ? ":vel:R:3" : "",
            s->force ? ":forces:R:3" : "");
    if (s->has_energy) {
        print_number(out, "energy=", s->energy);
        fputc(' ', out);
    }
    if (s->has_virial)
        print_tensor(out, "virial", s->virial, 1);
    if (s->has_virial && !structure_is_cluster(s))
        print_tensor(out, "stress", s->virial, -1 / cell_volume((const double(*)[3])s->cell));
    fprintf(out, "pbc=\"%c %c %c\"", s->periodic[0] ? 'T' : 'F', s->periodic[1] ? 'T' : 'F',
            s->periodic[2] ? 'T' : 'F');
    if (s->info)
        fprintf(out, " %s", s->info);
    fputc('\n', out);
}

kd_status extxyz_print(FILE *out, const struct structure *s)
{
    fprintf(out, "%d\n", s->n_atom);
    print_comment(out, s);
    for (int i = 0; i < s->n_atom; i++) {
        fputs(element_symbol(s->number[i]), out);
        print_vector(out, s->position[i]);
        if (s->velocity)
            print_vector(out, s->velocity[i]);
        if (s->force)
            print_vector(out, s->force[i]);
        fputc('\n', out);
    }
    return KD_OK;
}
