// SPDX-License-Identifier: BSD-3-Clause
/* gather.h - finished structures and sites become dataset.h5: spectra, charges, g(R), coordination, and what was left out and why.
 *
 *     struct gather *g;
 *     TRY(gather_open(dev, &options, &g));
 *     TRY(gather_dataset(g, "old.h5"));                          // append to, or merge, datasets of equal recipe
 *     TRY(gather_structure(g, "Si16O24-r0", "charges.h5", &at)); // once per structure
 *     TRY(gather_xanes(g, at, "xanes.h5"));                      // all its sites, or one by one: gather_site
 *     TRY(gather_write(g, "dataset.h5", provenance));
 *     gather_close(g);
 *
 * Nothing that is wrong stops the gathering: it is left out, with its reason, and counted. Only what is the caller's mistake, memory and the disk
 * fail. The result depends on what was gathered in which order, and on nothing else. */
#ifndef KD_NN_GATHER_H
#define KD_NN_GATHER_H

#include <stdint.h>

#include "host/base/json.h"
#include "host/md/analyze.h"
#include "kernels/device.h"

struct gather_options {
    double emin_ev, emax_ev;
    int n_energy;               /* evenly spaced, both ends included */
    struct analyze_options bonds; /* cutoffs of coordination; site_axis is that of g(R) */
    double test_fraction;       /* of the splits that are stored */
    uint64_t split_seed;
};
struct gather_options gather_defaults(void); /* 256 points 1830 to 1880 eV, g(R) of the study (rdf_site_axis), 0.2, seed 0 */

struct gather;
kd_status gather_open(kd_device *dev, const struct gather_options *options, struct gather **out); /* dev: borrowed (neighbour lists) */
void gather_close(struct gather *g); /* NULL is fine */

/* A structure with its charges (charges.h5 of kedge bader). *index is -1 when it is left out: not readable, atoms without basin, charges
 * that do not add up (1e-4 e), another method than the structures before. name: for people; unique or not. */
kd_status gather_structure(struct gather *g, const char *name, const char *charges_path, int *index);

struct gather_spectrum {        /* of one site */
    int site;                   /* atom, from 0 */
    int number;                 /* its atomic number; 0: not known */
    const char *failure;        /* why the site failed; NULL or "": it converged */
    const char *recipe;         /* of the spectrum: must be one for the whole dataset */
    double calibration_ev;      /* likewise */
    int n;
    const double *energy_ev;    /* [n] photon energies, ascending, covering the dataset's; cubic interpolation when they are others */
    const double *sigma_mb;     /* [n] mean of the polarisations, Mb */
};
/* Take one site of a structure, or leave it out. */
kd_status gather_site(struct gather *g, int index, const struct gather_spectrum *spectrum);

/* All sites of an xanes.h5 on the calibrated axis, failed ones as left out. Unreadable: the structure is left out. */
kd_status gather_xanes(struct gather *g, int index, const char *path);

/* All rows of a dataset.h5 that gather_write wrote, with what it had left out. KD_EINPUT, and nothing is taken: not such a file, another axis, recipe, calibration,
 * method of charges or smoothing. Rows that are there already (same structure, same site) are left out. */
kd_status gather_dataset(struct gather *g, const char *path);

int gather_rows(const struct gather *g);
int gather_left_out(const struct gather *g);
/* n_site, n_structure, left_out [{structure, site, reason}], recipe, splits. */
void gather_json(const struct gather *g, struct js *object);

/* dataset.h5 (docs/formats.md), whole or not at all. provenance may be NULL. KD_EINPUT when there is no row. */
kd_status gather_write(const struct gather *g, const char *path, const struct js *provenance);

#endif
