// SPDX-License-Identifier: BSD-3-Clause
/* poscar.c - VASP 5 POSCAR and CONTCAR (vasp.at/wiki/POSCAR). */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/structure/cell.h"
#include "host/structure/element.h"
#include "host/structure/format.h"

/* One line per block of atoms; real files have as many as there are elements. */
enum { MAX_BLOCK = 256 };

struct poscar {
    struct text *text;
    double cell[3][3], scale[3];
    int n_block, number[MAX_BLOCK], count[MAX_BLOCK];
    bool selective, direct;
};

static kd_status next_line(struct text *t, const char *expected, char **line)
{
    *line = text_next(t);
    if (!*line)
        return text_error(t, "end of file, expected %s", expected);
    return KD_OK;
}

/* n numbers at the beginning of the line; what follows is left alone. */
static kd_status read_numbers(const struct text *t, char *line, int n, const char *expected, double *number)
{
    char shown[48];
    for (int i = 0; i < n; i++) {
        char *token = text_token(&line);
        if (!token || !number_fortran(token, &number[i]))
            return text_error(t, "\"%s\", expected %s", text_show(shown, token ? token : ""), expected);
    }
    return KD_OK;
}

/* One factor; negative: the volume of the cell; three: one per Cartesian axis. */
static kd_status read_scale(struct poscar *p)
{
    char *line, *token[4];
    TRY(next_line(p->text, "a scale factor", &line));
    int n = text_split(line, token, 4);
    if (n != 1 && n != 3)
        return text_error(p->text, "%d numbers, expected one scale factor (or three)", n);
    for (int a = 0; a < 3; a++)
        TRY(read_numbers(p->text, token[n == 3 ? a : 0], 1, "a scale factor", &p->scale[a]));
    bool positive = p->scale[0] > 0 && p->scale[1] > 0 && p->scale[2] > 0;
    if (!positive && !(n == 1 && p->scale[0] < 0))
        return text_error(p->text, "scale factor %g, expected a positive number, or minus the volume",
                          p->scale[0]);
    return KD_OK;
}

static kd_status read_cell(struct poscar *p)
{
    char *line;
    TRY(read_scale(p));
    for (int k = 0; k < 3; k++) {
        TRY(next_line(p->text, "a lattice vector", &line));
        TRY(read_numbers(p->text, line, 3, "a lattice vector, three numbers", p->cell[k]));
    }
    double volume = fabs(cell_volume((const double(*)[3])p->cell));
    if (p->scale[0] < 0 && volume > 0)
        p->scale[0] = p->scale[1] = p->scale[2] = cbrt(-p->scale[0] / volume);
    for (int k = 0; k < 3; k++)
        for (int a = 0; a < 3; a++)
            p->cell[k][a] *= p->scale[a];
    return KD_OK;
}

/* "Si", and VASP's "Si_pv", "Si/0a1b2c". */
static kd_status read_symbols(struct poscar *p)
{
    char *line, *token, shown[48];
    TRY(next_line(p->text, "a line of element symbols", &line));
    while ((token = text_token(&line))) {
        if (isdigit((unsigned char)*token))
            return text_error(p->text,
                              "\"%s\", expected a line of element symbols such as \"Si O\" above the counts "
                              "(VASP 4 files have none)",
                              text_show(shown, token));
        if (p->n_block == MAX_BLOCK)
            return text_error(p->text, "more than %d symbols, expected one per block of atoms", MAX_BLOCK);
        char *tail = strpbrk(token, "_/");
        if (tail)
            *tail = '\0';
        p->number[p->n_block] = element_number(token);
        if (!p->number[p->n_block++])
            return text_error(p->text, "unknown element \"%s\", expected a symbol such as Si",
                              text_show(shown, token));
    }
    if (!p->n_block)
        return text_error(p->text, "blank line, expected element symbols such as \"Si O\"");
    return KD_OK;
}

static kd_status read_counts(struct poscar *p, int *n_atom)
{
    char *line, *token, shown[48];
    TRY(next_line(p->text, "the number of atoms of each element", &line));
    *n_atom = 0;
    for (int b = 0; b < p->n_block; b++) {
        token = text_token(&line);
        if (!token || !number_int(token, &p->count[b]) || p->count[b] < 0 ||
            p->count[b] > STRUCTURE_MAX_ATOM - *n_atom)
            return text_error(p->text, "\"%s\", expected a number of atoms for each of the %d symbols",
                              text_show(shown, token ? token : ""), p->n_block);
        *n_atom += p->count[b];
    }
    if (text_token(&line))
        return text_error(p->text, "more counts than symbols, expected %d", p->n_block);
    if (*n_atom < 1 || *n_atom > p->text->n_line - p->text->at)
        return text_error(p->text, "%d atoms, but %d lines follow, expected a line per atom", *n_atom,
                          p->text->n_line - p->text->at);
    return KD_OK;
}

static kd_status read_mode(struct poscar *p)
{
    char *line, shown[48];
    TRY(next_line(p->text, "Direct or Cartesian", &line));
    p->selective = tolower((unsigned char)*text_trim(line)) == 's';
    if (p->selective)
        TRY(next_line(p->text, "Direct or Cartesian", &line));
    int letter = tolower((unsigned char)*(line = text_trim(line)));
    if (!letter || !strchr("dck", letter))
        return text_error(p->text, "\"%s\", expected Direct or Cartesian", text_show(shown, line));
    p->direct = letter == 'd';
    return KD_OK;
}

static kd_status read_positions(struct poscar *p, struct structure *s)
{
    char *line;
    double r[3];
    for (int b = 0, i = 0; b < p->n_block; b++)
        for (int in_block = 0; in_block < p->count[b]; in_block++, i++) {
            TRY(next_line(p->text, "an atom", &line));
            TRY(read_numbers(p->text, line, 3, "a position, three numbers", r));
            s->number[i] = p->number[b];
            if (p->direct)
                cell_cartesian((const double(*)[3])p->cell, r, s->position[i]);
            for (int a = 0; !p->direct && a < 3; a++)
                s->position[i][a] = r[a] * p->scale[a];
        }
    return KD_OK;
}

/* Velocities in angstrom/fs. Only zeros (VASP writes them after every relaxation) means that there are none.
 */
static kd_status read_velocities(struct poscar *p, struct structure *s)
{
    enum { LATTICE_LINES = 7 }; /* "Lattice velocities and vectors": a flag and six vectors (VASP 6) */
    char *line = text_next(p->text), shown[48];
    bool moving = false;
    if (line && tolower((unsigned char)*text_trim(line)) == 'l') {
        for (int skipped = 0; skipped <= LATTICE_LINES && line; skipped++)
            line = text_next(p->text);
    }
    if (!line)
        return KD_OK;
    int letter = tolower((unsigned char)*(line = text_trim(line)));
    if (letter && !strchr("ck", letter))
        return text_error(p->text,
                          "\"%s\", expected a blank line or \"Cartesian\" before velocities in angstrom/fs",
                          text_show(shown, line));
    if (!text_next(p->text))
        return KD_OK;
    text_back(p->text);
    TRY(structure_add_velocity(s));
    for (int i = 0; i < s->n_atom; i++) {
        line = text_next(p->text);
        if (i == 0 && line && text_blank(line, '\0'))
            break;
        if (!line)
            return text_error(p->text, "%d velocities, expected %d", i, s->n_atom);
        TRY(read_numbers(p->text, line, 3, "a velocity, three numbers", s->velocity[i]));
        moving = moving || s->velocity[i][0] != 0 || s->velocity[i][1] != 0 || s->velocity[i][2] != 0;
    }
    if (!moving) {
        free(s->velocity);
        s->velocity = NULL;
    }
    return KD_OK;
}

static kd_status read_atoms(struct poscar *p, struct structure *s)
{
    memcpy(s->cell, p->cell, sizeof s->cell);
    TRY(read_mode(p));
    TRY(read_positions(p, s));
    TRY(read_velocities(p, s));
    return structure_accept(s, p->text, 3);
}

kd_status poscar_parse(struct text *t, struct structure *out)
{
    struct poscar p = {.text = t};
    int n_atom;
    char *title;
    memset(out, 0, sizeof *out);
    TRY(next_line(t, "a comment line", &title));
    TRY(read_cell(&p));
    TRY(read_symbols(&p));
    TRY(read_counts(&p, &n_atom));
    TRY(structure_create(n_atom, out));
    kd_status status = read_atoms(&p, out);
    if (status != KD_OK)
        structure_free(out);
    return status;
}

static void print_vector(FILE *out, const double v[3])
{
    char x[32], y[32], z[32];
    fprintf(out, "  %s  %s  %s\n", number_write(x, v[0]), number_write(y, v[1]), number_write(z, v[2]));
}

/* The vectors of all atoms, element by element as the counts say. */
static void print_by_species(FILE *out, const struct structure *s, const double (*vector)[3], int n_species,
                             const int *species)
{
    for (int e = 0; e < n_species; e++)
        for (int i = 0; i < s->n_atom; i++)
            if (s->number[i] == species[e])
                print_vector(out, vector[i]);
}

kd_status poscar_print(FILE *out, const struct structure *s)
{
    int species[ELEMENT_LAST], n_species = structure_species(s, species), count[ELEMENT_LAST + 1] = {0};
    char formula[256];
    structure_formula(s, formula, sizeof formula);
    fprintf(out, "%s\n1.0\n", formula);
    for (int k = 0; k < 3; k++)
        print_vector(out, s->cell[k]);
    for (int i = 0; i < s->n_atom; i++)
        count[s->number[i]]++;
    for (int e = 0; e < n_species; e++)
        fprintf(out, "%s%s", e ? " " : "", element_symbol(species[e]));
    fputc('\n', out);
    for (int e = 0; e < n_species; e++)
        fprintf(out, "%s%d", e ? " " : "", count[species[e]]);
    fputs("\nCartesian\n", out);
    print_by_species(out, s, (const double(*)[3])s->position, n_species, species);
    if (s->velocity) {
        fputc('\n', out);
        print_by_species(out, s, (const double(*)[3])s->velocity, n_species, species);
    }
    return KD_OK;
}
