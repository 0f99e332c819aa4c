// SPDX-License-Identifier: BSD-3-Clause
/* page.c - the page, drawn without help: frames, lines, bands and text of SVG 1.1. */
#include "host/nn/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/commit.h"

enum { WIDTH = 794, HEIGHT = 1123 }; /* A4 at 96 dots per inch */
static const char BLUE[] = "#1f5fa8", RED[] = "#b03a2e", GREY[] = "#888888";

/* ---- pieces ---- */

struct panel { /* a frame with linear axes */
    FILE *f;
    double left, top, width, height, x[2], y[2];
};

static void escaped(FILE *f, const char *text)
{
    for (; *text; text++) {
        const char *entity = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : NULL;
        if (entity)
            fputs(entity, f);
        else
            fputc((unsigned char)*text < 32 ? '?' : *text, f);
    }
}

static void words(FILE *f, double x, double y, int size, const char *anchor, const char *color, const char *text)
{
    fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" text-anchor=\"%s\" fill=\"%s\">", x, y, size, anchor, color);
    escaped(f, text);
    fprintf(f, "</text>\n");
}

static double across(const struct panel *p, double x)
{
    return p->left + p->width * (x - p->x[0]) / (p->x[1] - p->x[0]);
}

static double down(const struct panel *p, double y)
{
    double place = p->top + p->height * (p->y[1] - y) / (p->y[1] - p->y[0]);
    return fmin(fmax(place, p->top), p->top + p->height);
}

/* 1, 2 or 5 times a power of ten, for four to nine ticks. */
static double tick_step(double range)
{
    double power = pow(10, floor(log10(range / 5)));
    double mantissa = range / 5 / power;
    return power * (mantissa < 1.5 ? 1 : mantissa < 3.5 ? 2 : mantissa < 7.5 ? 5 : 10);
}

static void frame(struct panel *p, const char *title, const char *x_label, const char *y_label)
{
    char label[32];
    if (!(p->y[1] > p->y[0]))
        p->y[1] = p->y[0] + 1;
    fprintf(p->f, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"none\" stroke=\"black\"/>\n", p->left, p->top, p->width,
            p->height);
    words(p->f, p->left, p->top - 6, 13, "start", "black", title);
    words(p->f, p->left + p->width / 2, p->top + p->height + 30, 11, "middle", "black", x_label);
    fprintf(p->f, "<text transform=\"translate(%.1f %.1f) rotate(-90)\" font-size=\"11\" text-anchor=\"middle\">", p->left - 40,
            p->top + p->height / 2);
    escaped(p->f, y_label);
    fprintf(p->f, "</text>\n");
    double step = tick_step(p->x[1] - p->x[0]);
    for (double x = ceil(p->x[0] / step - 1e-9) * step; x <= p->x[1] + 1e-9 * step; x += step) {
        snprintf(label, sizeof label, "%.6g", fabs(x) < 1e-9 * step ? 0 : x);
        fprintf(p->f, "<path d=\"M%.1f %.1fv-4\" stroke=\"black\"/>\n", across(p, x), p->top + p->height);
        words(p->f, across(p, x), p->top + p->height + 14, 10, "middle", "black", label);
    }
    step = tick_step(p->y[1] - p->y[0]);
    for (double y = ceil(p->y[0] / step - 1e-9) * step; y <= p->y[1] + 1e-9 * step; y += step) {
        snprintf(label, sizeof label, "%.4g", fabs(y) < 1e-9 * step ? 0 : y);
        fprintf(p->f, "<path d=\"M%.1f %.1fh4\" stroke=\"black\"/>\n", p->left, down(p, y));
        words(p->f, p->left - 5, down(p, y) + 3.5, 10, "end", "black", label);
    }
}

static void line(const struct panel *p, int n, const double *x, const double *y, const char *color)
{
    fprintf(p->f, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.4\" points=\"", color);
    for (int i = 0; i < n; i++)
        fprintf(p->f, "%.1f,%.1f ", across(p, x[i]), down(p, y[i]));
    fprintf(p->f, "\"/>\n");
}

static void band(const struct panel *p, int n, const double *x, const double *y, const double *half, const char *color)
{
    fprintf(p->f, "<polygon fill=\"%s\" fill-opacity=\"0.2\" points=\"", color);
    for (int i = 0; i < n; i++)
        fprintf(p->f, "%.1f,%.1f ", across(p, x[i]), down(p, y[i] + half[i]));
    for (int i = n - 1; i >= 0; i--)
        fprintf(p->f, "%.1f,%.1f ", across(p, x[i]), down(p, y[i] - half[i]));
    fprintf(p->f, "\"/>\n");
}

static void range(int n, const double *v, double limits[2])
{
    limits[0] = limits[1] = v[0];
    for (int i = 1; i < n; i++) {
        limits[0] = fmin(limits[0], v[i]);
        limits[1] = fmax(limits[1], v[i]);
    }
    double margin = 0.05 * (limits[1] - limits[0]) + 1e-12;
    limits[0] -= margin;
    limits[1] += margin;
}

/* ---- panels ---- */

static void draw_verdict(FILE *f, const struct nn_question *q, const char *name, const struct nn_reading *r)
{
    char text[320];
    words(f, 60, 50, 20, "start", "black", name);
    if (r->has_charge && r->n_reason == 0) {
        snprintf(text, sizeof text, "charge %.3f +- %.3f e     x in SiOx %.2f +- %.2f     oxygen neighbours %.2f", r->charge_e, r->sigma_e, r->x,
                 r->x_sigma, r->oxygen);
        words(f, 60, 78, 15, "start", BLUE, text);
    }
    for (int k = 0; k < r->n_reason && k < 4; k++) {
        snprintf(text, sizeof text, "%s%s", k == 0 ? "No single charge: " : "and: ", r->reason[k]);
        words(f, 60, 78 + 15 * k, 11, "start", RED, text);
    }
    snprintf(text, sizeof text, "%s, %d points, %s; energies shifted by %+.2f eV, trusted to %.2f eV; edge step %.4g at %.2f eV",
             q->spectrum->format, q->spectrum->n, q->spectrum->column, q->shift_ev, q->axis_error_ev, r->levels.step, r->normalisation.e0_ev);
    words(f, 60, 140, 11, "start", GREY, text);
}

static void draw_spectrum(FILE *f, const struct nn_reading *r)
{
    struct panel p = {f, 80, 170, 650, 210, {r->energy_ev[0], r->energy_ev[r->n_axis - 1]}, {0, 0}};
    range(r->n_axis, r->mu, p.y);
    frame(&p, "the spectrum as the network sees it", "energy (eV)", "absorption");
    line(&p, r->n_axis, r->energy_ev, r->mu, BLUE);
    if (!r->has_charge)
        return;
    struct panel s = {f, 80, 430, 650, 110, {p.x[0], p.x[1]}, {0, 0}};
    const double zero_x[2] = {p.x[0], p.x[1]}, zero_y[2] = {0, 0};
    range(r->n_axis, r->sensitivity, s.y);
    frame(&s, "what the charge hangs on", "energy (eV)", "d charge / d mu (e)");
    line(&s, 2, zero_x, zero_y, GREY);
    line(&s, r->n_axis, r->energy_ev, r->sensitivity, BLUE);
}

static void draw_shift(FILE *f, const struct nn_question *q, const struct nn_reading *r)
{
    struct panel p = {f, 80, 600, 290, 190, {r->shift_ev[0], r->shift_ev[NN_N_SHIFT - 1]}, {0, 0}};
    char text[96];
    double here_x[2] = {0, 0}, trusted[2] = {-q->axis_error_ev, q->axis_error_ev}, at[2] = {r->charge_e, r->charge_e};
    double half[2] = {r->sigma_e, r->sigma_e};
    range(NN_N_SHIFT, r->shift_charge, p.y);
    snprintf(text, sizeof text, "charge against a shift of the axis: %+.2f e per eV", r->slope_e_ev);
    frame(&p, text, "shift (eV)", "charge (e)");
    band(&p, 2, trusted, at, half, BLUE);
    line(&p, NN_N_SHIFT, r->shift_ev, r->shift_charge, BLUE);
    line(&p, 2, here_x, p.y, GREY);
    snprintf(text, sizeof text, "fits best at %+.1f eV; residual %.3g, limit %.3g", r->best_shift_ev, r->residual, r->residual_limit);
    words(f, 80, 600 + 190 + 46, 11, "start", r->residual > r->residual_limit ? RED : GREY, text);
}

static void draw_windows(FILE *f, const struct nn_reading *r)
{
    struct panel p = {f, 440, 600, 290, 190, {r->energy_ev[0], r->energy_ev[r->n_axis - 1]}, {r->charge_e, r->charge_e}};
    const double whole_x[2] = {p.x[0], p.x[1]}, whole_y[2] = {r->charge_e, r->charge_e}, whole[2] = {r->sigma_e, r->sigma_e};
    double widest = 2 * r->sigma_e;
    for (int w = 0; w < r->n_window; w++)
        widest = fmax(widest, fabs(r->window[w].charge_e - r->charge_e) + r->window[w].sigma_e);
    p.y[0] -= 1.05 * widest;
    p.y[1] += 1.05 * widest;
    frame(&p, r->n_window ? "what single windows say" : "no models of single windows were given", "energy (eV)", "charge (e)");
    band(&p, 2, whole_x, whole_y, whole, BLUE);
    line(&p, 2, whole_x, whole_y, BLUE);
    for (int w = 0; w < r->n_window; w++) {
        const struct nn_window_reading *one = &r->window[w];
        const char *color = fabs(one->deviation) > 3 ? RED : "black";
        const double ends[2] = {one->low_ev, one->high_ev}, level[2] = {one->charge_e, one->charge_e};
        const double middle[2] = {0.5 * (one->low_ev + one->high_ev), 0.5 * (one->low_ev + one->high_ev)};
        const double bar[2] = {one->charge_e - one->sigma_e, one->charge_e + one->sigma_e};
        line(&p, 2, ends, level, color);
        line(&p, 2, middle, bar, color);
    }
}

static void draw_rdf(FILE *f, const struct nn_reading *r)
{
    struct panel p = {f, 80, 890, 650, 170, {r->r_angstrom[0], r->r_angstrom[r->n_r - 1]}, {0, 0}};
    range(r->n_r, r->rdf, p.y);
    for (int i = 0; i < r->n_r; i++)
        p.y[1] = fmax(p.y[1], r->rdf[i] + r->rdf_sigma[i]);
    frame(&p, "g(R) around silicon, one standard deviation", "R (angstrom)", "g(R)");
    band(&p, r->n_r, r->r_angstrom, r->rdf, r->rdf_sigma, BLUE);
    line(&p, r->n_r, r->r_angstrom, r->rdf, BLUE);
}

kd_status nn_page_write(const char *path, const struct nn_question *q, const char *spectrum_name, const struct nn_reading *r)
{
    struct commit c;
    TRY(commit_open(path, &c));
    fprintf(c.file, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\">\n"
                    "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n", WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT);
    const char *slash = strrchr(spectrum_name, '/');
    draw_verdict(c.file, q, slash ? slash + 1 : spectrum_name, r);
    draw_spectrum(c.file, r);
    if (r->has_charge) {
        draw_shift(c.file, q, r);
        draw_windows(c.file, r);
    }
    if (r->n_r)
        draw_rdf(c.file, r);
    for (int i = 0; i < q->n_model; i++)
        if (q->model[i].synthetic) {
            words(c.file, 60, HEIGHT - 20, 11, "start", RED, "A model was trained on spectra of an analytic model, not of physics: this is no result.");
            break;
        }
    fprintf(c.file, "</svg>\n");
    return commit_finish(&c);
}
