// SPDX-License-Identifier: BSD-3-Clause
/* symmetry.c - the space group of a crystal, by spglib. */
#include "host/structure/symmetry.h"

#include <spglib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct symmetry_op identity = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, {0, 0, 0}};

static bool is_identity(const struct symmetry_op *op)
{
    for (int a = 0; a < 3; a++)
        if (op->translation[a] != 0)
            return false;
    return memcmp(op->rotation, identity.rotation, sizeof identity.rotation) == 0;
}

/* The identity first; spglib has it first already, whatever the version. */
static void identity_first(struct symmetry_op *op, int n)
{
    for (int o = 1; o < n; o++)
        if (is_identity(&op[o])) {
            op[o] = op[0];
            op[0] = identity;
        }
}

kd_status symmetry_find(const double cell[3][3], int n_atom, const double (*frac)[3], const int *kind, double tolerance,
                        struct symmetry_op **op, int *n_op)
{
    double lattice[3][3]; /* spglib: vectors as columns */
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            lattice[a][b] = cell[b][a];
    SpglibDataset *found = spg_get_dataset(lattice, (double(*)[3])frac, kind, n_atom, tolerance);
    int n = found ? found->n_operations : 0;
    *n_op = n > 0 ? n : 1;
    *op = malloc((size_t)*n_op * sizeof **op);
    if (!*op) {
        if (found)
            spg_free_dataset(found);
        FAIL(KD_ENOMEM, "symmetry: no host memory");
    }
    (*op)[0] = identity;
    for (int o = 0; o < n; o++) {
        memcpy((*op)[o].rotation, found->rotations[o], sizeof found->rotations[o]);
        memcpy((*op)[o].translation, found->translations[o], sizeof found->translations[o]);
    }
    if (found)
        spg_free_dataset(found);
    identity_first(*op, *n_op);
    return KD_OK;
}
