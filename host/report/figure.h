// SPDX-License-Identifier: BSD-3-Clause
/* figure.h - what the figures of a report share: sources, files, colours, numbers. Inside the room. */
#ifndef KD_REPORT_FIGURE_H
#define KD_REPORT_FIGURE_H

#include <limits.h>
#include <stdio.h>

#include "host/base/commit.h"
#include "host/nn/evaluate.h"
#include "host/report/report.h"
#include "host/store/h5.h"

enum { REPORT_NUMBERS = 64, REPORT_WINDOWS = 10 };

struct report_model { /* a group of results.h5 */
    char group[64], file[256];
    bool rdf, by_structure, whole;
    double low_ev, high_ev;
};

struct report_number { /* a number of the paper and ours, for the table */
    const char *name, *unit, *where;
    double paper;          /* NaN: the paper has none */
    double ours[2];        /* [0] split by site, [1] by structure; NaN: not there */
    bool approximate;      /* the paper says "about" */
};

struct report {
    const struct report_options *options;
    bool have_data;
    struct nn_dataset data;
    struct h5 *results; /* NULL: none */
    int n_model;
    struct report_model *model;
    struct js *study, *progress, *calibration, *silicon; /* NULL: none; the last two: the reference crystals */
    int n_structure_file;
    char **structure_file; /* quenched structures, sorted */
    int n_number;
    struct report_number number[REPORT_NUMBERS];
};

struct figure {
    const char *id, *title, *paper; /* paper: its finding in one sentence */
    kd_status (*draw)(struct report *r, struct figure *f);
    /* inside */
    struct commit data, script;
    bool open, drawn;
    char lacks[256], ours[1024]; /* ours: our finding in words */
};

/* Open ID.dat and ID.gp in the report's directory; the script begins with terminal and style. width, height in pixels. */
kd_status figure_begin(struct report *r, struct figure *f, int width, int height);
/* A further block of data: gnuplot's next `index`. */
void figure_block(struct figure *f, const char *comment);
void figure_lacks(struct figure *f, const char *format, ...) KD_PRINTF(2, 3);
void figure_says(struct figure *f, const char *format, ...) KD_PRINTF(2, 3); /* appended to `ours` */

/* NULL when results.h5 has no such model. window: -1 whole axis, 0..7 a..h, 8 and 9 the halves. */
const struct report_model *report_find(const struct report *r, bool rdf, bool by_structure, int window);
/* The charge or RDF net of the whole axis that stands for Fig. 3, 4, 7, 8: split by site if there is one, else by structure. */
const struct report_model *report_main(const struct report *r, bool rdf);
/* Doubles of a dataset in the model's group; the caller frees. rows, columns: its extents (columns 1 for rank 1). */
kd_status report_array(const struct report *r, const struct report_model *m, const char *name, size_t *rows, size_t *columns, double **v);
/* rmse r2 mae bias n of a score; false when it is not there. */
bool report_score(const struct report *r, const struct report_model *m, const char *name, double score[5]);
void report_add_number(struct report *r, const char *name, const char *unit, const char *where, double paper, bool approximate,
                       double site, double structure);

/* Rows of the dataset by composition: the different x, ascending. *n at most `most`. */
int report_compositions(const struct report *r, double *x, int most);
/* "#rrggbb" from blue (x = 0) over green to red (x = 2). */
char *report_colour(double x, char colour[8]);

/* draw.c: run gnuplot in the report's directory; false when it is not there or fails. */
bool draw_available(void);
bool draw_figure(const char *directory, const char *id, const char *format);

/* page.c */
kd_status page_write(struct report *r, const struct figure *figure, int n_figure, bool pictures);

/* figures_*.c */
kd_status draw_structures(struct report *r, struct figure *f);   /* 1 */
kd_status draw_mean_spectra(struct report *r, struct figure *f); /* 2 */
kd_status draw_parity(struct report *r, struct figure *f);       /* 3 */
kd_status draw_rdf_rank(struct report *r, struct figure *f);     /* 4 */
kd_status draw_window_parity(struct report *r, struct figure *f); /* 5 */
kd_status draw_window_rank(struct report *r, struct figure *f);  /* 6 */
kd_status draw_mean_parity(struct report *r, struct figure *f);  /* 7 */
kd_status draw_mean_rdf(struct report *r, struct figure *f);     /* 8 */
kd_status draw_references(struct report *r, struct figure *f);   /* S1 */
kd_status draw_coordination(struct report *r, struct figure *f); /* S2 */
kd_status draw_site_spectra(struct report *r, struct figure *f); /* S3 */
kd_status draw_line(struct report *r, struct figure *f);         /* S4 */
kd_status draw_band_parity(struct report *r, struct figure *f);  /* S5 */
kd_status draw_band_rank(struct report *r, struct figure *f);    /* S6 */

#endif
