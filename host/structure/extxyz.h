// SPDX-License-Identifier: BSD-3-Clause
/* extxyz.h - the comment line of an extxyz frame, shared by extxyz.c and extxyz_comment.c. */
#ifndef KD_EXTXYZ_H
#define KD_EXTXYZ_H

#include "host/base/text.h"
#include "host/structure/structure.h"

enum { EXTXYZ_MAX_PROPERTY = 64 };

enum extxyz_field {
    FIELD_SKIPPED,
    FIELD_SPECIES,
    FIELD_NUMBER,
    FIELD_POSITION,
    FIELD_FORCE,
    FIELD_VELOCITY,
    FIELD_MOMENTUM,
    FIELD_MASS,
    N_FIELD
};

/* What the columns of an atom line are. */
struct extxyz_layout {
    int n_property;
    enum extxyz_field field[EXTXYZ_MAX_PROPERTY];
    int n_column[EXTXYZ_MAX_PROPERTY];
    bool has[N_FIELD];
    bool declared; /* there was a Properties= */
};

/* Read the comment line last given by t into s (cell, periodic, energy, virial, info) and the layout.
 * KD_EINPUT with file:line. */
kd_status extxyz_comment(const struct text *t, const char *line, struct structure *s,
                         struct extxyz_layout *layout);

#endif
