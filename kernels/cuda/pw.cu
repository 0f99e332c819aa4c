// SPDX-License-Identifier: BSD-3-Clause
/* pw.cu - the plane-wave table of CUDA: bases, projectors, H on a block. */
#include "kernels/cuda/pw.cuh"
#include "kernels/cuda/pw_factors.cuh"

#include <cstdlib>
#include <cstring>
#include <vector>

static const double pi = 3.14159265358979323846;

/* ---- basis ---- */

static int place(const struct pw_basis *b, const int m[3])
{
    return (cuda_wrapped(m[0], b->n[0]) * b->n[1] + cuda_wrapped(m[1], b->n[1])) * b->n[2] + cuda_wrapped(m[2], b->n[2]);
}

static kd_status fits(const struct pw_spec *spec)
{
    for (int a = 0; a < 3; a++) {
        int low = 0, high = 0;
        for (int g = 0; g < spec->n_pw; g++) {
            low = spec->miller[g][a] < low ? spec->miller[g][a] : low;
            high = spec->miller[g][a] > high ? spec->miller[g][a] : high;
        }
        if (!cuda_fft_length(spec->n[a]))
            FAIL(KD_EINPUT, "plane-wave grid: %d points along a%d, expected factors 2, 3, 5, 7", spec->n[a], a + 1);
        if (high - low + 1 > spec->n[a])
            FAIL(KD_EINPUT, "plane-wave grid: %d points along a%d, expected at least %d", spec->n[a], a + 1, high - low + 1);
    }
    return KD_OK;
}

template <class T>
static kd_status keep(struct pw_basis *b, const std::vector<T> &from, T **to_d)
{
    TRY(device_array(b->dev, from.size(), to_d));
    return b->dev->ops->upload(b->dev, b->dev->stream, *to_d, from.data(), from.size() * sizeof(T));
}

/* Runs along z: projectors of chains are made line by line. */
static kd_status line_tables(struct pw_basis *b, const struct pw_spec *spec)
{
    std::vector<int> line;
    std::vector<unsigned> place(spec->n_pw);
    for (int g = 0; g < spec->n_pw; g++) {
        const int *m = spec->miller[g], *before = g ? spec->miller[g - 1] : m;
        const bool on = g && m[0] == before[0] && m[1] == before[1] && m[2] == before[2] + 1 && g - line.back() < (1 << PW_STEP_BITS);
        if (!on)
            line.push_back(g);
        const int step = g - line.back();
        for (int x = 0; x < 3 && step == 1; x++)
            b->z_step[x] = spec->kg[g][x] - spec->kg[g - 1][x];
        place[g] = static_cast<unsigned>(line.size() - 1) << PW_STEP_BITS | static_cast<unsigned>(step);
        b->n_step = step + 1 > b->n_step ? step + 1 : b->n_step;
    }
    b->n_line = static_cast<int>(line.size());
    TRY(keep(b, line, &b->line_d));
    return keep(b, place, &b->place_d);
}

/* Tables per plane wave, and the phases of real orbitals along each axis. */
static kd_status wave_tables(struct pw_basis *b, const struct pw_spec *spec)
{
    const size_t n_pw = spec->n_pw;
    std::vector<int> index(n_pw), mirror(n_pw);
    std::vector<double> kg(3 * n_pw), kinetic(n_pw);
    for (size_t g = 0; g < n_pw; g++) {
        int partner[3];
        for (int a = 0; a < 3; a++) {
            partner[a] = -spec->miller[g][a] - spec->twice_k[a];
            kg[a * n_pw + g] = spec->kg[g][a];
            kinetic[g] += 0.5 * spec->kg[g][a] * spec->kg[g][a];
        }
        index[g] = place(b, spec->miller[g]);
        mirror[g] = b->real ? place(b, partner) : index[g];
        if (b->real && mirror[g] == index[g])
            b->self = static_cast<int>(g);
        b->noise_norm += 1 / ((1 + 2 * kinetic[g]) * (1 + 2 * kinetic[g]));
    }
    TRY(keep(b, index, &b->index_d));
    TRY(keep(b, mirror, &b->mirror_d));
    TRY(keep(b, kg, &b->kg_d));
    TRY(keep(b, kinetic, &b->kinetic_d));
    for (int a = 0; a < 3 && b->real; a++) {
        std::vector<double2> phase(b->n[a]);
        for (int i = 0; i < b->n[a]; i++) {
            const double angle = 2 * pi * (i * b->twice_k[a] % b->n[a]) / b->n[a];
            phase[i] = make_double2(cos(angle), sin(angle));
        }
        TRY(keep(b, phase, &b->phase_d[a]));
    }
    return KD_OK;
}

static void destroy(kd_device *dev, struct pw_basis *b)
{
    if (!b)
        return;
    (void)cudaSetDevice(dev->index);
    void *all[6] = {b->index_d, b->mirror_d, b->kg_d, b->kinetic_d, b->line_d, b->place_d};
    for (void *p : all)
        kd_free(dev, p);
    for (void *p : b->phase_d)
        kd_free(dev, p);
    for (void *p : b->owned)
        kd_free(dev, p);
    if (b->plan)
        (void)cufftDestroy(b->plan);
    free(b);
}

static kd_status make(struct pw_basis *b, const struct pw_spec *spec)
{
    TRY(cuda_bind(b->dev));
    TRY(wave_tables(b, spec));
    TRY(line_tables(b, spec));
    TRY(cuda_shape_create(b, spec));
    return b->fused ? KD_OK : cuda_cufft_create(b);
}

static kd_status create(kd_device *dev, const struct pw_spec *spec, struct pw_basis **out)
{
    TRY(fits(spec));
    struct pw_basis *b = static_cast<struct pw_basis *>(calloc(1, sizeof *b));
    if (!b)
        FAIL(KD_ENOMEM, "plane waves: no host memory");
    b->dev = dev;
    b->type = spec->type;
    b->real = !la_is_complex(spec->type);
    b->n_pw = spec->n_pw;
    b->n_number = static_cast<size_t>(spec->n_pw) * (b->real ? 2 : 1);
    b->volume = spec->volume;
    b->self = -1;
    memcpy(b->n, spec->n, sizeof b->n);
    memcpy(b->twice_k, spec->twice_k, sizeof b->twice_k);
    b->n_point = static_cast<size_t>(b->n[0]) * b->n[1] * b->n[2];
    const kd_status status = make(b, spec);
    if (status == KD_OK)
        *out = b;
    else
        destroy(dev, b);
    return status;
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t pw_scratch(const kd_device *dev, const struct pw_basis *b, int n_band, int n_proj)
{
    const size_t local = b->fused ? cuda_fused_scratch(b, n_band) : cuda_cufft_scratch(b);
    const int widest = n_band > n_proj ? n_band : n_proj;
    const size_t nonlocal = kd_scratch_round(static_cast<size_t>(n_band) * n_proj * 16) + cuda_la_scratch(dev, widest);
    const size_t form = kd_scratch_round(static_cast<size_t>(b->n_pw) * sizeof(double));
    return most(most(local, nonlocal), most(form, cuda_search_scratch(b, n_band)));
}

/* ---- projectors ---- */

/* The vectors of a spec, in order of atoms and forms, form by form through scratch. */
static kd_status fill_vectors(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct pw_projector_spec *spec,
                              double *form_d, const struct la_block *beta)
{
    const size_t n_pw = b->n_pw;
    for (int species = 0; species < spec->n_species; species++)
        for (int f = spec->first_form[species]; f < spec->first_form[species + 1]; f++) {
            TRY(dev->ops->upload(dev, s, form_d, spec->form + f * n_pw, n_pw * sizeof(double)));
            for (int atom = 0, row = 0; atom < spec->n_atom; atom++) {
                const int of = spec->species[atom];
                if (of == species)
                    TRY(cuda_projector_fill(s, b, form_d, spec->l[f], spec->tau[atom], pw_vector(beta, row + f - spec->first_form[of])));
                row += spec->first_form[of + 1] - spec->first_form[of];
            }
        }
    return KD_OK;
}

static void projectors_destroy(kd_device *dev, struct pw_projectors *p)
{
    if (!p)
        return;
    kd_free(dev, p->beta.x_d);
    kd_free(dev, p->coupling_d);
    cuda_factors_destroy(dev, p->factors);
    free(p);
}

static kd_status make_projectors(kd_device *dev, struct pw_projectors *p, const struct pw_projector_spec *spec)
{
    const struct pw_basis *b = p->basis;
    std::vector<double> coupling;
    double *form_d;
    for (int atom = 0; atom < spec->n_atom; atom++)
        for (int f = spec->first_form[spec->species[atom]]; f < spec->first_form[spec->species[atom] + 1]; f++)
            coupling.push_back(spec->coupling[f]);
    p->n_proj = static_cast<int>(coupling.size());
    if (spec->chains_only)
        return cuda_factors_create(b, spec, &p->factors);
    p->beta = {b->type, p->n_proj, b->n_number, pw_leading(b->type, b->n_number), nullptr};
    TRY(kd_alloc_at(dev, p->n_proj * p->beta.ld * la_size(b->type), &p->beta.x_d, __FILE__, __LINE__));
    TRY(device_array(dev, coupling.size(), &p->coupling_d));
    if (p->n_proj == 0)
        return KD_OK;
    TRY(dev->ops->upload(dev, dev->stream, p->coupling_d, coupling.data(), coupling.size() * sizeof(double)));
    TRY(device_array(dev, static_cast<size_t>(b->n_pw), &form_d)); /* scratch may not be reserved yet */
    kd_status status = fill_vectors(dev, dev->stream, b, spec, form_d, &p->beta);
    if (status == KD_OK)
        status = dev->ops->stream_sync(dev, dev->stream);
    kd_free(dev, form_d);
    return status;
}

static kd_status projectors_create(kd_device *dev, const struct pw_basis *b, const struct pw_projector_spec *spec,
                                   struct pw_projectors **out)
{
    struct pw_projectors *p = static_cast<struct pw_projectors *>(calloc(1, sizeof *p));
    if (!p)
        FAIL(KD_ENOMEM, "projectors: no host memory");
    p->basis = b;
    const kd_status status = make_projectors(dev, p, spec);
    if (status == KD_OK)
        *out = p;
    else
        projectors_destroy(dev, p);
    return status;
}

static kd_status superpose(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct pw_projector_spec *spec,
                           const struct la_block *x)
{
    const size_t mark = kd_scratch_mark(dev);
    double *form_d;
    TRY(cuda_bind(dev));
    TRY(scratch(dev, static_cast<size_t>(b->n_pw), &form_d));
    const kd_status status = fill_vectors(dev, s, b, spec, form_d, x);
    kd_scratch_release(dev, mark);
    return status;
}

static kd_status project(kd_device *dev, kd_stream *s, const struct pw_projectors *p, const struct la_block *psi, double *m_d)
{
    if (p->factors)
        FAIL(KD_EINTERNAL, "project: these projectors are for chains only");
    return cuda_la_gram(dev, s, &p->beta, psi, m_d);
}

/* ---- H ---- */

static size_t potential_bytes(const struct pw_basis *b)
{
    return b->n_point * (b->fused ? sizeof(float) : sizeof(double));
}

static kd_status pack_potential(kd_device *dev, kd_stream *s, const struct pw_basis *b, const double *v_d, void *packed_d)
{
    TRY(cuda_bind(dev));
    if (b->fused)
        return cuda_pack_fused(s, b, v_d, static_cast<float *>(packed_d));
    CUDA_TRY(cudaMemcpyAsync(packed_d, v_d, b->n_point * sizeof(double), cudaMemcpyDeviceToDevice, cuda_stream(s)));
    return KD_OK;
}

static kd_status add_nonlocal(kd_device *dev, kd_stream *s, const struct pw_projectors *p, const struct la_block *psi, double *m,
                              const struct la_block *hpsi)
{
    TRY(cuda_la_gram(dev, s, &p->beta, psi, m));
    TRY(cuda_multiply_rows(s, p->n_proj, psi->n_vec, la_width(psi->type), p->coupling_d, m));
    return cuda_la_combine(dev, s, &p->beta, m, 1, 1, hpsi);
}

static kd_status apply(kd_device *dev, kd_stream *s, const struct pw_hamiltonian *h, const struct la_block *psi, const struct la_block *hpsi)
{
    const struct pw_basis *b = h->basis;
    const struct pw_projectors *p = h->nonlocal;
    if (psi->n != b->n_number || psi->type != b->type)
        FAIL(KD_EINTERNAL, "apply: a block of %zu numbers, expected %zu", psi->n, b->n_number);
    if (b->fused)
        TRY(cuda_local_fused(dev, s, b, static_cast<const float *>(h->potential_d), psi, hpsi));
    else
        TRY(cuda_local_cufft(dev, s, b, static_cast<const double *>(h->potential_d), psi, hpsi));
    if (!p || p->n_proj == 0)
        return KD_OK;
    if (p->factors)
        FAIL(KD_EINTERNAL, "apply: these projectors are for chains only");
    const size_t mark = kd_scratch_mark(dev);
    double *m;
    TRY(scratch(dev, static_cast<size_t>(psi->n_vec) * p->n_proj * la_width(psi->type), &m));
    const kd_status status = add_nonlocal(dev, s, p, psi, m, hpsi);
    kd_scratch_release(dev, mark);
    return status;
}

static kd_status density(kd_device *dev, kd_stream *s, const struct pw_basis *b, const struct la_block *psi, const double *occ_d,
                         double *rho_d)
{
    return b->fused ? cuda_density_fused(dev, s, b, psi, occ_d, rho_d) : cuda_density_cufft(dev, s, b, psi, occ_d, rho_d);
}

const struct pw_ops cuda_pw_ops = {
    create,  destroy,          projectors_create, projectors_destroy, pw_scratch, potential_bytes, pack_potential, apply,
    density, cuda_pw_gradient, superpose,         cuda_pw_noise,      project,    cuda_pw_residual, cuda_pw_precondition, cuda_pw_search_update,
};
