// SPDX-License-Identifier: BSD-3-Clause
/* md_move.h - the loops over the atoms of one replica that a step consists of, besides the force. Sums go over chunks of 64
 * atoms, then over chunks in order: the same bits for any number of threads. */
#ifndef KD_MD_MOVE_H
#define KD_MD_MOVE_H

#include <stdbool.h>

enum { MOVE_CHUNK = 64, MOVE_SUMS = 8, MOVE_MOST = 6 /* sums from here on are maxima; a NaN stays */ };

struct mover {
    int n_atom, n_thread, n_species;
    const int *species;  /* [n_atom] */
    const double *mass;  /* [n_species] amu */
    double (*position)[4], (*velocity)[4], (*force)[4];
    double (*reference)[4]; /* positions that the lists were made of */
    double (*sums)[MOVE_SUMS]; /* [chunks] */
};

static inline int move_chunks(int n_atom)
{
    return (n_atom + MOVE_CHUNK - 1) / MOVE_CHUNK;
}

/* v = v scale + F / m time. Returns the largest |v|^2; kinetic[3] are the energies of the new velocities. */
double move_kick(const struct mover *m, double scale, double time, double kinetic[3]);

/* The kicks that end one step and, with `twice`, begin the next: v += F / m time, once or twice, for pieces of the replica in any
 * order (from a multiple of MOVE_CHUNK), with forces from anywhere. force[0] is that of `from`. Then: what they added up to, kinetic
 * of the velocities after the first kick, the largest |v|^2 after the last. */
struct kicks {
    const struct mover *mover;
    double time;
    bool twice;
};
void move_kicks(const struct kicks *k, int from, int to, const double (*force)[4]);
double move_kicks_end(const struct mover *m, double kinetic[3]);

void move_kinetic(const struct mover *m, double kinetic[3]);
void move_scale(const struct mover *m, double factor);
/* Take the total momentum off. */
void move_rest(const struct mover *m);

/* x = (x + before v) scale, v *= brake, x += after v. Returns the largest |x - stretch reference|^2. */
struct drift {
    double before, after, scale[3], brake[3], stretch[3];
};
double move_drift(const struct mover *m, const struct drift *d);
/* x += time v, and no more than that. */
void move_on(const struct mover *m, double time);
/* The positions of the lists are those of now. */
void move_remember(const struct mover *m);

/* F.v, F.F, v.v. */
void move_power(const struct mover *m, double sums[3]);
/* v = keep v + push F; returns the largest |v|^2. */
double move_steer(const struct mover *m, double keep, double push);
/* Largest |F|. */
double move_largest_force(const struct mover *m);

#endif
