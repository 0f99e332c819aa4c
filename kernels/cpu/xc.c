// SPDX-License-Identifier: BSD-3-Clause
/* xc.c - exchange and correlation of the CPU: chooses the codelet; libxc's PBE and its LDA limit are its twin. */
#include "kernels/cpu/xc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xc.h>

#include "kernels/cpu/cpu.h"

/* Correlation of the uniform gas: Perdew and Wang printed a = 0.031091, and pw.x keeps that number; libxc's PBE takes it to more
 * digits (its PW_MOD), which lowers silicon by 1e-6 Ry per atom less. Here the printed number counts: PW_MOD comes off and PW goes on. */
enum { PBE_X, PBE_C, PW_MOD, SLATER, PW, N_PART };

struct cpu_xc {
    xc_codelet *codelet; /* NULL: libxc */
    xc_func_type part[N_PART];
};

static xc_codelet *codelet(void)
{
    const char *wish = getenv("KEDGE_XC");
    if (wish && strcmp(wish, "libxc") == 0)
        return NULL;
#if defined(__x86_64__)
    if (cpu_simd_level() == CPU_AVX512)
        return xc_points_avx512;
    if (cpu_simd_level() == CPU_AVX2)
        return xc_points_avx2;
#endif
    return xc_points_baseline;
}

kd_status cpu_xc_create(struct cpu_xc **out)
{
    static const int id[N_PART] = {XC_GGA_X_PBE, XC_GGA_C_PBE, XC_LDA_C_PW_MOD, XC_LDA_X, XC_LDA_C_PW};
    struct cpu_xc *xc = calloc(1, sizeof *xc);
    if (!xc)
        FAIL(KD_ENOMEM, "xc: no host memory");
    xc->codelet = codelet();
    for (int i = 0; i < N_PART; i++)
        if (xc_func_init(&xc->part[i], id[i], XC_UNPOLARIZED) != 0) {
            const int missing = id[i];
            while (--i >= 0)
                xc_func_end(&xc->part[i]);
            free(xc);
            FAIL(KD_EINTERNAL, "xc: libxc has no functional %d", missing);
        }
    *out = xc;
    return KD_OK;
}

void cpu_xc_destroy(struct cpu_xc *xc)
{
    for (int i = 0; xc && i < N_PART; i++)
        xc_func_end(&xc->part[i]);
    free(xc);
}

static void add_lda(const struct cpu_xc *xc, int part, double sign, int n, const double *rho, double *e, double *v)
{
    double part_e[XC_BATCH], part_v[XC_BATCH];
    xc_lda_exc_vxc(&xc->part[part], (size_t)n, rho, part_e, part_v);
    for (int p = 0; p < n; p++) {
        e[p] += sign * part_e[p];
        v[p] += sign * part_v[p];
    }
}

static void add_gga(const struct cpu_xc *xc, int n, const double *rho, const double *sigma, double *e, double *v, double *v_sigma)
{
    double part_e[XC_BATCH], part_v[XC_BATCH], part_s[XC_BATCH];
    for (int i = PBE_X; i <= PBE_C; i++) {
        xc_gga_exc_vxc(&xc->part[i], (size_t)n, rho, sigma, part_e, part_v, part_s);
        for (int p = 0; p < n; p++) {
            e[p] += part_e[p];
            v[p] += part_v[p];
            v_sigma[p] += part_s[p];
        }
    }
}

/* The points of one kind (gradient counted or not) are gathered, evaluated, and put back. */
static void of_kind(const struct cpu_xc *xc, bool gradient, int n, const double *rho, const double *sigma, double *e,
                    double *v_rho, double *v_sigma)
{
    double r[XC_BATCH], s[XC_BATCH], pe[XC_BATCH], pv[XC_BATCH], ps[XC_BATCH];
    int where[XC_BATCH], count = 0;
    for (int p = 0; p < n; p++) {
        double size = fabs(rho[p]);
        if (size <= 1e-10 || (size > 1e-6 && sigma[p] > 1e-10) != gradient)
            continue;
        r[count] = size;
        s[count] = sigma[p];
        pe[count] = pv[count] = ps[count] = 0;
        where[count++] = p;
    }
    if (count == 0)
        return;
    if (gradient) {
        add_gga(xc, count, r, s, pe, pv, ps);
        add_lda(xc, PW_MOD, -1, count, r, pe, pv);
    } else {
        add_lda(xc, SLATER, 1, count, r, pe, pv);
    }
    add_lda(xc, PW, 1, count, r, pe, pv);
    for (int c = 0; c < count; c++) {
        e[where[c]] = pe[c] * rho[where[c]];
        v_rho[where[c]] = pv[c];
        v_sigma[where[c]] = rho[where[c]] < 0 ? -ps[c] : ps[c];
    }
}

void cpu_xc_points(const struct cpu_xc *xc, int n, const double *rho, const double *sigma, double *e, double *v_rho, double *v_sigma)
{
    if (xc->codelet) {
        xc->codelet(n, rho, sigma, e, v_rho, v_sigma);
        return;
    }
    for (int p = 0; p < n; p++)
        e[p] = v_rho[p] = v_sigma[p] = 0;
    of_kind(xc, true, n, rho, sigma, e, v_rho, v_sigma);
    of_kind(xc, false, n, rho, sigma, e, v_rho, v_sigma);
}
