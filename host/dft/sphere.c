// SPDX-License-Identifier: BSD-3-Clause
/* sphere.c - which plane waves there are. */
#include "host/dft/sphere.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Largest |miller| along each axis that |k+G| <= radius allows: |G . a_i| <= radius |a_i| (+ the shift of k). */
static void box(const struct crystal *c, double radius, int most[3])
{
    for (int a = 0; a < 3; a++) {
        const double *v = c->cell[a];
        most[a] = (int)(radius * sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) / (2 * M_PI)) + 2;
    }
}

static double wave(const struct crystal *c, const double frac[3], const int m[3], double g[3])
{
    double square = 0;
    for (int b = 0; b < 3; b++) {
        g[b] = 0;
        for (int a = 0; a < 3; a++)
            g[b] += (frac[a] + m[a]) * c->reciprocal[a][b];
        square += g[b] * g[b];
    }
    return square;
}

static int good_length(int n)
{
    static const int prime[3] = {2, 3, 5};
    for (;; n++) {
        int rest = n;
        for (int i = 0; i < 3; i++)
            while (rest % prime[i] == 0)
                rest /= prime[i];
        if (rest == 1)
            return n;
    }
}

void grid_size(const struct crystal *c, double ecut, int n[3])
{
    static const double gamma[3];
    int most[3], largest[3] = {0, 0, 0};
    double limit = 8 * ecut, g[3];
    box(c, sqrt(limit), most);
    for (int x = -most[0]; x <= most[0]; x++)
        for (int y = -most[1]; y <= most[1]; y++)
            for (int z = -most[2]; z <= most[2]; z++) {
                int m[3] = {x, y, z};
                if (wave(c, gamma, m, g) > limit)
                    continue;
                for (int a = 0; a < 3; a++)
                    largest[a] = abs(m[a]) > largest[a] ? abs(m[a]) : largest[a];
            }
    for (int a = 0; a < 3; a++)
        n[a] = good_length(2 * largest[a] + 1);
}

/* Which of G and -G-2k is kept: bit-for-bit a rule on integers. column_first: x, y decide before z (orbitals). */
static bool kept(const int m[3], const int twice_k[3], bool column_first)
{
    int order[2][3] = {{2, 1, 0}, {0, 1, 2}};
    for (int i = 0; i < 3; i++) {
        int a = order[column_first][i], twice = 2 * m[a] + twice_k[a];
        if (twice != 0)
            return twice > 0;
    }
    return true;
}

struct search { /* what is looked for, and a growing list of what was found */
    const struct crystal *c;
    double limit, frac[3];
    bool half, column_first;
    struct sphere *s;
    int room;
};

static kd_status add(struct search *q, const int m[3], const double g[3])
{
    struct sphere *s = q->s;
    if (s->n == q->room) {
        q->room = 2 * q->room + 1024;
        int(*miller)[3] = realloc(s->miller, (size_t)q->room * sizeof *miller);
        s->miller = miller ? miller : s->miller;
        double(*wide)[3] = realloc(s->g, (size_t)q->room * sizeof *wide);
        s->g = wide ? wide : s->g;
        if (!miller || !wide)
            FAIL(KD_ENOMEM, "plane waves: no host memory for %d", q->room);
    }
    memcpy(s->miller[s->n], m, 3 * sizeof(int));
    memcpy(s->g[s->n++], g, 3 * sizeof(double));
    return KD_OK;
}

/* Ascending x, y, z: the order of columns. */
static kd_status collect(struct search *q)
{
    int most[3], twice_k[3];
    double g[3];
    box(q->c, sqrt(q->limit), most);
    for (int a = 0; a < 3; a++)
        twice_k[a] = (int)lround(2 * q->frac[a]);
    for (int x = -most[0]; x <= most[0]; x++)
        for (int y = -most[1]; y <= most[1]; y++)
            for (int z = -most[2]; z <= most[2]; z++) {
                int m[3] = {x, y, z};
                if (q->half && !kept(m, twice_k, q->column_first))
                    continue;
                if (wave(q->c, q->frac, m, g) <= q->limit)
                    TRY(add(q, m, g));
            }
    return KD_OK;
}

struct entry {
    double square;
    int miller[3];
    double g[3];
};

static int by_length(const void *a, const void *b)
{
    const struct entry *p = a, *q = b;
    if (fabs(p->square - q->square) > 1e-9)
        return p->square < q->square ? -1 : 1;
    for (int i = 0; i < 3; i++)
        if (p->miller[i] != q->miller[i])
            return p->miller[i] < q->miller[i] ? -1 : 1;
    return 0;
}

static kd_status sort_by_length(struct sphere *s)
{
    struct entry *e = malloc((size_t)s->n * sizeof *e);
    s->shell = malloc((size_t)s->n * sizeof *s->shell);
    s->shell_of = malloc((size_t)s->n * sizeof *s->shell_of);
    if (!e || !s->shell || !s->shell_of) {
        free(e);
        FAIL(KD_ENOMEM, "plane waves: no host memory");
    }
    for (int i = 0; i < s->n; i++) {
        const double *g = s->g[i];
        e[i].square = g[0] * g[0] + g[1] * g[1] + g[2] * g[2];
        memcpy(e[i].miller, s->miller[i], sizeof e[i].miller);
        memcpy(e[i].g, g, sizeof e[i].g);
    }
    qsort(e, (size_t)s->n, sizeof *e, by_length);
    for (int i = 0; i < s->n; i++) {
        memcpy(s->miller[i], e[i].miller, sizeof e[i].miller);
        memcpy(s->g[i], e[i].g, sizeof e[i].g);
        if (i == 0 || e[i].square - s->shell[s->n_shell - 1] * s->shell[s->n_shell - 1] > 1e-9)
            s->shell[s->n_shell++] = sqrt(e[i].square);
        s->shell_of[i] = s->n_shell - 1;
    }
    free(e);
    return KD_OK;
}

kd_status density_sphere(const struct crystal *c, double ecut, struct sphere *out)
{
    memset(out, 0, sizeof *out);
    struct search q = {.c = c, .limit = 8 * ecut, .half = true, .s = out};
    kd_status status = collect(&q);
    if (status == KD_OK)
        status = sort_by_length(out);
    if (status != KD_OK)
        sphere_free(out);
    return status;
}

kd_status orbital_sphere(const struct crystal *c, double ecut, const double frac[3], bool half, struct sphere *out)
{
    memset(out, 0, sizeof *out);
    struct search q = {c, 2 * ecut, {frac[0], frac[1], frac[2]}, half, true, out, 0};
    kd_status status = collect(&q);
    if (status == KD_OK && out->n == 0)
        status = kd_fail(KD_EINPUT, "plane waves: none below the cutoff, the cell is too small");
    if (status != KD_OK)
        sphere_free(out);
    return status;
}

void sphere_free(struct sphere *s)
{
    free(s->miller);
    free(s->g);
    free(s->shell);
    free(s->shell_of);
    memset(s, 0, sizeof *s);
}
