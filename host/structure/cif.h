// SPDX-License-Identifier: BSD-3-Clause
/* cif.h - inside the CIF reader: tokens (cif_token.c) and symmetry operations (cif_symmetry.c). */
#ifndef KD_CIF_H
#define KD_CIF_H

#include "host/base/text.h"
#include "host/structure/structure.h"

enum { CIF_MAX_OPERATION = 192 }; /* of a conventional cell: 48 rotations of m-3m, 4 centrings */

enum cif_kind { CIF_END, CIF_BLOCK, CIF_LOOP, CIF_NAME, CIF_VALUE };

struct cif_token {
    enum cif_kind kind;
    char *text;  /* "data_x", "_cell_length_a", or a value without its quotes; of a text block only the first
                    line */
    bool quoted; /* a '?' or '.' in quotes is a string */
};

struct cif_reader {
    struct text *text;
    char *at; /* rest of the line in work; NULL: take the next one */
};

/* The next token of CIF 1.1. KD_EINPUT with file:line: a quote or a text block that is not closed, a save
 * frame. */
kd_status cif_next(struct cif_reader *r, struct cif_token *token);

/* frac' = rotation . frac + shift */
struct cif_operation {
    signed char rotation[3][3];
    double shift[3];
};

/* "-y, x-y, z+2/3". False when it is none, or no symmetry operation of a lattice. Decimal shifts such as
 * .3333 become the multiple of 1/24 within 0.001. */
bool cif_operation_parse(const char *text, struct cif_operation *op);
bool cif_operation_is_identity(const struct cif_operation *op);

/* The images of one site, first the one by op[0], without those nearer than 0.05 angstrom to an earlier one
 * (a special position). image[n_op][3], 0 <= frac < 1. Returns how many. */
int cif_expand(const struct cif_operation *op, int n_op, const double cell[3][3], const double frac[3],
               double (*image)[3]);

#endif
