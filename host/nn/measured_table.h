// SPDX-License-Identifier: BSD-3-Clause
/* measured_table.h - what measured.c and xdi.c share: the numbers of a text file and the names of its columns. */
#ifndef KD_NN_MEASURED_TABLE_H
#define KD_NN_MEASURED_TABLE_H

#include "host/nn/measured.h"

enum { TABLE_COLUMNS = 32, TABLE_NAME = 32 };

struct table {
    int n_column, n_row, capacity;
    double *value; /* [n_row][n_column] */
    char name[TABLE_COLUMNS][TABLE_NAME], unit[TABLE_COLUMNS][TABLE_NAME]; /* lower case; "" unknown */
    double d_spacing; /* angstrom; 0 unknown */
    bool is_xdi;
};

/* One line of numbers onto the end; the first one settles how many columns there are. KD_EINPUT for anything else. */
kd_status table_row(struct table *table, const struct text *t, char *line);

/* The header of an XDI file: t has just given its first line. Reads up to and including the line of dashes. */
kd_status xdi_header(struct text *t, struct table *table, struct nn_measured *out);

#endif
