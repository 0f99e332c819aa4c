// SPDX-License-Identifier: BSD-3-Clause
/* gather_room.h - what the files of gather share. */
#ifndef KD_NN_GATHER_ROOM_H
#define KD_NN_GATHER_ROOM_H

#include "host/nn/gather.h"

enum { GATHER_TEXT = 1024 };

struct gather_cell { /* one structure */
    char name[256], hash[24];
    char charges[GATHER_TEXT], xanes[GATHER_TEXT]; /* files; "" when merged from a dataset */
    int n_atom, *number;
    double *charge;      /* [n_atom] e; NULL when merged */
    double x;            /* O per Si */
    double *rdf;         /* [n_site][3][n_r] of the Si atoms: total, to Si, to O */
    int n_site, *site, (*coordination)[2];
};

struct gather_row {
    int structure, site, coordination[2];
    double charge, x;
    double *value; /* [n_energy + 3 n_r] spectrum, g(R), to Si, to O */
};

struct gather_loss {
    char structure[256], reason[512];
    int site; /* -1: all of the structure */
};

struct gather {
    kd_device *dev;
    struct gather_options o;
    int n_r;
    double *energy_ev;
    char recipe[GATHER_TEXT], method[256]; /* "" until the first */
    double calibration_ev;
    bool synthetic;
    int n_cell, room_cell, n_row, room_row, n_loss, room_loss;
    struct gather_cell *cell;
    struct gather_row *row;
    struct gather_loss *loss;
};

kd_status gather_grow(void *array, int n, int *room, size_t size); /* array: address of the pointer */
kd_status gather_lose(struct gather *g, const char *structure, int site, const char *format, ...) KD_PRINTF(4, 5);
/* The end of a path, "folder/file": what a dataset says of where a row came from, without where that folder stood. */
const char *gather_origin(const char *path);
/* An empty row at the end, values not set; NULL and KD_ENOMEM in *status. */
struct gather_row *gather_new_row(struct gather *g, kd_status *status);
bool gather_has(const struct gather *g, const char *hash, int site);
/* The recipe, calibration and method of the dataset become these, or have to be: the reason why not, "" when they fit. */
void gather_agree(struct gather *g, const char *recipe, double calibration_ev, char reason[512]);

#endif
