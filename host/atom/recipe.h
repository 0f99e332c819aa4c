// SPDX-License-Identifier: BSD-3-Clause
/* recipe.h - how the pseudopotential of an element is made, and what a user may change about it. */
#ifndef KD_ATOM_RECIPE_H
#define KD_ATOM_RECIPE_H

#include <stdbool.h>

#include "host/atom/configuration.h"
#include "host/atom/xc.h"

enum { RECIPE_MAX_L = 2 };

struct recipe_channel {
    double rc;        /* bohr; 0: no projectors in this channel */
    double energy[2]; /* Ha; [0] is used when there is no bound valence state; [1]: of the second wave */
    double q_cut;     /* bohr^-1: kinetic energy beyond it is minimised */
};

struct recipe {
    int z;
    int core_shells; /* the first so many shells of the configuration are core */
    int l_max;
    struct recipe_channel channel[RECIPE_MAX_L + 1];
    double r_local;      /* bohr: the local potential is the all-electron one beyond */
    double local_depth;  /* Ha, added at the origin */
    double r_model_core; /* bohr: radius of the model core, 0 for none */
    double ecut_ry;      /* suggested cutoff: 1 mHa per electron, rounded up */
    bool tested;         /* false: changed by the user */
    enum xc_kind xc;
    bool relativistic;
};

/* The default of an element, H to Ar. KD_EINPUT outside. */
kd_status recipe_default(int z, struct recipe *r);

/* Change one thing: "rc_s=1.7", "rc_p=..", "rc_d=..", "e2_s=1.0" (Ha above the valence level), "e1_d", "qcut_s", "r_local", "depth",
 * "r_core", "core=3" (shells), "xc=PBE", "relativistic=no". KD_EINPUT names the key or value that is wrong. */
kd_status recipe_set(struct recipe *r, const char *assignment);

/* One line that recipe_set understands again. */
void recipe_print(const struct recipe *r, char text[512]);

#endif
