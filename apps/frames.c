// SPDX-License-Identifier: BSD-3-Clause
/* frames.c - reading all files of a command line. */
#include "apps/frames.h"

#include <stdlib.h>
#include <string.h>

static kd_status append_file(const char *path, struct frames *all)
{
    struct structure *frame;
    int n;
    TRY(structures_read(path, &frame, &n));
    struct structure *longer = realloc(all->frame, (size_t)(all->n + n) * sizeof *longer);
    if (!longer) {
        structures_free(frame, n);
        FAIL(KD_ENOMEM, "%s: no host memory for %d frames", path, n);
    }
    memcpy(longer + all->n, frame, (size_t)n * sizeof *frame);
    free(frame); /* the frames themselves have moved */
    all->frame = longer;
    all->n += n;
    return KD_OK;
}

kd_status frames_read(const struct app *app, struct frames *all)
{
    for (int f = 0; f < app->n_file; f++)
        TRY(append_file(app->file[f], all));
    return KD_OK;
}
