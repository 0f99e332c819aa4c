// SPDX-License-Identifier: BSD-3-Clause
/* figures_spectra.c - Fig. 2, S1, S2, S3: spectra by composition, references, coordination. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/report/figure.h"

enum { MOST_X = 64, SHOWN_SITES = 60, MOST_NEIGHBOURS = 9 };

static bool lacks_data(const struct report *r, struct figure *f)
{
    if (!r->have_data)
        figure_lacks(f, "no dataset yet");
    return !r->have_data;
}

/* Mean spectrum of the rows with structure_id (or, id < 0, with that x); how many they are. */
static int mean_spectrum(const struct nn_dataset *d, int id, double x, double *mean)
{
    int n = 0;
    memset(mean, 0, (size_t)d->n_energy * sizeof *mean);
    for (int i = 0; i < d->n_row; i++) {
        if (id >= 0 ? d->structure_id[i] != id : fabs(d->x[i] - x) > 1e-6)
            continue;
        for (int k = 0; k < d->n_energy; k++)
            mean[k] += d->spectra[(size_t)i * (size_t)d->n_energy + (size_t)k];
        n++;
    }
    for (int k = 0; n > 0 && k < d->n_energy; k++)
        mean[k] /= n;
    return n;
}

static int highest(const struct nn_dataset *d, const double *v)
{
    int best = 0;
    for (int k = 1; k < d->n_energy; k++)
        best = v[k] > v[best] ? k : best;
    return best;
}

static void block_of(struct figure *f, const struct nn_dataset *d, const double *v, const char *comment)
{
    figure_block(f, comment);
    for (int k = 0; k < d->n_energy; k++)
        fprintf(f->data.file, "%.4f %.7g\n", d->energy_ev[k], v[k]);
}

/* Is there an earlier row of the same composition? */
static bool named(const struct nn_dataset *d, int row)
{
    for (int i = 0; i < row; i++)
        if (fabs(d->x[i] - d->x[row]) < 1e-6)
            return true;
    return false;
}

/* Fig. 2 */
kd_status draw_mean_spectra(struct report *r, struct figure *f)
{
    const struct nn_dataset *d = &r->data;
    if (lacks_data(r, f))
        return KD_OK;
    double *mean = malloc((size_t)d->n_energy * sizeof *mean), low = d->energy_ev[0], span = d->energy_ev[d->n_energy - 1] - low;
    if (!mean)
        FAIL(KD_ENOMEM, "report: no host memory");
    kd_status status = figure_begin(r, f, 760, 540);
    if (status != KD_OK) {
        free(mean);
        return status;
    }
    FILE *gp = f->script.file;
    fprintf(gp, "set xlabel \"photon energy (eV)\"\nset ylabel \"mean Si K-edge XANES per site\"\nset xrange [%g:%g]\nset yrange [0:*]\nset key at graph 0.985, graph 0.93 right top\n", low, low + span);
    for (int w = 0; w <= 8; w++) {
        fprintf(gp, "set arrow from %g, graph 0 to %g, graph 1 nohead lc rgb \"#dde1e6\"\n", low + w * span / 8, low + w * span / 8);
        if (w < 8)
            fprintf(gp, "set label \"%c\" at %g, graph 0.97 center tc rgb \"#889\"\n", 'a' + w, low + (w + 0.5) * span / 8);
    }
    fputs("plot ", gp);
    int last = -1, block = 0;
    for (int i = 0; i < d->n_row; i++) { /* rows of a structure stand together in a dataset of kedge; others appear more than once */
        char colour[8], comment[96], title[48] = "notitle";
        if (d->structure_id[i] == last)
            continue;
        last = d->structure_id[i];
        int n = mean_spectrum(d, last, 0, mean);
        snprintf(comment, sizeof comment, "structure %d, x = %.4f, %d sites", last, d->x[i], n);
        block_of(f, d, mean, comment);
        if (!named(d, i))
            snprintf(title, sizeof title, "title \"SiO_{%.2f}\"", d->x[i]);
        fprintf(gp, "%sdata index %d using 1:2 with lines lw 1.4 lc rgb \"%s\" %s", block ? ", \\\n  " : "", block, report_colour(d->x[i], colour), title);
        block++;
    }
    fputs("\n", gp);
    double x[MOST_X];
    int n_x = report_compositions(r, x, MOST_X);
    for (int k = 0; k < n_x; k++) {
        mean_spectrum(d, -1, x[k], mean);
        figure_says(f, "SiO%.2f: peak at %.1f eV, height %.3g. ", x[k], d->energy_ev[highest(d, mean)], mean[highest(d, mean)]);
    }
    free(mean);
    return KD_OK;
}

/* Fig. S3: the sites of each composition and their mean. */
kd_status draw_site_spectra(struct report *r, struct figure *f)
{
    const struct nn_dataset *d = &r->data;
    double x[MOST_X];
    if (lacks_data(r, f))
        return KD_OK;
    int n_x = report_compositions(r, x, MOST_X), block = 0, columns = n_x < 3 ? n_x : 3;
    double *mean = malloc((size_t)d->n_energy * sizeof *mean);
    if (!mean)
        FAIL(KD_ENOMEM, "report: no host memory");
    kd_status status = figure_begin(r, f, 330 * columns, 280 * ((n_x + columns - 1) / columns));
    if (status != KD_OK) {
        free(mean);
        return status;
    }
    fprintf(f->script.file, "set multiplot layout %d,%d\nunset key\nset yrange [0:*]\nset xrange [%g:%g]\n", (n_x + columns - 1) / columns, columns,
            d->energy_ev[0], d->energy_ev[d->n_energy - 1]);
    for (int k = 0; k < n_x; k++) {
        char colour[8], comment[96];
        int n = mean_spectrum(d, -1, x[k], mean), first = block, seen = 0, every = (n + SHOWN_SITES - 1) / SHOWN_SITES;
        for (int i = 0; i < d->n_row; i++) {
            if (fabs(d->x[i] - x[k]) > 1e-6 || seen++ % every != 0)
                continue;
            snprintf(comment, sizeof comment, "structure %d, site %d", d->structure_id[i], d->site[i]);
            block_of(f, d, d->spectra + (size_t)i * (size_t)d->n_energy, comment);
            block++;
        }
        snprintf(comment, sizeof comment, "mean of %d sites, x = %.4f", n, x[k]);
        block_of(f, d, mean, comment);
        fprintf(f->script.file, "set title \"SiO_{%.2f}, %d sites\" offset 0,-0.6\nplot for [i=%d:%d] data index i using 1:2 with lines lw 0.4 lc rgb \"#b9c0c9\", data index %d using 1:2 with lines lw 2.5 lc rgb \"%s\"\n",
                x[k], n, first, block - 1, block, report_colour(x[k], colour));
        block++;
    }
    fputs("unset multiplot\n", f->script.file);
    figure_says(f, "At most %d sites of a composition are drawn, evenly taken; the mean is over all.", SHOWN_SITES);
    free(mean);
    return KD_OK;
}

/* A crystal's spectrum on the calibrated axis; the energy of its highest point, 0 when there is none. */
static double write_reference(struct figure *f, const struct js *crystal, double shift, const char *name)
{
    const struct js *own = js_get(crystal, "provenance"), *axis = js_get(own, "aligned_ev"), *sigma = js_get(own, "sigma_bohr2");
    double e, y, top = 0, at = 0;
    if (js_size(axis) < 2 || js_size(axis) != js_size(sigma))
        return 0;
    figure_block(f, name);
    for (size_t i = 0; i < js_size(axis); i++) {
        if (!js_value_double(js_item(axis, i), &e) || !js_value_double(js_item(sigma, i), &y))
            continue;
        fprintf(f->data.file, "%.4f %.7g\n", e + shift, y);
        at = y > top ? e + shift : at;
        top = y > top ? y : top;
    }
    return at;
}

/* Fig. S1: the two crystals on the calibrated axis; the measured peaks are known by their energies only. */
kd_status draw_references(struct report *r, struct figure *f)
{
    double peak_ev = 1846, shift;
    if (!js_get_double(r->calibration, "constant_ev", &shift)) {
        figure_lacks(f, "no calibration by alpha-quartz yet");
        return KD_OK;
    }
    js_get_double(r->calibration, "target_ev", &peak_ev);
    TRY(figure_begin(r, f, 640, 420));
    double quartz = write_reference(f, r->calibration, shift, "alpha-quartz: energy (eV), cross section (bohr^2)");
    double silicon = write_reference(f, r->silicon, shift, "crystalline silicon");
    fprintf(f->script.file, "set xlabel \"photon energy (eV)\"\nset ylabel \"Si K-edge XANES (bohr^2)\"\nset xrange [1830:1880]\nset yrange [0:*]\nset key top right\n"
            "set arrow from %g, graph 0 to %g, graph 1 nohead dt 2 lc rgb \"#c8282d\"\nset label \"measured: SiO_2\" at %g, graph 0.95 offset 0.5,0 tc rgb \"#c8282d\"\n"
            "set arrow from 1840, graph 0 to 1840, graph 1 nohead dt 2 lc rgb \"#2646a0\"\nset label \"Si\" at 1840, graph 0.95 right offset -0.5,0 tc rgb \"#2646a0\"\n"
            "plot data index 0 using 1:2 with lines lw 2 lc rgb \"#c8282d\" title \"alpha-quartz\"", peak_ev, peak_ev, peak_ev);
    if (silicon > 0)
        fputs(", data index 1 using 1:2 with lines lw 2 lc rgb \"#2646a0\" title \"crystalline Si\"", f->script.file);
    fputs("\n", f->script.file);
    figure_says(f, "alpha-quartz is highest at %.2f eV, by construction. ", quartz);
    if (silicon > 0)
        figure_says(f, "Crystalline silicon is highest at %.2f eV. ", silicon);
    return KD_OK;
}

/* Fig. S2 */
kd_status draw_coordination(struct report *r, struct figure *f)
{
    const struct nn_dataset *d = &r->data;
    double x[MOST_X];
    if (lacks_data(r, f))
        return KD_OK;
    if (!d->coordination) {
        figure_lacks(f, "the dataset has no coordination numbers");
        return KD_OK;
    }
    int n_x = report_compositions(r, x, MOST_X), columns = n_x < 3 ? n_x : 3;
    TRY(figure_begin(r, f, 330 * columns, 280 * ((n_x + columns - 1) / columns)));
    fprintf(f->script.file, "set multiplot layout %d,%d\nunset key\nset yrange [0:100]\nset xrange [-0.6:4.6]\nset xlabel \"O neighbours\"\nset ylabel \"%% of Si sites\"\n"
            "set style fill solid 0.9 noborder\nset style data histograms\nset style histogram rowstacked\nset boxwidth 0.75\nset key top right samplen 1 spacing 0.9 font \",9\"\n",
            (n_x + columns - 1) / columns, columns);
    for (int k = 0; k < n_x; k++) {
        int count[MOST_NEIGHBOURS][MOST_NEIGHBOURS] = {0}, n = 0, common[2] = {0, 0};
        for (int i = 0; i < d->n_row; i++)
            if (fabs(d->x[i] - x[k]) < 1e-6) {
                int a = d->coordination[2 * i], b = d->coordination[2 * i + 1];
                count[a < MOST_NEIGHBOURS ? a : MOST_NEIGHBOURS - 1][b < MOST_NEIGHBOURS ? b : MOST_NEIGHBOURS - 1]++;
                n++;
            }
        figure_block(f, "percent of Si sites: rows 0..4 (and more) O neighbours, columns 0..4 (and more) Si neighbours");
        for (int b = 0; b < 5; b++, fputc('\n', f->data.file))
            for (int a = 0; a < 5; a++) {
                int c = 0;
                for (int p = a; p < (a < 4 ? a + 1 : MOST_NEIGHBOURS); p++)
                    for (int q = b; q < (b < 4 ? b + 1 : MOST_NEIGHBOURS); q++)
                        c += count[p][q];
                fprintf(f->data.file, "%.3f ", 100.0 * c / n);
                if (count[a][b] > count[common[0]][common[1]])
                    common[0] = a, common[1] = b;
            }
        fprintf(f->script.file, "set title \"SiO_{%.2f}\" offset 0,-0.6\nplot for [a=1:5] data index %d using a lc rgb word(\"#440154 #3b528b #21918c #5ec962 #fde725\", a) title %s\n",
                x[k], k, k == 0 ? "sprintf(\"%d Si\", a-1)" : "\"\"");
        figure_says(f, "SiO%.2f: mostly [SiSi%dO%d] (%.0f %%). ", x[k], common[0], common[1], 100.0 * count[common[0]][common[1]] / n);
    }
    fputs("unset multiplot\n", f->script.file);
    return KD_OK;
}
