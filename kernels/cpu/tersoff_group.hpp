// SPDX-License-Identifier: BSD-3-Clause
/* tersoff_group.hpp - the Tersoff energy of W atoms at once, one per SIMD lane. Internal linkage, as in simd.hpp.
 *
 * The lanes of a group are atoms of one species; slot a holds the a-th live bond of each. A lane with fewer bonds than the
 * others has, in its last slots, bonds beyond the range: f_C = 0, and every term they enter is an exact zero.
 *
 * Work (separable potential, FP32): ~110 vector operations per slot (1 square root, 3 divisions, 4 exp, 2 log; the taper's
 * sine and cosine only where some lane is inside a taper) and 29 per unordered pair of slots (1 division), for W atoms.
 * c-Si: 4 slots and 6 pairs, 614 operations / W per atom; SiO2: 2.7 slots and 2.7 pairs, 370 / W. */
#ifndef KD_TERSOFF_GROUP_HPP
#define KD_TERSOFF_GROUP_HPP

#include "kernels/cpu/tersoff_table.hpp"

namespace
{

template <class T, int W> struct tersoff_slot {
    typedef typename simd<T, W>::real real;
    typedef typename simd<T, W>::word word;
    real x, y, z, r, r_inverse;           /* unit vector from i to j, distance */
    real inward, fc, dfc, zeta;           /* s = R + D - r, taper and its slope */
    real attraction, repulsion;           /* f_A / 2, f_R / 2 */
    real pull;                            /* dE/dzeta */
    real radial, across_x, across_y, across_z, along; /* dE/dr; sums over k of q u_k and q cos */
    word kind;
};

/* What a pair of slots keeps between its two visits. */
template <class T, int W> struct tersoff_angle {
    typename simd<T, W>::real cosine, g, slope;
};

template <class T, int W> struct tersoff_group {
    typedef simd<T, W> v;
    typedef typename v::real real;
    typedef typename v::word word;
    typedef typename v::wide wide;
    typedef tersoff_slot<T, W> slot;
    typedef tersoff_angle<T, W> angle;

    const tersoff_numbers<T> *numbers;
    int species, n_slot;
    slot *at;      /* [n_slot] */
    angle *angles; /* [n_slot (n_slot - 1) / 2] */
    wide energy;
    real virial[6];

    /* A two-body quantity of (species, kind): kinds differ between lanes, so it is blended from as many as there are. */
    KD_INLINE real pair(pair_field field, word kind) const
    {
        const T *value = numbers->pair[field][species];
        real chosen = v::all(value[0]);
        for (int s = 1; s < numbers->n_species; s++)
            chosen = kind == s ? v::all(value[s]) : chosen;
        return chosen;
    }

    /* f_C at y = (R + D - r) / 2D, and its derivative by r; cos^2 form: relative accuracy down to the outer end. */
    static KD_INLINE void taper(real y, real width_inverse, real &fc, real &dfc)
    {
        fc = v::all(1);
        dfc = v::all(0);
        if (v::any(y < (T)1)) {
            real sine, cosine;
            v::quarter_wave(v::smaller(v::larger(y, v::all(0)), v::all(1)), sine, cosine);
            fc = sine * sine;
            dfc = width_inverse * (T)-3.14159265358979323846 * sine * cosine;
        }
    }

    /* Everything that needs one bond only, for K slots. (x, y, z) comes in as r_j - r_i; inward as RANGE2 - r^2. */
    template <int K> KD_INLINE void measure(slot *s) const
    {
        real energy_of[2 * K];
        for (int k = 0; k < K; k++, s++) {
            real outer = pair(OUTER, s->kind);
            real below = s->inward + pair(OUTER_EXCESS, s->kind);
            real r = v::root(pair(RANGE2, s->kind) - s->inward);
            real outer_plus_r = outer + r;
            real quotient = (T)1 / (r * outer_plus_r);
            s->r = r;
            s->r_inverse = quotient * outer_plus_r;
            s->inward = below * (quotient * r);
            s->x *= s->r_inverse;
            s->y *= s->r_inverse;
            s->z *= s->r_inverse;
            real width_inverse = pair(WIDTH_INVERSE, s->kind);
            taper(s->inward * width_inverse, width_inverse, s->fc, s->dfc);
            energy_of[2 * k] = pair(LAMBDA1, s->kind) * s->inward;
            energy_of[2 * k + 1] = pair(LAMBDA2, s->kind) * s->inward;
        }
        s -= K;
        v::exp(energy_of);
        for (int k = 0; k < K; k++, s++) {
            s->repulsion = pair(HALF_A, s->kind) * energy_of[2 * k];
            s->attraction = pair(HALF_B, s->kind) * energy_of[2 * k + 1];
            s->zeta = s->along = s->across_x = s->across_y = s->across_z = v::all(0);
        }
    }

    static KD_INLINE real cosine_between(const slot &a, const slot &b)
    {
        return a.x * b.x + a.y * b.y + a.z * b.z;
    }

    KD_INLINE void sum_zeta()
    {
        const real one = v::all(numbers->angle[G_ONE][species]), scale = v::all(numbers->angle[G_SCALE][species]);
        const real slope = v::all(numbers->angle[G_SLOPE][species]), d2 = v::all(numbers->angle[D2][species]);
        const real h = v::all(numbers->angle[H][species]);
        angle *keep = angles;
        for (int a = 1; a < n_slot; a++) {
            real zeta = v::all(0);
            for (int b = 0; b < a; b++, keep++) {
                real c = cosine_between(at[a], at[b]);
                real w = h - c, w2 = w * w, t = (T)1 / (d2 + w2);
                real g = one + scale * w2 * t;
                keep->cosine = c;
                keep->g = g;
                keep->slope = slope * w * t * t;
                zeta += at[b].fc * g;
                at[b].zeta += at[a].fc * g;
            }
            at[a].zeta = zeta;
        }
    }

    /* Energy of a bond; dE/dzeta; the part of dE/dr that does not go through zeta. With L = n log(beta zeta),
     * b = exp(-log(1 + e^L) / 2n) and db/dzeta = -b / (2 zeta) e^L / (1 + e^L), written so that e^L cannot overflow. */
    template <int K> KD_INLINE void bond_order(slot *s)
    {
        real zeta[K], power[K], small[K], share[K], b[K];
        word strong[K];
        for (int k = 0; k < K; k++)
            power[k] = zeta[k] = v::larger(s[k].zeta, v::all(ieee<T>::tiny));
        v::log(power);
        for (int k = 0; k < K; k++) {
            power[k] = pair(POWER_N, s[k].kind) * power[k] + pair(N_LOG_BETA, s[k].kind);
            strong[k] = power[k] > (T)0;
            small[k] = strong[k] ? -power[k] : power[k];
        }
        v::exp_held(small);
        for (int k = 0; k < K; k++)
            b[k] = (T)1 + small[k];
        v::log(b);
        for (int k = 0; k < K; k++) {
            share[k] = (strong[k] ? v::all(1) : small[k]) / (((T)1 + small[k]) * zeta[k]);
            b[k] = pair(MINUS_HALF_N, s[k].kind) * (v::larger(power[k], v::all(0)) + b[k]);
        }
        v::exp_held(b);
        for (int k = 0; k < K; k++, s++) {
            real by_zeta = s->zeta > ieee<T>::tiny ? (T)0.5 * b[k] * share[k] : v::all(0);
            real bound = b[k] * s->attraction, net = s->repulsion - bound;
            energy += __builtin_convertvector(s->fc * net, wide);
            s->pull = s->fc * s->attraction * by_zeta;
            s->radial = s->dfc * net + s->fc * (bound * pair(LAMBDA2, s->kind) - s->repulsion * pair(LAMBDA1, s->kind));
        }
    }

    KD_INLINE void sum_forces()
    {
        const angle *keep = angles;
        for (int a = 1; a < n_slot; a++) {
            slot &s = at[a];
            real x = v::all(0), y = v::all(0), z = v::all(0), along = v::all(0), shared = v::all(0);
            for (int b = 0; b < a; b++, keep++) {
                slot &k = at[b];
                real q = keep->slope * (s.pull * k.fc + k.pull * s.fc);
                real qc = q * keep->cosine;
                x += q * k.x;
                y += q * k.y;
                z += q * k.z;
                along += qc;
                shared += k.pull * keep->g;
                k.across_x += q * s.x;
                k.across_y += q * s.y;
                k.across_z += q * s.z;
                k.along += qc;
                k.radial += s.pull * keep->g * k.dfc;
            }
            s.across_x += x;
            s.across_y += y;
            s.across_z += z;
            s.along += along;
            s.radial += shared * s.dfc;
        }
    }

    /* x, y, z become dE/d(r_j - r_i); the virial is -sum of (r_j - r_i) x that. */
    KD_INLINE void assemble(slot &s)
    {
        real radial = s.radial - s.along * s.r_inverse;
        real fx = s.across_x * s.r_inverse + radial * s.x, dx = s.x * s.r;
        real fy = s.across_y * s.r_inverse + radial * s.y, dy = s.y * s.r;
        real fz = s.across_z * s.r_inverse + radial * s.z, dz = s.z * s.r;
        virial[0] -= dx * fx;
        virial[1] -= dy * fy;
        virial[2] -= dz * fz;
        virial[3] -= dy * fz;
        virial[4] -= dx * fz;
        virial[5] -= dx * fy;
        s.x = fx;
        s.y = fy;
        s.z = fz;
    }

    /* ---- any potential: ordered triples, every parameter looked up lane by lane ---- */

    KD_INLINE real triple(triple_field field, word j, word k) const
    {
        real value;
        for (int l = 0; l < W; l++)
            value[l] = numbers->triple[field][species][j[l] * TERSOFF_SPECIES + k[l]];
        return value;
    }

    struct term { /* f_C(r_ik) g exp(...) of zeta_ij, and what its derivatives are made of */
        real fc, dfc, cosine, g, slope, growth, growth_rate;
    };

    inline term visit(const slot &j, const slot &k) const
    {
        term t;
        real width_inverse = triple(TRIPLE_WIDTH_INVERSE, j.kind, k.kind);
        real below = (pair(RANGE2, k.kind) - k.r * k.r) + triple(TRIPLE_EXCESS, j.kind, k.kind);
        real outer = triple(TRIPLE_OUTER, j.kind, k.kind);
        taper(below / (outer + k.r) * width_inverse, width_inverse, t.fc, t.dfc);
        real w = triple(H, j.kind, k.kind), d2 = triple(D2, j.kind, k.kind);
        t.cosine = cosine_between(j, k);
        w -= t.cosine;
        real w2 = w * w, inverse = (T)1 / (d2 + w2);
        t.g = triple(G_ONE, j.kind, k.kind) + triple(G_SCALE, j.kind, k.kind) * w2 * inverse;
        t.slope = triple(G_SLOPE, j.kind, k.kind) * w * inverse * inverse;
        real lambda = triple(LAMBDA3, j.kind, k.kind), difference = j.r - k.r, reach = lambda * difference;
        word cubic = triple(CUBIC, j.kind, k.kind) != (T)0;
        real exponent = cubic ? reach * reach * reach : reach;
        /* LAMMPS' bounds: beyond |69.0776| the factor is 1e30 or 0, which FP32 holds as well */
        real inside[1] = {v::smaller(v::larger(exponent, v::all((T)-69.0776)), v::all((T)69.0776))};
        v::exp(inside);
        t.growth = exponent < (T)-69.0776 ? v::all(0) : inside[0];
        t.growth_rate = t.growth * (cubic ? (T)3 * reach * reach * lambda : lambda);
        return t;
    }

    inline void sum_zeta_any()
    {
        for (int a = 0; a < n_slot; a++)
            for (int b = 0; b < n_slot; b++)
                if (b != a) {
                    term t = visit(at[a], at[b]);
                    at[a].zeta += t.fc * t.g * t.growth;
                }
    }

    inline void sum_forces_any()
    {
        for (int a = 0; a < n_slot; a++)
            for (int b = 0; b < n_slot; b++) {
                if (b == a)
                    continue;
                slot &j = at[a], &k = at[b];
                term t = visit(j, k);
                real q = j.pull * t.fc * t.slope * t.growth, stretch = j.pull * t.fc * t.g * t.growth_rate;
                j.across_x += q * k.x;
                j.across_y += q * k.y;
                j.across_z += q * k.z;
                j.along += q * t.cosine;
                j.radial += stretch;
                k.across_x += q * j.x;
                k.across_y += q * j.y;
                k.across_z += q * j.z;
                k.along += q * t.cosine;
                k.radial += j.pull * t.dfc * t.g * t.growth - stretch;
            }
    }

    inline void run()
    {
        energy = wide{};
        for (int c = 0; c < 6; c++)
            virial[c] = v::all(0);
        int a = 0;
        for (; a + 2 <= n_slot; a += 2)
            measure<2>(at + a);
        if (a < n_slot)
            measure<1>(at + a);
        if (numbers->separable)
            sum_zeta();
        else
            sum_zeta_any();
        for (a = 0; a + 2 <= n_slot; a += 2)
            bond_order<2>(at + a);
        if (a < n_slot)
            bond_order<1>(at + a);
        if (numbers->separable)
            sum_forces();
        else
            sum_forces_any();
        for (a = 0; a < n_slot; a++)
            assemble(at[a]);
    }
};

} /* namespace */
#endif
