// SPDX-License-Identifier: BSD-3-Clause
/* cif.c - crystallographic information files: cell, symmetry operations, fractional sites. */
#include "host/structure/cif.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/structure/cell.h"
#include "host/structure/element.h"
#include "host/structure/format.h"

enum { MAX_COLUMN = 256 };

/* What Kedge reads of a block. Names of old and new dictionaries; '.' counts as '_'. */
enum item {
    LENGTH_A,
    LENGTH_B,
    LENGTH_C,
    ALPHA,
    BETA,
    GAMMA,
    OPERATION,
    GROUP_NAME,
    GROUP_NUMBER,
    LABEL,
    TYPE,
    X,
    Y,
    Z,
    OCCUPANCY,
    OTHER
};

static const struct {
    const char *name;
    enum item item;
} known_item[] = {
    {"_cell_length_a", LENGTH_A},
    {"_cell_length_b", LENGTH_B},
    {"_cell_length_c", LENGTH_C},
    {"_cell_angle_alpha", ALPHA},
    {"_cell_angle_beta", BETA},
    {"_cell_angle_gamma", GAMMA},
    {"_symmetry_equiv_pos_as_xyz", OPERATION},
    {"_space_group_symop_operation_xyz", OPERATION},
    {"_symmetry_space_group_name_H-M", GROUP_NAME},
    {"_space_group_name_H-M_alt", GROUP_NAME},
    {"_space_group_name_H-M_full", GROUP_NAME},
    {"_space_group_name_H-M", GROUP_NAME},
    {"_symmetry_Int_Tables_number", GROUP_NUMBER},
    {"_space_group_IT_number", GROUP_NUMBER},
    {"_atom_site_label", LABEL},
    {"_atom_site_type_symbol", TYPE},
    {"_atom_site_fract_x", X},
    {"_atom_site_fract_y", Y},
    {"_atom_site_fract_z", Z},
    {"_atom_site_occupancy", OCCUPANCY},
};

struct site {
    int number;
    double frac[3];
};

/* One data block. */
struct block {
    struct text *text;
    double cell[6]; /* a b c alpha beta gamma */
    bool has_cell[6];
    int cell_line;
    bool has_group; /* a space group other than P 1 was named */
    char group[48];
    int n_operation, n_site, site_room;
    struct cif_operation operation[CIF_MAX_OPERATION];
    struct site *site; /* [n_site] */
};

static enum item item_of(const char *name)
{
    for (size_t i = 0; i < sizeof known_item / sizeof *known_item; i++) {
        const char *a = name, *b = known_item[i].name;
        while (*a && (tolower((unsigned char)*a) == tolower((unsigned char)*b) || (*a == '.' && *b == '_')))
            a++, b++;
        if (!*a && !*b)
            return known_item[i].item;
    }
    return OTHER;
}

static bool is_missing(const struct cif_token *value)
{
    return !value->quoted && (strcmp(value->text, "?") == 0 || strcmp(value->text, ".") == 0);
}

/* "0.1234(5)": the uncertainty is checked and dropped. */
static kd_status read_number(const struct block *b, const struct cif_token *value, const char *what,
                             double *number)
{
    char shown[48], digits[48];
    text_show(shown, value->text);
    char *open = strchr(value->text, '(');
    size_t n = open ? (size_t)(open - value->text) : strlen(value->text);
    size_t n_uncertain = open ? strspn(open + 1, "0123456789") : 0;
    bool right =
        n < sizeof digits && (!open || (n_uncertain > 0 && strcmp(open + 1 + n_uncertain, ")") == 0));
    if (right) {
        memcpy(digits, value->text, n);
        digits[n] = '\0';
        right = number_double(digits, number);
    }
    if (!right)
        return text_error(b->text, "%s \"%s\", expected a number such as 0.123 or 0.123(4)", what, shown);
    return KD_OK;
}

/* The element of "Si", "Si4+" and, for labels, "Si12A": the letters that come first. */
static kd_status read_element(const struct block *b, const char *word, bool is_label, int *number)
{
    char symbol[4] = "", shown[48];
    size_t n = 0;
    while (n < 3 && isalpha((unsigned char)word[n])) {
        symbol[n] = word[n];
        n++;
    }
    symbol[n < 3 ? n : 3] = '\0';
    *number = element_number(symbol);
    /* In a label, capitals are no guide: "HO1" may be a hydroxyl hydrogen. */
    if (!*number || (is_label && strcmp(symbol, element_symbol(*number)) != 0))
        return text_error(b->text, "no element in \"%s\", expected %s", text_show(shown, word),
                          is_label ? "_atom_site_type_symbol, or a label such as Si1"
                                   : "a symbol such as Si or Si4+");
    return KD_OK;
}

static void read_group(struct block *b, const struct cif_token *value)
{
    char squeezed[48];
    size_t n = 0;
    for (const char *c = value->text; *c && n + 1 < sizeof squeezed; c++)
        if (!isspace((unsigned char)*c))
            squeezed[n++] = *c;
    squeezed[n] = '\0';
    bool trivial =
        is_missing(value) || !*squeezed || strcasecmp(squeezed, "P1") == 0 || strcmp(squeezed, "1") == 0;
    if (!trivial && !b->has_group) {
        b->has_group = true;
        text_show(b->group, value->text);
    }
}

static kd_status read_operation(struct block *b, const struct cif_token *value)
{
    char shown[48];
    if (b->n_operation == CIF_MAX_OPERATION)
        return text_error(b->text,
                          "more than %d symmetry operations, expected those of one conventional cell",
                          CIF_MAX_OPERATION);
    if (!cif_operation_parse(value->text, &b->operation[b->n_operation]))
        return text_error(b->text, "symmetry operation \"%s\", expected one such as -y, x-y, z+2/3",
                          text_show(shown, value->text));
    b->n_operation++;
    return KD_OK;
}

static kd_status add_site(struct block *b, const struct site *site)
{
    if (b->n_site == b->site_room) {
        int larger = b->site_room ? 2 * b->site_room : 16;
        struct site *moved = realloc(b->site, (size_t)larger * sizeof *moved);
        if (!moved)
            FAIL(KD_ENOMEM, "%s: no memory for %d sites", b->text->name, larger);
        b->site = moved;
        b->site_room = larger;
    }
    b->site[b->n_site++] = *site;
    return KD_OK;
}

static kd_status read_site(struct block *b, const struct cif_token value[OTHER])
{
    struct site site;
    double occupancy = 1;
    char shown[48];
    bool typed = value[TYPE].text && !is_missing(&value[TYPE]);
    if (!typed && !value[LABEL].text)
        return text_error(b->text,
                          "a site without a name, expected _atom_site_type_symbol or _atom_site_label");
    TRY(read_element(b, value[typed ? TYPE : LABEL].text, !typed, &site.number));
    for (int k = 0; k < 3; k++) {
        if (!value[X + k].text)
            return text_error(b->text, "a site without coordinates, expected _atom_site_fract_x, _y and _z");
        TRY(read_number(b, &value[X + k], "fractional coordinate", &site.frac[k]));
    }
    if (value[OCCUPANCY].text && !is_missing(&value[OCCUPANCY]))
        TRY(read_number(b, &value[OCCUPANCY], "occupancy", &occupancy));
    if (fabs(occupancy - 1) > 1e-6)
        return text_error(
            b->text,
            "%s has partial occupancy %g, expected an ordered structure: choose one of the alternatives",
            text_show(shown, value[LABEL].text ? value[LABEL].text : value[TYPE].text), occupancy);
    return add_site(b, &site);
}

/* One value outside a loop. */
static kd_status read_single(struct block *b, enum item item, const struct cif_token *value)
{
    static const char *what[] = {"cell length a",    "cell length b",   "cell length c",
                                 "cell angle alpha", "cell angle beta", "cell angle gamma"};
    if (item <= GAMMA) {
        TRY(read_number(b, value, what[item], &b->cell[item]));
        b->has_cell[item] = true;
        b->cell_line = b->text->at;
    } else if (item == OPERATION) {
        return read_operation(b, value);
    } else if (item == GROUP_NAME || item == GROUP_NUMBER) {
        read_group(b, value);
    } else if (item >= X && item <= Z) {
        return text_error(b->text, "a site outside a loop, expected loop_ before the _atom_site names");
    }
    return KD_OK;
}

/* A complete row of a loop. */
static kd_status read_row(struct block *b, const enum item *item, const struct cif_token *value, int n)
{
    struct cif_token by_item[OTHER] = {{0}};
    bool is_site = false;
    for (int c = 0; c < n; c++) {
        if (item[c] == OPERATION)
            TRY(read_operation(b, &value[c]));
        else if (item[c] != OTHER)
            by_item[item[c]] = value[c];
        is_site = is_site || (item[c] >= X && item[c] <= Z);
    }
    return is_site ? read_site(b, by_item) : KD_OK;
}

/* From behind loop_ to the first token that is not part of it, which comes back in *token. */
static kd_status read_loop(struct block *b, struct cif_reader *r, struct cif_token *token)
{
    enum item item[MAX_COLUMN];
    struct cif_token value[MAX_COLUMN];
    int n_column = 0, filled = 0;
    for (;;) {
        TRY(cif_next(r, token));
        if (token->kind != CIF_NAME)
            break;
        if (n_column == MAX_COLUMN)
            return text_error(b->text, "more than %d names in a loop, expected fewer", MAX_COLUMN);
        item[n_column++] = item_of(token->text);
    }
    if (!n_column)
        return text_error(b->text, "loop_ without names, expected _names behind it");
    while (token->kind == CIF_VALUE) {
        value[filled++] = *token;
        if (filled == n_column) {
            TRY(read_row(b, item, value, n_column));
            filled = 0;
        }
        TRY(cif_next(r, token));
    }
    if (filled)
        return text_error(b->text, "a loop of %d names ends with %d values too many, expected whole rows",
                          n_column, filled);
    return KD_OK;
}

/* Read up to the end of the first block that has sites. */
static kd_status read_block(struct block *b, struct cif_reader *r)
{
    struct cif_token token, value;
    char shown[48];
    TRY(cif_next(r, &token));
    while (token.kind != CIF_END) {
        if (token.kind == CIF_BLOCK) {
            if (b->n_site)
                return KD_OK;
            *b = (struct block){.text = b->text};
        } else if (token.kind == CIF_LOOP) {
            TRY(read_loop(b, r, &token));
            continue;
        } else if (token.kind == CIF_NAME) {
            TRY(cif_next(r, &value));
            if (value.kind != CIF_VALUE)
                return text_error(b->text, "no value for %s, expected one", text_show(shown, token.text));
            TRY(read_single(b, item_of(token.text), &value));
        } else {
            return text_error(b->text, "\"%s\", expected a _name, loop_ or data_",
                              text_show(shown, token.text));
        }
        TRY(cif_next(r, &token));
    }
    if (!b->n_site)
        return text_error(b->text, "no sites, expected a loop with _atom_site_fract_x, _y and _z");
    return KD_OK;
}

static kd_status make_operations(struct block *b)
{
    static const struct cif_operation identity = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, {0, 0, 0}};
    bool found = false;
    if (!b->n_operation && b->has_group)
        return text_error(b->text,
                          "space group %s without operations, expected a loop of "
                          "_space_group_symop_operation_xyz (or all atoms in P 1)",
                          b->group);
    if (!b->n_operation)
        b->operation[b->n_operation++] = identity;
    for (int o = 0; o < b->n_operation; o++)
        found = found || cif_operation_is_identity(&b->operation[o]);
    if (!found)
        return text_error(b->text,
                          "symmetry operations without x, y, z, expected all operations of the group");
    return KD_OK;
}

/* Room for every image of every site, trimmed to what is there. */
static kd_status make_structure(struct block *b, struct structure *s)
{
    double cell[3][3], image[CIF_MAX_OPERATION][3];
    for (int i = 0; i < 6; i++)
        if (!b->has_cell[i])
            return text_error(
                b->text,
                "no complete cell, expected _cell_length_a, _b, _c and _cell_angle_alpha, _beta, _gamma");
    b->text->at = b->cell_line;
    if (!cell_from_parameters(b->cell, b->cell + 3, cell))
        return text_error(b->text, "cell %g %g %g %g %g %g, expected positive lengths and angles that close",
                          b->cell[0], b->cell[1], b->cell[2], b->cell[3], b->cell[4], b->cell[5]);
    int n_atom = 0;
    for (int i = 0; i < b->n_site && n_atom <= STRUCTURE_MAX_ATOM; i++)
        n_atom += cif_expand(b->operation, b->n_operation, (const double(*)[3])cell, b->site[i].frac, image);
    TRY(structure_create(n_atom, s));
    memcpy(s->cell, cell, sizeof cell);
    for (int i = 0, atom = 0; i < b->n_site; i++) {
        int n_image =
            cif_expand(b->operation, b->n_operation, (const double(*)[3])cell, b->site[i].frac, image);
        for (int m = 0; m < n_image; m++, atom++) {
            s->number[atom] = b->site[i].number;
            cell_cartesian((const double(*)[3])cell, b->n_operation == 1 ? b->site[i].frac : image[m],
                           s->position[atom]);
        }
    }
    return structure_accept(s, b->text, b->cell_line);
}

kd_status cif_parse(struct text *t, struct structure *out)
{
    memset(out, 0, sizeof *out);
    struct block *b = calloc(1, sizeof *b);
    if (!b)
        FAIL(KD_ENOMEM, "%s: no memory", t->name);
    b->text = t;
    struct cif_reader r = {.text = t};
    kd_status status = read_block(b, &r);
    if (status == KD_OK)
        status = make_operations(b);
    if (status == KD_OK)
        status = make_structure(b, out);
    if (status != KD_OK)
        structure_free(out);
    free(b->site);
    free(b);
    return status;
}
