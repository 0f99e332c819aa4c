// SPDX-License-Identifier: BSD-3-Clause
/* report.h - every figure of the paper from whatever a study has so far: data, gnuplot script, SVG, PNG, and one HTML page.
 *
 * The paper: Fujikata, Sugisawa, Mizoguchi, Phys. Chem. Chem. Phys. 2026, 10.1039/d5cp03408f. */
#ifndef KD_REPORT_H
#define KD_REPORT_H

#include <stdbool.h>

#include "host/base/json.h"
#include "kernels/status.h"

struct report_options {
    const char *study;      /* directory of a study, or NULL */
    const char *dataset;    /* files, or NULL: those of the study */
    const char *results;
    const char *out;        /* directory, made when it is not there */
    const char *version;    /* of kedge, for the page */
    bool no_pictures;       /* data and scripts only */
};

/* Write OUT/figN.dat, figN.gp, figN.svg, figN.png, numbers.tsv and index.html. What a figure lacks is said in its place; only without any
 * source at all is there no report (KD_EINPUT). object: figures[] (id, drawn, lacks), numbers[] (name, paper, site, structure). KD_EIO. */
kd_status report_write(const struct report_options *options, struct js *object);

#endif
