// SPDX-License-Identifier: BSD-3-Clause
/* formula.c - chemical formulas, and the nine cells of the study. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/text.h"
#include "host/structure/element.h"
#include "host/structure/generate.h"

static kd_status add_element(const char *text, int number, long count, struct formula *out)
{
    char shown[48];
    int e = 0;
    while (e < out->n_element && out->number[e] != number)
        e++;
    if (e == FORMULA_MAX)
        FAIL(KD_EINPUT, "--formula: \"%s\" has more than %d elements, expected at most that many", text_show(shown, text), FORMULA_MAX);
    if (e == out->n_element) {
        out->number[out->n_element++] = number;
        out->count[e] = 0;
    }
    if (count < 1 || count > STRUCTURE_MAX_ATOM - formula_atoms(out))
        FAIL(KD_EINPUT, "--formula: \"%s\", expected counts from 1 and at most %d atoms", text_show(shown, text), STRUCTURE_MAX_ATOM);
    out->count[e] += (int)count;
    return KD_OK;
}

kd_status formula_parse(const char *text, struct formula *out)
{
    char shown[48];
    memset(out, 0, sizeof *out);
    for (const char *at = text; *at;) {
        if (isspace((unsigned char)*at)) {
            at++;
            continue;
        }
        char symbol[3] = {0};
        if (!isupper((unsigned char)*at))
            FAIL(KD_EINPUT, "--formula: \"%s\", expected elements and counts such as Si100O100", text_show(shown, text));
        symbol[0] = *at++;
        if (islower((unsigned char)*at))
            symbol[1] = *at++;
        int number = element_number(symbol);
        if (!number)
            FAIL(KD_EINPUT, "--formula: \"%s\" is no element, expected symbols such as Si", symbol);
        long count = 1;
        if (isdigit((unsigned char)*at)) {
            char *end;
            count = strtol(at, &end, 10);
            at = end;
        }
        TRY(add_element(text, number, count, out));
    }
    if (out->n_element == 0)
        FAIL(KD_EINPUT, "--formula: empty, expected elements and counts such as Si100O100");
    return KD_OK;
}

int formula_atoms(const struct formula *f)
{
    int n = 0;
    for (int e = 0; e < f->n_element; e++)
        n += f->count[e];
    return n;
}

int formula_count(const struct formula *f, int number)
{
    for (int e = 0; e < f->n_element; e++)
        if (f->number[e] == number)
            return f->count[e];
    return 0;
}

static const int paper_cells[PAPER_CELLS][2] = {{160, 0},   {180, 45}, {150, 75}, {120, 90}, {100, 100},
                                                {100, 125}, {96, 144}, {80, 140}, {72, 144}};

void formula_paper_index(int index, struct formula *out)
{
    const int *cell = paper_cells[index];
    *out = (struct formula){.n_element = cell[1] ? 2 : 1, .number = {14, 8}, .count = {cell[0], cell[1]}};
}

kd_status formula_paper(double x, struct formula *out)
{
    int index = (int)lround(4 * x);
    if (index < 0 || index >= PAPER_CELLS || fabs(4 * x - index) > 1e-6)
        FAIL(KD_EINPUT, "--paper: %g, expected 0, 0.25, 0.5 .. 2, or all", x);
    formula_paper_index(index, out);
    return KD_OK;
}
