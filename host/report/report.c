// SPDX-License-Identifier: BSD-3-Clause
/* report.c - sources in, figures and page out. */
#include "host/report/report.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/base/log.h"
#include "host/base/paths.h"
#include "host/report/numbers.h"

static const struct figure figures[] = {
    {"fig1", "Fig. 1  Amorphous SiOx from melt and quench", "Uniform networks at every composition, no large voids.", draw_structures},
    {"fig2", "Fig. 2  Si K-edge XANES averaged over each structure",
     "Sharp main peak near 1846 eV for SiO2; its height falls with x, below x = 1.5 it moves to lower energies.", draw_mean_spectra},
    {"fig3", "Fig. 3  Valence from single-site spectra", "RMSE 0.110 e, R\302\262 0.991; five clusters by O neighbours.", draw_parity},
    {"fig4", "Fig. 4  RDFs from single-site spectra", "RMSE from about 0.1 to about 0.5; best for SiO2 and Si.", draw_rdf_rank},
    {"fig5", "Fig. 5  Valence from 6.25 eV windows", "b: RMSE 0.196, R\302\262 0.971; c: 0.222, 0.963; f: 0.572, 0.750.", draw_window_parity},
    {"fig6", "Fig. 6  RDFs from 6.25 eV windows", "Windows b and c are best, all are worse than the whole range.", draw_window_rank},
    {"fig7", "Fig. 7  Valence from averaged spectra", "RMSE 0.105 e, R\302\262 0.989, slight underestimation around x = 1.", draw_mean_parity},
    {"fig8", "Fig. 8  RDFs from averaged spectra", "Largest RMSE about 0.23.", draw_mean_rdf},
    {"figS1", "Fig. S1  alpha-quartz and silicon", "Measured: sharp peak near 1846 eV for SiO2, weaker signal near 1840 eV for Si.", draw_references},
    {"figS2", "Fig. S2  Coordination of Si", "SiO4 dominates SiO2, Si4 dominates Si; most diverse in between.", draw_coordination},
    {"figS3", "Fig. S3  Spectra of single sites and their mean", "Sites differ most at intermediate compositions.", draw_site_spectra},
    {"figS4", "Fig. S4  Valence by a straight line through three descriptors", "RMSE 0.311 e.", draw_line},
    {"figS5", "Fig. S5  Valence from 25 eV bands", "Lower half: RMSE 0.157, R\302\262 0.981; upper half: 0.268, 0.945.", draw_band_parity},
    {"figS6", "Fig. S6  RDFs from 25 eV bands", "Both halves are almost equally good.", draw_band_rank},
};
enum { N_FIGURE = sizeof figures / sizeof *figures };

/* ---- sources ---- */

static bool study_path(const struct report *r, const char *name, char path[PATH_MAX])
{
    return r->options->study && snprintf(path, PATH_MAX, "%s/%s", r->options->study, name) < PATH_MAX && access(path, R_OK) == 0;
}

static void read_json(const struct report *r, const char *name, struct js **object)
{
    char path[PATH_MAX];
    if (study_path(r, name, path) && js_read(path, object) != KD_OK)
        log_warning("%s", kd_error_message());
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Quenched structures of a study: structures/NAME.xyz, not NAME-start.xyz. */
static kd_status list_structures(struct report *r)
{
    char folder[PATH_MAX];
    DIR *d = study_path(r, "structures", folder) ? opendir(folder) : NULL;
    for (struct dirent *e; d && (e = readdir(d));) {
        size_t n = strlen(e->d_name), length = strlen(folder) + n + 2;
        if (n < 5 || strcmp(e->d_name + n - 4, ".xyz") != 0 || strstr(e->d_name, "-start.xyz"))
            continue;
        char **more = realloc(r->structure_file, ((size_t)r->n_structure_file + 1) * sizeof *more), *path = malloc(length);
        if (more)
            r->structure_file = more;
        if (!more || !path) {
            free(path);
            closedir(d);
            FAIL(KD_ENOMEM, "report: no host memory");
        }
        snprintf(path, length, "%s/%s", folder, e->d_name);
        r->structure_file[r->n_structure_file++] = path;
    }
    if (d)
        closedir(d);
    if (r->n_structure_file > 0)
        qsort(r->structure_file, (size_t)r->n_structure_file, sizeof *r->structure_file, by_name);
    return KD_OK;
}

static kd_status read_model(struct report *r, struct report_model *m)
{
    char word[32];
    long long whole = 1;
    TRY(h5_get_text(r->results, m->group, "target", word, sizeof word));
    m->rdf = strcmp(word, "rdf") == 0;
    TRY(h5_get_text(r->results, m->group, "split", word, sizeof word));
    m->by_structure = strcmp(word, "structure") == 0;
    TRY(h5_get_text(r->results, m->group, "file", m->file, sizeof m->file));
    TRY(h5_get_double(r->results, m->group, "low_ev", &m->low_ev));
    TRY(h5_get_double(r->results, m->group, "high_ev", &m->high_ev));
    TRY(h5_get_int(r->results, m->group, "whole_axis", &whole));
    m->whole = whole != 0;
    return KD_OK;
}

static kd_status open_results(struct report *r, const char *path)
{
    size_t n;
    char **names;
    TRY(h5_open(path, &r->results));
    TRY(h5_list(r->results, "models", &n, &names));
    r->model = calloc(n + 1, sizeof *r->model);
    kd_status status = r->model ? KD_OK : kd_fail(KD_ENOMEM, "report: no host memory");
    for (size_t i = 0; status == KD_OK && i < n; i++) {
        snprintf(r->model[i].group, sizeof r->model[i].group, "models/%.40s", names[i]);
        status = read_model(r, &r->model[i]);
        r->n_model++;
    }
    free(names);
    return status;
}

static kd_status open_sources(struct report *r)
{
    char path[PATH_MAX];
    const struct report_options *o = r->options;
    read_json(r, "study.json", &r->study);
    read_json(r, "progress.json", &r->progress);
    read_json(r, "calibration/quartz.json", &r->calibration);
    read_json(r, "calibration/silicon.json", &r->silicon);
    TRY(list_structures(r));
    if (o->dataset || study_path(r, "dataset.h5", path)) {
        TRY(nn_dataset_read(o->dataset ? o->dataset : path, &r->data));
        r->have_data = true;
    }
    if (o->results || study_path(r, "results.h5", path))
        TRY(open_results(r, o->results ? o->results : path));
    if (!r->have_data && !r->results && !r->study)
        FAIL(KD_EINPUT, "%s: neither a study nor a dataset nor results", o->study ? o->study : "kedge report");
    if (r->have_data && r->data.synthetic)
        log_warning("%s: spectra of an analytic model, not of physics; the report says so", r->data.path);
    return KD_OK;
}

static void close_sources(struct report *r)
{
    if (r->have_data)
        nn_dataset_free(&r->data);
    h5_close(r->results);
    free(r->model);
    js_free(r->study);
    js_free(r->progress);
    js_free(r->calibration);
    js_free(r->silicon);
    for (int k = 0; k < r->n_structure_file; k++)
        free(r->structure_file[k]);
    free(r->structure_file);
}

/* ---- figures ---- */

static kd_status draw(struct report *r, struct figure *f, bool pictures)
{
    kd_status status = f->draw(r, f);
    if (f->open && status == KD_OK) {
        status = commit_finish(&f->data);
        kd_status script = commit_finish(&f->script);
        status = status == KD_OK ? script : status;
    } else if (f->open) {
        commit_abandon(&f->data);
        commit_abandon(&f->script);
    }
    TRY(status);
    if (!f->open || !pictures)
        return KD_OK;
    f->drawn = draw_figure(r->options->out, f->id, "svg") && draw_figure(r->options->out, f->id, "png");
    if (!f->drawn)
        log_warning("%s: gnuplot does not draw %s.gp", r->options->out, f->id);
    return KD_OK;
}

static kd_status write_numbers(struct report *r, struct js *object)
{
    char path[PATH_MAX];
    struct commit c;
    snprintf(path, sizeof path, "%.*s/numbers.tsv", PATH_MAX - 20, r->options->out);
    TRY(commit_open(path, &c));
    fputs("number\tunit\twhere\tpaper\tsplit by site\tsplit by structure\n", c.file);
    struct js *list = js_array(object, "numbers");
    for (int i = 0; i < r->n_number; i++) {
        const struct report_number *n = &r->number[i];
        const double v[3] = {n->paper, n->ours[0], n->ours[1]};
        static const char *const key[3] = {"paper", "site", "structure"};
        struct js *row = js_object(list, NULL);
        js_string(row, "name", n->name);
        fprintf(c.file, "%s\t%s\t%s", n->name, n->unit, n->where);
        for (int k = 0; k < 3; k++) {
            if (isfinite(v[k])) {
                fprintf(c.file, "\t%.6g", v[k]);
                js_double(row, key[k], v[k]);
            } else {
                fputs("\t", c.file);
            }
        }
        fputc('\n', c.file);
    }
    return commit_finish(&c);
}

static kd_status write_all(struct report *r, struct js *object)
{
    struct figure figure[N_FIGURE];
    memcpy(figure, figures, sizeof figures);
    bool pictures = !r->options->no_pictures && draw_available();
    if (!pictures && !r->options->no_pictures)
        log_warning("no gnuplot: data and scripts are written, no pictures");
    struct js *list = js_array(object, "figures");
    for (int i = 0; i < N_FIGURE; i++) {
        TRY(draw(r, &figure[i], pictures));
        struct js *one = js_object(list, NULL);
        js_string(one, "id", figure[i].id);
        js_bool(one, "drawn", figure[i].drawn);
        js_bool(one, "data", figure[i].open);
        if (figure[i].lacks[0])
            js_string(one, "lacks", figure[i].lacks);
    }
    numbers_gather(r);
    kd_error_clear();
    TRY(write_numbers(r, object));
    return page_write(r, figure, N_FIGURE, pictures);
}

kd_status report_write(const struct report_options *options, struct js *object)
{
    struct report r = {.options = options};
    kd_status status = open_sources(&r);
    if (status == KD_OK && mkdir(options->out, 0777) != 0 && errno != EEXIST)
        status = kd_fail(KD_EIO, "%s: cannot make this directory, %s", options->out, strerror(errno));
    if (status == KD_OK)
        status = write_all(&r, object);
    close_sources(&r);
    return status;
}
