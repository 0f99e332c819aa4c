// SPDX-License-Identifier: BSD-3-Clause
/* bench_xas.c - core-hole spectra: one site after the ground state, against pw.x and xspectra.x on as many cores.
 *
 * Structures and pseudopotentials are those of tests/oracle/qe; the latter are made by ld1.x when the benchmark starts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"
#include "bench/model_xas.h"
#include "bench/pw_peer.h"
#include "bench/xas_floor.h"
#include "bench/xas_peer.h"
#include "host/base/clock.h"
#include "host/base/units.h"
#include "host/dft/gs.h"
#include "host/xas/xanes.h"

static const struct xas_case {
    const char *name, *file;
    int repeat[3], mesh[3];
} cases[] = {
    {"q9", "q9.xyz", {1, 1, 1}, {2, 2, 2}},
    {"bc24", "bc24.xyz", {1, 1, 1}, {1, 1, 1}},
    {"q72", "q9.xyz", {2, 2, 2}, {1, 1, 1}},
};
enum { N_CASE = sizeof cases / sizeof *cases, N_POINT = XAS_PEER_POINTS, MOST_RUNS = 5 };

struct xas_bench {
    struct bench *b;
    const struct xas_case *input;
    struct structure structure;
    char gs_path[256], hole[256];
    double ground, prepare; /* seconds */
    struct xanes *x;
};

static kd_status ground_state(struct xas_bench *m)
{
    struct pseudo_choice choice = {.directory = pw_peer_folder(), .core_hole_site = -1};
    struct pseudo_set set = {0};
    struct crystal crystal = {0};
    struct scf *s = NULL;
    struct scf_options o = scf_defaults();
    kd_status status;
    double started = clock_seconds();
    memcpy(o.mesh, m->input->mesh, sizeof o.mesh);
    TRY_OUT(pseudo_set_read(&m->structure, &choice, &set));
    TRY_OUT(crystal_create(&m->structure, set.n, set.list, set.species, &crystal));
    TRY_OUT(scf_create(m->b->dev, &crystal, &o, &s));
    TRY_OUT(scf_run(s));
    TRY_OUT(gs_write(m->gs_path, s, &m->structure, &set, false, NULL));
    m->ground = clock_seconds() - started;
out:
    scf_free(s);
    crystal_free(&crystal);
    pseudo_set_free(&set);
    return status;
}

static kd_status open_site(struct xas_bench *m, kd_device *dev, enum kd_precision precision, struct xanes **x)
{
    struct xanes_options o = xanes_defaults(precision);
    o.final_state = XANES_FCH;
    o.core_hole_file = m->hole;
    o.pseudo.directory = pw_peer_folder();
    return xanes_open(dev, m->gs_path, &o, x);
}

/* sigma[3][N_POINT] at x_ev above the edge, in bohr^2. */
static kd_status spectrum(const struct xanes_site *site, const double x_ev[3][N_POINT], double sigma[3][N_POINT])
{
    static double energy[N_POINT], all[3 * N_POINT];
    for (int axis = 0; axis < 3; axis++) {
        for (int e = 0; e < N_POINT; e++)
            energy[e] = site->edge + ha_from_ev(x_ev[axis][e]);
        TRY(xanes_spectrum(site, &site->broadening, site->k_edge, N_POINT, energy, all));
        memcpy(sigma[axis], all + axis * N_POINT, sizeof sigma[axis]);
    }
    return KD_OK;
}

/* What the site is checked against: the peer's spectra, or those of double precision on the CPU with the full grid. */
static kd_status reference(struct xas_bench *m, struct xas_peer *r)
{
    struct xanes *x = NULL;
    struct xanes_site site = {0};
    kd_status status;
    if (m->b->peer)
        return xas_peer_run(&m->structure, m->input->mesh, m->b->n_thread, r);
    for (int i = 0; i < 3 * N_POINT; i++)
        r->x_ev[i / N_POINT][i % N_POINT] = -10 + 60.0 * (i % N_POINT) / (N_POINT - 1);
    TRY_OUT(open_site(m, m->b->cpu, KD_DOUBLE, &x));
    TRY_OUT(xanes_site_run(x, 0, &site));
    TRY_OUT(spectrum(&site, (const double(*)[N_POINT])r->x_ev, r->sigma));
out:
    xanes_site_free(&site);
    xanes_close(x);
    return status;
}

/* Largest difference above the edge, of each polarisation's maximum. */
static kd_status site_error(const struct xanes_site *site, const struct xas_peer *r, double *error)
{
    static double ours[3][N_POINT];
    *error = 0;
    TRY(spectrum(site, r->x_ev, ours));
    for (int axis = 0; axis < 3; axis++) {
        double most = 0, worst = 0;
        for (int e = 0; e < N_POINT; e++)
            if (r->x_ev[axis][e] > 0.3) {
                most = fmax(most, r->sigma[axis][e]);
                worst = fmax(worst, fabs(ours[axis][e] - r->sigma[axis][e]));
            }
        *error = most > 0 ? fmax(*error, worst / most) : INFINITY;
    }
    return KD_OK;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The median of up to MOST_RUNS runs (as many as fit into a minute, at least 3); phases of the last. */
static kd_status time_site(struct xas_bench *m, struct bench_time *time, struct xanes_seconds *phase)
{
    double seconds[MOST_RUNS], all = 0, cpu = cpu_seconds();
    int n = 0;
    while (n < 3 || (n < MOST_RUNS && all < 60)) {
        struct xanes_site site = {0};
        double started = clock_seconds();
        TRY(xanes_site_run(m->x, 0, &site));
        seconds[n] = clock_seconds() - started;
        all += seconds[n++];
        *phase = site.seconds;
        xanes_site_free(&site);
    }
    qsort(seconds, (size_t)n, sizeof *seconds, ascending);
    cpu = (cpu_seconds() - cpu) / n / m->b->n_thread;
    *time = (struct bench_time){.median = seconds[n / 2], .least = seconds[0], .p95 = seconds[n - 1], .cpu = cpu, .share = cpu * n / all, .n_call = n};
    if (strcmp(m->b->dev->backend, "cpu") != 0)
        time->share = 1; /* the host waits while the device works */
    return KD_OK;
}

static kd_status check_and_time(struct xas_bench *m)
{
    struct xas_peer *r = calloc(1, sizeof *r);
    struct xanes_site site = {0};
    struct xanes_seconds phase;
    struct bench_row row = {.operation = "site", .name = m->input->name, .precision = "mixed", .unit = "sites/s", .tolerance = 5e-3};
    kd_status status = r ? KD_OK : kd_fail(KD_ENOMEM, "bench_xas: no host memory");
    if (status != KD_OK)
        return status;
    TRY_OUT(reference(m, r));
    TRY_OUT(xanes_site_run(m->x, 0, &site));
    TRY_OUT(site_error(&site, r, &row.error));
    if (!bench_check(m->b, &row))
        goto out;
    TRY_OUT(time_site(m, &row.time, &phase));
    row.rate = 1e-6 / bench_seconds(&row.time);
    row.peer = "pw.x + xspectra.x";
    double wall = r->density + r->spectra; /* as bench_seconds: on a busy machine the processor time counts */
    row.peer_rate = m->b->peer ? 1e-6 / (r->cpu < 0.9 * wall ? r->cpu : wall) : 0;
    bench_print(m->b, &row);
    printf("  %d atoms, %d chains of %d steps, %d iterations; ground state %.2f s, preparation %.2f s; last run: density %.2f s, set-up %.2f s, "
           "chains %.2f s (%.1f us a chain and step)\n", m->structure.n_atom, site.chains.n_k * site.chains.n_pol, site.chains.n_step,
           site.scf_iterations, m->ground, m->prepare, phase.scf, phase.setup, phase.chains,
           1e6 * phase.chains / (site.chains.n_k * site.chains.n_pol) / site.chains.n_step);
    TRY_OUT(xas_floor_print(m->x, &site, &phase));
    if (m->b->peer)
        printf("  peer, %d rank%s: density %.2f s, three spectra %.2f s; processor time %.2f s a rank\n", m->b->n_thread,
               m->b->n_thread == 1 ? "" : "s", r->density, r->spectra, r->cpu);
out:
    xanes_site_free(&site);
    free(r);
    return status;
}

static kd_status one_case(struct xas_bench *m)
{
    struct structure *frame;
    int n;
    char path[4096];
    kd_status status = KD_OK;
    snprintf(path, sizeof path, "%s/%s", PW_CASE_FILES, m->input->file);
    snprintf(m->gs_path, sizeof m->gs_path, "%s/%s.h5", pw_peer_folder(), m->input->name);
    snprintf(m->hole, sizeof m->hole, "%s/Sih.upf", pw_peer_folder());
    TRY(structures_read(path, &frame, &n));
    TRY_OUT(structure_repeat(frame, m->input->repeat, &m->structure));
    TRY_OUT(ground_state(m));
    double started = clock_seconds();
    TRY_OUT(open_site(m, m->b->dev, KD_MIXED, &m->x));
    TRY_OUT(xanes_prepare(m->x));
    m->prepare = clock_seconds() - started;
    TRY_OUT(check_and_time(m));
out:
    xanes_close(m->x);
    structure_free(&m->structure);
    structures_free(frame, n);
    return status;
}

int main(int argc, char **argv)
{
    struct bench b;
    kd_status status = bench_open(&b, "xas", argc, argv);
    if (status == KD_OK && !b.model && !pw_peer_folder())
        status = kd_fail(KD_EDEVICE, "bench_xas: ld1.x makes the pseudopotentials and is not there");
    for (int i = 0; i < N_CASE && status == KD_OK && !b.model; i++) {
        struct xas_bench m = {.b = &b, .input = &cases[i]};
        if (bench_wants(&b, m.input->name))
            status = one_case(&m);
    }
    if (status == KD_OK && b.model) {
        static const double length = 14.4 / 0.529177210903;
        static const struct model_xas glass = {{"Si72O144", length, 25, 128, 16, 8, 608, 1750, 8}, {"Si72O144", length, 25, 80, 8, 10, 3, 1750, 3},
                                               8, 450, 6, 216, 2};
        model_xas_print(stdout, &glass);
    }
    pw_peer_clean();
    return bench_close(&b, status);
}
