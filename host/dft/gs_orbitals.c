// SPDX-License-Identifier: BSD-3-Clause
/* gs_orbitals.c - orbitals of a ground state in its file: as plane-wave coefficients, with what a reader needs to make sense of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/dft/gs.h"

/* One number of vector j: FP32 or FP64. */
static double at(const void *x, bool wide, size_t i)
{
    return wide ? ((const double *)x)[i] : (double)((const float *)x)[i];
}

/* psi as (re, im) of c(k+G); stored real orbitals carry sqrt(2), but for the plane wave that is its own partner (pw_ops.h). */
static void coefficients(const struct scf_k *k, const void *x, int n_band, float (*c)[2])
{
    size_t n = (size_t)k->sphere.n;
    bool wide = la_is_double(k->psi.type), real = !la_is_complex(k->psi.type);
    size_t words = k->psi.ld * la_width(k->psi.type);
    for (int j = 0; j < n_band; j++)
        for (size_t g = 0; g < n; g++) {
            const int *m = k->sphere.miller[g];
            bool own = real && 2 * m[0] + k->point.twice[0] == 0 && 2 * m[1] + k->point.twice[1] == 0 && 2 * m[2] + k->point.twice[2] == 0;
            double scale = real && !own ? sqrt(0.5) : 1;
            for (size_t part = 0; part < 2; part++)
                c[(size_t)j * n + g][part] = (float)(scale * at(x, wide, (size_t)j * words + 2 * g + part));
        }
}

static kd_status write_k(struct h5 *f, const struct scf *s, int i)
{
    const struct scf_k *k = &s->k[i];
    size_t n = (size_t)k->sphere.n, n_band = (size_t)s->n_wanted, bytes = n_band * k->psi.ld * la_size(k->psi.type);
    char name[48], object[32];
    void *x = malloc(bytes);
    float(*c)[2] = malloc(n_band * n * sizeof *c);
    kd_status status = KD_OK;
    if (!x || !c)
        FAIL_OUT(KD_ENOMEM, "gs.h5: no host memory for orbitals");
    TRY_OUT(kd_download(s->dev, s->dev->stream, x, k->psi.x_d, bytes));
    coefficients(k, x, s->n_wanted, c);
    snprintf(object, sizeof object, "orbitals/%03d", i);
    snprintf(name, sizeof name, "%s/coefficient", object);
    TRY_OUT(h5_write(f, &(struct h5_array){name, H5_FLOAT, 3, {n_band, n, 2}, .unit = "1"}, c));
    snprintf(name, sizeof name, "%s/miller", object);
    TRY_OUT(h5_write(f, &(struct h5_array){name, H5_INT, 2, {n, 3}, .unit = "1"}, k->sphere.miller));
    TRY_OUT(h5_set_int(f, object, "half", k->point.trim));
out:
    free(x);
    free(c);
    return status;
}

kd_status gs_write_orbitals(struct h5 *f, const struct scf *s)
{
    for (int i = 0; i < s->n_k; i++)
        TRY(write_k(f, s, i));
    return KD_OK;
}
