// SPDX-License-Identifier: BSD-3-Clause
/* fleet_h5md.c - trajectories in H5MD 1.1 (de Buyl, Colberg, Höfling 2014): frames are kept in memory and written, whole and by rename, as
 * one chunk file at every checkpoint. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "host/md/fleet.h"
#include "host/store/h5.h"

static kd_status make_room(struct frame_buffer *b, int n_atom)
{
    if (b->n < b->room)
        return KD_OK;
    const size_t room = b->room ? 2 * (size_t)b->room : 8, three = 3 * (size_t)n_atom;
    int64_t *step = realloc(b->step, room * sizeof *step);
    b->step = step ? step : b->step;
    double *time = realloc(b->time_fs, room * sizeof *time);
    b->time_fs = time ? time : b->time_fs;
    double *box = realloc(b->edges, room * 9 * sizeof *box);
    b->edges = box ? box : b->edges;
    double *position = realloc(b->position, room * three * sizeof *position);
    b->position = position ? position : b->position;
    double *velocity = realloc(b->velocity, room * three * sizeof *velocity);
    b->velocity = velocity ? velocity : b->velocity;
    if (!step || !time || !box || !position || !velocity)
        FAIL(KD_ENOMEM, "trajectory: no host memory for %zu frames", room);
    b->room = (int)room;
    return KD_OK;
}

kd_status fleet_keep_frame(struct fleet *f, int r)
{
    struct frame_buffer *b = &f->frames[r];
    const int n_atom = fleet_atoms(f, r), first = f->batch.first[r];
    if (!f->o->directory || (b->n > 0 && b->step[b->n - 1] == f->state[r].step))
        return KD_OK;
    TRY(make_room(b, n_atom));
    const size_t at = 3 * (size_t)b->n * (size_t)n_atom;
    b->step[b->n] = f->state[r].step;
    b->time_fs[b->n] = fleet_time_fs(f, r);
    memcpy(b->edges + 9 * (size_t)b->n, f->cell[r], sizeof f->cell[r]);
    for (int a = 0; a < n_atom; a++) {
        memcpy(b->position + at + 3 * (size_t)a, f->position[first + a], 3 * sizeof(double));
        memcpy(b->velocity + at + 3 * (size_t)a, f->velocity[first + a], 3 * sizeof(double));
    }
    b->n++;
    return KD_OK;
}

/* An element of H5MD: value, and step and time that all elements share. */
static kd_status write_element(struct h5 *h5, const char *name, const struct h5_array *value, const void *values, bool shared)
{
    char text[3][64];
    static const char *const part[3] = {"value", "step", "time"};
    for (int i = 0; i < 3; i++)
        snprintf(text[i], sizeof text[i], "particles/all/%s/%s", name, part[i]);
    struct h5_array array = *value;
    array.name = text[0];
    TRY(h5_write(h5, &array, values));
    TRY(h5_set_text(h5, text[0], "unit", value->unit));
    if (!shared)
        return KD_OK;
    TRY(h5_link(h5, "particles/all/position/step", text[1]));
    return h5_link(h5, "particles/all/position/time", text[2]);
}

static kd_status write_head(struct h5 *h5, const struct fleet *f, int r)
{
    static const int version[2] = {1, 1};
    const struct structure *s = &f->frame[r];
    TRY(h5_group(h5, "h5md/author"));
    TRY(h5_group(h5, "h5md/creator"));
    TRY(h5_set_numbers(h5, "h5md", "version", H5_INT, 2, version));
    TRY(h5_set_text(h5, "h5md/author", "name", "kedge"));
    TRY(h5_set_text(h5, "h5md/creator", "name", "kedge"));
    TRY(h5_set_text(h5, "h5md/creator", "version", "1"));
    TRY(h5_write(h5, &(struct h5_array){"particles/all/species", H5_INT, 1, {(size_t)s->n_atom}, NULL, 0}, s->number));
    TRY(h5_group(h5, "particles/all/box"));
    return h5_set_int(h5, "particles/all/box", "dimension", 3);
}

static kd_status write_chunk(struct fleet *f, int r)
{
    char path[PATH_MAX];
    const struct frame_buffer *b = &f->frames[r];
    const size_t n = (size_t)b->n, n_atom = (size_t)fleet_atoms(f, r);
    struct h5 *h5 = NULL;
    kd_status status;
    snprintf(path, sizeof path, "%s/%s/trajectory.%04d.h5", f->o->directory, f->result[r].name, f->n_chunk);
    TRY(h5_create(path, &h5));
    TRY_OUT(write_head(h5, f, r));
    const struct h5_array vectors = {NULL, H5_DOUBLE, 3, {n, n_atom, 3}, "Angstrom", H5_DEFLATE};
    struct h5_array speeds = vectors;
    speeds.unit = "Angstrom fs-1";
    TRY_OUT(write_element(h5, "position", &vectors, b->position, false));
    TRY_OUT(h5_write(h5, &(struct h5_array){"particles/all/position/step", H5_LONG, 1, {n}, NULL, 0}, b->step));
    TRY_OUT(h5_write(h5, &(struct h5_array){"particles/all/position/time", H5_DOUBLE, 1, {n}, "fs", 0}, b->time_fs));
    TRY_OUT(h5_set_text(h5, "particles/all/position/time", "unit", "fs"));
    TRY_OUT(write_element(h5, "velocity", &speeds, b->velocity, true));
    TRY_OUT(write_element(h5, "box/edges", &(struct h5_array){NULL, H5_DOUBLE, 3, {n, 3, 3}, "Angstrom", 0}, b->edges, true));
    return h5_commit(h5);
out:
    h5_abandon(h5);
    return status;
}

kd_status fleet_write_frames(struct fleet *f)
{
    bool any = false;
    for (int r = 0; r < f->n; r++)
        if (f->frames[r].n > 0) {
            TRY(write_chunk(f, r));
            f->frames[r].n = 0;
            any = true;
        }
    f->n_chunk += any;
    return KD_OK;
}
