// SPDX-License-Identifier: BSD-3-Clause
/* pw_passes.hpp - the passes of pw_codelet.h over W lanes. */
#ifndef KD_PW_PASSES_HPP
#define KD_PW_PASSES_HPP

#include "kernels/cpu/dft_line.hpp"
#include "kernels/cpu/lanes.hpp"

namespace
{

template <class T, int W> struct pw_passes {
    typedef dft_line<T, W> dft;
    typedef typename dft::place place;
    typedef typename simd<T, W>::real V;
    typedef lanes<T, W> turn;

    static KD_INLINE T *work_at(void *work, size_t at)
    {
        return (T *)work + at;
    }
    /* Row x of one side, all its z. */
    static KD_INLINE T *row_at(const pw_lines *l, void *work, int side, int x)
    {
        return work_at(work, (size_t)side * l->side + (size_t)x * l->stride);
    }

    /* ---- rows of plane waves ---- */

    /* F = a + i b at a run of up to W plane waves, and at their partners in reverse order. */
    static KD_INLINE void load_run(const pw_lines *l, const line_column &c, int j, int n, const T *a, const T *b, T *re, T *mre)
    {
        size_t g = 2 * (size_t)(c.first + j);
        V ar, ai, br = V{}, bi = V{};
        turn::pairs_load(a + g, n, ar, ai);
        if (b)
            turn::pairs_load(b + g, n, br, bi);
        turn::store(re + j, n, ar - bi);
        turn::store(re + l->half + j, n, ai + br);
        if (mre) {
            turn::store_reversed(mre - j, n, ar + bi);
            turn::store_reversed(mre + l->half - j, n, br - ai);
        }
    }
    static KD_INLINE void load_columns(const pw_lines *l, const line_row &row, const T *a, const T *b, void *work)
    {
        for (int k = row.first_column; k < row.first_column + row.n_column; k++) {
            const line_column &c = l->column[k];
            T *re = row_at(l, work, c.side, c.x) + c.z;
            T *mre = l->real ? row_at(l, work, row.n_side == 2 ? 1 - c.side : c.side, c.mirror_x) + c.mirror_z : nullptr;
            for (int j = 0; j < c.n; j += W) {
                int from = j + W > c.n && c.n >= W ? c.n - W : j; /* the last run overlaps the one before */
                load_run(l, c, from, c.n - from < W ? c.n - from : W, a, b, re, mre);
            }
        }
    }

    static KD_INLINE void store_run(const pw_lines *l, const line_column &c, int j, int n, const T *const psi[2], T *const hpsi[2],
                                    const T *re, const T *mre)
    {
        size_t g = (size_t)(c.first + j);
        V kin = turn::load((const T *)l->kinetic + g, n), ur = turn::load(re + j, n), ui = turn::load(re + l->half + j, n), pr, pi;
        turn::pairs_load(psi[0] + 2 * g, n, pr, pi);
        if (!l->real) {
            turn::pairs_store(hpsi[0] + 2 * g, n, ur + kin * pr, ui + kin * pi);
            return;
        }
        V mr = turn::load_reversed(mre - j, n), mi = turn::load_reversed(mre + l->half - j, n);
        const T half = (T)0.5;
        turn::pairs_store(hpsi[0] + 2 * g, n, half * (ur + mr) + kin * pr, half * (ui - mi) + kin * pi);
        if (!hpsi[1])
            return;
        turn::pairs_load(psi[1] + 2 * g, n, pr, pi);
        turn::pairs_store(hpsi[1] + 2 * g, n, half * (ui + mi) + kin * pr, half * (mr - ur) + kin * pi);
    }
    static KD_INLINE void store_columns(const pw_lines *l, const line_row &row, const T *const psi[2], T *const hpsi[2], void *work)
    {
        for (int k = row.first_column; k < row.first_column + row.n_column; k++) {
            const line_column &c = l->column[k];
            const T *re = row_at(l, work, c.side, c.x) + c.z;
            const T *mre = l->real ? row_at(l, work, row.n_side == 2 ? 1 - c.side : c.side, c.mirror_x) + c.mirror_z : nullptr;
            for (int j = 0; j < c.n; j += W) {
                int from = j + W > c.n && c.n >= W ? c.n - W : j;
                store_run(l, c, from, c.n - from < W ? c.n - from : W, psi, hpsi, re, mre);
            }
        }
    }

    /* The plane wave that is its own partner is stored without the factor sqrt(2), and has no imaginary part. */
    static KD_INLINE T *self_at(const pw_lines *l, void *work)
    {
        return row_at(l, work, l->self_y, l->self_x) + l->self_z;
    }
    static KD_INLINE void store_self(const pw_lines *l, const T *const psi[2], T *const hpsi[2], void *work)
    {
        const T *u = self_at(l, work), root = (T)0.70710678118654752440, kin = ((const T *)l->kinetic)[l->self];
        size_t g = 2 * (size_t)l->self;
        for (int o = 0; o < 2 && hpsi[o]; o++) {
            hpsi[o][g] = root * u[o ? l->half : 0] + kin * psi[o][g];
            hpsi[o][g + 1] = 0;
        }
    }

    static void spread(const pw_lines *l, const void *a, const void *b, int first_row, int last_row, void *work, void *shared)
    {
        const line_axis &x = l->axis[0];
        for (int r = first_row; r < last_row; r++) {
            const line_row &row = l->row[r];
            for (int side = 0; side < row.n_side; side++) {
                T *rows = row_at(l, work, side, row.first[side]);
                for (size_t e = 0; e < (size_t)row.count[side] * l->stride; e += W)
                    dft::at(rows + e) = V{};
            }
            load_columns(l, row, (const T *)a, (const T *)b, work);
            if (r == l->self_row) {
                self_at(l, work)[0] *= (T)1.41421356237309504880;
                self_at(l, work)[l->half] *= (T)1.41421356237309504880;
            }
            for (int side = 0; side < row.n_side; side++)
                for (int z = 0; z < l->n_block_z; z++) {
                    T *re = row_at(l, work, side, row.first[side]) + z * W;
                    T *to = work_at(shared, l->at_a + (size_t)row.y[side] * l->stride) + z * W;
                    dft::in(x, row.pattern[side], {re, re + l->half, l->stride}, row.first[side], row.count[side],
                            {to, to + l->half, l->plane});
                }
        }
    }

    static void collect(const pw_lines *l, const void *a, const void *b, void *ha, void *hb, int first_row, int last_row, void *work, void *shared)
    {
        const line_axis &x = l->axis[0];
        const T *const psi[2] = {(const T *)a, (const T *)b};
        T *const hpsi[2] = {(T *)ha, (T *)hb};
        for (int r = first_row; r < last_row; r++) {
            const line_row &row = l->row[r];
            for (int side = 0; side < row.n_side; side++)
                for (int z = 0; z < l->n_block_z; z++) {
                    T *re = row_at(l, work, side, row.first[side]) + z * W;
                    T *from = work_at(shared, l->at_a + (size_t)row.y[side] * l->stride) + z * W;
                    dft::out(x, row.pattern[side], {from + l->half, from, l->plane}, nullptr, {re + l->half, re, l->stride},
                             row.first[side], row.count[side]);
                }
            store_columns(l, row, psi, hpsi, work);
            if (r == l->self_row)
                store_self(l, psi, hpsi, work);
        }
    }

    /* ---- planes ---- */

    /* DFT along y of the planes of one step. */
    static KD_INLINE void y_lines(const pw_lines *l, int plane, int n_plane, bool back, void *work, void *shared)
    {
        const line_axis &y = l->axis[1];
        for (int p = 0; p < n_plane; p++)
            for (int z = 0; z < l->n_block_z; z++) {
                T *a = work_at(shared, l->at_a + (size_t)(plane + p) * l->plane) + z * W;
                T *b = work_at(work, l->at_b + (size_t)(p * y.n) * l->stride) + z * W;
                if (back)
                    dft::out(y, y.pattern, {b + l->half, b, l->stride}, nullptr, {a + l->half, a, l->stride}, 0, y.count);
                else
                    dft::in(y, y.pattern, {a, a + l->half, l->stride}, 0, y.count, {b, b + l->half, l->stride});
            }
    }

    /* W lines of B become the lanes of [z] vectors, or the other way. */
    static KD_INLINE void turn_lines(const pw_lines *l, T *lines, T *turned, bool back)
    {
        for (int part = 0; part < 2; part++)
            for (int z = 0; z < l->n_block_z; z++) {
                T *from = lines + (size_t)part * l->half + z * W, *to = turned + (size_t)part * l->half * W + (size_t)z * W * W;
                if (back)
                    turn::transpose(to, W, from, l->stride);
                else
                    turn::transpose(from, l->stride, to, W);
            }
    }

    static KD_INLINE int planes_of(const pw_lines *l, int block)
    {
        int left = l->axis[0].n - block * l->n_plane;
        return left < l->n_plane ? left : l->n_plane;
    }
    static KD_INLINE int groups_of(const pw_lines *l, int block)
    {
        return (planes_of(l, block) * l->axis[1].n + W - 1) / W;
    }

    static void planes(const pw_lines *l, const void *v, int first_block, int last_block, void *work, void *shared)
    {
        const line_axis &z = l->axis[2];
        T *x = work_at(work, l->at_x), *f = work_at(work, l->at_f), *xi = x + l->half * W, *fi = f + (size_t)z.n * W;
        for (int block = first_block; block < last_block; block++) {
            int n_plane = planes_of(l, block);
            y_lines(l, block * l->n_plane, n_plane, false, work, shared);
            for (int g = 0; g < groups_of(l, block); g++) {
                T *lines = work_at(work, l->at_b + (size_t)g * W * l->stride);
                const T *potential = (const T *)v + (size_t)(block * l->n_group + g) * (size_t)z.n * W;
                turn_lines(l, lines, x, false);
                dft::in(z, z.pattern, {x, xi, W}, 0, z.count, {f, fi, W});
                dft::out(z, z.pattern, {fi, f, W}, potential, {xi, x, W}, 0, z.count);
                turn_lines(l, lines, x, true);
            }
            y_lines(l, block * l->n_plane, n_plane, true, work, shared);
        }
    }

    /* ---- density ---- */

    /* exp(2ik.r) of the lanes of a group along x and y. */
    static KD_INLINE void lane_phase(const pw_lines *l, int block, int group, V &c, V &s)
    {
        for (int lane = 0; lane < W; lane++) {
            int line = group * W + lane, x = (block * l->n_plane + line / l->axis[1].n) % l->axis[0].n, y = line % l->axis[1].n;
            const double *px = l->phase[0][x], *py = l->phase[1][y];
            c[lane] = (T)(px[0] * py[0] - px[1] * py[1]);
            s[lane] = (T)(px[0] * py[1] + px[1] * py[0]);
        }
    }
    /* wa a^2 + wb b^2 of a + i b = exp(ik.r) (re + i im): |F|^2 = a^2 + b^2, Re (F^2 exp(2ik.r)) = a^2 - b^2. */
    static KD_INLINE void add_squares(const pw_lines *l, double wa, double wb, int block, int group, const T *f, double *rho)
    {
        typedef typename simd<T, W>::wide wide;
        const line_axis &z = l->axis[2];
        T sum = (T)(0.5 * (wa + wb)), difference = (T)(0.5 * (wa - wb));
        bool split = l->real && wa != wb;
        V cxy = V{} + (T)1, sxy = V{};
        if (split && l->phase[0])
            lane_phase(l, block, group, cxy, sxy);
        for (int k = 0; k < z.n; k++) {
            V re = *(const V *)(const void *)(f + k * W), im = *(const V *)(const void *)(f + (z.n + k) * W);
            V value = sum * (re * re + im * im);
            if (split) {
                T pc = l->phase[0] ? (T)l->phase[2][k][0] : 1, ps = l->phase[0] ? (T)l->phase[2][k][1] : 0;
                V c = cxy * pc - sxy * ps, s = cxy * ps + sxy * pc;
                value += difference * (c * (re * re - im * im) - (T)2 * s * re * im);
            }
            wide *to = (wide *)(void *)(rho + k * W);
            *to += __builtin_convertvector(value, wide);
        }
    }
    static void square(const pw_lines *l, double wa, double wb, int first_block, int last_block, void *work, void *shared, double *rho)
    {
        const line_axis &z = l->axis[2];
        T *x = work_at(work, l->at_x), *f = work_at(work, l->at_f), *xi = x + l->half * W, *fi = f + (size_t)z.n * W;
        for (int block = first_block; block < last_block; block++) {
            y_lines(l, block * l->n_plane, planes_of(l, block), false, work, shared);
            for (int g = 0; g < groups_of(l, block); g++) {
                turn_lines(l, work_at(work, l->at_b + (size_t)g * W * l->stride), x, false);
                dft::in(z, z.pattern, {x, xi, W}, 0, z.count, {f, fi, W});
                add_squares(l, wa, wb, block, g, f, rho + (size_t)(block * l->n_group + g) * (size_t)z.n * W);
            }
        }
    }

    static constexpr line_codelets codelets(const char *name)
    {
        return {name, W, sizeof(T), spread, planes, collect, square};
    }
};

} /* namespace */
#endif
