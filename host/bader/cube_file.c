// SPDX-License-Identifier: BSD-3-Clause
/* cube_file.c - reading Gaussian cube files of any size at the speed of the disk. */
#include "host/bader/cube_file.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/base/text.h"
#include "host/base/units.h"
#include "host/structure/cell.h"
#include "host/structure/element.h"

struct source {
    const char *path;
    char *bytes, *at, *end;
    int line;
};

void cube_file_free(struct cube_file *c)
{
    free(c->value);
    structure_free(&c->structure);
    memset(c, 0, sizeof *c);
}

/* ---- bytes ---- */

static kd_status slurp(const char *path, struct source *s)
{
    struct stat info;
    *s = (struct source){.path = path, .line = 0};
    FILE *f = fopen(path, "rb");
    if (!f)
        FAIL(KD_EINPUT, "%s: cannot be read, expected a cube file", path);
    if (fstat(fileno(f), &info) != 0 || !S_ISREG(info.st_mode)) {
        fclose(f);
        FAIL(KD_EINPUT, "%s: is no file, expected a cube file", path);
    }
    size_t size = (size_t)info.st_size;
    s->bytes = malloc(size + 1);
    size_t got = s->bytes ? fread(s->bytes, 1, size, f) : 0;
    fclose(f);
    if (!s->bytes)
        FAIL(KD_ENOMEM, "%s: no host memory for %zu bytes", path, size);
    if (got != size)
        FAIL(KD_EIO, "%s: reading failed after %zu bytes of %zu", path, got, size);
    s->bytes[size] = '\0';
    s->at = s->bytes;
    s->end = s->bytes + size;
    return KD_OK;
}

static char *next_line(struct source *s)
{
    if (s->at >= s->end)
        return NULL;
    char *line = s->at, *stop = memchr(line, '\n', (size_t)(s->end - line));
    s->at = stop ? stop + 1 : s->end;
    if (stop)
        *stop = '\0';
    s->line++;
    return line;
}

/* n numbers of a line of the header; more may follow when `exact` is false. */
static kd_status header_numbers(struct source *s, const char *what, int n, bool exact, double *value)
{
    char *line = next_line(s), *token[8], shown[48];
    if (!line)
        FAIL(KD_EINPUT, "%s:%d: the file ends, expected %s", s->path, s->line + 1, what);
    int found = text_split(line, token, 8);
    if (found < n || (exact && found > n))
        FAIL(KD_EINPUT, "%s:%d: %d words, expected %s (%d numbers)", s->path, s->line, found, what, n);
    for (int i = 0; i < n; i++)
        if (!number_fortran(token[i], &value[i]))
            FAIL(KD_EINPUT, "%s:%d: \"%s\", expected a number (%s)", s->path, s->line, text_show(shown, token[i]), what);
    return KD_OK;
}

/* ---- one number, fast ---- */

static const double power[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* -1.23456E-05 with at most 15 digits and an exponent that 10^22 covers: exact in one operation (Clinger 1990). False: leave it to
 * number_fortran. */
static bool quick_number(const char *t, const char *end, double *value)
{
    bool negative = *t == '-';
    int64_t digits = 0;
    int n_digit = 0, exponent = 0;
    t += *t == '-' || *t == '+';
    const char *first = t;
    for (; t < end && *t >= '0' && *t <= '9' && n_digit < 17; t++, n_digit++)
        digits = 10 * digits + (*t - '0');
    if (t < end && *t == '.')
        for (t++; t < end && *t >= '0' && *t <= '9' && n_digit < 16; t++, n_digit++, exponent--)
            digits = 10 * digits + (*t - '0');
    if (t == first || n_digit == 0 || n_digit > 15)
        return false;
    if (t < end && (*t == 'E' || *t == 'e' || *t == 'D' || *t == 'd')) {
        bool down = ++t < end && *t == '-';
        int e = 0, n = 0;
        t += t < end && (*t == '-' || *t == '+');
        for (; t < end && *t >= '0' && *t <= '9' && n < 4; t++, n++)
            e = 10 * e + (*t - '0');
        if (n == 0 || n > 3)
            return false;
        exponent += down ? -e : e;
    }
    if (t != end || exponent < -22 || exponent > 22)
        return false;
    double x = exponent < 0 ? (double)digits / power[-exponent] : (double)digits * power[exponent];
    *value = negative ? -x : x;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static kd_status read_values(struct source *s, size_t n, double *value)
{
    char shown[48];
    char *at = s->at, *end = s->end;
    for (size_t i = 0;; i++) {
        for (; at < end && is_blank(*at); at++)
            s->line += *at == '\n';
        if (i == n && at < end)
            FAIL(KD_EINPUT, "%s:%d: more than the expected %zu values", s->path, s->line + 1, n);
        if (i == n)
            return KD_OK;
        if (at == end)
            FAIL(KD_EINPUT, "%s:%d: the file ends after %zu values, expected %zu", s->path, s->line + 1, i, n);
        char *token = at;
        while (at < end && !is_blank(*at))
            at++;
        if (quick_number(token, at, &value[i]))
            continue;
        char kept = *at;
        *at = '\0';
        if (!number_fortran(token, &value[i]))
            FAIL(KD_EINPUT, "%s:%d: \"%s\", expected a finite number", s->path, s->line + 1, text_show(shown, token));
        *at = kept;
    }
}

/* ---- header ---- */

static kd_status read_axes(struct source *s, const double count_origin[4], struct cube_file *c, bool *angstrom)
{
    double v[4];
    if (count_origin[0] < 0)
        FAIL(KD_EINPUT, "%s:3: %g atoms: a file of several fields, expected one density", s->path, count_origin[0]);
    if (count_origin[0] < 1 || count_origin[0] > 1e7 || count_origin[0] != floor(count_origin[0]))
        FAIL(KD_EINPUT, "%s:3: \"%g\", expected the number of atoms", s->path, count_origin[0]);

    double points = 1;
    for (int a = 0; a < 3; a++) {
        TRY(header_numbers(s, "points and step along an axis", 4, true, v));
        if (a == 0)
            *angstrom = v[0] < 0;
        double n = fabs(v[0]);
        if (n < 1 || n > 100000 || n != floor(n) || (v[0] < 0) != *angstrom)
            FAIL(KD_EINPUT, "%s:%d: %g points, expected 1 to 100000 (all negative: steps in angstrom)", s->path, s->line, v[0]);
        c->n[a] = (int)n;
        points *= n;
        for (int x = 0; x < 3; x++)
            c->cell[a][x] = n * (*angstrom ? bohr_from_angstrom(v[1 + x]) : v[1 + x]);
    }
    if (points > 2147483647.0)
        FAIL(KD_EINPUT, "%s: %g points, expected fewer than 2^31", s->path, points);
    return KD_OK;
}

static kd_status read_atoms(struct source *s, const double origin[3], bool angstrom, struct structure *out)
{
    double v[5];
    for (int i = 0; i < out->n_atom; i++) {
        TRY(header_numbers(s, "an atom: number, charge, x, y, z", 5, true, v));
        if (v[0] != floor(v[0]) || v[0] < 1 || v[0] > ELEMENT_LAST)
            FAIL(KD_EINPUT, "%s:%d: atomic number %g, expected 1 to %d", s->path, s->line, v[0], ELEMENT_LAST);
        out->number[i] = (int)v[0];
        for (int x = 0; x < 3; x++) {
            double r = v[2 + x] - origin[x];
            out->position[i][x] = angstrom ? r : angstrom_from_bohr(r);
        }
    }
    return KD_OK;
}

static kd_status read_cube(struct source *s, struct cube_file *c)
{
    double first[4];
    bool angstrom = false;
    if (!next_line(s) || !next_line(s))
        FAIL(KD_EINPUT, "%s:%d: the file ends, expected two lines of comment", s->path, s->line + 1);
    TRY(header_numbers(s, "number of atoms and origin", 4, false, first));
    TRY(read_axes(s, first, c, &angstrom));
    if ((double)(s->end - s->at) < 9 * first[0]) /* "1 0 0 0 0" and a line's end: no allocation that the file cannot fill */
        FAIL(KD_EINPUT, "%s:%d: %g atoms do not fit into the rest of the file", s->path, s->line + 1, first[0]);
    TRY(structure_create((int)first[0], &c->structure));
    TRY(read_atoms(s, first + 1, angstrom, &c->structure));
    for (int a = 0; a < 3; a++)
        for (int x = 0; x < 3; x++)
            c->structure.cell[a][x] = angstrom_from_bohr(c->cell[a][x]);
    c->structure.source = malloc(strlen(s->path) + 1);
    if (!c->structure.source)
        FAIL(KD_ENOMEM, "%s: no host memory", s->path);
    memcpy(c->structure.source, s->path, strlen(s->path) + 1);
    TRY(structure_check(&c->structure));
    size_t n = (size_t)c->n[0] * (size_t)c->n[1] * (size_t)c->n[2];
    if ((size_t)(s->end - s->at) / 2 + 1 < n) /* a digit and a blank each: no allocation that the file cannot fill */
        FAIL(KD_EINPUT, "%s:%d: %d x %d x %d values do not fit into the rest of the file", s->path, s->line + 1, c->n[0], c->n[1], c->n[2]);
    c->value = malloc(n * sizeof *c->value);
    if (!c->value)
        FAIL(KD_ENOMEM, "%s: no host memory for %zu values", s->path, n);
    return read_values(s, n, c->value);
}

/* Takes s->bytes over. */
static kd_status parse(struct source *s, struct cube_file *out)
{
    kd_status status = read_cube(s, out);
    free(s->bytes);
    if (status != KD_OK)
        cube_file_free(out);
    return status;
}

kd_status cube_file_parse(const char *name, const char *bytes, size_t length, struct cube_file *out)
{
    struct source s = {.path = name, .bytes = malloc(length + 1)};
    memset(out, 0, sizeof *out);
    if (!s.bytes)
        FAIL(KD_ENOMEM, "%s: no host memory for %zu bytes", name, length);
    memcpy(s.bytes, bytes, length);
    s.bytes[length] = '\0';
    s.at = s.bytes;
    s.end = s.bytes + length;
    return parse(&s, out);
}

kd_status cube_file_read(const char *path, struct cube_file *out)
{
    struct source s;
    memset(out, 0, sizeof *out);
    kd_status status = slurp(path, &s);
    if (status == KD_OK)
        return parse(&s, out);
    free(s.bytes);
    return status;
}
