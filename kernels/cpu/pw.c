// SPDX-License-Identifier: BSD-3-Clause
/* pw.c - the plane-wave table of the CPU: bases, projectors, H on a block, residuals. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cpu/pw.h"
#include "kernels/cpu/pw_lines.h"

static const double pi = 3.14159265358979323846;

/* ---- basis ---- */

static int wrapped(int m, int n)
{
    m %= n;
    return m < 0 ? m + n : m;
}

static int place(const struct pw_basis *b, const int m[3])
{
    return (wrapped(m[0], b->n[0]) * b->n[1] + wrapped(m[1], b->n[1])) * b->n[2] + wrapped(m[2], b->n[2]);
}

static void fill_tables(struct pw_basis *b, const struct pw_spec *spec)
{
    size_t n_pw = (size_t)spec->n_pw;
    b->self = -1;
    for (size_t g = 0; g < n_pw; g++) {
        int partner[3];
        double square = 0;
        for (int a = 0; a < 3; a++) {
            partner[a] = -spec->miller[g][a] - spec->twice_k[a];
            b->kg_d[(size_t)a * n_pw + g] = spec->kg[g][a];
            square += spec->kg[g][a] * spec->kg[g][a];
        }
        b->kinetic_d[g] = 0.5 * square;
        b->index_d[g] = place(b, spec->miller[g]);
        if (b->real)
            b->mirror_d[g] = place(b, partner);
        if (b->real && b->mirror_d[g] == b->index_d[g])
            b->self = (int)g;
    }
    for (int a = 0; a < 3 && b->real; a++)
        for (int i = 0; i < b->n[a]; i++) {
            double angle = 2 * pi * (double)(i * spec->twice_k[a] % b->n[a]) / b->n[a];
            b->phase_d[a][i][0] = cos(angle);
            b->phase_d[a][i][1] = sin(angle);
        }
}

static kd_status fits(const struct pw_spec *spec)
{
    for (int a = 0; a < 3; a++) {
        int low = 0, high = 0;
        for (int g = 0; g < spec->n_pw; g++) {
            low = spec->miller[g][a] < low ? spec->miller[g][a] : low;
            high = spec->miller[g][a] > high ? spec->miller[g][a] : high;
        }
        if (high - low + 1 > spec->n[a])
            FAIL(KD_EINPUT, "plane-wave grid: %d points along a%d, expected at least %d", spec->n[a], a + 1, high - low + 1);
    }
    return KD_OK;
}

static void cpu_destroy(kd_device *dev, struct pw_basis *b)
{
    if (!b)
        return;
    pw_lines_destroy(b->lines);
    cpu_fft_destroy(b->fft);
    kd_free(dev, b->index_d);
    kd_free(dev, b->mirror_d);
    kd_free(dev, b->kg_d);
    kd_free(dev, b->kinetic_d);
    for (int a = 0; a < 3; a++)
        kd_free(dev, b->phase_d[a]);
    free(b);
}

static kd_status cpu_create(kd_device *dev, const struct pw_spec *spec, struct pw_basis **out)
{
    TRY(fits(spec));
    kd_status status = KD_OK;
    struct pw_basis *b = calloc(1, sizeof *b);
    if (!b)
        FAIL(KD_ENOMEM, "plane waves: no host memory");
    size_t n_pw = (size_t)spec->n_pw;
    b->dev = dev;
    b->type = spec->type;
    b->real = !la_is_complex(spec->type);
    b->n_pw = spec->n_pw;
    b->n_number = b->real ? 2 * n_pw : n_pw;
    b->volume = spec->volume;
    memcpy(b->n, spec->n, sizeof b->n);
    memcpy(b->twice_k, spec->twice_k, sizeof b->twice_k);
    b->n_point = (size_t)b->n[0] * (size_t)b->n[1] * (size_t)b->n[2];
    TRY_OUT(kd_alloc(dev, n_pw * sizeof(int), &b->index_d));
    if (b->real)
        TRY_OUT(kd_alloc(dev, n_pw * sizeof(int), &b->mirror_d));
    TRY_OUT(kd_alloc(dev, 3 * n_pw * sizeof(double), &b->kg_d));
    TRY_OUT(kd_alloc(dev, n_pw * sizeof(double), &b->kinetic_d));
    for (int a = 0; a < 3 && b->real; a++)
        TRY_OUT(kd_alloc(dev, (size_t)b->n[a] * 2 * sizeof(double), &b->phase_d[a]));
    TRY_OUT(cpu_fft_create(la_is_double(b->type) ? FFT_C64 : FFT_C32, b->n, 1, &b->fft));
    cpu_enter(dev);
    fill_tables(b, spec);
    status = pw_lines_create(b, spec, &b->lines);
    if (status == KD_OK)
        status = cpu_measure_gains(b);
    cpu_leave(dev);
    TRY_OUT(status);
    *out = b;
    return KD_OK;
out:
    cpu_destroy(dev, b);
    return status;
}

static size_t cpu_scratch(const kd_device *dev, const struct pw_basis *b, int n_band, int n_proj)
{
    size_t local = kd_scratch_round(cpu_local_work(b));
    int widest = n_band > n_proj ? n_band : n_proj;
    size_t nonlocal = kd_scratch_round((size_t)n_band * (size_t)n_proj * 16) + cpu_la_ops.scratch(dev, widest);
    size_t search = cpu_search_scratch(dev);
    size_t most = local > nonlocal ? local : nonlocal;
    return most > search ? most : search;
}

/* ---- projectors ---- */

enum { PHASES = 256 }; /* plane waves whose exp(-i (k+G).tau) is kept for all forms of an atom */

/* Plane waves first .. first+n-1 of one form: (-i)^l phase form, real orbitals times sqrt(2). */
static void fill_projector(const struct pw_basis *b, const double *form, int l, const double (*phase)[2], int first, int n, void *beta)
{
    static const double power[4][2] = {{1, 0}, {0, -1}, {-1, 0}, {0, 1}};
    for (int i = 0; i < n; i++) {
        size_t g = (size_t)(first + i);
        bool self = first + i == b->self;
        double f = form[g] * (b->real && !self ? sqrt(2.0) : 1.0), c = f * phase[i][0], s = -f * phase[i][1];
        double re = power[l % 4][0] * c - power[l % 4][1] * s, im = power[l % 4][0] * s + power[l % 4][1] * c;
        if (la_is_double(b->type)) {
            ((double *)beta)[2 * g] = re;
            ((double *)beta)[2 * g + 1] = self ? 0 : im;
        } else {
            ((float *)beta)[2 * g] = (float)re;
            ((float *)beta)[2 * g + 1] = self ? 0 : (float)im;
        }
    }
}

static void cpu_projectors_destroy(kd_device *dev, struct pw_projectors *p)
{
    if (!p)
        return;
    cpu_factors_destroy(dev, &p->factors);
    kd_free(dev, p->beta.x_d);
    kd_free(dev, p->coupling_d);
    free(p);
}

/* The vectors of a spec, in order of atoms and forms; couplings too unless NULL. */
static void fill_projectors(const struct pw_basis *b, const struct pw_projector_spec *spec, const struct la_block *beta,
                            double *coupling)
{
#pragma omp parallel for schedule(dynamic) num_threads(b->dev->n_thread)
    for (int atom = 0; atom < spec->n_atom; atom++) {
        int row = 0;
        for (int before = 0; before < atom; before++)
            row += spec->first_form[spec->species[before] + 1] - spec->first_form[spec->species[before]];
        int first_form = spec->first_form[spec->species[atom]], end_form = spec->first_form[spec->species[atom] + 1];
        for (int f = first_form; f < end_form && coupling; f++)
            coupling[row + f - first_form] = spec->coupling[f];
        for (int first = 0; first < b->n_pw; first += PHASES) {
            double phase[PHASES][2];
            int n = b->n_pw - first < PHASES ? b->n_pw - first : PHASES;
            for (int i = 0; i < n; i++) {
                const double *q = b->kg_d + first + i, *tau = spec->tau[atom];
                double angle = q[0] * tau[0] + q[b->n_pw] * tau[1] + q[2 * (size_t)b->n_pw] * tau[2];
                phase[i][0] = cos(angle);
                phase[i][1] = sin(angle);
            }
            for (int f = first_form; f < end_form; f++)
                fill_projector(b, spec->form + (size_t)f * (size_t)b->n_pw, spec->l[f], (const double(*)[2])phase, first, n,
                               pw_vector(beta, row + f - first_form));
        }
    }
}

static kd_status cpu_projectors_create(kd_device *dev, const struct pw_basis *b, const struct pw_projector_spec *spec,
                                       struct pw_projectors **out)
{
    kd_status status = KD_OK;
    struct pw_projectors *p = calloc(1, sizeof *p);
    if (!p)
        FAIL(KD_ENOMEM, "projectors: no host memory");
    p->basis = b;
    for (int atom = 0; atom < spec->n_atom; atom++)
        p->n_proj += spec->first_form[spec->species[atom] + 1] - spec->first_form[spec->species[atom]];
    p->beta = (struct la_block){b->type, p->n_proj, b->n_number, pw_leading(b->type, b->n_number), NULL};
    TRY_OUT(cpu_factors_create(dev, b, spec, &p->factors));
    if (spec->chains_only) {
        *out = p;
        return KD_OK;
    }
    TRY_OUT(kd_alloc(dev, (size_t)p->n_proj * p->beta.ld * la_size(b->type), &p->beta.x_d));
    TRY_OUT(kd_alloc(dev, (size_t)p->n_proj * sizeof(double), &p->coupling_d));
    cpu_enter(dev);
    fill_projectors(b, spec, &p->beta, p->coupling_d);
    cpu_leave(dev);
    *out = p;
    return KD_OK;
out:
    cpu_projectors_destroy(dev, p);
    return status;
}

static kd_status cpu_project(kd_device *dev, kd_stream *s, const struct pw_projectors *p, const struct la_block *psi, double *m_d)
{
    if (!p->beta.x_d)
        FAIL(KD_EINTERNAL, "project: these projectors are for chains only");
    return cpu_la_ops.gram(dev, s, &p->beta, psi, m_d);
}

static kd_status cpu_superpose(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct pw_projector_spec *spec,
                               const struct la_block *x)
{
    (void)s;
    cpu_enter(dev);
    fill_projectors(b, spec, x, NULL);
    cpu_leave(dev);
    return KD_OK;
}

/* ---- H ---- */

static kd_status cpu_pack_potential(kd_device *dev, kd_stream *s, const struct pw_basis *b, const double *v_d, void *packed_d)
{
    (void)s;
    cpu_enter(dev);
    cpu_local_pack(b, v_d, packed_d);
    cpu_leave(dev);
    return KD_OK;
}

static kd_status add_nonlocal(kd_device *dev, kd_stream *s, const struct pw_projectors *p, const struct la_block *psi,
                              const struct la_block *hpsi)
{
    size_t mark = kd_scratch_mark(dev), width = la_width(psi->type);
    double *m;
    if (!p->beta.x_d)
        FAIL(KD_EINTERNAL, "apply: these projectors are for chains only");
    TRY(kd_scratch_take(dev, (size_t)psi->n_vec * (size_t)p->n_proj * width * sizeof(double), (void **)&m));
    TRY(cpu_la_ops.gram(dev, s, &p->beta, psi, m));
    cpu_enter(dev);
    for (int j = 0; j < psi->n_vec; j++)
        for (size_t e = 0; e < (size_t)p->n_proj * width; e++)
            m[(size_t)j * (size_t)p->n_proj * width + e] *= p->coupling_d[e / width];
    cpu_leave(dev);
    TRY(cpu_la_ops.combine(dev, s, &p->beta, m, 1, 1, hpsi));
    kd_scratch_release(dev, mark);
    return KD_OK;
}

static kd_status cpu_apply(kd_device *dev, kd_stream *s, const struct pw_hamiltonian *h, const struct la_block *psi,
                           const struct la_block *hpsi)
{
    const struct pw_basis *b = h->basis;
    size_t mark = kd_scratch_mark(dev);
    void *work;
    if (psi->n != b->n_number || psi->type != b->type)
        FAIL(KD_EINTERNAL, "apply: a block of %zu numbers, expected %zu", psi->n, b->n_number);
    TRY(kd_scratch_take(dev, cpu_local_work(b), &work));
    cpu_enter(dev);
    cpu_local_apply(b, h->potential_d, psi, hpsi, work);
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return h->nonlocal ? add_nonlocal(dev, s, h->nonlocal, psi, hpsi) : KD_OK;
}

static kd_status cpu_density(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *psi, const double *occ_d,
                             double *rho_d)
{
    (void)s;
    size_t mark = kd_scratch_mark(dev);
    void *work;
    TRY(kd_scratch_take(dev, cpu_local_work(b), &work));
    cpu_enter(dev);
    cpu_local_density(b, psi, occ_d, rho_d, work);
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}

const struct pw_ops cpu_pw_ops = {
    .create = cpu_create,
    .destroy = cpu_destroy,
    .projectors_create = cpu_projectors_create,
    .projectors_destroy = cpu_projectors_destroy,
    .scratch = cpu_scratch,
    .potential_bytes = cpu_potential_bytes,
    .pack_potential = cpu_pack_potential,
    .apply = cpu_apply,
    .density = cpu_density,
    .gradient = cpu_gradient,
    .superpose = cpu_superpose,
    .noise = cpu_noise,
    .project = cpu_project,
    .residual = cpu_residual,
    .precondition = cpu_precondition,
    .search_update = cpu_search_update,
};
