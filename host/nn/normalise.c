// SPDX-License-Identifier: BSD-3-Clause
/* normalise.c - what is absorption and what is background. */
#include "host/nn/normalise.h"

#include <math.h>
#include <stdlib.h>

#include "host/nn/metrics.h"

static const double PRE_GAP = 6, POST_GAP = 15, LINE_SPAN = 8, PARABOLA_SPAN = 60; /* eV */

/* Steepest rise of a straight line through five points. */
static double find_edge(int n, const double *e, const double *mu)
{
    double best = -INFINITY, edge = e[n / 2];
    for (int i = 2; i < n - 2; i++) {
        double mean_e = 0, mean_mu = 0, top = 0, bottom = 0;
        for (int k = -2; k <= 2; k++) {
            mean_e += e[i + k] / 5;
            mean_mu += mu[i + k] / 5;
        }
        for (int k = -2; k <= 2; k++) {
            top += (e[i + k] - mean_e) * (mu[i + k] - mean_mu);
            bottom += (e[i + k] - mean_e) * (e[i + k] - mean_e);
        }
        if (top / bottom > best) {
            best = top / bottom;
            edge = mean_e;
        }
    }
    return edge;
}

/* Polynomial of degree m in E - e0 over points low..high (indices, high excluded). */
static kd_status fit(int low, int high, const double *e, const double *mu, double e0, int m, double c[3])
{
    int n = high - low;
    double *x = malloc((size_t)n * (size_t)(m ? m : 1) * sizeof *x), mean = 0;
    if (!x)
        FAIL(KD_ENOMEM, "normalisation: no host memory");
    for (int i = 0; i < n; i++) {
        mean += mu[low + i] / n;
        for (int k = 0; k < m; k++)
            x[i * m + k] = pow(e[low + i] - e0, k + 1);
    }
    c[0] = mean;
    c[1] = c[2] = 0;
    kd_status status = m > 0 ? nn_linear_fit(n, m, x, mu + low, c) : KD_OK;
    free(x);
    return status;
}

kd_status nn_normalise(int n, const double *e, const double *mu, struct nn_normalisation *out, double *flat)
{
    *out = (struct nn_normalisation){0};
    if (n < 8)
        FAIL(KD_EINPUT, "normalisation: %d points, expected at least 8", n);
    out->e0_ev = find_edge(n, e, mu);
    int pre = 0, post = n;
    while (pre < n && e[pre] < out->e0_ev - PRE_GAP)
        pre++;
    while (post > 0 && e[post - 1] > out->e0_ev + POST_GAP)
        post--;
    if (pre < 3 || n - post < 4)
        FAIL(KD_EINPUT, "normalisation: %d points below %.1f eV and %d above %.1f eV, expected at least 3 and 4: is the edge at %.1f eV?", pre,
             out->e0_ev - PRE_GAP, n - post, out->e0_ev + POST_GAP, out->e0_ev);
    double span = e[n - 1] - e[post], c[3];
    TRY(fit(0, pre, e, mu, out->e0_ev, pre > 3 && e[pre - 1] - e[0] >= LINE_SPAN ? 1 : 0, c));
    out->pre[0] = c[0];
    out->pre[1] = c[1];
    TRY(fit(post, n, e, mu, out->e0_ev, span >= PARABOLA_SPAN ? 2 : 1, out->post));
    out->step = out->post[0] - out->pre[0];
    out->pre_low_ev = e[0];
    out->pre_high_ev = e[pre - 1];
    out->post_low_ev = e[post];
    out->post_high_ev = e[n - 1];
    double low = mu[0], high = mu[0];
    for (int i = 0; i < n; i++) {
        low = fmin(low, mu[i]);
        high = fmax(high, mu[i]);
    }
    if (!(out->step > 0.01 * (high - low)) || !isfinite(out->step))
        FAIL(KD_EINPUT, "normalisation: the edge step at %.1f eV is %g, expected a rise", out->e0_ev, out->step);
    for (int i = 0; i < n; i++) {
        double d = e[i] - out->e0_ev, before = out->pre[0] + out->pre[1] * d;
        double after = out->post[0] + d * (out->post[1] + d * out->post[2]);
        flat[i] = (mu[i] - before) / out->step;
        if (d > 0)
            flat[i] -= (after - before) / out->step - 1;
    }
    return KD_OK;
}
