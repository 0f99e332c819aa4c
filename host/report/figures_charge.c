// SPDX-License-Identifier: BSD-3-Clause
/* figures_charge.c - Fig. 3, 5, 7, S4, S5: predicted against expected valence. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/report/figure.h"

/* Colours of the paper's Fig. 3: Si0+ blue, Si1+ orange, Si2+ green, Si3+ red, Si4+ purple. */
static const char *const valence_colour[5] = {"#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd"};

static kd_status write_pairs(const struct report *r, struct figure *f, const struct report_model *m, const char *expected,
                             const char *predicted)
{
    size_t n, columns, n_other;
    double *a, *b = NULL, *oxygen = NULL;
    TRY(report_array(r, m, expected, &n, &columns, &a));
    kd_status status = report_array(r, m, predicted, &n_other, &columns, &b);
    if (status == KD_OK && strncmp(expected, "expected", 8) == 0)
        status = report_array(r, m, "oxygen_neighbours", &n_other, &columns, &oxygen);
    for (size_t i = 0; status == KD_OK && i < n && i < n_other; i++)
        fprintf(f->data.file, "%.6f %.6f %d\n", a[i], b[i], oxygen ? (int)oxygen[i] : -1);
    free(a);
    free(b);
    free(oxygen);
    return status;
}

static bool has(const struct report *r, const struct report_model *m, const char *name)
{
    char full[160];
    snprintf(full, sizeof full, "%s/%s", m->group, name);
    return h5_exists(r->results, full);
}

static void parity_axes(struct figure *f)
{
    fputs("set xlabel \"Bader charge (e)\"\nset ylabel \"predicted (e)\"\nset xrange [-0.4:4.2]\nset yrange [-0.4:4.2]\nset size square\n"
          "set key top left Left reverse samplen 1\nset xtics 1\nset ytics 1\n",
          f->script.file);
}

static void says_score(struct figure *f, const struct report *r, const struct report_model *m, const char *name, const char *words)
{
    double s[5];
    if (report_score(r, m, name, s))
        figure_says(f, "RMSE %.3f e, R\302\262 %.3f (%d %s). ", s[0], s[1], (int)s[4], words);
}

/* Fig. 3: block 0 the rows of training, block 1 the unseen ones with their number of O neighbours. */
kd_status draw_parity(struct report *r, struct figure *f)
{
    const struct report_model *m = report_main(r, false);
    if (!m) {
        figure_lacks(f, "no charge network over the whole axis in results.h5 yet");
        return KD_OK;
    }
    TRY(figure_begin(r, f, 560, 520));
    fputs("# expected predicted oxygen_neighbours; training rows\n-99 -99 -1\n", f->data.file);
    if (has(r, m, "seen/expected"))
        TRY(write_pairs(r, f, m, "seen/expected", "seen/predicted"));
    figure_block(f, "unseen rows");
    TRY(write_pairs(r, f, m, "expected", "predicted"));
    parity_axes(f);
    fputs("plot data index 0 using 1:2 with points pt 7 ps 0.3 lc rgb \"#c8ccd2\" title \"training\", x with lines lc rgb \"#667080\" "
          "dt 2 notitle", f->script.file);
    for (int k = 0; k < 5; k++)
        fprintf(f->script.file, ", \\\n  data index 1 using 1:(int($3) %s %d ? $2 : NaN) with points pt 7 ps 0.7 lc rgb \"%s\" title \"Si^{%d+}\"",
                k == 4 ? ">=" : "==", k, valence_colour[k], k);
    fputs("\n", f->script.file);
    says_score(f, r, m, "score", m->by_structure ? "unseen sites, split by structure" : "unseen sites, split by site");
    const struct report_model *other = m->by_structure ? NULL : report_find(r, false, true, -1);
    if (other)
        says_score(f, r, other, "score", "sites of unseen structures");
    return KD_OK;
}

/* Panels of several models: per panel two blocks, training and unseen. */
static kd_status panels(struct report *r, struct figure *f, int n, const int *window, int rows, int columns)
{
    int n_there = 0;
    for (int i = 0; i < n; i++)
        n_there += report_find(r, false, false, window[i]) != NULL || report_find(r, false, true, window[i]) != NULL;
    if (n_there == 0 || (n_there == 1 && window[n - 1] < 0)) {
        figure_lacks(f, "no charge networks of energy windows in results.h5 yet");
        return KD_OK;
    }
    TRY(figure_begin(r, f, 300 * columns, 290 * rows));
    fprintf(f->script.file, "set multiplot layout %d,%d\nset xrange [-0.4:4.2]\nset yrange [-0.4:4.2]\nset size square\nunset key\nset xtics 1\nset ytics 1\n",
            rows, columns);
    for (int i = 0, block = 0; i < n; i++) {
        const struct report_model *m = report_find(r, false, false, window[i]);
        m = m ? m : report_find(r, false, true, window[i]);
        double s[5];
        if (!m) {
            fputs("set multiplot next\n", f->script.file);
            continue;
        }
        if (!report_score(r, m, "score", s))
            s[0] = s[1] = NAN;
        figure_block(f, m->file);
        fputs("-99 -99 -1\n", f->data.file);
        if (has(r, m, "seen/expected"))
            TRY(write_pairs(r, f, m, "seen/expected", "seen/predicted"));
        figure_block(f, "unseen");
        TRY(write_pairs(r, f, m, "expected", "predicted"));
        fprintf(f->script.file,
                "set title \"%c%s  %.2f to %.2f eV\" offset 0,-0.6\nset label 1 \"RMSE %.3f\\nR^2 %.3f\" at 0,3.7\n"
                "plot data index %d using 1:2 with points pt 7 ps 0.2 lc rgb \"#1f77b4\", data index %d using 1:2 with points pt 7 ps 0.2 lc rgb "
                "\"#ff7f0e\", x with lines lc rgb \"#667080\" dt 2\n",
                window[i] < 0 ? ' ' : 'a' + (window[i] < 8 ? window[i] : window[i] - 8), window[i] < 8 ? "" : " band", m->low_ev, m->high_ev, s[0], s[1],
                block, block + 1);
        block += 2;
        figure_says(f, "%.2f-%.2f eV: RMSE %.3f, R\302\262 %.3f. ", m->low_ev, m->high_ev, s[0], s[1]);
    }
    fputs("unset multiplot\n", f->script.file);
    return KD_OK;
}

kd_status draw_window_parity(struct report *r, struct figure *f)
{
    static const int window[9] = {0, 1, 2, 3, 4, 5, 6, 7, -1};
    return panels(r, f, 9, window, 3, 3);
}

kd_status draw_band_parity(struct report *r, struct figure *f)
{
    static const int window[2] = {8, 9};
    return panels(r, f, 2, window, 1, 2);
}

/* Fig. 7 */
kd_status draw_mean_parity(struct report *r, struct figure *f)
{
    const struct report_model *m = report_main(r, false);
    if (!m) {
        figure_lacks(f, "no charge network over the whole axis in results.h5 yet");
        return KD_OK;
    }
    TRY(figure_begin(r, f, 560, 520));
    fputs("# expected predicted oxygen_neighbours: unseen sites\n", f->data.file);
    TRY(write_pairs(r, f, m, "expected", "predicted"));
    figure_block(f, "spectra averaged over structures: mean charge, prediction");
    TRY(write_pairs(r, f, m, "averaged/expected", "averaged/predicted"));
    parity_axes(f);
    fputs("plot data index 0 using 1:2 with points pt 7 ps 0.3 lc rgb \"#c8ccd2\" title \"single sites\", x with lines lc rgb \"#667080\" dt 2 "
          "notitle, data index 1 using 1:2 with points pt 7 ps 0.6 lc rgb \"#d62728\" title \"averaged spectra\"\n", f->script.file);
    says_score(f, r, m, "averaged/score", "structures");
    return KD_OK;
}

/* Fig. S4 */
kd_status draw_line(struct report *r, struct figure *f)
{
    const struct report_model *m = report_main(r, false);
    if (!m || !has(r, m, "line/predicted")) {
        figure_lacks(f, "no straight line through descriptors in results.h5 yet");
        return KD_OK;
    }
    TRY(figure_begin(r, f, 560, 520));
    fputs("# expected predicted oxygen_neighbours, by a straight line through white-line height, area and edge position\n", f->data.file);
    TRY(write_pairs(r, f, m, "expected", "line/predicted"));
    parity_axes(f);
    fputs("plot x with lines lc rgb \"#667080\" dt 2 notitle", f->script.file);
    for (int k = 0; k < 5; k++)
        fprintf(f->script.file, ", \\\n  data index 0 using 1:(int($3) %s %d ? $2 : NaN) with points pt 7 ps 0.7 lc rgb \"%s\" title \"Si^{%d+}\"",
                k == 4 ? ">=" : "==", k, valence_colour[k], k);
    fputs("\n", f->script.file);
    says_score(f, r, m, "line/score", "unseen sites");
    return KD_OK;
}
