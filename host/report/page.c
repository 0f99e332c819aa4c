// SPDX-License-Identifier: BSD-3-Clause
/* page.c - index.html: one file that holds everything, pictures included. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "host/report/figure.h"

static const long MOST_SVG = 700000; /* bytes: larger pictures are embedded as PNG */

static const char style[] =
    ":root{color-scheme:light}body{font:16px/1.55 Georgia,'Times New Roman',serif;color:#1c2430;max-width:62rem;margin:0 auto;padding:2.5rem 1.2rem}"
    "h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3rem}h2{font-size:1.25rem;margin:2.6rem 0 .6rem;border-bottom:1px solid #cfd6df;padding-bottom:.2rem}"
    ".lead{color:#50607a}.note{font-size:.9rem;color:#50607a}table{border-collapse:collapse;font:14px/1.5 system-ui,sans-serif;width:100%}"
    "th,td{padding:.28rem .7rem;text-align:right;border-bottom:1px solid #e3e8ee;font-variant-numeric:tabular-nums}"
    "th:first-child,td:first-child,.l{text-align:left}th{border-bottom:2px solid #8a97a8}figure{margin:1.8rem 0;padding:0}"
    "figure img{max-width:100%;height:auto;display:block;margin:0 auto}figcaption{font-size:.92rem;margin-top:.5rem}"
    "figcaption b{font-family:system-ui,sans-serif}.lacks{border:1px dashed #b9c3cf;padding:1.4rem;text-align:center;color:#6a788c;"
    "font-style:italic}.warn{background:#fff4d6;border-left:4px solid #e0a800;padding:.6rem 1rem}code{font-size:.85em}"
    "details{margin:.6rem 0}pre{white-space:pre-wrap;font-size:.8rem;background:#f5f7fa;padding:.8rem}@media print{details{display:none}}";

static void put(FILE *out, const char *s)
{
    for (; s && *s; s++)
        if (*s == '<' || *s == '>' || *s == '&' || *s == '"')
            fprintf(out, "&#%d;", *s);
        else
            fputc(*s, out);
}

/* ---- pictures ---- */

static void put_base64(FILE *out, FILE *in)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned char b[3];
    for (size_t n; (n = fread(b, 1, 3, in)) > 0;) {
        memset(b + n, 0, 3 - n);
        fputc(digit[b[0] >> 2], out);
        fputc(digit[(b[0] & 3) << 4 | b[1] >> 4], out);
        fputc(n > 1 ? digit[(b[1] & 15) << 2 | b[2] >> 6] : '=', out);
        fputc(n > 2 ? digit[b[2] & 63] : '=', out);
    }
}

static void put_picture(FILE *out, const struct report *r, const struct figure *f)
{
    char path[PATH_MAX];
    struct stat st;
    const char *type = "svg+xml";
    snprintf(path, sizeof path, "%.*s/%s.svg", PATH_MAX - 40, r->options->out, f->id);
    if (stat(path, &st) != 0 || st.st_size > MOST_SVG) {
        snprintf(path, sizeof path, "%.*s/%s.png", PATH_MAX - 40, r->options->out, f->id);
        type = "png";
    }
    FILE *in = fopen(path, "rb");
    if (!in)
        return;
    fprintf(out, "<img alt=\"%s\" src=\"data:image/%s;base64,", f->id, type);
    put_base64(out, in);
    fputs("\">\n", out);
    fclose(in);
}

static void put_figure(FILE *out, const struct report *r, const struct figure *f, bool pictures)
{
    fprintf(out, "<figure id=%s>\n", f->id);
    if (f->drawn)
        put_picture(out, r, f);
    else if (f->lacks[0])
        fprintf(out, "<div class=lacks>Not yet: %s.</div>\n", f->lacks);
    else
        fprintf(out, "<div class=lacks>%s: data in %s.dat, script %s.gp.</div>\n", pictures ? "gnuplot failed" : "Not drawn (no gnuplot)", f->id, f->id);
    fputs("<figcaption><b>", out);
    put(out, f->title);
    fputs(".</b> ", out);
    put(out, f->ours);
    fputs(" <span class=note>Paper: ", out);
    put(out, f->paper);
    fprintf(out, " Data: <code>%s.dat</code>, script: <code>%s.gp</code>.</span></figcaption></figure>\n", f->id, f->id);
}

/* ---- tables ---- */

static void put_value(FILE *out, double x, bool approximate)
{
    if (!isfinite(x))
        fputs("<td>\342\200\223", out);
    else if (fabs(x) >= 1000)
        fprintf(out, fabs(x - rint(x)) < 1e-9 ? "<td>%s%.0f" : "<td>%s%.1f", approximate ? "\342\211\210 " : "", x);
    else
        fprintf(out, "<td>%s%.3f", approximate ? "\342\211\210 " : "", x);
}

static void put_numbers(FILE *out, const struct report *r)
{
    fputs("<h2>The paper's numbers and ours</h2>\n<table><tr><th>quantity<th class=l>unit<th class=l>where<th>paper<th>split by site<th>split by structure\n", out);
    for (int i = 0; i < r->n_number; i++) {
        const struct report_number *n = &r->number[i];
        fprintf(out, "<tr><td>%s<td class=l>%s<td class=l>%s", n->name, n->unit, n->where);
        put_value(out, n->paper, n->approximate);
        put_value(out, n->ours[0], false);
        put_value(out, n->ours[1], false);
        fputc('\n', out);
    }
    fputs("</table>\n<p class=note>The paper splits by site, so that sites of one cell stand on both sides; splitting by structure keeps whole cells unseen. "
          "A dash: not there (yet), or not in the paper.</p>\n", out);
}

static long long member(const struct js *object, const char *key)
{
    long long n = 0;
    js_get_int(object, key, &n);
    return n;
}

static void put_progress(FILE *out, const struct report *r)
{
    const struct js *stages = js_get(r->progress, "stages"), *failures = js_get(r->progress, "failures"), *all = js_get(r->progress, "all");
    if (!all)
        return;
    fputs("<h2>How far the study is</h2>\n<table><tr><th>stage<th>items<th>done<th>failed<th>out of reach<th>seconds per item\n", out);
    for (size_t i = 0; i <= js_size(stages); i++) {
        const struct js *c = i < js_size(stages) ? js_item(stages, i) : all;
        double mean = 0;
        js_get_double(c, "mean_seconds", &mean);
        fprintf(out, "<tr><td>%s<td>%lld<td>%lld<td>%lld<td>%lld<td>%.2f\n", i < js_size(stages) ? js_get_string(c, "stage") : "all",
                member(c, "total"), member(c, "done"), member(c, "failed"), member(c, "blocked"), mean);
    }
    fputs("</table>\n", out);
    if (js_size(failures) == 0)
        fputs("<p class=note>No item has failed.</p>\n", out);
    else
        fputs("<h2>Failures</h2>\n<table><tr><th>item<th>attempts<th class=l>reason\n", out);
    for (size_t i = 0; i < js_size(failures); i++) {
        fputs("<tr><td>", out);
        put(out, js_get_string(js_item(failures, i), "item"));
        fprintf(out, "<td>%lld<td class=l>", member(js_item(failures, i), "attempts"));
        put(out, js_get_string(js_item(failures, i), "reason"));
        fputc('\n', out);
    }
    fputs(js_size(failures) ? "</table>\n" : "", out);
}

static void put_provenance(FILE *out, const struct report *r)
{
    double shift;
    fputs("<h2>Provenance</h2>\n<p>Structures, spectra, charges and networks by Kedge ", out);
    put(out, r->options->version);
    fputs(": melt-quench with the Tersoff potential of Munetoh 2007, plane-wave PBE ground states, one core-hole state per Si site, Lanczos "
          "continued fractions, Bader charges of the valence density.</p>\n", out);
    if (js_get_double(r->calibration, "constant_ev", &shift))
        fprintf(out, "<p>All energies are shifted by one constant, %+.4f eV, that puts the main peak of alpha-quartz at its measured place.</p>\n", shift);
    if (r->have_data)
        fprintf(out, "<p>Dataset: %d sites, fingerprint <code>%016llx</code>.</p>\n", r->data.n_row, (unsigned long long)r->data.fingerprint);
    char *settings = r->study ? js_text(r->study) : NULL;
    if (settings) {
        fputs("<details><summary>All settings (study.json)</summary><pre>", out);
        put(out, settings);
        fputs("</pre></details>\n", out);
    }
    free(settings);
    fputs("<p class=note>Compared with: Y. Fujikata, H. Sugisawa, T. Mizoguchi, <i>Machine learning-based XANES analysis for predicting the local "
          "structure and valence in amorphous silicon suboxides</i>, Phys. Chem. Chem. Phys. (2026), doi:10.1039/d5cp03408f.</p>\n", out);
}

static void put_head(FILE *out, const struct report *r)
{
    char stamp[64];
    time_t now = time(NULL);
    strftime(stamp, sizeof stamp, "%d %B %Y", gmtime(&now));
    const struct js *section = js_get(js_get(r->study, "settings"), "study");
    const char *title = js_get_string(section, "title");
    title = title && title[0] ? title : "XANES, valence and local structure of amorphous SiOx";
    fputs("<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width,initial-scale=1\"><title>", out);
    put(out, title);
    fprintf(out, "</title><style>%s</style>\n<h1>", style);
    put(out, title);
    fputs("</h1>\n<p class=lead>", out);
    if (r->have_data) {
        double x[64];
        int n_x = report_compositions(r, x, 64), n_structure = 0;
        for (int i = 0; i < r->data.n_row; i++) {
            bool first = true;
            for (int k = 0; k < i && first; k++)
                first = r->data.structure_id[k] != r->data.structure_id[i];
            n_structure += first;
        }
        fprintf(out, "%d Si sites in %d structures of %d compositions. ", r->data.n_row, n_structure, n_x);
    }
    fprintf(out, "%s.</p>\n", stamp);
    if (r->have_data && r->data.synthetic)
        fputs("<p class=warn>The spectra of this dataset come from an analytic model, not from physics: no number below is a result.</p>\n", out);
}

kd_status page_write(struct report *r, const struct figure *figure, int n_figure, bool pictures)
{
    char path[PATH_MAX];
    struct commit c;
    snprintf(path, sizeof path, "%.*s/index.html", PATH_MAX - 20, r->options->out);
    TRY(commit_open(path, &c));
    put_head(c.file, r);
    put_numbers(c.file, r);
    fputs("<h2>Figures</h2>\n", c.file);
    for (int i = 0; i < n_figure; i++)
        put_figure(c.file, r, &figure[i], pictures);
    put_progress(c.file, r);
    put_provenance(c.file, r);
    fputs("</html>\n", c.file);
    return commit_finish(&c);
}
