// SPDX-License-Identifier: BSD-3-Clause
/* model_xas.h - the least time that an RTX 4090 can need for the spectrum of one site: a model, not a measurement. */
#ifndef KD_MODEL_XAS_H
#define KD_MODEL_XAS_H

#include <stdio.h>

#include "bench/model_pw.h"

struct model_xas {
    struct model_pw scf, chain; /* core-hole density; the chains' grid with n_band = polarisations */
    int n_k, n_step, n_iteration, n_atom, n_species;
};

/* A step of all chains kernel by kernel, a site, and the 5290 sites of the paper; marked "MODEL, not measured". */
void model_xas_print(FILE *out, const struct model_xas *m);

#endif
