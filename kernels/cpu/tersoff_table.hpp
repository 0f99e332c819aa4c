// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_table.hpp - a Tersoff file turned into what the inner loops multiply with. Internal linkage, as in simd.hpp. */
#ifndef KD_TERSOFF_TABLE_HPP
#define KD_TERSOFF_TABLE_HPP

#include "kernels/cpu/simd.hpp"
#include "kernels/cpu/tersoff_lanes.h"

namespace
{

/* Two-body quantities. Distances are counted inwards from the outer end of the taper, s = R + D - r, so that FP32 keeps
 * its digits where the taper and the exponentials need them: A exp(-lambda1 r) = [A exp(-lambda1 (R + D))] exp(lambda1 s). */
enum pair_field {
    OUTER,         /* R + D */
    RANGE2,        /* square of the range of the list entry, the larger of all cutoffs that concern this pair */
    OUTER_EXCESS,  /* (R + D)^2 - RANGE2, 0 unless a file gives one pair different cutoffs */
    WIDTH_INVERSE, /* 1 / 2D */
    HALF_A, LAMBDA1,
    HALF_B, LAMBDA2,
    POWER_N, N_LOG_BETA,
    MINUS_HALF_N,  /* -1 / 2n */
    N_PAIR_FIELD
};

/* g = G_ONE + G_SCALE w^2 / (D2 + w^2), dg/dcos = G_SLOPE w / (D2 + w^2)^2, w = H - cos: no cancellation between the two
 * terms of 1e8 that the published form subtracts. */
enum triple_field {
    G_ONE, G_SCALE, G_SLOPE, D2, H,
    LAMBDA3, CUBIC,                                       /* CUBIC: 1 where m = 3, 0 where m = 1 */
    TRIPLE_OUTER, TRIPLE_EXCESS, TRIPLE_WIDTH_INVERSE,    /* of f_C(r_ik) */
    N_TRIPLE_FIELD
};

template <class T> struct tersoff_numbers {
    int n_species;
    bool separable; /* lambda3 = 0; g depends on i only; f_C(r_ik) is that of the pair (i, k): one visit serves ijk and ikj */
    double range2[TERSOFF_SPECIES][TERSOFF_SPECIES];
    T pair[N_PAIR_FIELD][TERSOFF_SPECIES][TERSOFF_SPECIES];
    T angle[5][TERSOFF_SPECIES]; /* G_ONE .. H of the centre, when separable */
    T triple[N_TRIPLE_FIELD][TERSOFF_SPECIES][TERSOFF_SPECIES * TERSOFF_SPECIES];
};

/* R-D .. R+D of zero width is a step: any slope so steep that no number lies within. */
inline double width_inverse(double half_width)
{
    return half_width > 0 ? 0.5 / half_width : 1e30;
}

inline double larger_of(double a, double b)
{
    return a > b ? a : b;
}

template <class T>
void fill_pair(tersoff_numbers<T> *t, int i, int j, const tersoff_params *p)
{
    double outer = p->R + p->D, n = p->n > 0 ? p->n : 1;
    t->pair[OUTER][i][j] = (T)outer;
    t->pair[RANGE2][i][j] = (T)t->range2[i][j];
    t->pair[OUTER_EXCESS][i][j] = (T)(outer * outer - t->range2[i][j]);
    t->pair[WIDTH_INVERSE][i][j] = (T)width_inverse(p->D);
    t->pair[HALF_A][i][j] = (T)(0.5 * p->A * __builtin_exp(-p->lambda1 * outer));
    t->pair[HALF_B][i][j] = (T)(0.5 * p->B * __builtin_exp(-p->lambda2 * outer));
    t->pair[LAMBDA1][i][j] = (T)p->lambda1;
    t->pair[LAMBDA2][i][j] = (T)p->lambda2;
    t->pair[POWER_N][i][j] = (T)n;
    t->pair[N_LOG_BETA][i][j] = (T)(p->beta > 0 ? n * __builtin_log(p->beta) : -1e4);
    t->pair[MINUS_HALF_N][i][j] = (T)(-0.5 / n);
}

template <class T>
void fill_triple(tersoff_numbers<T> *t, int i, int j, int k, const tersoff_params *p)
{
    int jk = j * TERSOFF_SPECIES + k;
    double c2 = p->c * p->c, d2 = p->d * p->d, outer = p->R + p->D;
    t->triple[G_ONE][i][jk] = (T)p->gamma;
    t->triple[G_SCALE][i][jk] = (T)(c2 > 0 ? p->gamma * c2 / d2 : 0);
    t->triple[G_SLOPE][i][jk] = (T)(-2 * p->gamma * c2);
    t->triple[D2][i][jk] = (T)d2;
    t->triple[H][i][jk] = (T)p->costheta0;
    t->triple[LAMBDA3][i][jk] = (T)p->lambda3;
    t->triple[CUBIC][i][jk] = (T)(p->m == 3);
    t->triple[TRIPLE_OUTER][i][jk] = (T)outer;
    t->triple[TRIPLE_EXCESS][i][jk] = (T)(outer * outer - t->range2[i][k]);
    t->triple[TRIPLE_WIDTH_INVERSE][i][jk] = (T)width_inverse(p->D);
}

/* Is this triple what (i, i, i) and (i, k, k) say already? */
inline bool separable_triple(const tersoff_params *p, const tersoff_params *centre, const tersoff_params *pair)
{
    return p->lambda3 == 0 && p->gamma == centre->gamma && p->c == centre->c && p->d == centre->d &&
           p->costheta0 == centre->costheta0 && p->R == pair->R && p->D == pair->D;
}

template <class T> void fill_numbers(const tersoff_table *potential, tersoff_numbers<T> *t)
{
    int n = potential->n_species;
    const tersoff_params *entry = potential->entry;
    t->n_species = n;
    t->separable = true;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double range = 0;
            for (int k = 0; k < n; k++) {
                const tersoff_params *ikj = &entry[(i * n + k) * n + j], *jki = &entry[(j * n + k) * n + i];
                range = larger_of(range, larger_of(ikj->R + ikj->D, jki->R + jki->D));
            }
            t->range2[i][j] = range * range;
        }
    for (int i = 0; i < n; i++) {
        const tersoff_params *centre = &entry[(i * n + i) * n + i];
        for (int j = 0; j < n; j++) {
            fill_pair(t, i, j, &entry[(i * n + j) * n + j]);
            for (int k = 0; k < n; k++) {
                const tersoff_params *ijk = &entry[(i * n + j) * n + k];
                fill_triple(t, i, j, k, ijk);
                t->separable = t->separable && separable_triple(ijk, centre, &entry[(i * n + k) * n + k]);
            }
        }
        for (int f = G_ONE; f <= H; f++)
            t->angle[f][i] = t->triple[f][i][i * TERSOFF_SPECIES + i];
    }
}

} /* namespace */
#endif
