// SPDX-License-Identifier: BSD-3-Clause
/* scf_change.c - a calculation whose atoms change kind: tables, plans and memory stay, what depends on the atoms is made again. */
#include <math.h>
#include <string.h>

#include "host/base/span.h"
#include "host/dft/ewald.h"
#include "host/dft/projector.h"
#include "host/dft/scf.h"

static kd_status new_projectors(struct scf *s, struct scf_k *k)
{
    struct projector_forms forms;
    s->dev->pw->projectors_destroy(s->dev, k->nonlocal);
    k->nonlocal = NULL;
    TRY(projector_forms_create(s->crystal, s->beta, &k->sphere, -1, &forms));
    kd_status status = s->dev->pw->projectors_create(s->dev, k->basis, &forms.spec, &k->nonlocal);
    projector_forms_free(&forms);
    return status;
}

kd_status scf_change_species(struct scf *s, double charge, enum smearing smearing, double width)
{
    double n_electron = s->crystal->n_electron - charge;
    if (smearing == SMEARING_FIXED && fabs(n_electron - 2 * round(n_electron / 2)) > 1e-6)
        FAIL(KD_EINPUT, "scf: %g electrons do not fill bands two by two", n_electron);
    if (n_electron > 2 * s->n_wanted + 1e-9)
        FAIL(KD_EINTERNAL, "scf: %g electrons, made for %d bands", n_electron, s->n_wanted);
    span_begin("change_species");
    s->n_electron = n_electron;
    s->options.charge = charge;
    s->options.smearing = smearing;
    s->options.width = width;
    s->converged = false;
    mix_restart(&s->mix);
    eigen_work_forget(&s->work);
    kd_free(s->dev, s->core_g_d);
    s->core_g_d = NULL;
    TRY(scf_superpose(s));
    for (int i = 0; i < s->n_k; i++)
        TRY(new_projectors(s, &s->k[i]));
    TRY(ewald(s->crystal, &s->energy.ewald, NULL, NULL));
    span_end();
    return KD_OK;
}
