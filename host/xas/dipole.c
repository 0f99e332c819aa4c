// SPDX-License-Identifier: BSD-3-Clause
/* dipole.c - start vectors in plane waves. */
#include "host/xas/dipole.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/bessel.h"
#include "host/base/units.h"

static const double table_step = 0.01;

kd_status dipole_create(const struct pseudo *absorber, const struct pseudo *core, double radius_factor, double q_max, struct dipole *out)
{
    int n = upf_mesh_cut(absorber), n_q = (int)(q_max / table_step) + 8;
    memset(out, 0, sizeof *out);
    TRY(startvec_make(absorber, core, radius_factor, &out->vector));
    out->table = (struct beta_table){.n_beta = 1, .n_q = n_q, .step = table_step, .l = {1}, .coupling = {1}};
    out->table.table = malloc((size_t)n_q * sizeof(double));
    double *work = malloc((size_t)absorber->n * sizeof *work);
    if (!out->table.table || !work) {
        free(work);
        dipole_free(out);
        FAIL(KD_ENOMEM, "start vectors: no host memory");
    }
    for (int q = 0; q < n_q; q++) {
        for (int i = 0; i < n; i++)
            work[i] = out->vector.radial[i] == 0 ? 0
                                                 : absorber->r[i] * out->vector.radial[i] * bessel_j(1, q * table_step * absorber->r[i]);
        out->table.table[q] = 4 * KD_PI * upf_simpson(n, work, absorber->rab) / sqrt(3.0);
    }
    free(work);
    return KD_OK;
}

void dipole_free(struct dipole *d)
{
    startvec_free(&d->vector);
    beta_table_free(&d->table);
}

/* Forms come in the order z, x, y of the harmonics. */
static void to_cartesian_order(double *form, size_t n, double *spare)
{
    memcpy(spare, form, n * sizeof *form);
    memmove(form, form + n, 2 * n * sizeof *form);
    memcpy(form + 2 * n, spare, n * sizeof *form);
}

kd_status dipole_vectors(kd_device *dev, const struct dipole *d, const struct crystal *c, const double tau[3], const struct sphere *sphere,
                         const struct pw_basis *basis, const struct la_block *x)
{
    int species = 0;
    double place[1][3] = {{tau[0], tau[1], tau[2]}}, *spare = malloc((size_t)sphere->n * sizeof *spare);
    struct crystal one = *c; /* one atom, one species */
    struct projector_forms forms;
    one.n_atom = one.n_species = 1;
    one.species = &species;
    one.tau = place;
    if (!spare)
        FAIL(KD_ENOMEM, "start vectors: no host memory");
    kd_status status = projector_forms_create(&one, &d->table, sphere, -1, &forms);
    if (status == KD_OK) {
        to_cartesian_order(forms.form, (size_t)sphere->n, spare);
        status = dev->pw->superpose(dev, dev->stream, basis, &forms.spec, x);
        projector_forms_free(&forms);
    }
    free(spare);
    return status;
}
