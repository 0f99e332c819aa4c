// SPDX-License-Identifier: BSD-3-Clause
/* bench_pw.c - plane waves: H and density on blocks of orbitals, potential, whole ground states against pw.x on as many cores.
 *
 * Structures and pseudopotentials are those of tests/oracle/qe; the latter are made by ld1.x when the benchmark starts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/model_pw.h"
#include "bench/pw_peer.h"
#include "host/base/clock.h"
#include "host/dft/pseudo_set.h"
#include "host/dft/scf.h"
#include "host/structure/structure.h"

static const struct pw_case {
    const char *name, *file;
    int repeat[3], mesh[3];
} cases[] = {
    {"si8", "si8.xyz", {1, 1, 1}, {2, 2, 2}},  {"q9", "q9.xyz", {1, 1, 1}, {2, 2, 2}}, {"bc24", "bc24.xyz", {1, 1, 1}, {1, 1, 1}},
    {"si64", "si8.xyz", {2, 2, 2}, {1, 1, 1}}, {"q72", "q9.xyz", {2, 2, 2}, {1, 1, 1}},
};
enum { N_CASE = sizeof cases / sizeof *cases, N_VEC = 64 };

struct pw_bench {
    struct bench *b;
    const struct pw_case *input;
    enum kd_precision precision;
    struct structure structure;
    const struct structure *primitive; /* what is repeated */
    struct pseudo_set set;
    struct crystal crystal;
    struct scf *scf;           /* on the device, in the precision measured */
    struct la_block psi, h;    /* [N_VEC] */
    double *occ_d;
    double energy;             /* Ha, of the last ground state ... */
    long h_applications;       /* ... times a band was given to H in it */
    int n_iteration, n_band;
    double seconds_h;          /* of H for one band; 0: not measured */
    double peer_energy, peer_seconds; /* of pw.x, once for both precisions */
    int grid[3];               /* of the last ground state */
};

static int cells_of(const struct pw_case *c)
{
    return c->repeat[0] * c->repeat[1] * c->repeat[2];
}

/* Noise as orbitals, the same on every device and in every precision. */
static kd_status prepare_block(struct scf *s, struct la_block *psi, struct la_block *h, double **occ_d)
{
    kd_device *dev = s->dev;
    double occ[N_VEC], sum[GRID_N_SUM];
    size_t bytes;
    *psi = s->k[0].psi;
    psi->n_vec = N_VEC;
    bytes = N_VEC * psi->ld * la_size(psi->type);
    for (int j = 0; j < N_VEC; j++)
        occ[j] = 2;
    TRY(kd_alloc(dev, bytes, &psi->x_d));
    *h = *psi;
    TRY(kd_alloc(dev, bytes, &h->x_d));
    TRY(kd_alloc_copy(dev, dev->stream, occ, sizeof occ, occ_d));
    TRY(kd_fill(dev, dev->stream, psi->x_d, 0, bytes));
    TRY(dev->pw->noise(dev, dev->stream, s->k[0].basis, 1, 1, psi));
    struct grid_potential p = {s->rho_g_d, s->core_g_d, s->local_d, s->rho_d, s->effective_d, s->xc_d, s->sum_d};
    TRY(dev->grid->potential(dev, dev->stream, s->grid, &p));
    TRY(kd_download(dev, dev->stream, sum, s->sum_d, sizeof sum));
    int n_proj = 4 * s->crystal->n_atom;
    TRY(kd_scratch_reserve(dev, dev->pw->scratch(dev, s->k[0].basis, N_VEC, n_proj)));
    return dev->pw->pack_potential(dev, dev->stream, s->k[0].basis, s->effective_d, s->potential_d);
}

static kd_status setup(struct pw_bench *m, kd_device *dev, enum kd_precision precision, struct scf **out)
{
    struct scf_options o = scf_defaults();
    memcpy(o.mesh, m->input->mesh, sizeof o.mesh);
    o.precision = precision;
    return scf_create(dev, &m->crystal, &o, out);
}

static kd_status run_apply(void *context)
{
    struct pw_bench *m = context;
    kd_device *dev = m->scf->dev;
    struct pw_hamiltonian h = scf_hamiltonian(m->scf, &m->scf->k[0]);
    TRY(dev->pw->apply(dev, dev->stream, &h, &m->psi, &m->h));
    return dev->ops->stream_sync(dev, dev->stream);
}

static kd_status run_local(void *context)
{
    struct pw_bench *m = context;
    kd_device *dev = m->scf->dev;
    struct pw_hamiltonian h = scf_hamiltonian(m->scf, &m->scf->k[0]);
    h.nonlocal = NULL;
    TRY(dev->pw->apply(dev, dev->stream, &h, &m->psi, &m->h));
    return dev->ops->stream_sync(dev, dev->stream);
}

static kd_status run_density(void *context)
{
    struct pw_bench *m = context;
    kd_device *dev = m->scf->dev;
    TRY(dev->pw->density(dev, dev->stream, m->scf->k[0].basis, &m->psi, m->occ_d, m->scf->rho_d));
    return dev->ops->stream_sync(dev, dev->stream);
}

static kd_status run_potential(void *context)
{
    struct scf *s = ((struct pw_bench *)context)->scf;
    struct grid_potential p = {s->rho_g_d, s->core_g_d, s->local_d, s->rho_d, s->effective_d, s->xc_d, s->sum_d};
    TRY(s->dev->grid->potential(s->dev, s->dev->stream, s->grid, &p));
    return s->dev->ops->stream_sync(s->dev, s->dev->stream);
}

static kd_status read_block(const struct scf *s, const struct la_block *b, double *to)
{
    size_t count = 2 * (size_t)s->k[0].sphere.n, row = b->ld * la_width(b->type), bytes = N_VEC * b->ld * la_size(b->type);
    char *host = malloc(bytes);
    if (!host)
        FAIL(KD_ENOMEM, "bench_pw: no host memory");
    kd_status status = kd_download(s->dev, s->dev->stream, host, b->x_d, bytes);
    for (size_t v = 0; v < N_VEC && status == KD_OK; v++)
        for (size_t e = 0; e < count; e++)
            to[v * count + e] = la_is_double(b->type) ? ((double *)(void *)host)[v * row + e] : (double)((float *)(void *)host)[v * row + e];
    free(host);
    return status;
}

struct pw_errors { /* relative */
    double h, density, potential;
};

static double relative(size_t n, const double *x, const double *y)
{
    double difference = 0, norm = 0;
    for (size_t e = 0; e < n; e++) {
        difference += (x[e] - y[e]) * (x[e] - y[e]);
        norm += y[e] * y[e];
    }
    return sqrt(difference / norm);
}

/* H psi and the density of the block, to the host. */
static kd_status results(struct pw_bench *m, double *h, double *rho)
{
    struct scf *s = m->scf;
    TRY(run_apply(m));
    TRY(read_block(s, &m->h, h));
    TRY(kd_fill(s->dev, s->dev->stream, s->rho_d, 0, s->n_point * sizeof(double)));
    TRY(run_density(m));
    return kd_download(s->dev, s->dev->stream, rho, s->rho_d, s->n_point * sizeof(double));
}

/* Of the device against the double-precision CPU op: root mean squares. */
static kd_status against_oracle(struct pw_bench *m, double *h, double *rho, struct pw_errors *error)
{
    struct pw_bench oracle = *m;
    size_t count = 2 * (size_t)m->scf->k[0].sphere.n * N_VEC;
    TRY(setup(&oracle, m->b->cpu, KD_DOUBLE, &oracle.scf));
    TRY(prepare_block(oracle.scf, &oracle.psi, &oracle.h, &oracle.occ_d));
    TRY(results(&oracle, h + count, rho + m->scf->n_point));
    TRY(results(m, h, rho));
    error->h = relative(count, h, h + count);
    error->density = relative(m->scf->n_point, rho, rho + m->scf->n_point);
    kd_free(m->b->cpu, oracle.psi.x_d);
    kd_free(m->b->cpu, oracle.h.x_d);
    kd_free(m->b->cpu, oracle.occ_d);
    scf_free(oracle.scf);
    return KD_OK;
}

/* The density holds the electrons of the orbitals, counted without a transform. */
static kd_status charge_error(const struct pw_bench *m, const double *rho, double *error)
{
    const struct scf *s = m->scf;
    double norm[N_VEC], *norm_d, charge = 0, want = 0;
    TRY(kd_alloc(s->dev, sizeof norm, &norm_d));
    kd_status status = s->dev->la->dot(s->dev, s->dev->stream, &m->psi, &m->psi, norm_d);
    if (status == KD_OK)
        status = kd_download(s->dev, s->dev->stream, norm, norm_d, sizeof norm);
    kd_free(s->dev, norm_d);
    for (size_t p = 0; p < s->n_point; p++)
        charge += rho[p] * s->crystal->volume / (double)s->n_point;
    for (int j = 0; j < N_VEC; j++)
        want += 2 * norm[j];
    *error = fabs(charge / want - 1);
    return status;
}

/* E_hxc of the density times 1 + h, for two h: its slope is the integral of the potential times the density. */
static kd_status potential_error(struct pw_bench *m, double *error)
{
    const double h = 1e-4;
    struct scf *s = m->scf;
    size_t n = 2 * (size_t)s->density.n, bytes = n * sizeof(double);
    double sum[3][GRID_N_SUM], *rho = malloc(2 * bytes), *scaled = rho + n;
    kd_status status = KD_OK;
    if (!rho)
        FAIL(KD_ENOMEM, "bench_pw: no host memory");
    TRY_OUT(kd_download(s->dev, s->dev->stream, rho, s->rho_g_d, bytes));
    for (int i = 0; i < 3; i++) { /* the density itself last: it stays */
        for (size_t e = 0; e < n; e++)
            scaled[e] = rho[e] * (i == 0 ? 1 + h : i == 1 ? 1 - h : 1);
        TRY_OUT(kd_upload(s->dev, s->dev->stream, s->rho_g_d, scaled, bytes));
        TRY_OUT(run_potential(m));
        TRY_OUT(kd_download(s->dev, s->dev->stream, sum[i], s->sum_d, sizeof sum[i]));
    }
    double slope = (sum[0][GRID_HARTREE] + sum[0][GRID_XC] - sum[1][GRID_HARTREE] - sum[1][GRID_XC]) / (2 * h);
    *error = fabs(slope / sum[2][GRID_HXC_RHO] - 1);
out:
    free(rho);
    return status;
}

static kd_status check_all(struct pw_bench *m, struct pw_errors *error)
{
    size_t count = 2 * (size_t)m->scf->k[0].sphere.n * N_VEC;
    double *h = malloc(2 * count * sizeof *h), *rho = malloc(2 * m->scf->n_point * sizeof *rho), charge = 0;
    kd_status status = h && rho ? KD_OK : kd_fail(KD_ENOMEM, "bench_pw: no host memory");
    if (status == KD_OK)
        status = against_oracle(m, h, rho, error);
    if (status == KD_OK)
        status = charge_error(m, rho, &charge);
    error->density = fmax(error->density, charge);
    free(h);
    free(rho);
    return status == KD_OK ? potential_error(m, &error->potential) : status;
}

static kd_status one_row(struct pw_bench *m, const char *operation, kd_status (*run)(void *), double error, double tolerance, double n)
{
    bool wide = m->precision == KD_DOUBLE;
    struct bench_row row = {.operation = operation, .name = m->input->name, .precision = wide ? "double" : "mixed", .unit = "band/s",
                            .error = error, .tolerance = tolerance};
    if (!bench_check(m->b, &row))
        return KD_OK;
    TRY(bench_time(m->b, run, m, &row.time));
    row.rate = 1e-6 * n / bench_seconds(&row.time);
    bench_print(m->b, &row);
    if (run == run_apply)
        m->seconds_h = bench_seconds(&row.time) / n;
    return KD_OK;
}

static kd_status operations(struct pw_bench *m)
{
    struct pw_errors error = {0};
    double orbitals = m->precision == KD_DOUBLE ? 1e-13 : 2e-6;
    TRY(prepare_block(m->scf, &m->psi, &m->h, &m->occ_d));
    TRY(check_all(m, &error));
    TRY(one_row(m, "h_psi", run_apply, error.h, orbitals, N_VEC));
    TRY(one_row(m, "v_psi", run_local, error.h, orbitals, N_VEC));
    TRY(one_row(m, "density", run_density, error.density, orbitals, N_VEC));
    TRY(one_row(m, "potential", run_potential, error.potential, 1e-6, 1)); /* of the central difference: h^2 = 1e-8 times a few */
    kd_free(m->b->dev, m->psi.x_d);
    kd_free(m->b->dev, m->h.x_d);
    kd_free(m->b->dev, m->occ_d);
    return KD_OK;
}

/* A whole ground state, set-up, forces and stress included, as pw.x is timed. */
static kd_status run_scf(void *context)
{
    struct pw_bench *m = context;
    struct scf *s;
    TRY(setup(m, m->b->dev, m->precision, &s));
    kd_status status = scf_run(s);
    if (status == KD_OK)
        status = scf_forces(s);
    if (status == KD_OK)
        status = scf_stress(s);
    m->energy = s->energy.total;
    m->h_applications = s->h_applications;
    m->n_iteration = s->n_iteration;
    m->n_band = s->n_band * s->n_k;
    memcpy(m->grid, s->n, sizeof m->grid);
    scf_free(s);
    return status;
}

/* pw.x, the first time it is asked for. The energy of a supercell is that of the primitive cell with as many k-points on the same points of
 * space: pw.x 6.7 gives quartz supercells at Gamma energies that depend on the number of ranks (docs/ground-state.md). */
static kd_status run_peer(struct pw_bench *m)
{
    const int *repeat = m->input->repeat;
    int grid[3], cells = cells_of(m->input);
    double own, unused;
    if (m->peer_seconds > 0)
        return KD_OK;
    printf("# %s: pw.x is running, %d rank%s ...\n", m->input->name, m->b->n_thread, m->b->n_thread == 1 ? "" : "s");
    fflush(stdout);
    TRY(pw_peer_run(&m->structure, m->input->mesh, NULL, m->b->n_thread, &own, &m->peer_seconds));
    m->peer_energy = own;
    for (int a = 0; a < 3; a++)
        grid[a] = m->grid[a] / repeat[a];
    if (cells > 1)
        TRY(pw_peer_run(m->primitive, repeat, grid, m->b->n_thread, &m->peer_energy, &unused));
    m->peer_energy *= cells;
    printf("# %s: pw.x took %.2f s, its energy is %.1e Ha per atom from that of its primitive cell\n", m->input->name, m->peer_seconds,
           fabs(own - m->peer_energy) / m->structure.n_atom);
    return KD_OK;
}

/* Supercells, whose ground state takes seconds, are solved once. The energy is of the run that is timed, so the check comes after it. */
static kd_status ground_state(struct pw_bench *m)
{
    struct bench_row row = {.operation = "scf", .name = m->input->name, .precision = m->precision == KD_DOUBLE ? "double" : "mixed",
                            .unit = "scf/s", .tolerance = m->precision == KD_DOUBLE ? 5e-7 : 1e-6};
    m->b->calls = cells_of(m->input) > 1 ? 1 : 0;
    kd_status status = bench_time(m->b, run_scf, m, &row.time);
    m->b->calls = 0;
    TRY(status);
    if (m->b->peer) {
        TRY(run_peer(m));
        row.error = fabs(m->energy - m->peer_energy) / m->structure.n_atom; /* Ha per atom, against pw.x */
    }
    if (!bench_check(m->b, &row))
        return KD_OK;
    row.rate = 1e-6 / bench_seconds(&row.time);
    row.peer = "pw.x";
    row.peer_rate = m->peer_seconds > 0 ? 1e-6 / m->peer_seconds : 0;
    bench_print(m->b, &row);
    printf("#   %.3f s (pw.x %.3f s), %d iterations, %ld applications of H to a band, %.1f for each\n", bench_seconds(&row.time),
           m->peer_seconds, m->n_iteration, m->h_applications, (double)m->h_applications / m->n_band);
    if (m->seconds_h > 0)
        printf("#   H alone would take %.0f %% of the time\n",
               100 * m->seconds_h * (double)m->h_applications / bench_seconds(&row.time));
    return KD_OK;
}

static kd_status one_case(struct pw_bench *m)
{
    struct structure *frame;
    int n;
    char path[4096];
    kd_status status = KD_OK;
    snprintf(path, sizeof path, "%s/%s", PW_CASE_FILES, m->input->file);
    TRY(structures_read(path, &frame, &n));
    m->primitive = frame;
    TRY_OUT(structure_repeat(frame, m->input->repeat, &m->structure));
    struct pseudo_choice choice = {.directory = pw_peer_folder(), .core_hole_site = -1};
    TRY_OUT(pseudo_set_read(&m->structure, &choice, &m->set));
    TRY_OUT(crystal_create(&m->structure, m->set.n, m->set.list, m->set.species, &m->crystal));
    for (int p = 0; p < 2; p++) {
        m->precision = p ? KD_DOUBLE : KD_MIXED;
        if (!(m->b->peer && cells_of(m->input) > 1)) { /* beside the peer whole ground states of supercells take long enough */
            TRY_OUT(setup(m, m->b->dev, m->precision, &m->scf));
            TRY_OUT(operations(m));
            scf_free(m->scf);
        }
        TRY_OUT(ground_state(m));
    }
out:
    crystal_free(&m->crystal);
    pseudo_set_free(&m->set);
    structure_free(&m->structure);
    structures_free(frame, n);
    return status;
}

int main(int argc, char **argv)
{
    struct bench b;
    kd_status status = bench_open(&b, "pw", argc, argv);
    if (status == KD_OK && !pw_peer_folder())
        status = kd_fail(KD_EDEVICE, "bench_pw: ld1.x makes the pseudopotentials and is not there");
    for (int i = 0; i < N_CASE && status == KD_OK; i++) {
        struct pw_bench m = {.b = &b, .input = &cases[i]};
        if (b.model)
            continue;
        if (bench_wants(&b, m.input->name))
            status = one_case(&m);
    }
    if (status == KD_OK && b.model) {
        static const struct model_pw glass = {"Si72O144", 14.4 / 0.529177210903, 25, 128, 16, 8, 608, 1750, 8};
        pw_model_print(stdout);
        model_pw_print(stdout, &glass);
    }
    pw_peer_clean();
    return bench_close(&b, status);
}
