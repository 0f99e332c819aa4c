// SPDX-License-Identifier: BSD-3-Clause
/* cif_symmetry.c - symmetry operations "x, y, z" and the images of a site. */
#include "host/structure/cif.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/structure/cell.h"

/* An unsigned number such as 2, 0.5, .3333 or 2/3 at *at; the locale is C. */
static bool take_number(const char **at, double *value)
{
    char digits[24];
    size_t n = strspn(*at, "0123456789.");
    if (n == 0 || n >= sizeof digits)
        return false;
    memcpy(digits, *at, n);
    digits[n] = '\0';
    *at += n;
    return number_double(digits, value);
}

static bool take_shift(const char **at, double *shift)
{
    double numerator, denominator;
    if (!take_number(at, &numerator))
        return false;
    *shift = numerator;
    if (**at == '/') {
        ++*at;
        if (!take_number(at, &denominator) || denominator <= 0)
            return false;
        *shift = numerator / denominator;
    } else {
        double rounded = round(24 * numerator) / 24;
        if (fabs(rounded - numerator) < 1e-3)
            *shift = rounded;
    }
    return *shift <= 10;
}

/* One of the three expressions, blanks gone: sum of +-x, +-y, +-z and shifts. */
static bool take_expression(const char *at, signed char row[3], double *shift)
{
    if (!*at)
        return false;
    while (*at) {
        int sign = *at == '-' ? -1 : 1;
        if (*at == '-' || *at == '+')
            at++;
        int letter = tolower((unsigned char)*at);
        double number;
        if (letter >= 'x' && letter <= 'z') {
            if (row[letter - 'x'])
                return false;
            row[letter - 'x'] = (signed char)sign;
            at++;
        } else if (take_shift(&at, &number)) {
            *shift += sign * number;
        } else {
            return false;
        }
        if (*at && *at != '+' && *at != '-')
            return false;
    }
    return true;
}

static int determinant(const signed char m[3][3])
{
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
           m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

bool cif_operation_parse(const char *text, struct cif_operation *op)
{
    char squeezed[96], *part[3] = {squeezed, NULL, NULL};
    size_t n = 0;
    int n_part = 1;
    memset(op, 0, sizeof *op);
    for (; *text; text++) {
        if (isspace((unsigned char)*text))
            continue;
        if (n + 1 >= sizeof squeezed || (*text == ',' && n_part == 3))
            return false;
        squeezed[n++] = *text == ',' ? '\0' : *text;
        if (*text == ',')
            part[n_part++] = squeezed + n;
    }
    squeezed[n] = '\0';
    for (int k = 0; k < 3; k++)
        if (!part[k] || !take_expression(part[k], op->rotation[k], &op->shift[k]))
            return false;
    return abs(determinant((const signed char(*)[3])op->rotation)) == 1;
}

bool cif_operation_is_identity(const struct cif_operation *op)
{
    for (int k = 0; k < 3; k++)
        for (int m = 0; m < 3; m++)
            if (op->rotation[k][m] != (k == m) || op->shift[k] != floor(op->shift[k]))
                return false;
    return true;
}

/* Are two images nearer than 0.05 angstrom? Coordinates in files have three or more digits, atoms are 0.7
 * angstrom apart. */
static bool same_place(const double cell[3][3], const double a[3], const double b[3])
{
    double difference[3], r[3];
    for (int k = 0; k < 3; k++)
        difference[k] = a[k] - b[k] - round(a[k] - b[k]);
    cell_cartesian(cell, difference, r);
    return r[0] * r[0] + r[1] * r[1] + r[2] * r[2] < 0.05 * 0.05;
}

int cif_expand(const struct cif_operation *op, int n_op, const double cell[3][3], const double frac[3],
               double (*image)[3])
{
    int n_image = 0;
    for (int o = 0; o < n_op; o++) {
        double *f = image[n_image];
        for (int k = 0; k < 3; k++) {
            f[k] = op[o].shift[k];
            for (int m = 0; m < 3; m++)
                f[k] += op[o].rotation[k][m] * frac[m];
            f[k] -= floor(f[k]);
        }
        bool known = false;
        for (int i = 0; i < n_image && !known; i++)
            known = same_place(cell, image[i], f);
        n_image += !known;
    }
    return n_image;
}
