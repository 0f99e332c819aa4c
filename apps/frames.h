// SPDX-License-Identifier: BSD-3-Clause
/* frames.h - the frames of all files of a command line, one after the other. */
#ifndef KD_FRAMES_H
#define KD_FRAMES_H

#include "apps/app.h"
#include "host/structure/structure.h"

struct frames {
    struct structure *frame; /* structures_free(frame, n) */
    int n;
};

/* On failure *all holds what was read so far: free it all the same. */
kd_status frames_read(const struct app *app, struct frames *all);

#endif
