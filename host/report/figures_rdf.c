// SPDX-License-Identifier: BSD-3-Clause
/* figures_rdf.c - Fig. 4, 6, 8, S6: radial distribution functions predicted and expected. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/report/figure.h"

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A block "place rmse", ascending. *best, *worst may be NULL. */
static kd_status write_ranked(const struct report *r, struct figure *f, const struct report_model *m, double *best, double *worst)
{
    size_t n, columns;
    double *v;
    TRY(report_array(r, m, "row_rmse", &n, &columns, &v));
    qsort(v, n, sizeof *v, by_value);
    for (size_t i = 0; i < n; i++)
        fprintf(f->data.file, "%zu %.6f\n", i, v[i]);
    if (best && n > 0)
        *best = v[0];
    if (worst && n > 0)
        *worst = v[n - 1];
    free(v);
    return KD_OK;
}

/* Blocks "r expected predicted" of rows place[n_place] of two arrays. */
static kd_status write_curves(const struct report *r, struct figure *f, const struct report_model *m, const char *group, const double *place,
                              size_t n_place)
{
    char expected[64], predicted[64];
    size_t n, n_out, n_r, columns;
    double *a = NULL, *b = NULL, *radius = NULL;
    snprintf(expected, sizeof expected, "%sexpected", group);
    snprintf(predicted, sizeof predicted, "%spredicted", group);
    kd_status status = report_array(r, m, expected, &n, &n_out, &a);
    if (status == KD_OK)
        status = report_array(r, m, predicted, &n, &n_out, &b);
    if (status == KD_OK)
        status = report_array(r, m, "r_angstrom", &n_r, &columns, &radius);
    for (size_t k = 0; status == KD_OK && k < n_place; k++) {
        size_t row = (size_t)place[k];
        figure_block(f, "r_angstrom expected predicted");
        for (size_t i = 0; row < n && i < n_out && i < n_r; i++)
            fprintf(f->data.file, "%.5f %.5f %.5f\n", radius[i], a[row * n_out + i], b[row * n_out + i]);
    }
    free(a);
    free(b);
    free(radius);
    return status;
}

static void curve_panel(struct figure *f, const char *title, int block)
{
    fprintf(f->script.file,
            "set title \"%s\" offset 0,-0.6\nplot data index %d using 1:2 with lines lw 3 lc rgb \"#f2a2a2\" title \"expected\", data index %d using 1:3 "
            "with lines lw 1.4 lc rgb \"#8b1a1a\" title \"predicted\"\n", title, block, block);
}

/* Fig. 4 */
kd_status draw_rdf_rank(struct report *r, struct figure *f)
{
    const struct report_model *m = report_main(r, true);
    double best = NAN, worst = NAN, *place, *rmse, *oxygen = NULL;
    size_t n, n_row, columns;
    if (!m) {
        figure_lacks(f, "no RDF network over the whole axis in results.h5 yet");
        return KD_OK;
    }
    TRY(figure_begin(r, f, 960, 840));
    fputs("# place rmse of unseen sites, ascending\n", f->data.file);
    TRY(write_ranked(r, f, m, &best, &worst));
    TRY(report_array(r, m, "cases", &n, &columns, &place));
    kd_status status = report_array(r, m, "row_rmse", &n_row, &columns, &rmse);
    if (status == KD_OK)
        status = report_array(r, m, "oxygen_neighbours", &n_row, &columns, &oxygen);
    if (status == KD_OK)
        status = write_curves(r, f, m, "", place, n);
    if (status == KD_OK) {
        fputs("set multiplot layout 3,3\nset xlabel \"site, by error\"\nset ylabel \"RMSE of g(R)\"\nset yrange [0:*]\nunset key\n"
              "set title \"(a)\"\nset origin 0,2./3\nset size 1,1./3\nplot data index 0 using 1:2 with lines lw 2 lc rgb \"#1f77b4\"\nset multiplot next\nset multiplot next\n"
              "set xlabel \"R (angstrom)\"\nset ylabel \"g(R)\"\nset key top right samplen 1\n", f->script.file);
        for (size_t k = 0; k < n; k++) {
            char title[96];
            size_t row = (size_t)place[k];
            snprintf(title, sizeof title, "(b) %c: %d O neighbours, RMSE %.3f", (char)('A' + k), row < n_row ? (int)oxygen[row] : -1, rmse[row]);
            curve_panel(f, title, (int)k + 1);
        }
        fputs("unset multiplot\n", f->script.file);
        figure_says(f, "RMSE from %.3f (best) to %.3f (worst) over %zu unseen sites.", best, worst, n_row);
    }
    free(place);
    free(rmse);
    free(oxygen);
    return status;
}

static kd_status ranks_of_windows(struct report *r, struct figure *f, int n, const int *window)
{
    static const char *const colour[10] = {"#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#1f77b4", "#d62728"};
    int n_window = 0;
    for (int i = 0; i < n; i++)
        n_window += window[i] >= 0 && (report_find(r, true, false, window[i]) || report_find(r, true, true, window[i]));
    if (n_window == 0) {
        figure_lacks(f, "no RDF networks of energy windows in results.h5 yet");
        return KD_OK;
    }
    TRY(figure_begin(r, f, 720, 480));
    fputs("set xlabel \"site, by error\"\nset ylabel \"RMSE of g(R)\"\nset yrange [0:*]\nset key outside right\nplot ", f->script.file);
    for (int i = 0, block = 0; i < n; i++) {
        const struct report_model *m = report_find(r, true, false, window[i]);
        double s[5];
        m = m ? m : report_find(r, true, true, window[i]);
        if (!m)
            continue;
        figure_block(f, m->file);
        TRY(write_ranked(r, f, m, NULL, NULL));
        fprintf(f->script.file, "%sdata index %d using 1:2 with lines lw %s lc rgb \"%s\" title \"%s%.2f-%.2f eV\"", block ? ", \\\n  " : "", block,
                window[i] < 0 ? "3" : "1.6", window[i] < 0 ? "#e6c229" : colour[window[i]], window[i] < 0 ? "all: " : "", m->low_ev, m->high_ev);
        block++;
        if (report_score(r, m, "score", s))
            figure_says(f, "%.2f-%.2f eV: RMSE %.3f. ", m->low_ev, m->high_ev, s[0]);
    }
    fputs("\n", f->script.file);
    return KD_OK;
}

kd_status draw_window_rank(struct report *r, struct figure *f)
{
    static const int window[9] = {0, 1, 2, 3, 4, 5, 6, 7, -1};
    return ranks_of_windows(r, f, 9, window);
}

kd_status draw_band_rank(struct report *r, struct figure *f)
{
    static const int window[3] = {8, 9, -1};
    return ranks_of_windows(r, f, 3, window);
}

/* Fig. 8 */
kd_status draw_mean_rdf(struct report *r, struct figure *f)
{
    const struct report_model *m = report_main(r, true);
    size_t n, n_worst = 0, columns;
    double *rmse = NULL, *x = NULL, *worst = NULL, most = 0;
    if (!m) {
        figure_lacks(f, "no RDF network over the whole axis in results.h5 yet");
        return KD_OK;
    }
    TRY(figure_begin(r, f, 960, 960));
    kd_status status = report_array(r, m, "averaged/rmse", &n, &columns, &rmse);
    if (status == KD_OK)
        status = report_array(r, m, "averaged/x", &n, &columns, &x);
    if (status == KD_OK)
        status = report_array(r, m, "averaged/worst", &n_worst, &columns, &worst);
    fputs("# structure rmse x colour\n", f->data.file);
    for (size_t i = 0; status == KD_OK && i < n; i++) {
        char colour[8];
        most = rmse[i] > most ? rmse[i] : most;
        fprintf(f->data.file, "%zu %.6f %.4f 0x%s\n", i, rmse[i], x[i], report_colour(x[i], colour) + 1);
    }
    if (status == KD_OK)
        status = write_curves(r, f, m, "averaged/", worst, n_worst);
    if (status == KD_OK) {
        size_t n_row = (n_worst + 2) / 3 + 1;
        fprintf(f->script.file, "set multiplot layout %zu,3\nset xlabel \"x in SiO_x\"\nset ylabel \"RMSE of mean g(R)\"\nset yrange [0:*]\nunset key\nset title \"(a)\"\n"
                "set origin 0,1-1./%zu\nset size 1,1./%zu\nplot data index 0 using 3:2:4 with points pt 7 ps 0.7 lc rgb variable\nset multiplot next\nset multiplot next\n"
                "set xlabel \"R (angstrom)\"\nset ylabel \"g(R)\"\nset key top right samplen 1\n", n_row, n_row, n_row);
        for (size_t k = 0; k < n_worst; k++) {
            char title[64];
            snprintf(title, sizeof title, "(b) SiO_{%.2f}, RMSE %.3f", x[(size_t)worst[k]], rmse[(size_t)worst[k]]);
            curve_panel(f, title, (int)k + 1);
        }
        fputs("unset multiplot\n", f->script.file);
        figure_says(f, "Largest RMSE of a mean g(R): %.3f over %zu structures.", most, n);
    }
    free(rmse);
    free(x);
    free(worst);
    return status;
}
