// SPDX-License-Identifier: BSD-3-Clause
/* results.c - results.h5: what evaluate.c found, for figures and for others. */
#include <stdlib.h>
#include <string.h>

#include "host/base/commit.h"
#include "host/nn/evaluate.h"
#include "host/store/h5.h"

static kd_status put(struct h5 *f, const char *group, const char *name, enum h5_kind kind, size_t rows, size_t columns,
                     const char *unit, const void *v)
{
    char full[160];
    snprintf(full, sizeof full, "%s/%s", group, name);
    return h5_write(f, &(struct h5_array){full, kind, columns ? 2 : 1, {rows, columns}, unit, 0}, v);
}

static kd_status put_score(struct h5 *f, const char *group, const char *name, const struct nn_score *s, const char *unit)
{
    const double v[] = {s->rmse, s->r2, s->mae, s->bias, s->n};
    char full[160];
    TRY(put(f, group, name, H5_DOUBLE, 5, 0, unit, v));
    snprintf(full, sizeof full, "%s/%s", group, name);
    return h5_set_text(f, full, "columns", "rmse r2 mae bias n");
}

static kd_status put_classes(struct h5 *f, const char *group, const struct nn_evaluation *e)
{
    double v[NN_N_CLASS][5];
    char full[160];
    for (int c = 0; c < NN_N_CLASS; c++) {
        const struct nn_score *s = &e->by_class[c];
        const double row[] = {s->rmse, s->r2, s->mae, s->bias, s->n};
        memcpy(v[c], row, sizeof row);
    }
    TRY(put(f, group, "score_by_oxygen_neighbours", H5_DOUBLE, NN_N_CLASS, 5, "e", v));
    snprintf(full, sizeof full, "%s/score_by_oxygen_neighbours", group);
    return h5_set_text(f, full, "columns", "rmse r2 mae bias n");
}

static kd_status write_model(struct h5 *f, const char *group, const char *name, const struct nn_evaluation *e)
{
    const struct nn_model *m = e->model;
    const char *unit = m->target == NN_CHARGE ? "e" : "1";
    size_t n = (size_t)e->n_test, n_out = (size_t)e->n_out, n_structure = (size_t)e->n_structure;
    TRY(put(f, group, "expected", H5_DOUBLE, n, n_out, unit, e->expected));
    TRY(h5_set_text(f, group, "file", name));
    TRY(h5_set_text(f, group, "target", nn_target_name(m->target)));
    TRY(h5_set_text(f, group, "split", m->split_kind == NN_BY_STRUCTURE ? "structure" : "site"));
    TRY(h5_set_double(f, group, "low_ev", e->low_ev));
    TRY(h5_set_double(f, group, "high_ev", e->high_ev));
    TRY(h5_set_int(f, group, "whole_axis", e->whole_axis));
    TRY(put(f, group, "predicted", H5_DOUBLE, n, n_out, unit, e->predicted));
    TRY(put(f, group, "spread", H5_DOUBLE, n, n_out, unit, e->spread));
    TRY(put_score(f, group, "score", &e->all, unit));
    TRY(put(f, group, "row_rmse", H5_DOUBLE, n, 0, unit, e->row_rmse));
    TRY(put(f, group, "rank", H5_INT, n, 0, "1", e->rank));
    TRY(put(f, group, "cases", H5_INT, NN_N_CASE, 0, "1", e->cases));
    if (m->output_axis)
        TRY(put(f, group, "r_angstrom", H5_DOUBLE, n_out, 0, "angstrom", m->output_axis));
    if (m->target == NN_CHARGE)
        TRY(put_classes(f, group, e));
    if (e->has_line) {
        TRY(put(f, group, "line/coefficients", H5_DOUBLE, NN_N_DESCRIPTOR + 1, 0, "1", e->line));
        TRY(put(f, group, "line/predicted", H5_DOUBLE, n, 0, "e", e->line_predicted));
        TRY(put_score(f, group, "line/score", &e->line_score, "e"));
    }
    if (e->n_seen > 0) {
        size_t n_seen = (size_t)e->n_seen;
        TRY(put(f, group, "seen/row", H5_INT, n_seen, 0, "1", e->seen));
        TRY(put(f, group, "seen/row_rmse", H5_DOUBLE, n_seen, 0, unit, e->seen_row_rmse));
        TRY(put_score(f, group, "seen/score", &e->seen_score, unit));
        if (m->target == NN_CHARGE) { /* of RDFs the errors are enough: 8 MB of numbers that nobody plots */
            TRY(put(f, group, "seen/expected", H5_DOUBLE, n_seen, 0, unit, e->seen_expected));
            TRY(put(f, group, "seen/predicted", H5_DOUBLE, n_seen, 0, unit, e->seen_predicted));
        }
    }
    TRY(put(f, group, "averaged/worst", H5_INT, (size_t)e->n_composition, 0, "1", e->worst));
    TRY(put(f, group, "averaged/structure_id", H5_INT, n_structure, 0, "1", e->structure_id));
    TRY(put(f, group, "averaged/unseen", H5_INT, n_structure, 0, "1", e->structure_unseen));
    TRY(put(f, group, "averaged/x", H5_DOUBLE, n_structure, 0, "1", e->structure_x));
    TRY(put(f, group, "averaged/expected", H5_DOUBLE, n_structure, n_out, unit, e->mean_expected));
    TRY(put(f, group, "averaged/predicted", H5_DOUBLE, n_structure, n_out, unit, e->mean_predicted));
    TRY(put(f, group, "averaged/rmse", H5_DOUBLE, n_structure, 0, unit, e->structure_rmse));
    return put_score(f, group, "averaged/score", &e->averaged, unit);
}

/* Rows of test sets differ between models only by their split: each model's row numbers stand beside its predictions. */
static kd_status write_rows(struct h5 *f, const char *group, const struct nn_dataset *d, const struct nn_evaluation *e)
{
    size_t n = (size_t)e->n_test;
    double *x = malloc((n + 1) * sizeof *x);
    int *rows = malloc((n + 1) * sizeof *rows), *oxygen = malloc((n + 1) * sizeof *oxygen);
    kd_status status = x && rows && oxygen ? KD_OK : kd_fail(KD_ENOMEM, "results: no host memory");
    bool own = e->model->fingerprint == d->fingerprint;
    for (size_t i = 0; status == KD_OK && i < n; i++) {
        rows[i] = own ? e->model->test[i] : (int)i;
        x[i] = d->x[rows[i]];
        oxygen[i] = d->coordination ? d->coordination[2 * rows[i] + 1] : -1;
    }
    if (status == KD_OK)
        status = put(f, group, "row", H5_INT, n, 0, "1", rows);
    if (status == KD_OK)
        status = put(f, group, "x", H5_DOUBLE, n, 0, "1", x);
    if (status == KD_OK)
        status = put(f, group, "oxygen_neighbours", H5_INT, n, 0, "1", oxygen);
    free(x);
    free(rows);
    free(oxygen);
    return status;
}

/* Mean spectrum and RDF of each structure, and counts of (n_Si, n_O) per structure. */
static kd_status write_structures(struct h5 *f, const struct nn_dataset *d, const struct nn_evaluation *e)
{
    enum { MOST = 9 };
    size_t n = (size_t)e->n_structure, n_energy = (size_t)d->n_energy, n_r = (size_t)d->n_r;
    double *spectrum = calloc(n * n_energy, sizeof *spectrum), *rdf = calloc(n * n_r, sizeof *rdf);
    int *histogram = calloc(n * MOST * MOST, sizeof *histogram), *count = calloc(n, sizeof *count);
    kd_status status = spectrum && rdf && histogram && count ? KD_OK : kd_fail(KD_ENOMEM, "results: no host memory");
    for (int i = 0; status == KD_OK && i < d->n_row; i++) {
        size_t s = 0;
        while (e->structure_id[s] != d->structure_id[i])
            s++;
        count[s]++;
        for (size_t k = 0; k < n_energy; k++)
            spectrum[s * n_energy + k] += d->spectra[(size_t)i * n_energy + k];
        for (size_t k = 0; k < n_r; k++)
            rdf[s * n_r + k] += d->rdf[(size_t)i * n_r + k];
        if (d->coordination) {
            int a = d->coordination[2 * i], b = d->coordination[2 * i + 1];
            histogram[(s * MOST + (size_t)(a < 0 ? 0 : a < MOST ? a : MOST - 1)) * MOST + (size_t)(b < 0 ? 0 : b < MOST ? b : MOST - 1)]++;
        }
    }
    for (size_t s = 0; status == KD_OK && s < n; s++) {
        for (size_t k = 0; k < n_energy; k++)
            spectrum[s * n_energy + k] /= count[s];
        for (size_t k = 0; k < n_r; k++)
            rdf[s * n_r + k] /= count[s];
    }
    if (status == KD_OK)
        status = put(f, "structures", "energy_ev", H5_DOUBLE, n_energy, 0, "eV", d->energy_ev);
    if (status == KD_OK)
        status = put(f, "structures", "spectrum", H5_DOUBLE, n, n_energy, "1", spectrum);
    if (status == KD_OK)
        status = put(f, "structures", "r_angstrom", H5_DOUBLE, n_r, 0, "angstrom", d->r_angstrom);
    if (status == KD_OK)
        status = put(f, "structures", "rdf", H5_DOUBLE, n, n_r, "1", rdf);
    if (status == KD_OK)
        status = put(f, "structures", "structure_id", H5_INT, n, 0, "1", e->structure_id);
    if (status == KD_OK)
        status = put(f, "structures", "x", H5_DOUBLE, n, 0, "1", e->structure_x);
    if (status == KD_OK && d->coordination)
        status = h5_write(f, &(struct h5_array){"structures/coordination_histogram", H5_INT, 3, {n, MOST, MOST}, "1", 0}, histogram);
    free(spectrum);
    free(rdf);
    free(histogram);
    free(count);
    return status;
}

kd_status nn_results_write(const char *path, const struct nn_dataset *data, int n, const struct nn_evaluation *e,
                           const char *const *names)
{
    struct h5 *f;
    TRY(h5_create(path, &f));
    kd_status status = h5_set_text(f, "/", "kedge", "results 1");
    if (status == KD_OK)
        status = h5_set_text(f, "/", "dataset", data->path);
    if (status == KD_OK)
        status = h5_set_int(f, "/", "synthetic", data->synthetic);
    for (int i = 0; status == KD_OK && i < n; i++) {
        char group[64];
        snprintf(group, sizeof group, "models/%03d", i);
        status = write_model(f, group, names[i], &e[i]);
        if (status == KD_OK)
            status = write_rows(f, group, data, &e[i]);
    }
    if (status == KD_OK && n > 0)
        status = write_structures(f, data, &e[0]);
    if (status == KD_OK)
        return h5_commit(f);
    h5_abandon(f);
    return status;
}

/* ---- the table ---- */

static void table_line(FILE *f, const char *name, const struct nn_evaluation *e, const char *rows, const struct nn_score *s)
{
    const struct nn_model *m = e->model;
    if (s->n > 0)
        fprintf(f, "%s\t%s\t%s\t%.9g\t%.9g\t%s\t%d\t%.9g\t%.9g\t%.9g\t%.9g\n", name, nn_target_name(m->target),
                m->split_kind == NN_BY_STRUCTURE ? "structure" : "site", e->low_ev, e->high_ev, rows, s->n, s->rmse, s->r2, s->mae,
                s->bias);
}

kd_status nn_results_table(const char *path, int n, const struct nn_evaluation *e, const char *const *names)
{
    struct commit c;
    TRY(commit_open(path, &c));
    fprintf(c.file, "model\ttarget\tsplit\tlow_ev\thigh_ev\trows\tn\trmse\tr2\tmae\tbias\n");
    for (int i = 0; i < n; i++) {
        table_line(c.file, names[i], &e[i], "unseen", &e[i].all);
        table_line(c.file, names[i], &e[i], "seen", &e[i].seen_score);
        for (int k = 0; k < NN_N_CLASS; k++) {
            char rows[16];
            snprintf(rows, sizeof rows, "oxygen %d", k);
            table_line(c.file, names[i], &e[i], rows, &e[i].by_class[k]);
        }
        if (e[i].has_line)
            table_line(c.file, names[i], &e[i], "line", &e[i].line_score);
        table_line(c.file, names[i], &e[i], "averaged", &e[i].averaged);
    }
    return commit_finish(&c);
}
