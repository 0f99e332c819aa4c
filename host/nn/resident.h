// SPDX-License-Identifier: BSD-3-Clause
/* resident.h - networks and data on a device: what train.c, infer.c and replay.c hand to nn_ops. */
#ifndef KD_NN_RESIDENT_H
#define KD_NN_RESIDENT_H

#include "host/nn/train.h"

static inline size_t nn_real_size(enum kd_precision precision)
{
    return precision == KD_DOUBLE ? sizeof(double) : sizeof(float);
}

/* Doubles to the device as reals, into memory that is there (n numbers), or new. */
kd_status nn_real_upload(kd_device *dev, enum kd_precision precision, size_t n, const double *from, void *to_d);
kd_status nn_real_new(kd_device *dev, enum kd_precision precision, size_t n, const double *from, void **to_d);
/* Reals on the device to doubles; blocks. */
kd_status nn_real_download(kd_device *dev, enum kd_precision precision, size_t n, const void *from_d, double *to);

/* Samples on the device; y_d NULL when y is. Freed by nn_data_free. */
kd_status nn_data_upload(kd_device *dev, enum kd_precision precision, const struct nn_samples *samples,
                         struct nn_data *out);
void nn_data_free(kd_device *dev, struct nn_data *data);

/* A group of nets of one shape with memory of its own. settings NULL: for inference, coefficients are those of the nets. */
kd_status nn_group_create(kd_device *dev, enum kd_precision precision, int n_net, const struct nn_net *const *net,
                          const struct nn_settings *const *settings, struct nn_group *out);
void nn_group_free(kd_device *dev, struct nn_group *group);
/* One part of the state of all nets, as doubles [n_net][nn_parameter_count]. */
kd_status nn_group_put(kd_device *dev, enum kd_precision precision, const struct nn_group *group, enum nn_part part,
                       const double *values);
kd_status nn_group_get(kd_device *dev, enum kd_precision precision, const struct nn_group *group, enum nn_part part,
                       double *values);

#endif
