// SPDX-License-Identifier: BSD-3-Clause
/* xc.c - exchange and correlation of a spherical density, through libxc. */
#include "host/atom/xc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <xc.h>

#include "host/base/units.h"

/* Below this density (bohr^-3) the gradient terms are rounding noise that no physics sees. */
static const double density_floor = 1e-14;
/* Within this radius over Z second derivatives on the mesh are rounding noise (1e-16 / (dx r)^2 of the density): the gradient term is
 * held constant there, which moves energies by less than 1e-9 Ha and lets the cycle settle. */
static const double quiet_radius = 1e-4;

static const struct {
    const char *name, *long_name;
    int exchange, correlation;
    int gradient;
} functional[] = {
    [XC_PBE] = {"PBE", "PBE", XC_GGA_X_PBE, XC_GGA_C_PBE, 1},
    [XC_LDA_PW92] = {"LDA", "SLA PW NOGX NOGC", XC_LDA_X, XC_LDA_C_PW_MOD, 0},
    [XC_LDA_PZ] = {"PZ", "SLA PZ NOGX NOGC", XC_LDA_X, XC_LDA_C_PZ, 0},
    [XC_LDA_VWN] = {"VWN", "SLA VWN NOGX NOGC", XC_LDA_X, XC_LDA_C_VWN, 0},
};
enum { N_FUNCTIONAL = sizeof functional / sizeof functional[0] };

kd_status xc_parse(const char *name, enum xc_kind *kind)
{
    for (int i = 0; i < N_FUNCTIONAL; i++)
        if (!strcasecmp(name, functional[i].name) || !strcasecmp(name, functional[i].long_name)) {
            *kind = (enum xc_kind)i;
            return KD_OK;
        }
    FAIL(KD_EINPUT, "functional '%s', expected PBE, LDA, PZ or VWN", name);
}

const char *xc_name(enum xc_kind kind)
{
    return functional[kind].name;
}

const char *xc_long_name(enum xc_kind kind)
{
    return functional[kind].long_name;
}

/* Arrays of one evaluation, [n] each, in one allocation. */
struct work {
    double *density, *slope, *sigma, *e, *v, *vs, *flux, *divergence;
};

/* Add one functional: e per electron, v = de/dn, and flux = 2 (de/dsigma) dn/dr to the sums. */
static kd_status add(int id, int n, const struct work *w, double *e_sum, double *v_sum, double *flux_sum)
{
    xc_func_type f;
    if (xc_func_init(&f, id, XC_UNPOLARIZED))
        FAIL(KD_EINTERNAL, "libxc: functional %d is not there", id);
    xc_func_set_dens_threshold(&f, density_floor);
    if (f.info->family == XC_FAMILY_LDA)
        xc_lda_exc_vxc(&f, (size_t)n, w->density, w->e, w->v);
    else
        xc_gga_exc_vxc(&f, (size_t)n, w->density, w->sigma, w->e, w->v, w->vs);
    for (int i = 0; i < n; i++) {
        e_sum[i] += w->e[i];
        v_sum[i] += w->v[i];
        if (f.info->family != XC_FAMILY_LDA)
            flux_sum[i] += 2 * w->vs[i] * w->slope[i];
    }
    xc_func_end(&f);
    return KD_OK;
}

kd_status radial_xc(enum xc_kind kind, const struct radial_grid *g, const double *charge, double *v, double *energy)
{
    int n = g->n;
    double *memory = calloc((size_t)n * 9, sizeof *memory);
    if (!memory)
        FAIL(KD_ENOMEM, "exchange-correlation: %d points", n);
    struct work w = {memory,         memory + n,     memory + 2 * n, memory + 3 * n,
                     memory + 4 * n, memory + 5 * n, memory + 6 * n, memory + 7 * n};
    double *e = memory + 8 * n;
    for (int i = 0; i < n; i++)
        w.density[i] = fmax(0, charge[i] / (4 * KD_PI * g->r[i] * g->r[i]));
    radial_derivative(g, w.density, w.slope);
    for (int i = 0; i < n; i++)
        w.sigma[i] = w.slope[i] * w.slope[i];
    memset(v, 0, sizeof *v * (size_t)n);
    kd_status status = add(functional[kind].exchange, n, &w, e, v, w.flux);
    if (status == KD_OK)
        status = add(functional[kind].correlation, n, &w, e, v, w.flux);
    if (status == KD_OK && functional[kind].gradient) {
        /* v -= div flux = (1/r^2) d(r^2 flux)/dr = flux' + 2 flux / r */
        radial_derivative(g, w.flux, w.divergence);
        int quiet = radial_grid_index(g, quiet_radius / g->zmesh);
        for (int i = 0; i < n; i++) {
            int at = i < quiet ? quiet : i;
            if (w.density[i] > density_floor)
                v[i] -= w.divergence[at] + 2 * w.flux[at] / g->r[at];
        }
    }
    if (energy)
        *energy = radial_integral2(g, charge, e);
    free(memory);
    return status;
}
