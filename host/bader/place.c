// SPDX-License-Identifier: BSD-3-Clause
/* place.c - images of atoms. */
#include "host/bader/place.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/structure/cell.h"

void place_list_free(struct place_list *l)
{
    free(l->center);
    free(l->kind);
    memset(l, 0, sizeof *l);
}

/* Shifts low..high along row a bring frac within `share` of the interval 0..1. */
static void shift_range(double frac, double share, int *low, int *high)
{
    *low = (int)ceil(-share - frac);
    *high = (int)floor(1 + share - frac);
}

static kd_status add(struct place_list *l, int *room, const double center[3], int kind)
{
    if (l->n == *room) {
        *room = *room ? 2 * *room : 256;
        double(*bigger)[3] = realloc(l->center, (size_t)*room * sizeof *bigger);
        l->center = bigger ? bigger : l->center;
        int *kinds = realloc(l->kind, (size_t)*room * sizeof *kinds);
        l->kind = kinds ? kinds : l->kind;
        if (!bigger || !kinds)
            FAIL(KD_ENOMEM, "bader: no host memory for images");
    }
    memcpy(l->center[l->n], center, sizeof l->center[0]);
    l->kind[l->n++] = kind;
    return KD_OK;
}

kd_status place_images(const double cell[3][3], int n_atom, const double (*position)[3], const int *kind, double reach,
                       struct place_list *out)
{
    double inverse[3][3], frac[3], moved[3], center[3];
    int low[3], high[3], room = 0;
    *out = (struct place_list){0};
    cell_inverse(cell, inverse);
    for (int i = 0; i < n_atom; i++) {
        if (kind[i] < 0)
            continue;
        cell_frac((const double(*)[3])inverse, position[i], frac);
        for (int a = 0; a < 3; a++)
            shift_range(frac[a], reach / cell_height(cell, a), &low[a], &high[a]);
        for (int x = low[0]; x <= high[0]; x++)
            for (int y = low[1]; y <= high[1]; y++)
                for (int z = low[2]; z <= high[2]; z++) {
                    moved[0] = frac[0] + x;
                    moved[1] = frac[1] + y;
                    moved[2] = frac[2] + z;
                    cell_cartesian(cell, moved, center);
                    TRY(add(out, &room, center, kind[i]));
                }
    }
    return KD_OK;
}

int place_nearest(const double cell[3][3], int n_atom, const double (*position)[3], const double r[3], double *distance)
{
    double inverse[3][3], frac[3], moved[3], d[3], least = INFINITY;
    int nearest = 0;
    cell_inverse(cell, inverse);
    for (int i = 0; i < n_atom; i++) {
        double away[3] = {r[0] - position[i][0], r[1] - position[i][1], r[2] - position[i][2]};
        cell_frac((const double(*)[3])inverse, away, frac);
        for (int a = 0; a < 3; a++)
            frac[a] -= nearbyint(frac[a]);
        for (int s = 0; s < 27; s++) { /* of a skewed cell another image may be nearer */
            moved[0] = frac[0] + s / 9 - 1;
            moved[1] = frac[1] + s / 3 % 3 - 1;
            moved[2] = frac[2] + s % 3 - 1;
            cell_cartesian(cell, moved, d);
            double square = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
            if (square < least) {
                least = square;
                nearest = i;
            }
        }
    }
    *distance = sqrt(least);
    return nearest;
}
