// SPDX-License-Identifier: BSD-3-Clause
/* pw_factors.cu - w += V_nl u with projectors taken apart (pw_factors.cuh), for all k-points of a block at once, and the recurrence of chains as
 * far as its sums. */
#include "kernels/cuda/pw_factors_kernels.cuh"

#include <cstdlib>
#include <cstring>
#include <vector>

/* ---- launches ---- */

static size_t coefficients(const pw_factors *f, int n_pol)
{
    return static_cast<size_t>(f->narrow) * stride_of(NARROW, n_pol) + static_cast<size_t>(f->wide) * stride_of(FACTOR_FORMS, n_pol);
}

static int at_once(int n_pol, int v0)
{
    return n_pol - v0 < FACTOR_POLARISATIONS ? n_pol - v0 : static_cast<int>(FACTOR_POLARISATIONS);
}

/* k-points that one launch can take: of one type and with equal sheets. */
static bool alike(const factor_block *a, const factor_block *b)
{
    const pw_factors *x = a->factors, *y = b->factors;
    return a->basis->type == b->basis->type && a->u->n_vec == b->u->n_vec && x->n_sheet == y->n_sheet && x->n_atom == y->n_atom &&
           memcmp(x->sheet, y->sheet, x->n_sheet * sizeof *x->sheet) == 0;
}

static int count_alike(int n_k, const factor_block *k)
{
    int n = 1;
    while (n < n_k && n < MOST_K && alike(&k[0], &k[n]))
        n++;
    return n;
}

static size_t bytes_of(int n_k, const factor_block *k)
{
    const size_t size = la_is_double(k->basis->type) ? sizeof(double) : sizeof(float), n = coefficients(k->factors, at_once(k->u->n_vec, 0)) * size;
    size_t total = 0;
    for (int i = 0; i < n_k; i++)
        total += kd_scratch_round(n * blocks_for(k[i].basis->n_pw, CHUNK)) + kd_scratch_round(n);
    return total;
}

size_t cuda_factors_scratch(int n_k, const factor_block *k)
{
    size_t most = 0;
    for (int i = 0, n; i < n_k; i += n) {
        n = count_alike(n_k - i, k + i);
        const size_t bytes = bytes_of(n, k + i);
        most = bytes > most ? bytes : most;
    }
    return most;
}

template <class T, int V>
static kd_status launch(const factor_launch &q, int n_k, int most_pw, int n_tile, int v0, cudaStream_t s)
{
    const unsigned each = blocks_for(q.n_coefficient, THREADS);
    CUDA_TRY(LAUNCH(factor_project_kernel<T, V>, dim3(blocks_for(most_pw, CHUNK), n_tile, n_k), dim3(THREADS), 0, s, q, v0));
    CUDA_TRY(LAUNCH(factor_total_kernel<T>, dim3(each, n_k), dim3(THREADS), 0, s, q));
    CUDA_TRY(LAUNCH(factor_add_kernel<T, V>, dim3(blocks_for(most_pw, WAVES * THREADS), n_k), dim3(THREADS), 0, s, q, v0));
    return KD_OK;
}

template <class T>
static kd_status add_alike(kd_device *dev, kd_stream *s, int n_k, const factor_block *k, const chain_step &when)
{
    const pw_factors *f = k->factors;
    const int n_pol = k->u->n_vec;
    factor_launch q = {};
    int most_pw = 0;
    q.sheet = f->sheet_d;
    q.tile = f->tile_d;
    q.coupling = f->coupling_d;
    q.n_sheet = f->n_sheet;
    q.n_atom = f->n_atom;
    q.when = when;
    for (int i = 0; i < n_k; i++) {
        const pw_factors *own = k[i].factors;
        const size_t count = coefficients(own, at_once(n_pol, 0));
        T *partial, *sum;
        TRY(scratch(dev, count * blocks_for(own->n_pw, CHUNK), &partial));
        TRY(scratch(dev, count, &sum));
        q.k[i] = {k[i].u->x_d, own->form_d, {own->first_d[0], own->first_d[1]}, {own->step_d[0], own->step_d[1]}, k[i].w->x_d, partial, sum,
                  k[i].before->x_d, k[i].b, k[i].sums, own->place_d, k[i].u->ld * la_width(k[i].u->type), own->ld, own->n_pw, own->n_line, own->n_step};
        most_pw = own->n_pw > most_pw ? own->n_pw : most_pw;
    }
    for (int v0 = 0; v0 < n_pol; v0 += FACTOR_POLARISATIONS) {
        const int v = at_once(n_pol, v0);
        q.n_coefficient = static_cast<int>(coefficients(f, v));
        TRY(v == 1   ? (launch<T, 1>(q, n_k, most_pw, f->n_tile, v0, cuda_stream(s)))
            : v == 2 ? (launch<T, 2>(q, n_k, most_pw, f->n_tile, v0, cuda_stream(s)))
                     : (launch<T, 3>(q, n_k, most_pw, f->n_tile, v0, cuda_stream(s))));
    }
    return KD_OK;
}

int cuda_factors_chunks(const pw_basis *b)
{
    return static_cast<int>(blocks_for(b->n_pw, WAVES * THREADS));
}

kd_status cuda_factors_add(kd_device *dev, kd_stream *s, int n_k, const factor_block *k, const chain_step *when)
{
    for (int i = 0, n; i < n_k; i += n) {
        const size_t mark = kd_scratch_mark(dev);
        n = count_alike(n_k - i, k + i);
        TRY(la_is_double(k[i].basis->type) ? add_alike<double>(dev, s, n, k + i, *when) : add_alike<float>(dev, s, n, k + i, *when));
        kd_scratch_release(dev, mark);
    }
    return KD_OK;
}

/* ---- tables ---- */

template <class T>
static kd_status phases(const pw_basis *b, int n_atom, const double *tau_d, pw_factors *f)
{
    cudaStream_t s = cuda_stream(b->dev->stream);
    using number = complex_number<T>;
    for (int a = 0; a < 2; a++) {
        TRY(kd_alloc_at(b->dev, static_cast<size_t>(n_atom) * f->n_line * sizeof(number), &f->first_d[a], __FILE__, __LINE__));
        TRY(kd_alloc_at(b->dev, static_cast<size_t>(n_atom) * f->n_step * sizeof(number), &f->step_d[a], __FILE__, __LINE__));
    }
    const double3 step = make_double3(b->z_step[0], b->z_step[1], b->z_step[2]);
    CUDA_TRY(LAUNCH(factor_phase_kernel<T>, dim3(blocks_for(f->n_line, THREADS), n_atom), dim3(THREADS), 0, s, f->n_line, n_atom, b->n_pw, b->line_d,
                    b->kg_d, tau_d, step, static_cast<number *>(f->first_d[0]), static_cast<number *>(f->first_d[1])));
    CUDA_TRY(LAUNCH(factor_phase_kernel<T>, dim3(blocks_for(f->n_step, THREADS), n_atom), dim3(THREADS), 0, s, f->n_step, n_atom, b->n_pw,
                    static_cast<const int *>(nullptr), b->kg_d, tau_d, step, static_cast<number *>(f->step_d[0]), static_cast<number *>(f->step_d[1])));
    return KD_OK;
}

namespace
{
struct tables { /* on the host */
    std::vector<factor_sheet> sheet;
    std::vector<factor_tile> tile;
    std::vector<double> coupling, tau;
    std::vector<int> form; /* of the spec, by row */
};

/* Sheets of one species and parity; the forms' rows come once, for complex orbitals there are two sheets of them. */
void add_sheets(const pw_basis *b, int row, int n_row, int odd, int atom, int n_atom, pw_factors *f, tables &t)
{
    for (int part = 0; part < 2; part++)
        for (int j = 0; j < n_row && (!b->real || part == odd); j += FACTOR_FORMS) {
            const int n = n_row - j < FACTOR_FORMS ? n_row - j : static_cast<int>(FACTOR_FORMS);
            for (int a = 0; a < n_atom; a += FACTOR_ATOMS)
                t.tile.push_back({static_cast<int>(t.sheet.size()), a});
            t.sheet.push_back({row + j, n, atom, n_atom, part, f->narrow, f->wide});
            (forms_of(n) == NARROW ? f->narrow : f->wide) += n_atom;
        }
}

void collect(const pw_basis *b, const pw_projector_spec *spec, pw_factors *f, tables &t)
{
    for (int s = 0; s < spec->n_species; s++) {
        const int atom = static_cast<int>(t.tau.size() / 3);
        for (int i = 0; i < spec->n_atom; i++)
            if (spec->species[i] == s)
                t.tau.insert(t.tau.end(), spec->tau[i], spec->tau[i] + 3);
        const int n_atom = static_cast<int>(t.tau.size() / 3) - atom;
        for (int odd = 0; odd < 2 && n_atom > 0; odd++) {
            const int row = static_cast<int>(t.form.size());
            for (int j = spec->first_form[s]; j < spec->first_form[s + 1]; j++)
                if (spec->l[j] % 2 == odd) {
                    t.form.push_back(j);
                    t.coupling.push_back(spec->coupling[j]);
                }
            add_sheets(b, row, static_cast<int>(t.form.size()) - row, odd, atom, n_atom, f, t);
        }
    }
    f->n_form = static_cast<int>(t.form.size());
    f->n_atom = static_cast<int>(t.tau.size() / 3);
    f->n_sheet = static_cast<int>(t.sheet.size());
    f->n_tile = static_cast<int>(t.tile.size());
}

template <class T>
kd_status upload(kd_device *dev, const std::vector<T> &from, T **to_d)
{
    TRY(device_array(dev, from.size(), to_d));
    return from.empty() ? KD_OK : dev->ops->upload(dev, dev->stream, *to_d, from.data(), from.size() * sizeof(T));
}

template <class T>
kd_status upload_forms(const pw_basis *b, const pw_projector_spec *spec, const tables &t, pw_factors *f)
{
    const double scale = b->real ? sqrt(2.0) : 1;
    std::vector<T> form(t.form.size() * f->ld, 0);
    for (size_t row = 0; row < t.form.size(); row++)
        for (int g = 0; g < b->n_pw; g++)
            form[row * f->ld + g] = static_cast<T>((g == b->self ? 1 : scale) * spec->form[static_cast<size_t>(t.form[row]) * b->n_pw + g]);
    T *form_d;
    TRY(upload(b->dev, form, &form_d));
    f->form_d = form_d;
    return b->dev->ops->stream_sync(b->dev, b->dev->stream);
}

kd_status make(const pw_basis *b, const pw_projector_spec *spec, pw_factors *f)
{
    tables t;
    double *tau_d;
    collect(b, spec, f, t);
    f->n_pw = b->n_pw;
    f->n_line = b->n_line;
    f->n_step = b->n_step;
    f->ld = (static_cast<size_t>(b->n_pw) + 31) / 32 * 32;
    f->place_d = b->place_d;
    f->sheet = static_cast<factor_sheet *>(malloc((t.sheet.size() + 1) * sizeof *f->sheet));
    if (!f->sheet)
        FAIL(KD_ENOMEM, "projectors: no host memory");
    if (f->n_sheet == 0)
        return KD_OK;
    memcpy(f->sheet, t.sheet.data(), t.sheet.size() * sizeof *f->sheet);
    TRY(cuda_bind(b->dev));
    TRY(upload(b->dev, t.sheet, &f->sheet_d));
    TRY(upload(b->dev, t.tile, &f->tile_d));
    TRY(upload(b->dev, t.coupling, &f->coupling_d));
    TRY(upload(b->dev, t.tau, &tau_d));
    kd_status status = la_is_double(b->type) ? phases<double>(b, f->n_atom, tau_d, f) : phases<float>(b, f->n_atom, tau_d, f);
    if (status == KD_OK)
        status = la_is_double(b->type) ? upload_forms<double>(b, spec, t, f) : upload_forms<float>(b, spec, t, f);
    kd_free(b->dev, tau_d);
    return status;
}
} // namespace

kd_status cuda_factors_create(const pw_basis *b, const pw_projector_spec *spec, pw_factors **out)
{
    pw_factors *f = static_cast<pw_factors *>(calloc(1, sizeof *f));
    if (!f)
        FAIL(KD_ENOMEM, "projectors: no host memory");
    const kd_status status = make(b, spec, f);
    if (status == KD_OK)
        *out = f;
    else
        cuda_factors_destroy(b->dev, f);
    return status;
}

void cuda_factors_destroy(kd_device *dev, pw_factors *f)
{
    if (!f)
        return;
    void *all[] = {f->form_d, f->coupling_d, f->first_d[0], f->first_d[1], f->step_d[0], f->step_d[1], f->sheet_d, f->tile_d};
    for (void *p : all)
        kd_free(dev, p);
    free(f->sheet);
    free(f);
}
