// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_derive.cuh - from the entries of a potential file to what the kernels multiply with. */
#ifndef KD_TERSOFF_DERIVE_CUH
#define KD_TERSOFF_DERIVE_CUH

#include "kernels/cuda/tersoff.cuh"

template <class real>
__device__ inline void derive_bond(const tersoff_params &p, double cutoff, bond_parameters<real> *out)
{
    const double inner = double(real(p.R - p.D)), outer = p.R + p.D;
    *out = {real(p.A * exp(-p.lambda1 * inner)),
            real(p.B * exp(-p.lambda2 * inner)),
            real(p.lambda1),
            real(p.lambda2),
            real(p.beta),
            real(p.n),
            real(-0.5 / p.n),
            real(inner),
            real(outer),
            real(outer - double(real(outer))),
            real(0.5 / p.D),
            real(cutoff * cutoff)};
}

template <class real>
__device__ inline void derive_angle(const tersoff_params &p, angle_parameters<real> *out)
{
    const double outer = p.R + p.D;
    *out = {real(p.gamma),
            real(p.c * p.c / (p.d * p.d)),
            real(p.d * p.d),
            real(-2 * p.c * p.c),
            real(p.costheta0),
            real(p.lambda3),
            real(outer),
            real(outer - double(real(outer))),
            real(0.5 / p.D),
            p.m == 3 ? 1 : 0};
}

__device__ inline int on_lattice(double angstrom)
{
    return static_cast<int>(static_cast<unsigned long long>(__double2ll_rn(angstrom * LATTICE_PER_ANGSTROM)));
}

/* Does any angular parameter depend on more than the centre, any third atom's taper on more than the pair, or is any
 * lambda3 in use? */
inline bool tersoff_is_general(const tersoff_table *potential)
{
    const int n = potential->n_species;
    for (int t = 0; t < n * n * n; t++) {
        const int i = t / (n * n), k = t % n;
        const tersoff_params *p = &potential->entry[t], *centre = &potential->entry[i * n * n],
                             *pair = &potential->entry[(i * n + k) * n + k];
        if (p->lambda3 != 0 || p->gamma != centre->gamma || p->c != centre->c || p->d != centre->d ||
            p->costheta0 != centre->costheta0 || p->R != pair->R || p->D != pair->D)
            return true;
    }
    return false;
}

#endif
