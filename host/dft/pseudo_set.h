// SPDX-License-Identifier: BSD-3-Clause
/* pseudo_set.h - which pseudopotential each atom of a structure gets.
 *
 * In this order: what was given for the element, the file in the directory, the shipped file pseudo/EL.upf, the default set that Kedge
 * makes itself ("auto:EL", library.h). */
#ifndef KD_DFT_PSEUDO_SET_H
#define KD_DFT_PSEUDO_SET_H

#include "host/atom/pseudo.h"
#include "host/structure/structure.h"

enum { PSEUDO_SET_MAX = 16 };

struct pseudo_choice {
    const char *directory; /* searched for EL.upf, then for the first EL_*, EL.*, EL-* that ends in .upf (any case); or NULL */
    int n_given;
    const char *given[PSEUDO_SET_MAX]; /* "Si=FILE", the file a path or a name of library.h */
    int core_hole_site;                /* this atom gets core_hole_file; -1: none */
    const char *core_hole_file;        /* path or name; NULL: the default set of its element with one 1s electron removed */
};

struct pseudo_set {
    int n;
    struct pseudo pseudo[PSEUDO_SET_MAX];
    const struct pseudo *list[PSEUDO_SET_MAX]; /* &pseudo[0..n-1] */
    char *path[PSEUDO_SET_MAX]; /* path or name: pseudo_open(path) gives the set again */
    int *species; /* [n_atom] */
};

/* Find and read. KD_EINPUT: no file for an element, a file of another element, a site that is not there, an unknown "EL=". */
kd_status pseudo_set_read(const struct structure *s, const struct pseudo_choice *choice, struct pseudo_set *out);
void pseudo_set_free(struct pseudo_set *set); /* a zeroed struct is fine */

#endif
