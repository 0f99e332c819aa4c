// SPDX-License-Identifier: BSD-3-Clause
/* pseudo.c - the memory of a pseudopotential, and integrals on its mesh. */
#include "host/atom/pseudo.h"

#include <stdlib.h>

kd_status pseudo_array(struct pseudo *p, size_t n, double **array)
{
    double **list = realloc(p->block, (size_t)(p->n_block + 1) * sizeof *list);
    if (!list)
        FAIL(KD_ENOMEM, "pseudopotential: %zu numbers", n);
    p->block = list;
    list[p->n_block] = calloc(n ? n : 1, sizeof **list);
    if (!list[p->n_block])
        FAIL(KD_ENOMEM, "pseudopotential: %zu numbers", n);
    *array = list[p->n_block++];
    return KD_OK;
}

void pseudo_free(struct pseudo *p)
{
    for (int i = 0; i < p->n_block; i++)
        free(p->block[i]);
    free(p->block);
    *p = (struct pseudo){0};
}

double upf_simpson(int n, const double *f, const double *rab)
{
    double sum = 0;
    for (int i = 1; i + 1 < n; i += 2)
        sum += f[i - 1] * rab[i - 1] + 4 * f[i] * rab[i] + f[i + 1] * rab[i + 1];
    return sum / 3;
}

int upf_mesh_cut(const struct pseudo *p)
{
    int n = 0;
    while (n < p->n && p->r[n] <= 10)
        n++;
    n = n < p->n ? n + 1 : p->n;
    return 2 * ((n + 1) / 2) - 1;
}
