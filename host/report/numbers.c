// SPDX-License-Identifier: BSD-3-Clause
/* numbers.c - the paper's numbers beside ours, for the table. */
#include "host/report/numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/structure/structure.h"

enum { RMSE = 0, R2 = 1 };

static double value(const struct report *r, bool rdf, bool by_structure, int window, const char *score, int which)
{
    double s[5];
    const struct report_model *m = report_find(r, rdf, by_structure, window);
    return report_score(r, m, score, s) ? s[which] : NAN;
}

static void add(struct report *r, const char *name, const char *unit, const char *where, double paper, bool rdf, int window, const char *score,
                int which)
{
    report_add_number(r, name, unit, where, paper, false, value(r, rdf, false, window, score, which), value(r, rdf, true, window, score, which));
}

/* Smallest or largest of an array of a model's group. */
static double extreme(const struct report *r, bool by_structure, const char *name, bool largest)
{
    const struct report_model *m = report_find(r, true, by_structure, -1);
    size_t n, columns;
    double *v, best = NAN;
    if (!m || report_array(r, m, name, &n, &columns, &v) != KD_OK)
        return NAN;
    for (size_t i = 0; i < n; i++)
        best = isnan(best) || (largest ? v[i] > best : v[i] < best) ? v[i] : best;
    free(v);
    return best;
}

/* Mean density of the structures without oxygen, or with two O per Si. */
static double density(const struct report *r, double x)
{
    double sum = 0;
    int n = 0;
    for (int k = 0; k < r->n_structure_file; k++) {
        struct structure *frames;
        int n_frame, n_si = 0, n_o = 0;
        if (structures_read(r->structure_file[k], &frames, &n_frame) != KD_OK)
            continue;
        const struct structure *s = &frames[n_frame - 1];
        for (int i = 0; i < s->n_atom; i++) {
            n_si += s->number[i] == 14;
            n_o += s->number[i] == 8;
        }
        if (n_si > 0 && fabs((double)n_o / n_si - x) < 1e-6) {
            sum += structure_density(s);
            n++;
        }
        structures_free(frames, n_frame);
    }
    return n ? sum / n : NAN;
}

/* Energy of the highest point of the mean spectrum of a composition. */
static double peak(const struct report *r, double x)
{
    double best = NAN, top = 0;
    for (int k = 0; r->have_data && k < r->data.n_energy; k++) {
        double sum = 0;
        int n = 0;
        for (int i = 0; i < r->data.n_row; i++)
            if (fabs(r->data.x[i] - x) < 1e-6) {
                sum += r->data.spectra[(size_t)i * (size_t)r->data.n_energy + (size_t)k];
                n++;
            }
        if (n && sum / n > top) {
            top = sum / n;
            best = r->data.energy_ev[k];
        }
    }
    return best;
}

void numbers_gather(struct report *r)
{
    report_add_number(r, "Si sites in the dataset", "", "Methods", 5290, false, r->have_data ? r->data.n_row : NAN, NAN);
    report_add_number(r, "Density of a-Si (mean)", "g/cm\302\263", "Results", 2.25, false, density(r, 0), NAN);
    report_add_number(r, "Density of a-SiO\342\202\202 (mean)", "g/cm\302\263", "Results", 2.30, false, density(r, 2), NAN);
    report_add_number(r, "Main peak of a-SiO\342\202\202", "eV", "Fig. 2", 1846, true, peak(r, 2), NAN);
    report_add_number(r, "Main peak of a-Si", "eV", "Fig. 2, S1", 1840, true, peak(r, 0), NAN);
    add(r, "Charge, unseen sites: RMSE", "e", "Fig. 3", 0.110, false, -1, "score", RMSE);
    add(r, "Charge, unseen sites: R\302\262", "", "Fig. 3", 0.991, false, -1, "score", R2);
    add(r, "Charge, three descriptors: RMSE", "e", "Fig. S4", 0.311, false, -1, "line/score", RMSE);
    add(r, "Charge, window a (1830.00-1836.25 eV): RMSE", "e", "Fig. 5a", NAN, false, 0, "score", RMSE);
    add(r, "Charge, window b (1836.25-1842.50 eV): RMSE", "e", "Fig. 5b", 0.196, false, 1, "score", RMSE);
    add(r, "Charge, window b: R\302\262", "", "Fig. 5b", 0.971, false, 1, "score", R2);
    add(r, "Charge, window c (1842.50-1848.75 eV): RMSE", "e", "Fig. 5c", 0.222, false, 2, "score", RMSE);
    add(r, "Charge, window c: R\302\262", "", "Fig. 5c", 0.963, false, 2, "score", R2);
    add(r, "Charge, window f (1861.25-1867.50 eV): RMSE", "e", "Fig. 5f", 0.572, false, 5, "score", RMSE);
    add(r, "Charge, window f: R\302\262", "", "Fig. 5f", 0.750, false, 5, "score", R2);
    add(r, "Charge, lower half (1830-1855 eV): RMSE", "e", "Fig. S5", 0.157, false, 8, "score", RMSE);
    add(r, "Charge, lower half: R\302\262", "", "Fig. S5", 0.981, false, 8, "score", R2);
    add(r, "Charge, upper half (1855-1880 eV): RMSE", "e", "Fig. S5", 0.268, false, 9, "score", RMSE);
    add(r, "Charge, upper half: R\302\262", "", "Fig. S5", 0.945, false, 9, "score", R2);
    add(r, "Charge, averaged spectra: RMSE", "e", "Fig. 7", 0.105, false, -1, "averaged/score", RMSE);
    add(r, "Charge, averaged spectra: R\302\262", "", "Fig. 7", 0.989, false, -1, "averaged/score", R2);
    report_add_number(r, "RDF, best site: RMSE", "", "Fig. 4a", 0.1, true, extreme(r, false, "row_rmse", false), extreme(r, true, "row_rmse", false));
    report_add_number(r, "RDF, worst site: RMSE", "", "Fig. 4a", 0.5, true, extreme(r, false, "row_rmse", true), extreme(r, true, "row_rmse", true));
    add(r, "RDF, all unseen sites: RMSE", "", "-", NAN, true, -1, "score", RMSE);
    add(r, "RDF, lower half: RMSE", "", "Fig. S6", NAN, true, 8, "score", RMSE);
    add(r, "RDF, upper half: RMSE", "", "Fig. S6", NAN, true, 9, "score", RMSE);
    report_add_number(r, "RDF, averaged spectra: largest RMSE", "", "Fig. 8a", 0.23, true, extreme(r, false, "averaged/rmse", true),
                      extreme(r, true, "averaged/rmse", true));
}
