// SPDX-License-Identifier: BSD-3-Clause
/* figure.c - files, sources and colours of figures. */
#include "host/report/figure.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static kd_status open_one(const struct report *r, const char *id, const char *ending, struct commit *c)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.*s/%s.%s", PATH_MAX - 100, r->options->out, id, ending);
    return commit_open(path, c);
}

kd_status figure_begin(struct report *r, struct figure *f, int width, int height)
{
    TRY(open_one(r, f->id, "dat", &f->data));
    kd_status status = open_one(r, f->id, "gp", &f->script);
    if (status != KD_OK) {
        commit_abandon(&f->data);
        return status;
    }
    f->open = true;
    fprintf(f->data.file, "# %s\n", f->title);
    fprintf(f->script.file,
            "# %s\n# gnuplot %s.gp draws %s.svg; gnuplot -e 'format=\"png\"' %s.gp draws %s.png\n"
            "if (!exists(\"format\")) format = \"svg\"\n"
            "if (format eq \"svg\") set terminal svg size %d,%d font \"Helvetica,13\" enhanced background \"white\"\n"
            "if (format eq \"png\") set terminal pngcairo size %d,%d font \"Helvetica,13\" enhanced fontscale 1.5 linewidth 1.5\n"
            "set output \"%s.\".format\ndata = \"%s.dat\"\n"
            "set style line 101 lc rgb \"#667080\" lw 1\nset border linestyle 101\nset tics nomirror tc rgb \"#223\"\n",
            f->title, f->id, f->id, f->id, f->id, width, height, 2 * width, 2 * height, f->id, f->id);
    return KD_OK;
}

void figure_block(struct figure *f, const char *comment)
{
    fprintf(f->data.file, "\n\n# %s\n", comment);
}

void figure_lacks(struct figure *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(f->lacks, sizeof f->lacks, format, args);
    va_end(args);
}

void figure_says(struct figure *f, const char *format, ...)
{
    size_t n = strlen(f->ours);
    va_list args;
    va_start(args, format);
    vsnprintf(f->ours + n, sizeof f->ours - n, format, args);
    va_end(args);
}

/* ---- results ---- */

const struct report_model *report_find(const struct report *r, bool rdf, bool by_structure, int window)
{
    double first = 1830, last = 1880;
    if (r->have_data) {
        first = r->data.energy_ev[0];
        last = r->data.energy_ev[r->data.n_energy - 1];
    }
    double width = window < 8 ? (last - first) / 8 : (last - first) / 2;
    double low = first + width * (window < 8 ? window : window - 8);
    for (int i = 0; i < r->n_model; i++) {
        const struct report_model *m = &r->model[i];
        if (m->rdf != rdf || m->by_structure != by_structure || m->whole != (window < 0))
            continue;
        if (window < 0 || (fabs(m->low_ev - low) < 0.2 * width && fabs(m->high_ev - low - width) < 0.2 * width))
            return m;
    }
    return NULL;
}

const struct report_model *report_main(const struct report *r, bool rdf)
{
    const struct report_model *m = report_find(r, rdf, false, -1);
    return m ? m : report_find(r, rdf, true, -1);
}

kd_status report_array(const struct report *r, const struct report_model *m, const char *name, size_t *rows, size_t *columns, double **v)
{
    char full[160];
    void *values;
    snprintf(full, sizeof full, "%s/%s", m->group, name);
    struct h5_array a = {full, H5_DOUBLE, -1, {0}, NULL, 0};
    TRY(h5_read_new(r->results, &a, &values));
    *rows = a.rank > 0 ? a.extent[0] : 1;
    *columns = 1;
    for (int k = 1; k < a.rank; k++)
        *columns *= a.extent[k];
    *v = values;
    return KD_OK;
}

bool report_score(const struct report *r, const struct report_model *m, const char *name, double score[5])
{
    size_t rows, columns;
    double *v;
    char full[160];
    if (!m)
        return false;
    snprintf(full, sizeof full, "%s/%s", m->group, name);
    if (!h5_exists(r->results, full) || report_array(r, m, name, &rows, &columns, &v) != KD_OK)
        return false;
    bool whole = rows == 5 && columns == 1;
    for (size_t i = 0; whole && i < 5; i++)
        score[i] = v[i];
    free(v);
    return whole;
}

void report_add_number(struct report *r, const char *name, const char *unit, const char *where, double paper, bool approximate,
                       double site, double structure)
{
    if (r->n_number < REPORT_NUMBERS)
        r->number[r->n_number++] = (struct report_number){name, unit, where, paper, {site, structure}, approximate};
}

/* ---- compositions ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int report_compositions(const struct report *r, double *x, int most)
{
    int n = 0;
    for (int i = 0; r->have_data && i < r->data.n_row; i++) {
        bool known = false;
        for (int k = 0; k < n; k++)
            known = known || fabs(x[k] - r->data.x[i]) < 1e-6;
        if (!known && n < most)
            x[n++] = r->data.x[i];
    }
    qsort(x, (size_t)n, sizeof *x, by_value);
    return n;
}

char *report_colour(double x, char colour[8])
{
    static const double anchor[5][3] = {{38, 70, 160}, {30, 150, 190}, {60, 165, 90}, {235, 150, 40}, {200, 40, 45}};
    double t = x < 0 ? 0 : x > 2 ? 4 : 2 * x;
    int k = t >= 4 ? 3 : (int)t;
    int rgb[3];
    for (int a = 0; a < 3; a++)
        rgb[a] = (int)lrint(anchor[k][a] + (t - k) * (anchor[k + 1][a] - anchor[k][a]));
    snprintf(colour, 8, "#%02x%02x%02x", (unsigned)rgb[0] & 255, (unsigned)rgb[1] & 255, (unsigned)rgb[2] & 255);
    return colour;
}
