// SPDX-License-Identifier: BSD-3-Clause
/* box.c - levels of the all-electron and of the pseudo-atom in a hard sphere. */
#include "host/atom/box.h"

#include <math.h>
#include <stdlib.h>

#include "host/atom/bessel.h"
#include "host/atom/dense.h"
#include "host/atom/radial.h"
#include "host/base/units.h"

/* Plane waves kept above the highest level asked for, Ha. */
static const double headroom = 60;

void box_all_electron(const struct atom *a, int l, int n_core, int at, double e_max, double *work, struct box_levels *levels)
{
    struct radial_equation eq = {&a->grid, l, atom_alpha(&a->options), a->options.z, a->v, NULL};
    double *p = work, *q = work + a->grid.n;
    levels->n = 0;
    int n_below = radial_outward(&eq, e_max, at, p, q);
    for (int k = n_core; k < n_below && levels->n < BOX_MAX; k++) {
        double low = -0.6 * a->options.z * a->options.z - 1, high = e_max;
        while (high - low > 1e-9) { /* k + 1 nodes inside mean: above level k */
            double middle = 0.5 * (low + high);
            *(radial_outward(&eq, middle, at, p, q) > k ? &high : &low) = middle;
        }
        levels->energy[levels->n++] = 0.5 * (low + high);
    }
}

/* The k-th positive zero of j_l, by bisection from the interlacing with those of j_0. */
static void bessel_zeros(int l, int n, double *zero)
{
    double step = 0.05, before = bessel_j(l, step);
    int found = 0;
    for (double x = step; found < n; x += step) {
        double now = bessel_j(l, x + step);
        if (before * now < 0) {
            double low = x, high = x + step;
            for (int i = 0; i < 60; i++) {
                double middle = 0.5 * (low + high);
                *(bessel_j(l, middle) * before > 0 ? &low : &high) = middle;
            }
            zero[found++] = 0.5 * (low + high);
        }
        before = now;
    }
}

/* basis[k][m] = normalised r j_l(z_k r / R) on the uniform mesh r_m = m h. */
static void bessel_basis(int l, int n, int n_r, double h, const double *zero, double *basis)
{
    double radius = (n_r - 1) * h;
    for (int k = 0; k < n; k++) {
        double edge = bessel_j(l + 1, zero[k]), scale = sqrt(2 / (radius * radius * radius)) / fabs(edge);
        for (int m = 0; m < n_r; m++)
            basis[k * n_r + m] = scale * m * h * bessel_j(l, zero[k] * m * h / radius);
    }
}

static double simpson_weight(int m, int n_r, double h)
{
    return (m == 0 || m == n_r - 1 ? 1 : m % 2 ? 4 : 2) * h / 3;
}

/* Hamiltonian in the basis; sample[n_r] is scratch, image[n] too. */
static void hamiltonian(const struct separable *s, const double *v, int l, int n, int n_r, double h, const double *zero,
                        const double *basis, double *matrix, double *sample)
{
    double radius = (n_r - 1) * h, *image = sample + n_r;
    for (int m = 0; m < n_r; m++)
        sample[m] = radial_value(s->grid, v, m * h) * simpson_weight(m, n_r, h);
    for (int a = 0; a < n; a++)
        for (int b = 0; b <= a; b++) {
            double sum = a == b ? 0.5 * zero[a] * zero[a] / (radius * radius) : 0;
            for (int m = 0; m < n_r; m++)
                sum += basis[a * n_r + m] * sample[m] * basis[b * n_r + m];
            matrix[a * n + b] = matrix[b * n + a] = sum;
        }
    for (int k = 0; k < s->n_projector; k++) {
        if (s->l[k] != l)
            continue;
        for (int m = 0; m < n_r; m++)
            sample[m] = radial_value(s->grid, s->beta[k], m * h) * simpson_weight(m, n_r, h);
        for (int a = 0; a < n; a++) {
            image[a] = 0;
            for (int m = 0; m < n_r; m++)
                image[a] += basis[a * n_r + m] * sample[m];
        }
        for (int a = 0; a < n; a++)
            for (int b = 0; b < n; b++)
                matrix[a * n + b] += s->strength[k] * image[a] * image[b];
    }
}

kd_status box_pseudo(const struct separable *s, const double *v, int l, int at, double e_max, struct box_levels *levels)
{
    double radius = s->grid->r[at], q_max = sqrt(2 * (e_max + headroom));
    int n = (int)(radius * q_max / KD_PI) + 1, n_r = 2 * (int)(radius * q_max) + 1;
    double h = radius / (n_r - 1);
    double *memory = malloc(sizeof *memory * (size_t)(2 * n + n * n_r + 2 * n * n + 2 * n_r + n));
    if (!memory)
        FAIL(KD_ENOMEM, "ghost search: %d functions", n);
    double *zero = memory, *w = zero + n, *basis = w + n, *matrix = basis + n * n_r, *vectors = matrix + n * n,
           *sample = vectors + n * n;
    bessel_zeros(l, n, zero);
    bessel_basis(l, n, n_r, h, zero, basis);
    hamiltonian(s, v, l, n, n_r, h, zero, basis, matrix, sample);
    kd_status status = dense_eigen(n, matrix, w, vectors);
    levels->n = 0;
    for (int k = 0; status == KD_OK && k < n && w[k] < e_max && levels->n < BOX_MAX; k++)
        levels->energy[levels->n++] = w[k];
    free(memory);
    return status;
}
