// SPDX-License-Identifier: BSD-3-Clause
/* atomic.cu - atomics and the arithmetic that <cmath> lacks. */
#include "selftest.h"

namespace
{
struct tally {
    int sum, low, high, bits_or, bits_and, last_cas, wrap;
    unsigned long long wide;
    double real;
    float single;
};

__global__ void tally_kernel(tally *t)
{
    const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
    atomicAdd(&t->sum, i);
    atomicMin(&t->low, -i);
    atomicMax(&t->high, i);
    atomicOr(&t->bits_or, 1 << (i % 31));
    atomicAnd(&t->bits_and, ~(1 << (i % 31)));
    atomicInc(reinterpret_cast<unsigned *>(&t->wrap), 9u);
    atomicAdd(&t->wide, 1ull << 33);
    atomicAdd(&t->real, 0.5);
    atomicAdd(&t->single, 1);
    int seen = atomicCAS(&t->last_cas, -1, -1);
    while (true) {
        const int fresh = seen + 2, before = atomicCAS(&t->last_cas, seen, fresh);
        if (before == seen)
            break;
        seen = before;
    }
}

bool atomics_lose_nothing()
{
    device_array<tally> t(std::vector<tally>(1, tally{0, 0, 0, 0, -1, 0, 0, 0, 0, 0}));
    MUST(LAUNCH(tally_kernel, dim3(10), dim3(100), 0, 0, t.p));
    MUST(cudaDeviceSynchronize());
    const tally r = t.download()[0];
    return r.sum == 499500 && r.low == -999 && r.high == 999 && r.bits_or == 0x7fffffff &&
           r.bits_and == int(0x80000000u) && r.last_cas == 2000 && r.wrap == 0 && r.wide == 1000ull << 33 &&
           r.real == 500.0 && r.single == 1000.0f;
}

__global__ void bits_kernel(unsigned *out)
{
    out[0] = unsigned(__popc(0xf0f0u));
    out[1] = unsigned(__ffs(0x80));
    out[2] = unsigned(__clz(1));
    out[3] = __brev(1u);
    out[4] = __funnelshift_l(0x80000000u, 1u, 1);
    out[5] = __byte_perm(0x33221100u, 0x77665544u, 0x7520u);
    out[6] = __umulhi(0x80000000u, 6u);
    out[7] = __float_as_uint(1.0f);
    out[8] = unsigned(__float2int_rn(2.5f));
    out[9] = unsigned(__clzll(1));
    out[10] = unsigned(__popcll(~0ull));
}

bool bit_functions_agree_with_their_definition()
{
    const std::vector<unsigned> want = {8, 8, 31, 0x80000000u, 3, 0x77552200u, 3, 0x3f800000u, 2, 63, 64};
    return results_of<unsigned>(bits_kernel, 1, 11) == want;
}

__global__ void math_kernel(double *out)
{
    float s, c;
    __sincosf(0.5f, &s, &c);
    out[0] = double(s * s + c * c);
    out[1] = double(rsqrtf(4.0f));
    out[2] = rsqrt(16.0);
    out[3] = double(__expf(0.0f)) + double(__powf(2.0f, 3.0f));
    out[4] = double(max(1, 2)) + double(min(1.5f, 0.5f)) + max(0.25, 1.0);
    out[5] =
        double(__frcp_rn(4.0f)) + __dadd_rn(1, 2) + double(__fmaf_rn(2, 3, 4)) + double(__fdividef(1, 2));
    out[6] = double(__half2float(__hfma(__float2half(2), __float2half(3), __float2half(1))));
    out[7] = sinpi(0.5) + cospi(1.0);
    out[8] = double(__saturatef(3.0f)) + norm3d(2, 3, 6);
    out[9] = __hiloint2double(__double2hiint(0.1), __double2loint(0.1));
}

bool mathematics_agrees_with_its_definition()
{
    const double want[10] = {1, 0.5, 0.25, 9, 3.5, 13.75, 7, 0, 8, 0.1};
    const std::vector<double> got = results_of<double>(math_kernel, 1, 10);
    for (int i = 0; i < 10; i++)
        if (!(std::fabs(got[i] - want[i]) <=
              1e-6 * std::fabs(want[i]) + 1e-15)) { /* FP32 rounding of a few operations */
            fprintf(stderr, "value %d: %.9g, expected %.9g\n", i, got[i], want[i]);
            return false;
        }
    return true;
}
} // namespace

const std::vector<statement> atomic_statements = {
    {"atomics lose nothing", atomics_lose_nothing},
    {"bit functions agree with their definition", bit_functions_agree_with_their_definition},
    {"mathematics agrees with its definition", mathematics_agrees_with_its_definition},
};
