# The CUDA sources, relative to kernels/cuda: compiled by nvcc into libkedge_cuda.so and as C++ by tests/emu.
# Those of the second list must not touch FP64 (ptxas -warn-double-usage is an error there).
set(KEDGE_CUDA_FP32_SOURCES
  tersoff_mixed.cu
  nn_mixed.cu
)
set(KEDGE_CUDA_SOURCES
  plugin.cu
  device.cu
  neighbor.cu
  tersoff.cu
  tersoff_double.cu
  nn.cu
  nn_double.cu
  libraries.cu
  la.cu
  la_small.cu
  grid.cu
  grid_potential.cu
  ${KEDGE_CUDA_FP32_SOURCES}
)
