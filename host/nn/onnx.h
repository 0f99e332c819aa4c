// SPDX-License-Identifier: BSD-3-Clause
/* onnx.h - a trained model as an ONNX file (opset 13), for onnxruntime, OpenCV and the like. */
#ifndef KD_NN_ONNX_H
#define KD_NN_ONNX_H

#include "host/nn/model.h"

/* Input "spectrum" [N][n_in] float32: the spectrum at the energies of the metadata "energy_ev" (JSON), on the scale of the training.
 * Outputs "prediction" [N][n_out], mean of the ensemble in units of the target; of several nets also "spread", their standard
 * deviation (n - 1). Metadata: target, energy_ev, r_angstrom (RDF), resolution_ev, synthetic. Values are those of model.h5 rounded to
 * float32. */
kd_status nn_onnx_write(const char *path, const struct nn_model *m);

#endif
