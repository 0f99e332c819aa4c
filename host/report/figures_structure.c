// SPDX-License-Identifier: BSD-3-Clause
/* figures_structure.c - Fig. 1: one glass of every composition. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/report/figure.h"
#include "host/structure/structure.h"

enum { MOST_PANELS = 16, MOST_ATOMS = 4000 };

struct panel {
    char formula[64];
    double x, density;
    struct structure atoms;
};

static double oxygen_per_silicon(const struct structure *s)
{
    int n[2] = {0, 0};
    for (int i = 0; i < s->n_atom; i++) {
        n[0] += s->number[i] == 14;
        n[1] += s->number[i] == 8;
    }
    return n[0] ? (double)n[1] / n[0] : INFINITY;
}

static int by_x(const void *a, const void *b)
{
    double x = ((const struct panel *)a)->x, y = ((const struct panel *)b)->x;
    return (x > y) - (x < y);
}

/* The first structure of every composition. */
static kd_status gather(const struct report *r, struct panel *panel, int *n)
{
    *n = 0;
    for (int k = 0; k < r->n_structure_file && *n < MOST_PANELS; k++) {
        struct structure *frames;
        int n_frame;
        TRY(structures_read(r->structure_file[k], &frames, &n_frame));
        const struct structure *last = &frames[n_frame - 1];
        double x = oxygen_per_silicon(last);
        bool known = last->n_atom > MOST_ATOMS;
        for (int i = 0; i < *n; i++)
            known = known || fabs(panel[i].x - x) < 1e-6;
        kd_status status = known ? KD_OK : structure_copy(last, &panel[*n].atoms);
        if (!known && status == KD_OK) {
            panel[*n].x = x;
            panel[*n].density = structure_density(last);
            structure_formula(last, panel[*n].formula, sizeof panel->formula);
            structure_wrap(&panel[*n].atoms);
            ++*n;
        }
        structures_free(frames, n_frame);
        TRY(status);
    }
    qsort(panel, (size_t)*n, sizeof *panel, by_x);
    return KD_OK;
}

/* Looked at along a direction a little off the axes. */
static void project(const double r[3], double out[3])
{
    const double a = 0.42, b = 0.30; /* rad: turn about z, then tilt */
    double u = cos(a) * r[0] + sin(a) * r[1], v = -sin(a) * r[0] + cos(a) * r[1];
    out[0] = u;
    out[1] = cos(b) * r[2] + sin(b) * v;
    out[2] = -sin(b) * r[2] + cos(b) * v; /* depth: larger is farther */
}

static int farther_first(const void *a, const void *b)
{
    double x = ((const double *)a)[2], y = ((const double *)b)[2];
    return (x < y) - (x > y);
}

static kd_status write_atoms(struct figure *f, const struct structure *s)
{
    double(*p)[4] = malloc((size_t)s->n_atom * sizeof *p);
    if (!p)
        FAIL(KD_ENOMEM, "report: no host memory");
    for (int i = 0; i < s->n_atom; i++) {
        project(s->position[i], p[i]);
        p[i][3] = s->number[i];
    }
    qsort(p, (size_t)s->n_atom, sizeof *p, farther_first);
    figure_block(f, "x y radius colour of the atoms, farthest first");
    double far = p[0][2], near = p[s->n_atom - 1][2];
    for (int i = 0; i < s->n_atom; i++) {
        double fade = 0.45 * (p[i][2] - near) / (far - near + 1e-9); /* towards white */
        const int *rgb = p[i][3] == 8 ? (const int[]){214, 50, 45} : (const int[]){52, 96, 190};
        fprintf(f->data.file, "%.3f %.3f %.2f 0x%02x%02x%02x\n", p[i][0], p[i][1], p[i][3] == 8 ? 0.55 : 0.85,
                (unsigned)lrint(rgb[0] + fade * (255 - rgb[0])), (unsigned)lrint(rgb[1] + fade * (255 - rgb[1])),
                (unsigned)lrint(rgb[2] + fade * (255 - rgb[2])));
    }
    free(p);
    figure_block(f, "edges of the cell");
    for (int corner = 0; corner < 8; corner++)
        for (int k = 0; k < 3; k++) {
            double ends[2][3] = {{0}}, shown[3];
            if (corner >> k & 1)
                continue;
            for (int e = 0; e < 2; e++) {
                for (int j = 0; j < 3; j++)
                    for (int a = 0; a < 3; a++)
                        ends[e][a] += ((corner >> j & 1) + (e && j == k)) * s->cell[j][a];
                project(ends[e], shown);
                fprintf(f->data.file, "%.3f %.3f\n", shown[0], shown[1]);
            }
            fputc('\n', f->data.file);
        }
    return KD_OK;
}

kd_status draw_structures(struct report *r, struct figure *f)
{
    struct panel *panel = calloc(MOST_PANELS, sizeof *panel);
    int n = 0;
    kd_status status = panel ? gather(r, panel, &n) : kd_fail(KD_ENOMEM, "report: no host memory");
    if (status == KD_OK && n == 0)
        figure_lacks(f, "no quenched structures yet");
    int columns = n < 3 ? n : 3, rows = columns ? (n + columns - 1) / columns : 0;
    if (status == KD_OK && n > 0)
        status = figure_begin(r, f, 300 * columns, 310 * rows);
    if (status == KD_OK && n > 0)
        fprintf(f->script.file, "set multiplot layout %d,%d\nunset key\nunset border\nunset tics\nset size ratio -1\nset style fill solid 1 border rgb \"#445\"\n", rows, columns);
    for (int k = 0; k < n && status == KD_OK; k++) {
        status = write_atoms(f, &panel[k].atoms);
        fprintf(f->script.file, "set title \"SiO_{%.2f}  %s  %.2f g/cm^3\"\nplot data index %d using 1:2 with lines lw 1.2 lc rgb \"#9aa3ad\", data index %d using 1:2:3:4 with circles lw 0.4 lc rgb variable\n",
                panel[k].x, panel[k].formula, panel[k].density, 2 * k + 1, 2 * k);
    }
    if (status == KD_OK && n > 0) {
        fputs("unset multiplot\n", f->script.file);
        figure_says(f, "%d compositions, the first structure of each.", n);
    }
    for (int k = 0; panel && k < n; k++)
        structure_free(&panel[k].atoms);
    free(panel);
    return status;
}
