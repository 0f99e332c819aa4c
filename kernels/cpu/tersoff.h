// SPDX-License-Identifier: BSD-3-Clause
/* tersoff.h - the Tersoff op in memory of the caller's: opened once, evaluated many times. */
#ifndef KD_TERSOFF_H
#define KD_TERSOFF_H

#include <stdbool.h>

#include "kernels/cpu/tersoff_lanes.h"

struct tersoff_session {
    const struct tersoff_codelet *codelet;
    struct tersoff_call call;
    struct tersoff_block *block;
    char *workspace;
    int n_block, n_thread;
};

/* KD_EINPUT: more species or slots than there are bits for. */
kd_status tersoff_check(const struct tersoff_table *potential, int capacity);
size_t tersoff_bytes(int n_thread, const struct md_batch *batch, int capacity, enum kd_precision precision);
/* Lists are tables or rows; the other is NULL. batch, lists and potential must outlive the session; the numbers that positions,
 * cells and lists hold may change. */
void tersoff_open(void *memory, int n_thread, const struct md_batch *batch, const struct md_neighbors *list,
                  const struct neighbor_rows *rows, const struct tersoff_table *potential, enum kd_precision precision,
                  struct tersoff_session *t);

/* Who wants the forces of atoms from .. to-1, force[0] being that of `from`, while they are in the nearest cache; called from all
 * threads, for every atom once. */
struct tersoff_use {
    void (*pass)(void *with, int from, int to, const double (*force)[4]);
    void *with;
    bool keeps; /* forces go to force_d too */
};
/* use may be NULL. */
void tersoff_evaluate(struct tersoff_session *t, const struct md_forces *out, const struct tersoff_use *use);
/* The forces that the last evaluation has not kept. */
void tersoff_forces_again(struct tersoff_session *t, double *force_d);

#endif
