// SPDX-License-Identifier: BSD-3-Clause
/* lammps_print.c - LAMMPS data files: atom_style atomic, units metal, restricted triclinic box. */
#include "host/structure/cell.h"
#include "host/structure/element.h"
#include "host/structure/format.h"

static void print_vector(FILE *out, const double v[3])
{
    char number[32];
    for (int a = 0; a < 3; a++)
        fprintf(out, " %s", number_write(number, v[a]));
    fputc('\n', out);
}

static void rotate(const double rotation[3][3], double factor, const double v[3], double rotated[3])
{
    for (int x = 0; x < 3; x++)
        rotated[x] = factor * (v[0] * rotation[0][x] + v[1] * rotation[1][x] + v[2] * rotation[2][x]);
}

static void print_header(FILE *out, const struct structure *s, const double box[3][3], bool rotated,
                         int n_species)
{
    static const char axis[] = "xyz";
    char number[32], formula[256];
    structure_formula(s, formula, sizeof formula);
    fprintf(out, "%s, units metal%s\n\n", formula,
            rotated ? "; rotated so that a lies along x and b in the xy plane" : "");
    fprintf(out, "%d atoms\n%d atom types\n\n", s->n_atom, n_species);
    for (int k = 0; k < 3; k++)
        fprintf(out, "0 %s %clo %chi\n", number_write(number, box[k][k]), axis[k], axis[k]);
    if (box[1][0] != 0 || box[2][0] != 0 || box[2][1] != 0) {
        fprintf(out, "%s", number_write(number, box[1][0]));
        fprintf(out, " %s", number_write(number, box[2][0]));
        fprintf(out, " %s xy xz yz\n", number_write(number, box[2][1]));
    }
}

/* Velocities: angstrom/fs here, angstrom/ps there. Positions are not wrapped: LAMMPS does that when it reads
 * them. */
kd_status lammps_print(FILE *out, const struct structure *s)
{
    int species[ELEMENT_LAST], n_species = structure_species(s, species), type[ELEMENT_LAST + 1] = {0};
    double box[3][3], rotation[3][3], v[3];
    bool rotated;
    for (int e = 0; e < n_species; e++)
        if (element_mass(species[e]) == 0)
            FAIL(KD_EINPUT,
                 "%s: %s has no standard mass, expected elements that LAMMPS can be told the mass of",
                 s->source ? s->source : "structure", element_symbol(species[e]));
    cell_restricted((const double(*)[3])s->cell, box, rotation, &rotated);
    print_header(out, s, (const double(*)[3])box, rotated, n_species);
    fputs("\nMasses\n\n", out);
    for (int e = 0; e < n_species; e++) {
        char mass[32];
        type[species[e]] = e + 1;
        fprintf(out, "%d %s # %s\n", e + 1, number_write(mass, element_mass(species[e])),
                element_symbol(species[e]));
    }
    fputs("\nAtoms # atomic\n\n", out);
    for (int i = 0; i < s->n_atom; i++) {
        rotate((const double(*)[3])rotation, 1, s->position[i], v);
        fprintf(out, "%d %d", i + 1, type[s->number[i]]);
        print_vector(out, v);
    }
    if (!s->velocity)
        return KD_OK;
    fputs("\nVelocities\n\n", out);
    for (int i = 0; i < s->n_atom; i++) {
        rotate((const double(*)[3])rotation, 1000, s->velocity[i], v);
        fprintf(out, "%d", i + 1);
        print_vector(out, v);
    }
    return KD_OK;
}
