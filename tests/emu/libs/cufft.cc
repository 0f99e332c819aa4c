// SPDX-License-Identifier: BSD-3-Clause
/* cufft.cc - the cuFFT stand-in over FFTW with FFTW_ESTIMATE. Transforms are not normalised, as cuFFT's are
 * not. */
#include <cufft.h>
#include <fftw3.h>

#include <map>

#include "library.h"

using namespace emu;

namespace
{
struct plan {
    cudaStream_t stream = nullptr;
    bool made = false;
    cufftType type = CUFFT_C2C;
    int rank = 0, size[3] = {1, 1, 1}, batch = 0;
    bool simple = true; /* no layout given: cuFFT then ignores strides and distances too */
    int in_embed[3] = {}, out_embed[3] = {}, in_stride = 1, out_stride = 1, in_distance = 0, out_distance = 0;
};

std::map<cufftHandle, plan> plans;
cufftHandle next_handle = 1;

struct layout {
    const int *embed;
    int stride, distance;
};

bool real_input(cufftType t)
{
    return t == CUFFT_R2C || t == CUFFT_D2Z;
}
bool real_output(cufftType t)
{
    return t == CUFFT_C2R || t == CUFFT_Z2D;
}
bool single_precision(cufftType t)
{
    return t == CUFFT_C2C || t == CUFFT_R2C || t == CUFFT_C2R;
}
size_t element_bytes(const plan &p, bool real)
{
    return (single_precision(p.type) ? sizeof(float) : sizeof(double)) * (real ? 1 : 2);
}

/* Elements along the last axis of one side of the transform. */
int last_of(const plan &p, bool input)
{
    const bool half = input ? real_output(p.type) : real_input(p.type);
    return half ? p.size[p.rank - 1] / 2 + 1 : p.size[p.rank - 1];
}

/* Elements between batches of the simple layout; an in-place real side is padded to the complex one. */
int simple_distance(const plan &p, bool input, bool in_place)
{
    const bool real_side = input ? real_input(p.type) : real_output(p.type);
    int n = real_side && in_place ? 2 * (p.size[p.rank - 1] / 2 + 1) : last_of(p, input);
    for (int i = 0; i + 1 < p.rank; i++)
        n *= p.size[i];
    return n;
}

layout side_of(const plan &p, bool input, bool in_place)
{
    if (p.simple)
        return layout{nullptr, 1, simple_distance(p, input, in_place)};
    return input ? layout{p.in_embed, p.in_stride, p.in_distance}
                 : layout{p.out_embed, p.out_stride, p.out_distance};
}

/* Bytes from the first to the last element of one side. */
size_t extent(const plan &p, bool input, bool in_place)
{
    const layout side = side_of(p, input, in_place);
    const bool real = input ? real_input(p.type) : real_output(p.type);
    size_t last = 0;
    if (p.simple) {
        last = size_t(side.distance) * p.batch - 1;
    } else {
        size_t index = 0;
        for (int i = 0; i < p.rank; i++) {
            const int n = i + 1 < p.rank ? p.size[i] : last_of(p, input);
            index = (i ? index * side.embed[i] : 0) + size_t(n - 1);
        }
        last = index * side.stride + size_t(p.batch - 1) * side.distance;
    }
    return (last + 1) * element_bytes(p, real);
}

template <class Plan, class Make, class Run, class Destroy>
void transform(Make make, Run run, Destroy destroy)
{
    Plan f = make();
    if (!f) {
        fault(cudaErrorLaunchFailure, "cuFFT: FFTW cannot plan this transform");
        return;
    }
    run(f);
    destroy(f);
}

void run_double(const plan &p, void *in, void *out, int sign)
{
    const layout a = side_of(p, true, in == out), b = side_of(p, false, in == out);
    const unsigned flags = FFTW_ESTIMATE | FFTW_UNALIGNED;
    transform<fftw_plan>(
        [&] {
            if (p.type == CUFFT_D2Z)
                return fftw_plan_many_dft_r2c(p.rank, p.size, p.batch, static_cast<double *>(in), a.embed,
                                              a.stride, a.distance, static_cast<fftw_complex *>(out), b.embed,
                                              b.stride, b.distance, flags);
            if (p.type == CUFFT_Z2D)
                return fftw_plan_many_dft_c2r(p.rank, p.size, p.batch, static_cast<fftw_complex *>(in),
                                              a.embed, a.stride, a.distance, static_cast<double *>(out),
                                              b.embed, b.stride, b.distance, flags);
            return fftw_plan_many_dft(p.rank, p.size, p.batch, static_cast<fftw_complex *>(in), a.embed,
                                      a.stride, a.distance, static_cast<fftw_complex *>(out), b.embed,
                                      b.stride, b.distance, sign, flags);
        },
        fftw_execute, fftw_destroy_plan);
}

void run_single(const plan &p, void *in, void *out, int sign)
{
    const layout a = side_of(p, true, in == out), b = side_of(p, false, in == out);
    const unsigned flags = FFTW_ESTIMATE | FFTW_UNALIGNED;
    transform<fftwf_plan>(
        [&] {
            if (p.type == CUFFT_R2C)
                return fftwf_plan_many_dft_r2c(p.rank, p.size, p.batch, static_cast<float *>(in), a.embed,
                                               a.stride, a.distance, static_cast<fftwf_complex *>(out),
                                               b.embed, b.stride, b.distance, flags);
            if (p.type == CUFFT_C2R)
                return fftwf_plan_many_dft_c2r(p.rank, p.size, p.batch, static_cast<fftwf_complex *>(in),
                                               a.embed, a.stride, a.distance, static_cast<float *>(out),
                                               b.embed, b.stride, b.distance, flags);
            return fftwf_plan_many_dft(p.rank, p.size, p.batch, static_cast<fftwf_complex *>(in), a.embed,
                                       a.stride, a.distance, static_cast<fftwf_complex *>(out), b.embed,
                                       b.stride, b.distance, sign, flags);
        },
        fftwf_execute, fftwf_destroy_plan);
}

cufftResult execute(const char *name, cufftHandle handle, cufftType type, void *in, void *out, int direction)
{
    api_call call(name);
    if (call.refused)
        return CUFFT_EXEC_FAILED;
    const auto found = plans.find(handle);
    if (found == plans.end() || !found->second.made || found->second.type != type) {
        remark("%s: the plan is not one, or of another type", name);
        return CUFFT_INVALID_PLAN;
    }
    if (direction != CUFFT_FORWARD && direction != CUFFT_INVERSE)
        return CUFFT_INVALID_VALUE;
    const plan p = found->second;
    const bool in_place = in == out;
    const std::vector<operand> operands = {
        operand{"input", in, extent(p, true, in_place), 0, 1, ACCESS_READ},
        operand{"output", out, extent(p, false, in_place), 0, 1, ACCESS_WRITE}};
    if (!operands_there(name, operands))
        return CUFFT_EXEC_FAILED;
    const bool strided = !p.simple && (p.in_stride != 1 || p.out_stride != 1);
    const cudaError_t queued = enqueue(p.stream, [=] {
        if (!strided) /* with gaps the padding may be undefined */
            operands_read(name, operands);
        single_precision(p.type) ? run_single(p, in, out, direction) : run_double(p, in, out, direction);
        operands_written(name, operands);
    });
    return queued == cudaSuccess ? CUFFT_SUCCESS : CUFFT_EXEC_FAILED;
}

cufftResult make(plan &p, int rank, const int *n, cufftType type, int batch)
{
    if (rank < 1 || rank > 3 || batch < 1)
        return CUFFT_INVALID_SIZE;
    for (int i = 0; i < rank; i++) {
        if (!at_least("cufft plan", "size", n[i], 1))
            return CUFFT_INVALID_SIZE;
        p.size[i] = n[i];
    }
    p.rank = rank;
    p.type = type;
    p.batch = batch;
    p.made = true;
    return CUFFT_SUCCESS;
}
} // namespace

extern "C" {

cufftResult cufftCreate(cufftHandle *handle)
{
    api_call call("cufftCreate");
    if (call.refused)
        return CUFFT_INTERNAL_ERROR;
    *handle = next_handle++;
    plans[*handle] = plan();
    return CUFFT_SUCCESS;
}

cufftResult cufftMakePlanMany(cufftHandle handle, int rank, int *n, int *in_embed, int in_stride,
                              int in_distance, int *out_embed, int out_stride, int out_distance,
                              cufftType type, int batch, size_t *work_bytes)
{
    api_call call("cufftMakePlan");
    if (call.refused)
        return CUFFT_ALLOC_FAILED;
    const auto found = plans.find(handle);
    if (found == plans.end() || found->second.made)
        return CUFFT_INVALID_PLAN;
    plan &p = found->second;
    p.simple = !in_embed || !out_embed;
    for (int i = 0; i < rank && i < 3 && !p.simple; i++) {
        p.in_embed[i] = in_embed[i];
        p.out_embed[i] = out_embed[i];
    }
    p.in_stride = in_stride;
    p.out_stride = out_stride;
    p.in_distance = in_distance;
    p.out_distance = out_distance;
    if (work_bytes)
        *work_bytes = 0;
    return make(p, rank, n, type, batch);
}

cufftResult cufftMakePlan1d(cufftHandle handle, int nx, cufftType type, int batch, size_t *work_bytes)
{
    return cufftMakePlanMany(handle, 1, &nx, nullptr, 1, 0, nullptr, 1, 0, type, batch, work_bytes);
}

cufftResult cufftMakePlan2d(cufftHandle handle, int nx, int ny, cufftType type, size_t *work_bytes)
{
    int n[2] = {nx, ny};
    return cufftMakePlanMany(handle, 2, n, nullptr, 1, 0, nullptr, 1, 0, type, 1, work_bytes);
}

cufftResult cufftMakePlan3d(cufftHandle handle, int nx, int ny, int nz, cufftType type, size_t *work_bytes)
{
    int n[3] = {nx, ny, nz};
    return cufftMakePlanMany(handle, 3, n, nullptr, 1, 0, nullptr, 1, 0, type, 1, work_bytes);
}

cufftResult cufftPlanMany(cufftHandle *handle, int rank, int *n, int *in_embed, int in_stride,
                          int in_distance, int *out_embed, int out_stride, int out_distance, cufftType type,
                          int batch)
{
    if (cufftResult status = cufftCreate(handle))
        return status;
    const cufftResult status = cufftMakePlanMany(*handle, rank, n, in_embed, in_stride, in_distance,
                                                 out_embed, out_stride, out_distance, type, batch, nullptr);
    if (status != CUFFT_SUCCESS)
        cufftDestroy(*handle);
    return status;
}

cufftResult cufftPlan1d(cufftHandle *handle, int nx, cufftType type, int batch)
{
    return cufftPlanMany(handle, 1, &nx, nullptr, 1, 0, nullptr, 1, 0, type, batch);
}

cufftResult cufftPlan2d(cufftHandle *handle, int nx, int ny, cufftType type)
{
    int n[2] = {nx, ny};
    return cufftPlanMany(handle, 2, n, nullptr, 1, 0, nullptr, 1, 0, type, 1);
}

cufftResult cufftPlan3d(cufftHandle *handle, int nx, int ny, int nz, cufftType type)
{
    int n[3] = {nx, ny, nz};
    return cufftPlanMany(handle, 3, n, nullptr, 1, 0, nullptr, 1, 0, type, 1);
}

cufftResult cufftSetStream(cufftHandle handle, cudaStream_t stream)
{
    api_call call("cufftSetStream");
    const auto found = plans.find(handle);
    if (call.refused || found == plans.end())
        return CUFFT_INVALID_PLAN;
    found->second.stream = stream;
    return CUFFT_SUCCESS;
}

cufftResult cufftSetAutoAllocation(cufftHandle handle, int)
{
    api_call call("cufftSetAutoAllocation");
    return plans.count(handle) ? CUFFT_SUCCESS : CUFFT_INVALID_PLAN;
}

cufftResult cufftSetWorkArea(cufftHandle handle, void *)
{
    api_call call("cufftSetWorkArea");
    return plans.count(handle) ? CUFFT_SUCCESS : CUFFT_INVALID_PLAN;
}

cufftResult cufftGetSize(cufftHandle handle, size_t *work_bytes)
{
    api_call call("cufftGetSize");
    *work_bytes = 0; /* FFTW brings its own */
    return plans.count(handle) ? CUFFT_SUCCESS : CUFFT_INVALID_PLAN;
}

cufftResult cufftGetVersion(int *version)
{
    *version = CUFFT_VERSION;
    return CUFFT_SUCCESS;
}

cufftResult cufftDestroy(cufftHandle handle)
{
    api_call call("cufftDestroy");
    return plans.erase(handle) ? CUFFT_SUCCESS : CUFFT_INVALID_PLAN;
}

#define EMU_COMPLEX(name, T, type)                                                                           \
    cufftResult name(cufftHandle handle, T *in, T *out, int direction)                                       \
    {                                                                                                        \
        return execute(#name, handle, type, in, out, direction);                                             \
    }
EMU_COMPLEX(cufftExecC2C, cufftComplex, CUFFT_C2C)
EMU_COMPLEX(cufftExecZ2Z, cufftDoubleComplex, CUFFT_Z2Z)

#define EMU_REAL(name, A, B, type, direction)                                                                \
    cufftResult name(cufftHandle handle, A *in, B *out)                                                      \
    {                                                                                                        \
        return execute(#name, handle, type, in, out, direction);                                             \
    }
EMU_REAL(cufftExecR2C, cufftReal, cufftComplex, CUFFT_R2C, CUFFT_FORWARD)
EMU_REAL(cufftExecC2R, cufftComplex, cufftReal, CUFFT_C2R, CUFFT_INVERSE)
EMU_REAL(cufftExecD2Z, cufftDoubleReal, cufftDoubleComplex, CUFFT_D2Z, CUFFT_FORWARD)
EMU_REAL(cufftExecZ2D, cufftDoubleComplex, cufftDoubleReal, CUFFT_Z2D, CUFFT_INVERSE)
}
