// SPDX-License-Identifier: BSD-3-Clause
/* energy.c - many structures, evaluated batch by batch. */
#include "host/md/energy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/log.h"
#include "host/md/batch.h"
#include "host/structure/element.h"

enum { ATOMS_AT_ONCE = 200000 }; /* lists and scratch: about 2 kB per atom */

static const double OVERLAP = 0.5; /* angstrom: no bond is half as short */

kd_status energy_potential(const char *path, const struct structure *frames, int n_frame, struct potential *out)
{
    int number[ELEMENT_LAST + 1], n = 0;
    char seen[ELEMENT_LAST + 1] = {0};
    for (int f = 0; f < n_frame; f++)
        for (int a = 0; a < frames[f].n_atom; a++) {
            int z = frames[f].number[a];
            if (z >= 0 && z <= ELEMENT_LAST && !seen[z]) {
                seen[z] = 1;
                number[n++] = z;
            }
        }
    return potential_read(path, n, number, out);
}

static const char *name_of(const struct structure *s)
{
    return s->source ? s->source : "structure";
}

static kd_status check_distances(const struct batch *b, const struct structure *frames)
{
    struct closest_pair *closest = malloc((size_t)b->md.n_replica * sizeof *closest);
    if (!closest)
        FAIL(KD_ENOMEM, "energy: no host memory for %d frames", b->md.n_replica);
    kd_status status = batch_closest(b, closest);
    for (int r = 0; status == KD_OK && r < b->md.n_replica; r++) {
        const struct closest_pair *c = &closest[r];
        if (c->distance < 1e-6)
            status = kd_fail(KD_EINPUT, "%s: atoms %d and %d are at the same place", name_of(&frames[r]), c->i + 1, c->j + 1);
        else if (c->distance < OVERLAP)
            log_warning("%s: atoms %d and %d are only %.3f angstrom apart", name_of(&frames[r]), c->i + 1, c->j + 1, c->distance);
    }
    free(closest);
    return status;
}

static kd_status store_results(const struct batch *b, struct structure *frames)
{
    size_t n_replica = (size_t)b->md.n_replica;
    double(*force)[3] = malloc((size_t)b->md.n_atom * sizeof *force);
    double(*virial)[6] = malloc(n_replica * sizeof *virial), *energy = malloc(n_replica * sizeof *energy);
    kd_status status = KD_OK;
    if (!force || !virial || !energy)
        FAIL_OUT(KD_ENOMEM, "energy: no host memory for %d atoms", b->md.n_atom);
    TRY_OUT(batch_download(b, force, energy, virial));
    for (int r = 0; r < b->md.n_replica; r++) {
        struct structure *s = &frames[r];
        TRY_OUT(structure_add_force(s));
        memcpy(s->force, force[b->first[r]], (size_t)s->n_atom * sizeof *s->force);
        memcpy(s->virial, virial[r], sizeof s->virial);
        s->energy = energy[r];
        s->has_energy = s->has_virial = true;
        if (!isfinite(s->energy) || !isfinite(energy_max_force(s)))
            FAIL_OUT(KD_EINPUT, "%s: the energy is not finite, expected atoms at sensible distances", name_of(s));
    }
out:
    free(force);
    free(virial);
    free(energy);
    return status;
}

static kd_status evaluate_together(kd_device *dev, const struct potential *p, enum kd_precision precision,
                                   struct structure *frames, int n)
{
    struct batch b = {0};
    kd_status status;
    TRY_OUT(batch_create(dev, p, frames, n, &b));
    TRY_OUT(batch_build_lists(&b, 0));
    TRY_OUT(check_distances(&b, frames));
    TRY_OUT(batch_evaluate(&b, precision));
    TRY_OUT(store_results(&b, frames));
out:
    batch_free(&b);
    return status;
}

kd_status energy_evaluate(kd_device *dev, const struct potential *p, enum kd_precision precision,
                          struct structure *frames, int n_frame)
{
    for (int from = 0, to; from < n_frame; from = to) {
        long long n_atom = 0;
        for (to = from; to < n_frame && (to == from || n_atom + frames[to].n_atom <= ATOMS_AT_ONCE); to++)
            n_atom += frames[to].n_atom;
        TRY(evaluate_together(dev, p, precision, frames + from, to - from));
    }
    return KD_OK;
}

double energy_max_force(const struct structure *s)
{
    double most = 0;
    for (int a = 0; s->force && a < s->n_atom; a++) {
        const double *f = s->force[a];
        double size = sqrt(f[0] * f[0] + f[1] * f[1] + f[2] * f[2]);
        most = size > most || isnan(size) ? size : most;
    }
    return most;
}
