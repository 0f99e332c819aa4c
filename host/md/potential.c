// SPDX-License-Identifier: BSD-3-Clause
/* potential.c - reading and checking Tersoff files. */
#include "host/md/potential.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/text.h"
#include "host/structure/element.h"

enum { N_NAME = 3, N_VALUE = 14 };

static const char *const value_name[N_VALUE] = {"m", "gamma", "lambda3", "c", "d", "costheta0", "n",
                                                "beta", "lambda2", "B", "R", "D", "lambda1", "A"};

/* One entry as it is read: the words may be spread over lines. */
struct reading {
    struct text text;
    char *at; /* rest of the current line, NULL before the first */
};

struct triple {
    int species[N_NAME]; /* -1: an element that nobody asked for */
    char name[N_NAME][16];
    struct tersoff_params p;
};

/* ---- words ---- */

/* The next word that is no comment, or NULL at the end. */
static char *next_word(struct reading *r)
{
    for (;;) {
        char *word = r->at ? text_token(&r->at) : NULL;
        if (word)
            return word;
        r->at = text_next(&r->text);
        if (!r->at)
            return NULL;
        r->at[strcspn(r->at, "#")] = '\0';
    }
}

/* "# DATE: 2007-01-01 UNITS: metal ..." on the first line: LAMMPS refuses other units than its own, and so do we. */
static kd_status check_units(struct reading *r)
{
    char *line = text_next(&r->text), shown[48];
    if (!line)
        return KD_OK;
    char *units = line[0] == '#' ? strstr(line, "UNITS:") : NULL;
    if (units) {
        char *rest = units + strlen("UNITS:"), *word = text_token(&rest);
        if (!word || strcmp(word, "metal") != 0)
            return text_error(&r->text, "UNITS: %s, expected metal (eV, angstrom)", word ? text_show(shown, word) : "nothing");
    }
    text_back(&r->text);
    return KD_OK;
}

/* ---- one entry ---- */

static kd_status check_value(const struct reading *r, const struct triple *t, int which, double value)
{
    static const bool negative_allowed[N_VALUE] = {[2] = true, [5] = true}; /* lambda3, costheta0 */
    const char *rule = NULL;
    if (!negative_allowed[which] && value < 0)
        rule = "a number that is not negative";
    else if (fabs(value) > 1e12)
        rule = "less than 1e12";
    else if (which == 0 && value != 1 && value != 3)
        rule = "1 or 3";
    else if (which == 4 && value == 0)
        rule = "more than 0: g(theta) divides by it";
    else if ((which == 10 || which == 11) && value > 20)
        rule = "at most 20 angstrom";
    if (rule)
        return text_error(&r->text, "%s of %s %s %s is %g, expected %s", value_name[which], t->name[0], t->name[1], t->name[2],
                          value, rule);
    return KD_OK;
}

static int species_of_name(const struct potential *p, const char *name)
{
    for (int s = 0; s < p->n_species; s++)
        if (strcmp(name, element_symbol(p->number[s])) == 0)
            return s;
    return -1;
}

/* Words 2 .. 17 of an entry whose first word is `word`. */
static kd_status read_entry(struct reading *r, const struct potential *p, char *word, struct triple *t)
{
    char shown[48];
    for (int k = 0; k < N_NAME; k++) {
        double number;
        if (number_double(word, &number))
            return text_error(&r->text, "%s, expected the name of an element: three of them begin an entry", text_show(shown, word));
        snprintf(t->name[k], sizeof t->name[k], "%.15s", text_show(shown, word));
        t->species[k] = species_of_name(p, word);
        if (!(word = next_word(r)))
            return text_error(&r->text, "the file ends within an entry, expected 3 elements and 14 numbers");
    }
    double value[N_VALUE];
    for (int v = 0; v < N_VALUE; v++) {
        if (!number_double(word, &value[v]))
            return text_error(&r->text, "%s of %s %s %s is \"%s\", expected a number", value_name[v], t->name[0], t->name[1],
                              t->name[2], text_show(shown, word));
        if (v + 1 < N_VALUE && !(word = next_word(r)))
            return text_error(&r->text, "the file ends within %s %s %s after %s, expected 14 numbers", t->name[0], t->name[1],
                              t->name[2], value_name[v]);
    }
    t->p = (struct tersoff_params){.m = value[0], .gamma = value[1], .lambda3 = value[2], .c = value[3], .d = value[4],
                                   .costheta0 = value[5], .n = value[6], .beta = value[7], .lambda2 = value[8], .B = value[9],
                                   .R = value[10], .D = value[11], .lambda1 = value[12], .A = value[13]};
    return KD_OK;
}

static kd_status check_entry(const struct reading *r, const struct triple *t)
{
    const struct tersoff_params *p = &t->p;
    const double value[N_VALUE] = {p->m,    p->gamma,   p->lambda3, p->c, p->d, p->costheta0, p->n,
                                   p->beta, p->lambda2, p->B,       p->R, p->D, p->lambda1,   p->A};
    for (int v = 0; v < N_VALUE; v++)
        TRY(check_value(r, t, v, value[v]));
    const char *what = NULL;
    if (p->D > p->R)
        what = "D is larger than R, expected R - D >= 0";
    else if (p->R + p->D <= 0)
        what = "R + D is 0, expected a range";
    else if (fmax(p->lambda1, p->lambda2) * (p->R + p->D) > 80)
        what = "lambda (R + D) is above 80, expected less: the exponentials leave the range of FP32";
    else if (strcmp(t->name[1], t->name[2]) == 0 && p->n == 0)
        what = "n is 0, expected more than 0: the bond order divides by it";
    if (what)
        return text_error(&r->text, "%s %s %s: %s", t->name[0], t->name[1], t->name[2], what);
    return KD_OK;
}

/* ---- the file ---- */

static struct tersoff_params *entry_of(const struct potential *p, const int s[N_NAME])
{
    return &p->entry[((size_t)s[0] * (size_t)p->n_species + (size_t)s[1]) * (size_t)p->n_species + (size_t)s[2]];
}

/* m = 0 marks an entry that has not come yet. */
static kd_status read_entries(struct reading *r, struct potential *p)
{
    for (char *word; (word = next_word(r));) {
        struct triple t;
        TRY(read_entry(r, p, word, &t));
        if (t.species[0] < 0 || t.species[1] < 0 || t.species[2] < 0)
            continue;
        TRY(check_entry(r, &t));
        struct tersoff_params *entry = entry_of(p, t.species);
        if (entry->m != 0)
            return text_error(&r->text, "a second entry for %s %s %s, expected one", t.name[0], t.name[1], t.name[2]);
        *entry = t.p;
    }
    return KD_OK;
}

static kd_status check_complete(const struct potential *p)
{
    for (int i = 0; i < p->n_species; i++)
        if (entry_of(p, (int[]){i, i, i})->m == 0)
            FAIL(KD_EINPUT, "%s: no entry for %s %s %s, expected one: it has no parameters for this element", p->source,
                 element_symbol(p->number[i]), element_symbol(p->number[i]), element_symbol(p->number[i]));
    for (int i = 0; i < p->n_species; i++)
        for (int j = 0; j < p->n_species; j++)
            for (int k = 0; k < p->n_species; k++)
                if (entry_of(p, (int[]){i, j, k})->m == 0)
                    FAIL(KD_EINPUT, "%s: no entry for %s %s %s, expected one", p->source, element_symbol(p->number[i]),
                         element_symbol(p->number[j]), element_symbol(p->number[k]));
    return KD_OK;
}

/* A pair matters as a bond (i, j, j), and as the third atom's leg of any bond of i, (i, k, j); and the same from j. */
static void find_cutoffs(struct potential *p)
{
    int n = p->n_species;
    p->range = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double cutoff = 0;
            for (int k = 0; k < n; k++) {
                const struct tersoff_params *ikj = entry_of(p, (int[]){i, k, j}), *jki = entry_of(p, (int[]){j, k, i});
                cutoff = fmax(cutoff, fmax(ikj->R + ikj->D, jki->R + jki->D));
            }
            p->cutoff[i * n + j] = cutoff;
            p->range = fmax(p->range, cutoff);
        }
}

static kd_status begin(const char *name, int n, const int *number, struct potential *p)
{
    for (int e = 0; e < n; e++) {
        int s = 0;
        while (s < p->n_species && p->number[s] < number[e])
            s++;
        if (s < p->n_species && p->number[s] == number[e])
            continue;
        if (!element_symbol(number[e]))
            FAIL(KD_EINPUT, "%s: atomic number %d, expected an element", name, number[e]);
        if (p->n_species == POTENTIAL_MAX_SPECIES)
            FAIL(KD_EINPUT, "%s: more than %d elements, expected at most that many", name, POTENTIAL_MAX_SPECIES);
        for (int m = p->n_species++; m > s; m--)
            p->number[m] = p->number[m - 1];
        p->number[s] = number[e];
    }
    if (p->n_species == 0)
        FAIL(KD_EINPUT, "%s: no element was asked for, expected at least one", name);
    size_t n_species = (size_t)p->n_species;
    p->entry = calloc(n_species * n_species * n_species, sizeof *p->entry);
    p->cutoff = calloc(n_species * n_species, sizeof *p->cutoff);
    p->source = strdup(name);
    if (!p->entry || !p->cutoff || !p->source)
        FAIL(KD_ENOMEM, "%s: no host memory", name);
    return KD_OK;
}

/* Takes the text over. */
static kd_status read_text(struct text *text, int n, const int *number, struct potential *out)
{
    struct reading r = {.text = *text};
    struct potential p = {0};
    kd_status status = KD_OK;
    TRY_OUT(begin(r.text.name, n, number, &p));
    TRY_OUT(check_units(&r));
    TRY_OUT(read_entries(&r, &p));
    TRY_OUT(check_complete(&p));
    find_cutoffs(&p);
    *out = p;
    memset(&p, 0, sizeof p);
out:
    potential_free(&p);
    text_free(&r.text);
    return status;
}

kd_status potential_read(const char *path, int n, const int *number, struct potential *out)
{
    struct text text;
    memset(out, 0, sizeof *out);
    TRY(text_read(path, 10000000, &text));
    return read_text(&text, n, number, out);
}

kd_status potential_from(const char *name, const char *bytes, size_t length, int n, const int *number,
                         struct potential *out)
{
    struct text text;
    memset(out, 0, sizeof *out);
    TRY(text_from(name, bytes, length, &text));
    return read_text(&text, n, number, out);
}

void potential_free(struct potential *p)
{
    free(p->entry);
    free(p->cutoff);
    free(p->source);
    memset(p, 0, sizeof *p);
}

int potential_species(const struct potential *p, int number)
{
    for (int s = 0; s < p->n_species; s++)
        if (p->number[s] == number)
            return s;
    return -1;
}

kd_status potential_upload(kd_device *dev, const struct potential *p, struct tersoff_table *table)
{
    size_t n = (size_t)p->n_species;
    *table = (struct tersoff_table){.n_species = p->n_species, .entry = p->entry};
    kd_status status;
    TRY_OUT(kd_alloc_copy(dev, dev->stream, p->entry, n * n * n * sizeof *p->entry, &table->entry_d));
    TRY_OUT(kd_alloc_copy(dev, dev->stream, p->cutoff, n * n * sizeof *p->cutoff, &table->cutoff_d));
    return KD_OK;
out:
    potential_release(dev, table);
    return status;
}

void potential_release(kd_device *dev, struct tersoff_table *table)
{
    kd_free(dev, (void *)table->entry_d);
    kd_free(dev, (void *)table->cutoff_d);
    memset(table, 0, sizeof *table);
}
