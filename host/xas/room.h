// SPDX-License-Identifier: BSD-3-Clause
/* room.h - inside host/xas: what an open structure holds. */
#ifndef KD_XAS_ROOM_H
#define KD_XAS_ROOM_H

#include "host/xas/dipole.h"
#include "host/xas/reduce.h"
#include "host/xas/xanes.h"
#include "kernels/xas_ops.h"

struct h5;

struct xanes_k { /* one k-point of the spectrum */
    struct kpoint point;
    struct sphere sphere;
    struct pw_basis *basis;
    int potential; /* which of the packed potentials its type takes */
    struct projector_forms forms; /* of every species, the absorber's with the hole included; its species are the crystal's */
    struct pw_projectors *nonlocal;
};

struct xanes {
    kd_device *dev;
    struct xanes_options options;
    struct gs_file gs;
    struct pseudo_set set;     /* of the ground state */
    struct pseudo hole;        /* of the absorber; empty for XANES_GROUND */
    char hole_path[PATH_MAX];
    const struct pseudo *list[PSEUDO_SET_MAX + 1];
    int hole_species;          /* index in list; for XANES_GROUND the absorber's own */
    int absorber_species;      /* of the ground state */
    struct crystal crystal;    /* species change from site to site */
    int charge_hole;           /* electrons missing in the charged final state */
    struct scf *scf;
    void **ground_orbital_d;   /* [scf->n_k] orbitals of the ground state */
    double core_difference;
    char recipe[1024];

    /* chains */
    struct dipole dipole;
    struct reduce reduce;
    int n_k;
    struct xanes_k *k;
    struct xas_k *block_k;
    struct xas_block block;
    double *v_d;
    void *packed_d[2];         /* real, complex */

    double *response;          /* [n_shell] mean response of the reference sites; NULL before they are done */
    bool orbitals_ready;       /* of the ground state */
    bool hole_in_scf;          /* scf has the species of a site */

    char density_path[PATH_MAX], chains_path[PATH_MAX]; /* checkpoints of the site at work; "" for none */
    bool go_on;                /* from there, if they are there */
    double kept_at;            /* clock_seconds of the last one, or of the site's start */
};

/* Species of the crystal with the hole at `site` (-1: ground state). */
void xanes_place_hole(struct xanes *x, int site);

/* chains.c of this room's device part (run.c): coefficients of one site from the potential of x->scf. */
kd_status xanes_chains_setup(struct xanes *x);
void xanes_chains_free(struct xanes *x);
kd_status xanes_chains_run(struct xanes *x, struct xanes_site *s);

/* site_file.c: the numbers of a site in an open file, of kind "xanes_site" or "xanes_checkpoint"; the latter may have no steps yet. */
kd_status xanes_site_put(struct h5 *f, const char *kind, const struct xanes_site *s);
kd_status xanes_site_get(struct h5 *f, const char *kind, struct xanes_site *s);

/* checkpoint.c, for a site whose density is done. _due: written where there is a place for it and it is time, or when somebody asked to stop
 * (KD_ESTOPPED). _read: everything but the vectors, with the potential into x->scf, if there is such a file (*found)
 * and one is wanted. _vectors: the rest, when the chains have their Hamiltonian. KD_EINPUT: of another calculation. */
bool xanes_density_begun(const struct xanes *x); /* there is a checkpoint of the density, and one is wanted */
kd_status xanes_checkpoint_due(struct xanes *x, const struct xanes_site *s);
kd_status xanes_checkpoint_read(struct xanes *x, struct xanes_site *s, bool *found);
kd_status xanes_checkpoint_vectors(struct xanes *x, const struct chains *c);

#endif
