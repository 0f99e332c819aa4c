// SPDX-License-Identifier: BSD-3-Clause
/* page.h - a reading of a measured spectrum on one page (SVG, A4): verdict, spectrum and sensitivity, charge against shift, windows, g(R). */
#ifndef KD_NN_PAGE_H
#define KD_NN_PAGE_H

#include "host/nn/predict.h"

/* KD_EIO as commit_finish. */
kd_status nn_page_write(const char *path, const struct nn_question *q, const char *spectrum_name, const struct nn_reading *r);

#endif
