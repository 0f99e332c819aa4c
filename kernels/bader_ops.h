// SPDX-License-Identifier: BSD-3-Clause
/* bader_ops.h - atoms in a density: every grid point climbs to a maximum, maxima collect what lies below them.
 *
 * Arrays are [n0][n1][n2] over the cell, periodic in all directions, point (i,j,k) at i/n0 a1 + j/n1 a2 + k/n2 a3; a point's number is
 * (i n1 + j) n2 + k. A density that is climbed is FP32 (reference), one that is integrated FP64 (valence); both must be finite.
 *
 * The way up is near-grid (Tang, Sanville, Henkelman, J. Phys.: Condens. Matter 21, 084204 (2009)) in a form without memory: which
 * maximum a point reaches depends on the density alone, so every device and thread count gives the same bits. For that each
 * operation on FP32 and FP64 numbers below is rounded by itself (no fused multiply-add), in the order written.
 *
 * Order of points: a is above b when reference[a] > reference[b], or they are equal and a's number is smaller.
 *
 * 1. Steepest neighbour. Of the 26 neighbours the one with the largest slope (rho' - rho) * slope_weight, if that is above 0; the
 *    first in the order of directions when slopes are equal. Direction d = 9 (a+1) + 3 (b+1) + (c+1) for the step (a,b,c). With no
 *    slope above 0: among neighbours of equal rho the smallest number, if smaller than the own; else the point is a maximum.
 *    Following these steps gives every point its first maximum.
 * 2. Edges. A point is an edge when one of its 26 neighbours belongs to another maximum. Edge points that are no maximum climb again:
 *    from p with remainder r = 0:  g_x = 0 where p is above both neighbours along x (rho > both), else rho_+ - rho_- (order 2), or
 *    8 (rho_+ - rho_-) - (rho_++ - rho_--) (order 4: the two points further on take away the error of the third derivative, which moves
 *    the surface of a steep core outwards, by 0.02 e for a silicon of quartz at 0.055 angstrom);
 *    u = metric g (row by row, ((m0 g0 + m1 g1) + m2 g2));  m = max |u|;  when m < 1e-30 the step is steepest and r = 0; otherwise
 *    v = u / m, s = rint(v), r += v - s, then t = rint(r), s += t, r -= t; the step s is taken if the point there is higher (rho), else
 *    the steepest step is taken and r = 0. (rint: to even.) The climb ends at the first point that is no edge, whose maximum is
 *    taken over, or at a maximum. All climbs read the maxima and edges of the round before.
 *    Then edges are found anew, and the edge points that are, or touch, a point whose maximum changed climb again; until none
 *    changes, or BADER_MAX_ROUND rounds. */
#ifndef KD_BADER_OPS_H
#define KD_BADER_OPS_H

#include <stdbool.h>

#include "kernels/device.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { BADER_MAX_ROUND = 40 };

struct bader_grid {
    int n[3];               /* 3 <= n, product below 2^31 */
    int order;              /* of the slopes: 2 (as published) or 4 */
    float slope_weight[27]; /* by direction: 1 / length of the step, any unit; 0 at 13 */
    float metric[3][3];     /* slopes along the three grid directions -> steps of the gradient, any scale */
    double cell[3][3];      /* bohr */
};

/* Spheres of charge: what is put on top of the valence density so that atoms have maxima. */
struct bader_spheres {
    int n;                     /* images included: every sphere that touches the cell */
    const double *center_d;    /* [n][3] bohr */
    const int *species_d;      /* [n] */
    int n_species, n_point;
    double reach, per_bohr;    /* tables end at reach (bohr) = (n_point - 1) / per_bohr */
    const float *table_d;      /* [n_species][n_point] density at radius i / per_bohr, bohr^-3 */
};

/* For climbs that take seconds: how far (0 to 1), and whether to go on. */
struct bader_watch {
    bool (*stop)(void *context, double done); /* true: end now; called from the thread that called the op, now and then */
    void *context;
};

struct bader_climb {
    const float *reference_d; /* [points] */
    int *maximum_d;           /* [points] out: number of the point that is its maximum */
    int *rounds_d;            /* [BADER_MAX_ROUND + 1] out: points whose maximum changed in each round of 2; zeros behind the end.
                               * Not settled when number BADER_MAX_ROUND - 1 is not zero */
    const struct bader_watch *watch; /* NULL, or asked by ops that work while they are called (the CPU); CUDA's rounds are queued in no time
                                      * and done in milliseconds: not asked */
};

/* What maxima collect. Charges are fixed-point: llrint(valence * 2^scale_bits), summed as 64-bit integers, in any order. */
struct bader_basins {
    int n;                   /* maxima */
    const int *point_d;      /* [n] their numbers, ascending */
    const int *maximum_d;    /* [points] */
    const double *valence_d; /* [points] */
    int scale_bits;          /* |valence| 2^scale_bits summed over all points stays below 2^62: the caller sees to it */
    long long *charge_d;     /* [n] out */
    long long *volume_d;     /* [n] out: points */
};

/* How near the surface of an atom comes to it, by the image that rounding fractions gives: exact for distances below half the least
 * height of the cell. */
struct bader_surface {
    int n_basin, n_atom;
    const int *point_d;     /* [n_basin] as above */
    const int *atom_d;      /* [n_basin] the atom that owns the maximum */
    const int *maximum_d;   /* [points] */
    const double *frac_d;   /* [n_atom][3] fractions of the cell, 0 <= frac < 1 */
    double *distance_d;     /* [n_atom] out: least distance (bohr) of its points that touch another atom's; 1e30 for none. d = frac
                             * of the point (i/n0, j/n1, k/n2) - frac of the atom, less or plus 1 beyond 0.5; r_x = (d0 a1x + d1 a2x) +
                             * d2 a3x; sqrt((r0 r0 + r1 r1) + r2 r2) */
};

struct bader_ops {
    /* Scratch for the ops below. */
    size_t (*scratch)(const kd_device *dev, const struct bader_grid *grid);

    /* reference = (float)(valence + tables of the spheres), added in their order, in FP64:
     * d2 = (dx dx + dy dy) + dz dz from point to center; r = sqrt(d2); if r < reach: x = r per_bohr, i = (int)x, w = (float)(x - i),
     * value = table[i] + w (table[i+1] - table[i]) in FP32, added as FP64. Points lie at (i/n0 a1x + j/n1 a2x) + k/n2 a3x, with
     * i/n0 divided first. */
    kd_status (*reference)(kd_device *dev, kd_stream *s, const struct bader_grid *grid, const struct bader_spheres *spheres,
                           const double *valence_d, float *reference_d);
    /* KD_ESTOPPED when the watch said so: what the arrays hold is then of no use. */
    kd_status (*climb)(kd_device *dev, kd_stream *s, const struct bader_grid *grid, const struct bader_climb *climb);
    /* The points that are their own maximum: point_d[capacity], in any order, and their true number in *count_d. */
    kd_status (*maxima)(kd_device *dev, kd_stream *s, const struct bader_grid *grid, const int *maximum_d, int capacity, int *point_d,
                        int *count_d);
    kd_status (*integrate)(kd_device *dev, kd_stream *s, const struct bader_grid *grid, const struct bader_basins *basins);
    kd_status (*surface)(kd_device *dev, kd_stream *s, const struct bader_grid *grid, const struct bader_surface *surface);
};

#ifdef __cplusplus
}
#endif
#endif
