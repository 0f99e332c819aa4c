// SPDX-License-Identifier: BSD-3-Clause
/* nn_cpu.h - networks on the CPU: what one core does with one net, once per instruction set and precision. */
#ifndef KD_NN_CPU_H
#define KD_NN_CPU_H

#include "kernels/nn_ops.h"

/* One net of a group; real is float or double as the implementation says. */
struct nn_cpu_net {
    const struct nn_shape *shape;
    void *state;
    const struct nn_choice *choice;
    const void *coefficient;
    const void *input_shift, *input_scale, *target_shift, *target_scale;
};

struct nn_cpu_rows {
    const int *index;
    int count;
};

/* The epochs of one net: nn_epochs with the net's offset applied. */
struct nn_cpu_epochs {
    int n_epoch, batch, row_stride, step_stride, count;
    const int *order;
    const void *rate;
    uint64_t first_step;
    struct nn_cpu_rows validation;
    double *loss, *validation_loss; /* validation_loss may be NULL */
};

struct nn_cpu_isa {
    const char *name;
    size_t (*state_bytes)(const struct nn_shape *shape);
    size_t (*workspace_bytes)(const struct nn_shape *shape, int batch);
    void (*put)(const struct nn_shape *shape, void *state, enum nn_part part, const void *values);
    void (*get)(const struct nn_shape *shape, const void *state, enum nn_part part, void *values);
    void (*train)(const struct nn_cpu_net *net, const struct nn_cpu_epochs *epochs, const struct nn_data *data,
                  void *workspace);
    void (*infer)(const struct nn_cpu_net *net, struct nn_cpu_rows rows, const struct nn_data *data, void *output,
                  void *workspace);
    double (*gradient)(const struct nn_cpu_net *net, struct nn_cpu_rows rows, const struct nn_data *data,
                       void *gradient, void *workspace);
    void (*share)(const struct nn_cpu_net *net, const struct nn_cpu_epochs *epochs, const struct nn_slice *slice,
                  const struct nn_data *data, void *gradient, void *workspace);
    void (*update)(const struct nn_cpu_net *net, const struct nn_cpu_epochs *epochs, const struct nn_slice *slice,
                   const void *gradient, void *workspace);
};

enum { NN_CPU_CHUNK = 128 }; /* rows that inference takes at a time */

/* [enum kd_precision] */
extern const struct nn_cpu_isa nn_cpu_portable[2];
#if defined(__x86_64__)
extern const struct nn_cpu_isa nn_cpu_avx2[2];
extern const struct nn_cpu_isa nn_cpu_avx512[2];
#endif

#endif
