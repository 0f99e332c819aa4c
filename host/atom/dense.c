// SPDX-License-Identifier: BSD-3-Clause
/* dense.c - linear algebra of a few dozen unknowns. */
#include "host/atom/dense.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void swap_rows(int n, double *a, int i, int j)
{
    for (int k = 0; k < n && i != j; k++) {
        double keep = a[i * n + k];
        a[i * n + k] = a[j * n + k];
        a[j * n + k] = keep;
    }
}

kd_status dense_solve(int n, double *a, double *b)
{
    double largest = 0;
    for (int i = 0; i < n * n; i++)
        largest = fmax(largest, fabs(a[i]));
    for (int k = 0; k < n; k++) {
        int pivot = k;
        for (int i = k + 1; i < n; i++)
            if (fabs(a[i * n + k]) > fabs(a[pivot * n + k]))
                pivot = i;
        if (!(fabs(a[pivot * n + k]) > 1e-14 * largest))
            FAIL(KD_EINTERNAL, "linear equations: singular matrix (column %d of %d)", k + 1, n);
        swap_rows(n, a, k, pivot);
        double keep = b[k];
        b[k] = b[pivot];
        b[pivot] = keep;
        for (int i = k + 1; i < n; i++) {
            double factor = a[i * n + k] / a[k * n + k];
            for (int j = k; j < n; j++)
                a[i * n + j] -= factor * a[k * n + j];
            b[i] -= factor * b[k];
        }
    }
    for (int k = n - 1; k >= 0; k--) {
        for (int j = k + 1; j < n; j++)
            b[k] -= a[k * n + j] * b[j];
        b[k] /= a[k * n + k];
    }
    return KD_OK;
}

kd_status dense_inverse(int n, const double *a, double *inverse)
{
    kd_status status = KD_OK;
    double *copy = malloc(sizeof *copy * (size_t)(n * n + n));
    if (!copy)
        FAIL(KD_ENOMEM, "linear equations: %d unknowns", n);
    double *column = copy + n * n;
    for (int k = 0; k < n && status == KD_OK; k++) {
        memcpy(copy, a, sizeof *copy * (size_t)(n * n));
        for (int i = 0; i < n; i++)
            column[i] = i == k;
        status = dense_solve(n, copy, column);
        for (int i = 0; i < n; i++)
            inverse[i * n + k] = column[i];
    }
    free(copy);
    return status;
}

/* One Jacobi rotation that clears a[p][q]; the rows of v follow. Golub, Van Loan, Matrix Computations, 8.5. */
static void rotate(int n, double *a, double *v, int p, int q)
{
    double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    for (int k = 0; k < n; k++) {
        double kp = a[k * n + p], kq = a[k * n + q];
        a[k * n + p] = c * kp - s * kq;
        a[k * n + q] = s * kp + c * kq;
    }
    for (int k = 0; k < n; k++) {
        double pk = a[p * n + k], qk = a[q * n + k];
        a[p * n + k] = c * pk - s * qk;
        a[q * n + k] = s * pk + c * qk;
        pk = v[p * n + k], qk = v[q * n + k];
        v[p * n + k] = c * pk - s * qk;
        v[q * n + k] = s * pk + c * qk;
    }
    a[p * n + q] = a[q * n + p] = 0; /* exactly, not to rounding */
}

static void sort_eigen(int n, double *w, double *v)
{
    for (int i = 0; i < n; i++) {
        int lowest = i;
        for (int j = i + 1; j < n; j++)
            if (w[j] < w[lowest])
                lowest = j;
        double keep = w[i];
        w[i] = w[lowest];
        w[lowest] = keep;
        swap_rows(n, v, i, lowest);
    }
}

kd_status dense_eigen(int n, double *a, double *w, double *v)
{
    memset(v, 0, sizeof *v * (size_t)(n * n));
    for (int i = 0; i < n; i++)
        v[i * n + i] = 1;
    for (int sweep = 0; sweep < 60; sweep++) {
        double off = 0, diagonal = 0;
        for (int i = 0; i < n; i++) {
            diagonal += a[i * n + i] * a[i * n + i];
            for (int j = 0; j < i; j++)
                off += a[i * n + j] * a[i * n + j];
        }
        if (off <= 1e-31 * diagonal) {
            for (int i = 0; i < n; i++)
                w[i] = a[i * n + i];
            sort_eigen(n, w, v);
            return KD_OK;
        }
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++)
                if (fabs(a[p * n + q]) > 1e-300)
                    rotate(n, a, v, p, q);
    }
    FAIL(KD_EINTERNAL, "eigenvalues: Jacobi rotations did not converge for %d unknowns", n);
}
