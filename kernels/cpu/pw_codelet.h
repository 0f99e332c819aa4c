// SPDX-License-Identifier: BSD-3-Clause
/* pw_codelet.h - what pw_lines.c hands to the line codelets, and the table of codelets of one instruction set.
 *
 * The product psi -> V psi goes through three passes of one-dimensional transforms, each over vectors of W lines:
 *   spread   rows of plane waves of equal y: DFT along x, lanes are W consecutive z          -> A[x][y][z], only occupied y, z
 *   planes   a few x planes at a time: DFT along y; W lines turned so that they are the lanes; DFT along z, times V, and all the
 *            way back. Real space is never in memory.
 *   collect  DFT along x back to rows, kinetic energy added, written to H psi
 * Two real orbitals travel as one complex a + i b; the half of the sphere that is not stored is made when rows are loaded. */
#ifndef KD_CPU_PW_CODELET_H
#define KD_CPU_PW_CODELET_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LINE_MOST = 256 }; /* longest line */

struct line_axis {
    int n, p, q;            /* n = p q; the pruned side of every transform works in p */
    int lo, count;          /* occupied indices lo .. lo + count - 1 */
    int pattern;            /* of the p parts, the first and the last so many are occupied */
    const int *row;         /* [n] index - lo of what is stored at grid place i, or -1 */
    const void *twiddle_in; /* [q][p] and [p][q] pairs cos, sin of 2 pi j k / n, in the precision of the codelet */
    const void *twiddle_out;
};

struct line_column { /* plane waves of equal x, y and consecutive z */
    int first, n;    /* plane waves first .. first + n - 1 */
    int side;        /* which y of the row */
    int x, z;        /* places in the row: x - lo, z - lo of the first */
    int mirror_x, mirror_z; /* the same of the partner of the first; real only */
};

struct line_row { /* all columns of one y, for real orbitals also of its partner */
    int n_side, y[2];           /* y - lo */
    int first[2], count[2];     /* occupied x - lo */
    int pattern[2];
    int first_column, n_column;
};

struct pw_lines {
    bool real;
    int n_row, n_column, n_pw;
    const struct line_row *row;
    const struct line_column *column;
    const void *kinetic;        /* [n_pw] in the precision of the codelet */
    int self, self_x, self_y, self_z; /* plane wave that is its own partner or -1; its place in row self_row */
    int self_row;
    struct line_axis axis[3];
    int width, n_block_z;       /* lanes; vectors of them that hold the occupied z */
    int n_plane, n_group;       /* x planes per step; groups of W lines in them */
    size_t half, stride;        /* reals of n_block_z vectors; of two (re, im): one row of A and B */
    size_t plane;               /* reals of one x plane of A */
    size_t side, at_a, at_b, at_x, at_f; /* reals of one side's rows; where A, B, the turned lines and the grid line begin in the work */
    const double (*phase[3])[2]; /* exp(i 2k.r) along each axis where that is not 1 everywhere; else NULL */
    const struct line_codelets *codelets;
    void *owned;                /* everything above that was allocated */
    size_t bytes;               /* work of one thread */
};

/* psi, hpsi: orbital a, and b of a real pair or NULL. Ranges are half open. A of the transform is in `shared`, everything else that a
 * thread needs in `work`; they may be the same. */
struct line_codelets {
    const char *name;
    int width, bytes; /* lanes; of one number */
    void (*spread)(const struct pw_lines *l, const void *a, const void *b, int first_row, int last_row, void *work, void *shared);
    void (*planes)(const struct pw_lines *l, const void *v, int first_block, int last_block, void *work, void *shared);
    void (*collect)(const struct pw_lines *l, const void *a, const void *b, void *ha, void *hb, int first_row, int last_row, void *work,
                    void *shared);
    /* rho += wa |a|^2 + wb |b|^2 in the order of the packed potential, after spread. */
    void (*square)(const struct pw_lines *l, double wa, double wb, int first_block, int last_block, void *work, void *shared,
                   double *rho);
};

/* Orbitals as plain reals (pw_reals.hpp); [0] float, [1] double. */
struct real_codelets {
    /* w = hx - eps x; returns <w|w>. */
    double (*residual)(size_t n, const void *hx, const void *x, double eps, void *w);
    double (*dot)(size_t n, const void *a, const void *b);
    void (*precondition)(size_t n_pw, const double *kinetic, const void *x, void *w);
};
extern const struct real_codelets pw_reals_baseline[2], pw_reals_avx2[2], pw_reals_avx512[2];

extern const struct line_codelets pw_codelets_avx2[2], pw_codelets_avx512[2]; /* float, double */

#ifdef __cplusplus
}
#endif
#endif
