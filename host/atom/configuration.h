// SPDX-License-Identifier: BSD-3-Clause
/* configuration.h - which shells of an atom hold how many electrons. */
#ifndef KD_ATOM_CONFIGURATION_H
#define KD_ATOM_CONFIGURATION_H

#include "kernels/status.h"

enum { ATOM_MAX_SHELL = 16, ATOM_MAX_L = 3 };

struct shell {
    int n, l;
    double occupation; /* 0 .. 4 l + 2, fractions welcome */
};

struct configuration {
    int n_shell;
    struct shell shell[ATOM_MAX_SHELL];
};

/* Ground configuration of the neutral atom, z = 1 (H) to 18 (Ar), by the aufbau rule. KD_EINPUT outside. */
kd_status configuration_ground(int z, struct configuration *c);
/* "1s2 2s2 2p6 3s2 3p1.5", or "[Ne] 3s2 3p2" with [He], [Ne] or [Ar] for closed shells. KD_EINPUT names the bad word. */
kd_status configuration_parse(const char *text, struct configuration *c);
/* "1s" -> n = 1, l = 0. KD_EINPUT for a word that is no shell. */
kd_status shell_parse(const char *text, int *n, int *l);
/* Take `electrons` from a shell: the core hole. KD_EINPUT when they are not there. */
kd_status configuration_excite(struct configuration *c, int n, int l, double electrons);
/* Index of a shell, -1 when it is not listed. */
int configuration_find(const struct configuration *c, int n, int l);
double configuration_electrons(const struct configuration *c);
/* The inverse of parse, without brackets. */
void configuration_print(const struct configuration *c, char text[160]);

#endif
