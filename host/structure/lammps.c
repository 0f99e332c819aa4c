// SPDX-License-Identifier: BSD-3-Clause
/* lammps.c - LAMMPS data files, atom_style atomic and charge, units metal (docs.lammps.org/read_data.html).
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/structure/cell.h"
#include "host/structure/element.h"
#include "host/structure/format.h"

enum { MAX_TYPE = 1024, MAX_TOKEN = 16 };

/* One line of Atoms. */
struct lammps_atom {
    int id, type;
    double position[3];
    int image[3];
};

struct lammps {
    struct text *text;
    int n_atom, n_type;
    int box_line;
    bool has_bounds[3], has_vector[3], has_tilt;
    double low[3], high[3], tilt[3]; /* tilt: xy xz yz */
    double vector[3][3];             /* general triclinic: avec bvec cvec */
    int element[MAX_TYPE + 1];       /* of each type; 0: not named yet */
    struct lammps_atom *atom;        /* [n_atom] NULL before Atoms; sorted by id afterwards */
    double (*velocity)[3];           /* [n_atom] by id, angstrom/ps; NULL without Velocities */
};

/* Cut a comment off, in place; *comment is what stands behind the '#', or NULL. */
static void cut_comment(char *line, char **comment)
{
    char *hash = strchr(line, '#');
    *comment = hash ? text_trim(hash + 1) : NULL;
    if (hash)
        *hash = '\0';
}

/* The next line with something on it, in tokens; longer lines count as MAX_TOKEN of them, which is none that
 * we know. False at the end. */
static bool next_tokens(struct lammps *l, char **token, int *n, char **comment)
{
    for (char *line; (line = text_next(l->text));) {
        cut_comment(line, comment);
        *n = text_split(line, token, MAX_TOKEN);
        if (*n > MAX_TOKEN)
            *n = MAX_TOKEN;
        if (*n > 0)
            return true;
    }
    return false;
}

static kd_status numbers(const struct lammps *l, char *const *token, int n, double *value)
{
    char shown[48];
    for (int i = 0; i < n; i++)
        if (!number_double(token[i], &value[i]))
            return text_error(l->text, "\"%s\", expected a number", text_show(shown, token[i]));
    return KD_OK;
}

static bool words_are(char *const *token, int n, const char *words)
{
    char joined[64];
    size_t used = 0;
    for (int i = 0; i < n && used < sizeof joined; i++)
        used += (size_t)snprintf(joined + used, sizeof joined - used, "%s%s", i ? " " : "", token[i]);
    return used < sizeof joined && strcmp(joined, words) == 0;
}

static kd_status read_box_line(struct lammps *l, char *const *token, int n, bool *taken)
{
    static const char *bounds[] = {"xlo xhi", "ylo yhi", "zlo zhi"}, *vectors[] = {"avec", "bvec", "cvec"};
    *taken = true;
    for (int k = 0; k < 3; k++) {
        if (n == 4 && words_are(token + 2, 2, bounds[k])) {
            l->has_bounds[k] = true;
            l->box_line = l->text->at;
            TRY(numbers(l, token, 1, &l->low[k]));
            return numbers(l, token + 1, 1, &l->high[k]);
        }
        if (n == 4 && words_are(token + 3, 1, vectors[k])) {
            l->has_vector[k] = true;
            l->box_line = l->text->at;
            return numbers(l, token, 3, l->vector[k]);
        }
    }
    if (n == 6 && words_are(token + 3, 3, "xy xz yz")) {
        l->has_tilt = true;
        return numbers(l, token, 3, l->tilt);
    }
    *taken = n == 5 && words_are(token + 3, 2, "abc origin");
    return KD_OK;
}

static kd_status read_count(const struct lammps *l, const char *token, int most, const char *what, int *count)
{
    char shown[48];
    if (!number_int(token, count) || *count < 1 || *count > most)
        return text_error(l->text, "%s %s, expected 1 to %d", text_show(shown, token), what, most);
    return KD_OK;
}

/* A line before the first section. Counts of bonds and the like are legal: such sections are skipped. */
static kd_status read_header_line(struct lammps *l, char *const *token, int n)
{
    static const char *ignored[] = {"bonds",      "angles",      "dihedrals",      "impropers",
                                    "bond types", "angle types", "dihedral types", "improper types",
                                    "ellipsoids", "lines",       "triangles",      "bodies"};
    bool taken;
    char shown[48];
    TRY(read_box_line(l, token, n, &taken));
    if (taken)
        return KD_OK;
    if (n == 2 && words_are(token + 1, 1, "atoms"))
        return read_count(l, token[0], l->text->n_line - l->text->at, "atoms", &l->n_atom);
    if (n == 3 && words_are(token + 1, 2, "atom types"))
        return read_count(l, token[0], MAX_TYPE, "atom types", &l->n_type);
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        if (n >= 2 && n <= 3 && words_are(token + 1, n - 1, ignored[i]))
            return KD_OK;
    if (n == 5 && words_are(token + 1, 1, "extra") && words_are(token + 3, 2, "per atom"))
        return KD_OK;
    return text_error(l->text,
                      "\"%s\", expected a header line such as \"8 atoms\" or a section such as Atoms",
                      text_show(shown, token[0]));
}

static int by_id(const void *x, const void *y)
{
    const struct lammps_atom *a = x, *b = y;
    return (a->id > b->id) - (a->id < b->id);
}

static struct lammps_atom *find_atom(const struct lammps *l, int id)
{
    struct lammps_atom key = {.id = id};
    return bsearch(&key, l->atom, (size_t)l->n_atom, sizeof *l->atom, by_id);
}

/* id type [q] x y z [ix iy iz]. Without a style behind "Atoms #", six columns could be other styles as well:
 * then the charge must have a decimal point. */
static kd_status read_atom(struct lammps *l, char *const *token, int n, const char *style,
                           struct lammps_atom *atom)
{
    bool charge = n == 6 || n == 9;
    char shown[48];
    double ignored;
    if (n != 5 && n != 8 && !charge)
        return text_error(
            l->text,
            "%d columns, expected id type x y z (atomic) or id type q x y z (charge), image flags or not", n);
    if (style && charge != (strcmp(style, "charge") == 0))
        return text_error(l->text, "%d columns, expected %s", n,
                          charge ? "5 or 8 (atomic)" : "6 or 9 (charge)");
    if (!style && charge && !strchr(token[2], '.'))
        return text_error(
            l->text, "%d columns, expected \"Atoms # charge\" above them (or 5 columns: id type x y z)", n);
    if (!number_int(token[0], &atom->id) || atom->id < 1)
        return text_error(l->text, "atom id \"%s\", expected a positive whole number",
                          text_show(shown, token[0]));
    if (!number_int(token[1], &atom->type) || atom->type < 1 || atom->type > l->n_type)
        return text_error(l->text, "atom type \"%s\", expected 1 to %d", text_show(shown, token[1]),
                          l->n_type);
    if (charge)
        TRY(numbers(l, token + 2, 1, &ignored));
    TRY(numbers(l, token + 2 + charge, 3, atom->position));
    for (int k = 0; n >= 8 && k < 3; k++)
        if (!number_int(token[5 + charge + k], &atom->image[k]))
            return text_error(l->text, "image flag \"%s\", expected a whole number",
                              text_show(shown, token[5 + charge + k]));
    return KD_OK;
}

static kd_status read_atoms(struct lammps *l, const char *style)
{
    char *token[MAX_TOKEN], *comment;
    int n;
    if (!l->n_atom || !l->n_type)
        return text_error(l->text,
                          "Atoms before the numbers of atoms and atom types, expected them in the header");
    if (l->atom)
        return text_error(l->text, "second section Atoms, expected one");
    if (style && strcmp(style, "atomic") != 0 && strcmp(style, "charge") != 0) {
        char shown[48];
        return text_error(l->text, "atom style \"%s\", expected atomic or charge", text_show(shown, style));
    }
    l->atom = calloc((size_t)l->n_atom, sizeof *l->atom);
    if (!l->atom)
        FAIL(KD_ENOMEM, "%s: no memory for %d atoms", l->text->name, l->n_atom);
    for (int i = 0; i < l->n_atom; i++) {
        if (!next_tokens(l, token, &n, &comment))
            return text_error(l->text, "end of file after %d atoms, expected %d", i, l->n_atom);
        TRY(read_atom(l, token, n, style, &l->atom[i]));
    }
    qsort(l->atom, (size_t)l->n_atom, sizeof *l->atom, by_id);
    for (int i = 1; i < l->n_atom; i++)
        if (l->atom[i].id == l->atom[i - 1].id)
            return text_error(l->text, "two atoms have the id %d, expected different ids", l->atom[i].id);
    return KD_OK;
}

static kd_status read_velocities(struct lammps *l)
{
    char *token[MAX_TOKEN], *comment, shown[48];
    int n, id;
    if (!l->atom || l->velocity)
        return text_error(l->text, "Velocities %s, expected one section after Atoms",
                          l->velocity ? "twice" : "before Atoms");
    bool *seen = calloc((size_t)l->n_atom, sizeof *seen);
    l->velocity = calloc((size_t)l->n_atom, sizeof *l->velocity);
    kd_status status = KD_OK;
    if (!seen || !l->velocity)
        FAIL_OUT(KD_ENOMEM, "%s: no memory for %d atoms", l->text->name, l->n_atom);
    for (int i = 0; i < l->n_atom && status == KD_OK; i++) {
        struct lammps_atom *atom = NULL;
        if (!next_tokens(l, token, &n, &comment))
            status = text_error(l->text, "end of file after %d velocities, expected %d", i, l->n_atom);
        else if (n != 4 || !number_int(token[0], &id) || !(atom = find_atom(l, id)) || seen[atom - l->atom])
            status = text_error(l->text,
                                "velocity of atom \"%s\", expected id vx vy vz with each id of Atoms once",
                                text_show(shown, token[0]));
        else
            status = numbers(l, token + 1, 3, l->velocity[atom - l->atom]);
        if (status == KD_OK)
            seen[atom - l->atom] = true;
    }
out:
    free(seen);
    return status;
}

/* The element that a word names exactly; 0 for other words ("in amu" is not indium). */
static int symbol_of(const char *word)
{
    int z = word ? element_number(word) : 0;
    return z && strcmp(element_symbol(z), word) == 0 ? z : 0;
}

/* "1 28.0855  # Si": the comment names the element, else the mass does. */
static kd_status read_mass(struct lammps *l, char *const *token, int n, char *comment)
{
    int type;
    double mass;
    if (n != 2 || !number_int(token[0], &type) || type < 1 || type > l->n_type ||
        !number_double(token[1], &mass) || !(mass > 0))
        return text_error(l->text, "not a mass, expected a type from 1 to %d and a positive mass", l->n_type);
    int named = symbol_of(comment ? text_token(&comment) : NULL), weighed = element_from_mass(mass);
    if (named && weighed && named != weighed)
        return text_error(l->text, "type %d is called %s but has the mass of %s, expected one element", type,
                          element_symbol(named), element_symbol(weighed));
    if (!named && !weighed)
        return text_error(
            l->text,
            "mass %g of type %d, expected the mass of an element, or its symbol as a comment: %d %g # Si",
            mass, type, type, mass);
    l->element[type] = named ? named : weighed;
    return KD_OK;
}

/* "1 Si" */
static kd_status read_label(struct lammps *l, char *const *token, int n, char *comment)
{
    int type;
    char shown[48];
    (void)comment;
    if (n != 2 || !number_int(token[0], &type) || type < 1 || type > l->n_type)
        return text_error(l->text, "not a type label, expected a type from 1 to %d and an element",
                          l->n_type);
    l->element[type] = symbol_of(token[1]);
    if (!l->element[type])
        return text_error(l->text, "type label \"%s\", expected an element such as Si",
                          text_show(shown, token[1]));
    return KD_OK;
}

static kd_status read_types(struct lammps *l, kd_status (*read)(struct lammps *, char *const *, int, char *))
{
    char *token[MAX_TOKEN], *comment;
    int n;
    if (!l->n_type)
        return text_error(l->text, "types before their number, expected \"2 atom types\" in the header");
    for (int i = 0; i < l->n_type; i++) {
        if (!next_tokens(l, token, &n, &comment))
            return text_error(l->text, "end of file after %d types, expected %d", i, l->n_type);
        TRY(read(l, token, n, comment));
    }
    return KD_OK;
}

/* A section that starts with these tokens; *skipping when its lines do not concern us. */
static kd_status read_section(struct lammps *l, char *const *token, int n, char *comment, bool *skipping)
{
    static const char *other[] = {"Bonds",      "Angles", "Dihedrals", "Impropers",
                                  "Ellipsoids", "Lines",  "Triangles", "Bodies"};
    char shown[48];
    *skipping = false;
    if (words_are(token, n, "Atoms"))
        return read_atoms(l, comment ? text_token(&comment) : NULL);
    if (words_are(token, n, "Velocities"))
        return read_velocities(l);
    if (words_are(token, n, "Masses"))
        return read_types(l, read_mass);
    if (words_are(token, n, "Atom Type Labels"))
        return read_types(l, read_label);
    *skipping = strcmp(token[n - 1], "Coeffs") == 0;
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        *skipping = *skipping || words_are(token, n, other[i]);
    if (!*skipping)
        return text_error(l->text, "unknown section \"%s\", expected Masses, Atoms or Velocities",
                          text_show(shown, token[0]));
    return KD_OK;
}

static kd_status read_all(struct lammps *l)
{
    char *token[MAX_TOKEN], *comment;
    int n;
    bool in_header = true, skipping = false;
    text_next(l->text); /* LAMMPS, too, ignores the first line whatever it says */
    while (next_tokens(l, token, &n, &comment)) {
        bool letter = isalpha((unsigned char)token[0][0]);
        in_header = in_header && !letter;
        if (in_header)
            TRY(read_header_line(l, token, n));
        else if (letter)
            TRY(read_section(l, token, n, comment, &skipping));
        else if (!skipping)
            return text_error(l->text, "more lines than the section has entries, expected a section");
    }
    if (!l->atom)
        return text_error(l->text, "end of file, expected a section Atoms");
    return KD_OK;
}

static kd_status make_cell(const struct lammps *l, double cell[3][3])
{
    bool bounds = l->has_bounds[0] && l->has_bounds[1] && l->has_bounds[2];
    bool vectors = l->has_vector[0] && l->has_vector[1] && l->has_vector[2];
    if (bounds == vectors)
        return text_error(l->text, "%s, expected xlo xhi, ylo yhi and zlo zhi (or avec, bvec and cvec)",
                          bounds ? "two boxes" : "no complete box");
    memcpy(cell, l->vector, sizeof l->vector);
    for (int k = 0; bounds && k < 3; k++)
        cell[k][k] = l->high[k] - l->low[k];
    if (bounds) {
        cell[1][0] = l->tilt[0];
        cell[2][0] = l->tilt[1];
        cell[2][1] = l->tilt[2];
    }
    return KD_OK;
}

static kd_status make_structure(struct lammps *l, struct structure *s)
{
    enum { FS_PER_PS = 1000 };
    TRY(make_cell(l, s->cell));
    if (l->velocity)
        TRY(structure_add_velocity(s));
    for (int i = 0; i < l->n_atom; i++) {
        const struct lammps_atom *atom = &l->atom[i];
        s->number[i] = l->element[atom->type];
        if (!s->number[i])
            return text_error(l->text,
                              "no element for atom type %d, expected a section Masses with a line for it",
                              atom->type);
        for (int a = 0; a < 3; a++) {
            s->position[i][a] = atom->position[a];
            for (int k = 0; k < 3; k++)
                s->position[i][a] += atom->image[k] * s->cell[k][a];
            if (l->velocity)
                s->velocity[i][a] = l->velocity[i][a] / FS_PER_PS;
        }
    }
    return structure_accept(s, l->text, l->box_line);
}

kd_status lammps_parse(struct text *t, struct structure *out)
{
    struct lammps l = {.text = t};
    memset(out, 0, sizeof *out);
    kd_status status = read_all(&l);
    if (status == KD_OK)
        status = structure_create(l.n_atom, out);
    if (status == KD_OK)
        status = make_structure(&l, out);
    if (status != KD_OK)
        structure_free(out);
    free(l.atom);
    free(l.velocity);
    return status;
}
