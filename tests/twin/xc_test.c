// SPDX-License-Identifier: BSD-3-Clause
/* xc_test.c - the exchange-correlation codelets of the CPU against libxc, through the potential of a density that has everything:
 * cores, bonds, tails that are next to nothing, and ripples below zero. */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>

#include "kernels/device.h"
#include "kernels/grid_ops.h"

enum { N = 24, POINT = N * N * N, MOST = 9 };
static const double length = 9.0, pi = 3.14159265358979323846;
static kd_device *dev;

static int waves(int (*miller)[3], double (*g)[3])
{
    int n = 1;
    miller[0][0] = miller[0][1] = miller[0][2] = 0;
    g[0][0] = g[0][1] = g[0][2] = 0;
    for (int x = 0; x <= MOST; x++)
        for (int y = -MOST; y <= MOST; y++)
            for (int z = -MOST; z <= MOST; z++) {
                int m[3] = {x, y, z};
                if (x * x + y * y + z * z > MOST * MOST || !(x > 0 || (x == 0 && (y > 0 || (y == 0 && z > 0)))))
                    continue;
                for (int a = 0; a < 3; a++) {
                    miller[n][a] = m[a];
                    g[n][a] = 2 * pi / length * m[a];
                }
                n++;
            }
    return n;
}

struct result {
    double *effective, *xc, sum[GRID_N_SUM];
};

/* Gaussians of several widths and a cosine of 1e-4. */
static void fill_density(int n_g, const double (*g)[3], double (*rho)[2])
{
    static const double width[3] = {0.7, 1.1, 1.6}, charge[3] = {4, 2, 1}, place[3][3] = {{1, 2, 3}, {4.4, 4.1, 3.3}, {6, 8, 5}};
    for (int i = 0; i < n_g; i++) {
        double square = g[i][0] * g[i][0] + g[i][1] * g[i][1] + g[i][2] * g[i][2];
        rho[i][0] = rho[i][1] = 0;
        for (int c = 0; c < 3; c++) {
            double phase = g[i][0] * place[c][0] + g[i][1] * place[c][1] + g[i][2] * place[c][2];
            double f = charge[c] / (length * length * length) * exp(-0.25 * square * width[c] * width[c]);
            rho[i][0] += f * cos(phase);
            rho[i][1] -= f * sin(phase);
        }
    }
    rho[5][0] += 1e-4;
}

static struct result potential(const char *which)
{
    static int miller[8000][3];
    static double g[8000][3], rho[8000][2];
    int n_g = waves(miller, g);
    struct result r = {malloc(POINT * sizeof(double)), malloc(POINT * sizeof(double)), {0}};
    struct grid_spec spec = {{N, N, N}, length * length * length, n_g, (const int(*)[3])miller, (const double(*)[3])g};
    struct grid *grid;
    double *rho_g_d, *all_d, *sum_d;
    setenv("KEDGE_XC", which, 1);
    fill_density(n_g, (const double(*)[3])g, rho);
    assert_ok(dev->grid->create(dev, &spec, &grid));
    assert_ok(kd_scratch_reserve(dev, dev->grid->scratch(dev, grid)));
    assert_ok(kd_alloc_copy(dev, dev->stream, rho, (size_t)n_g * sizeof *rho, &rho_g_d));
    assert_ok(kd_alloc(dev, 4 * POINT * sizeof(double), &all_d));
    assert_ok(kd_fill(dev, dev->stream, all_d, 0, 4 * POINT * sizeof(double)));
    assert_ok(kd_alloc(dev, GRID_N_SUM * sizeof(double), &sum_d));
    struct grid_potential p = {rho_g_d, NULL, all_d, all_d + POINT, all_d + 2 * POINT, all_d + 3 * POINT, sum_d};
    assert_ok(dev->grid->potential(dev, dev->stream, grid, &p));
    assert_ok(kd_download(dev, dev->stream, r.effective, p.effective_d, POINT * sizeof(double)));
    assert_ok(kd_download(dev, dev->stream, r.xc, p.xc_d, POINT * sizeof(double)));
    assert_ok(kd_download(dev, dev->stream, r.sum, sum_d, sizeof r.sum));
    kd_free(dev, rho_g_d);
    kd_free(dev, all_d);
    kd_free(dev, sum_d);
    dev->grid->destroy(dev, grid);
    return r;
}

/* FP64 formulas in another order: 1e-13 of the largest; the divergence of the gradient term multiplies by G (4/bohr) twice, and where
 * the density vanishes by large derivatives. */
static void the_codelets_agree_with_libxc(void **state)
{
    (void)state;
    struct result own = potential("own"), twin = potential("libxc");
    double most = 0;
    for (int i = 0; i < POINT; i++)
        most = fmax(most, fabs(twin.xc[i]));
    assert_true(most > 0.5 && twin.sum[GRID_NEGATIVE] < -1e-3);
    for (int i = 0; i < POINT; i++) {
        assert_near(own.xc[i], twin.xc[i], 1e-10 * most);
        assert_near(own.effective[i], twin.effective[i], 1e-10 * most);
    }
    for (int i = 0; i < GRID_N_SUM; i++)
        assert_near(own.sum[i], twin.sum[i], 1e-11 * fabs(twin.sum[GRID_XC]));
    free(own.effective);
    free(own.xc);
    free(twin.effective);
    free(twin.xc);
}

static int open_cpu(void **state)
{
    (void)state;
    return kd_device_open("cpu", 0, &dev, NULL) == KD_OK ? 0 : -1;
}
static int close_cpu(void **state)
{
    (void)state;
    kd_device_close(dev);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_codelets_agree_with_libxc)};
    return cmocka_run_group_tests(tests, open_cpu, close_cpu);
}
