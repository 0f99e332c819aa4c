// SPDX-License-Identifier: BSD-3-Clause
/* numbers.h - the rows of the report's table. Inside the room. */
#ifndef KD_REPORT_NUMBERS_H
#define KD_REPORT_NUMBERS_H

#include "host/report/figure.h"

/* Fill r->number from whatever there is; what is not there is NaN. */
void numbers_gather(struct report *r);

#endif
