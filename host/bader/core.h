// SPDX-License-Identifier: BSD-3-Clause
/* core.h - the all-electron core of an atom as a table over the radius: what a valence density lacks to have maxima at its nuclei.
 *
 * Partitioned without its core, every silicon of alpha-quartz loses its whole basin; with a core of another shape than the true one
 * its charge is anything from +2.9 to +3.7 e. So it is taken from the pseudopotential file (PP_KEDGE), else from our own atom. */
#ifndef KD_BADER_CORE_H
#define KD_BADER_CORE_H

#include "host/atom/pseudo.h"

enum { CORE_PER_BOHR = 512 }; /* table points */

struct core {
    int number;        /* atomic number */
    double z_valence;
    double n_electron; /* that the table holds */
    char source[640];  /* "Si.upf", "own atom 1s2 2s2 2p6" */
    int n;
    float *density;    /* [n] bohr^-3 at radius i / CORE_PER_BOHR; the last is 0 */
};

/* From a pseudopotential that holds the core charge; KD_EINPUT when it does not. */
kd_status core_from_pseudo(const struct pseudo *p, const char *path, struct core *out);
/* From the neutral scalar-relativistic PBE atom: the innermost number - z_valence electrons. KD_EINPUT: these are not closed shells,
 * or the element is beyond Ar. An atom without core (H, He) gets an empty table. */
kd_status core_from_atom(int number, double z_valence, struct core *out);
void core_free(struct core *c); /* a zeroed struct is fine */

#endif
