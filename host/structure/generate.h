// SPDX-License-Identifier: BSD-3-Clause
/* generate.h - random structures to start from: crystal sites that are thinned out, or hard-core insertion. */
#ifndef KD_GENERATE_H
#define KD_GENERATE_H

#include <stdint.h>

#include "host/structure/structure.h"

enum { FORMULA_MAX = 8 };

struct formula {
    int n_element;
    int number[FORMULA_MAX], count[FORMULA_MAX]; /* in the order of the text, every element once */
};

/* "Si100O100", "SiO2" (three atoms), "Si8 O16". KD_EINPUT "--formula: what, expected what". */
kd_status formula_parse(const char *text, struct formula *out);
int formula_atoms(const struct formula *f);
int formula_count(const struct formula *f, int number); /* 0 when the element does not occur */

/* The nine cells of the study, x = 0, 0.25 .. 2: Si160, Si180O45, Si150O75, Si120O90, Si100O100, Si100O125, Si96O144,
 * Si80O140, Si72O144. KD_EINPUT for another x. */
enum { PAPER_CELLS = 9 };
kd_status formula_paper(double x, struct formula *out);
/* Number `index` of the nine. */
void formula_paper_index(int index, struct formula *out);

enum generate_rule {
    /* Si and O only. The sites of m x m x m cells of cuprite-type SiO2 (Pn-3m, a = 3.75 angstrom: 2 Si and 4 O sites each), m the
     * smallest with at least 1.4 sites per atom: m = 4, 384 sites in 15 angstrom, for the nine cells of the study. min(n_Si, Si sites)
     * Si stand on random Si sites, further Si on random O sites, O on random ones of the remaining O sites (and on Si sites when those are full). */
    GENERATE_SITES,
    /* Any elements. Atoms are dropped at random into a cube, no closer than 1.9 (Si-Si, O-O), 1.4 (Si-O) or 1.6 angstrom (other pairs);
     * where that does not fit, all distances are made smaller by 3 % until it does. */
    GENERATE_RANDOM
};

struct generate_options {
    enum generate_rule rule;
    struct formula formula;
    double density_gcc; /* 0: the crystal's own box (sites), 2.2 g/cm^3 (random; Si and O only) */
    uint64_t seed;
    int replica; /* keys the random numbers together with the seed and the formula */
};

/* A periodic cube. out->info has rule=, seed=, replica=, x= (Si-O), and the smallest distances d_SiSi= ... in angstrom.
 * KD_EINPUT: a formula that the rule cannot place, a density out of 0.01 .. 25 g/cm^3. KD_ENOMEM. */
kd_status generate_structure(const struct generate_options *options, struct structure *out);

/* Smallest distance between atoms of two elements in a cubic cell (images counted), angstrom; infinity when there is no pair
 * within 4 angstrom. KD_ENOMEM. */
kd_status generate_closest(const struct structure *cube, int number_a, int number_b, double *distance);

#endif
