// SPDX-License-Identifier: BSD-3-Clause
/* scf_start.c - the first orbitals: atomic ones, shaken a little, or noise where a file has none. */
#include <math.h>
#include <stdlib.h>

#include "host/dft/projector.h"
#include "host/dft/scf.h"

/* Noise on atomic orbitals: enough to break every symmetry, too little to cost an iteration. */
static const double shake = 0.02;

int scf_start_count(const struct crystal *c)
{
    int n = 0;
    for (int i = 0; i < c->n_atom; i++) {
        const struct pseudo *p = c->pseudo[c->species[i]];
        for (int o = 0; o < p->n_orbital; o++)
            n += p->orbital[o].occupation >= 0 && p->orbital[o].l <= 3 ? 2 * p->orbital[o].l + 1 : 0;
    }
    return n;
}

/* psi <- lowest Ritz vectors of the atomic orbitals and as much noise as is missing. */
static kd_status start_k(struct scf *s, struct scf_k *k, const struct beta_table *orbital, int n_atomic)
{
    kd_device *dev = s->dev;
    int n_start = n_atomic > s->n_band ? n_atomic : s->n_band;
    struct la_block start = k->psi, atomic;
    start.x_d = s->work.w_d;
    start.n_vec = n_start;
    atomic = la_slice(&start, 0, n_atomic);
    TRY(kd_fill(dev, dev->stream, start.x_d, 0, (size_t)n_start * start.ld * la_size(start.type)));
    if (n_atomic > 0) {
        struct projector_forms forms;
        TRY(projector_forms_create(s->crystal, orbital, &k->sphere, -1, &forms));
        kd_status status = dev->pw->superpose(dev, dev->stream, k->basis, &forms.spec, &atomic);
        projector_forms_free(&forms);
        TRY(status);
        TRY(dev->pw->noise(dev, dev->stream, k->basis, s->options.seed, shake, &atomic));
    }
    if (n_start > n_atomic) {
        struct la_block rest = la_slice(&start, n_atomic, n_start - n_atomic);
        TRY(dev->pw->noise(dev, dev->stream, k->basis, s->options.seed + 1, 1, &rest));
    }
    struct pw_hamiltonian h = scf_hamiltonian(s, k);
    TRY(dev->pw->pack_potential(dev, dev->stream, k->basis, s->effective_d, s->potential_d));
    s->h_applications += n_start;
    return eigen_start(&s->work, &h, &start, &k->psi, k->eps);
}

kd_status scf_start_orbitals(struct scf *s)
{
    const struct crystal *c = s->crystal;
    struct beta_table *orbital = calloc((size_t)c->n_species, sizeof *orbital);
    kd_status status = KD_OK;
    if (!orbital)
        FAIL(KD_ENOMEM, "scf: no host memory");
    for (int t = 0; t < c->n_species; t++)
        TRY_OUT(orbital_table_create(c->pseudo[t], sqrt(2 * s->options.ecut) + 0.1, &orbital[t]));
    struct grid_potential p = {s->rho_g_d, s->core_g_d, s->local_d, s->rho_d, s->effective_d, s->xc_d, s->sum_d};
    TRY_OUT(s->dev->grid->potential(s->dev, s->dev->stream, s->grid, &p));
    for (int i = 0; i < s->n_k; i++)
        TRY_OUT(start_k(s, &s->k[i], orbital, scf_start_count(c)));
out:
    for (int t = 0; t < c->n_species; t++)
        beta_table_free(&orbital[t]);
    free(orbital);
    return status;
}
