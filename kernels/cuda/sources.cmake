# The CUDA sources, relative to kernels/cuda: compiled by nvcc into libkedge_cuda.so and as C++ by tests/emu.
set(KEDGE_CUDA_SOURCES
)
