// SPDX-License-Identifier: BSD-3-Clause
/* room.h - inside host/xas: what an open structure holds. */
#ifndef KD_XAS_ROOM_H
#define KD_XAS_ROOM_H

#include "host/xas/dipole.h"
#include "host/xas/reduce.h"
#include "host/xas/xanes.h"
#include "kernels/xas_ops.h"

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
    double prepare_seconds;
};

/* Species of the crystal with the hole at `site` (-1: ground state). */
void xanes_place_hole(struct xanes *x, int site);

/* chains.c of this room's device part (run.c): coefficients of one site from the potential of x->scf. */
kd_status xanes_chains_setup(struct xanes *x);
void xanes_chains_free(struct xanes *x);
kd_status xanes_chains_run(struct xanes *x, struct xanes_site *s);

#endif
