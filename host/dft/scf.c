// SPDX-License-Identifier: BSD-3-Clause
/* scf.c - iterate the density until what comes out is what went in. */
#include "host/dft/scf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/clock.h"
#include "host/base/log.h"
#include "host/base/span.h"
#include "host/base/stop.h"
#include "host/base/units.h"

/* Residual that the bands may keep, relative to the distance of the density from self-consistency, and at the first iteration. */
static const double share = 0.05, first_error = 1e-2;

struct pw_hamiltonian scf_hamiltonian(const struct scf *s, const struct scf_k *k)
{
    return (struct pw_hamiltonian){k->basis, s->potential_d, k->nonlocal};
}

/* Bands of one k-point in the present potential. */
static kd_status solve_bands(struct scf *s, struct scf_k *k, double error, struct eigen_result *result)
{
    kd_device *dev = s->dev;
    double *weight = malloc((size_t)s->n_band * sizeof *weight);
    if (!weight)
        FAIL(KD_ENOMEM, "scf: no host memory");
    int full = (int)ceil(s->n_electron / 2 - 1e-6);
    for (int j = 0; j < s->n_band; j++) /* before the first filling of the bands all that could be occupied count */
        weight[j] = s->n_iteration > 1 ? fabs(k->occ[j]) : j < full ? 2 * k->point.weight : 0;
    double wanted = fmax(1e-5, 30 * error / s->n_electron); /* empty bands need be good only at the end */
    struct eigen_goal goal = {weight, error * k->point.weight, s->n_wanted, wanted, s->n_iteration > 1 ? 12 : 24};
    struct pw_hamiltonian h = scf_hamiltonian(s, k);
    kd_status status = dev->pw->pack_potential(dev, dev->stream, k->basis, s->effective_d, s->potential_d);
    if (status == KD_OK)
        status = eigen_solve(&s->work, &h, &k->psi, &goal, k->eps, result);
    free(weight);
    s->h_applications += result->h_applications;
    return status;
}

/* Occupations of all bands, and the sum of the occupied eigenvalues. */
static kd_status fill_bands(struct scf *s, double *band_energy)
{
    size_t n_band = (size_t)s->n_band, n = (size_t)s->n_k * n_band;
    double *eps = malloc(n * sizeof *eps), *occ = malloc(n * sizeof *occ), *weight = malloc((size_t)s->n_k * sizeof *weight);
    kd_status status = eps && occ && weight ? KD_OK : kd_fail(KD_ENOMEM, "scf: no host memory");
    for (int i = 0; i < s->n_k && status == KD_OK; i++) {
        memcpy(eps + (size_t)i * n_band, s->k[i].eps, n_band * sizeof *eps);
        weight[i] = s->k[i].point.weight;
    }
    if (status == KD_OK)
        status = occupy(s->options.smearing, s->options.width, s->n_electron, s->n_k, s->n_band, weight, eps, occ, &s->occupations);
    *band_energy = 0;
    for (size_t e = 0; e < n && status == KD_OK; e++)
        *band_energy += occ[e] * eps[e];
    for (int i = 0; i < s->n_k && status == KD_OK; i++)
        memcpy(s->k[i].occ, occ + (size_t)i * n_band, n_band * sizeof *occ);
    free(eps);
    free(occ);
    free(weight);
    return status;
}

/* rho_out_g from the orbitals. */
static kd_status new_density(struct scf *s)
{
    kd_device *dev = s->dev;
    span_begin("density");
    TRY(kd_fill(dev, dev->stream, s->rho_d, 0, s->n_point * sizeof(double)));
    for (int i = 0; i < s->n_k; i++) {
        TRY(kd_upload(dev, dev->stream, s->occ_d, s->k[i].occ, (size_t)s->n_band * sizeof(double)));
        TRY(dev->pw->density(dev, dev->stream, s->k[i].basis, &s->k[i].psi, s->occ_d, s->rho_d));
    }
    if (s->symmetry.n_op > 1)
        TRY(dev->grid->symmetrize(dev, dev->stream, s->grid, s->symmetry.n_orbit, s->orbit_first_d, s->orbit_place_d, s->rho_d));
    TRY(dev->grid->forward(dev, dev->stream, s->grid, s->rho_d, s->rho_out_g_d));
    span_end();
    return KD_OK;
}

static kd_status potential(struct scf *s, double sum[GRID_N_SUM])
{
    kd_device *dev = s->dev;
    struct grid_potential p = {s->rho_g_d, s->core_g_d, s->local_d, s->rho_d, s->effective_d, s->xc_d, s->sum_d};
    span_begin("potential");
    TRY(dev->grid->potential(dev, dev->stream, s->grid, &p));
    TRY(kd_download(dev, dev->stream, sum, s->sum_d, GRID_N_SUM * sizeof(double)));
    span_end();
    s->charge_sum = sum[GRID_CHARGE];
    s->negative = sum[GRID_NEGATIVE];
    return KD_OK;
}

/* Harris-Foulkes energy: second order in what the density still lacks (Foulkes, Haydock, PRB 39, 12520 (1989)). */
static void add_energies(struct scf *s, double band_energy, const double sum[GRID_N_SUM])
{
    struct scf_energies *e = &s->energy;
    e->one_electron = band_energy - sum[GRID_HXC_RHO];
    e->hartree = sum[GRID_HARTREE];
    e->xc = sum[GRID_XC];
    e->smearing = s->occupations.entropy;
    e->total = e->one_electron + e->hartree + e->xc + e->ewald + e->smearing;
}

static kd_status all_bands(struct scf *s, double error)
{
    span_begin("bands");
    for (int i = 0; i < s->n_k; i++) {
        struct eigen_result result;
        TRY(solve_bands(s, &s->k[i], error, &result));
    }
    span_end();
    return KD_OK;
}

static kd_status iterate(struct scf *s)
{
    double sum[GRID_N_SUM], band_energy;
    double first = s->options.first_error > 0 ? s->options.first_error : first_error;
    s->n_iteration++;
    TRY(potential(s, sum));
    double error = s->n_iteration == 1 ? first * s->n_electron : share * s->estimate;
    TRY(all_bands(s, fmax(error, 0.02 * s->options.accuracy)));
    TRY(fill_bands(s, &band_energy));
    TRY(new_density(s));
    TRY(mix_distance(&s->mix, s->rho_g_d, s->rho_out_g_d, &s->estimate));
    add_energies(s, band_energy, sum);
    if (!isfinite(s->energy.total) || !isfinite(s->estimate))
        FAIL(KD_ENOCONV, "scf: the energy is not finite at iteration %d", s->n_iteration);
    return KD_OK;
}

kd_status scf_bands(struct scf *s, double error)
{
    double sum[GRID_N_SUM], band_energy;
    s->n_iteration = 0; /* all bands that could be occupied count */
    TRY(potential(s, sum));
    TRY(all_bands(s, error));
    return fill_bands(s, &band_energy);
}

/* After an iteration and its mixing: the checkpoint when it is due or when somebody asked to stop. */
static kd_status keep(struct scf *s, double *written)
{
    const struct scf_options *o = &s->options;
    bool stop = stop_requested();
    if (o->checkpoint && (stop || clock_seconds() - *written >= o->checkpoint_seconds)) {
        TRY(scf_checkpoint_write(s, o->checkpoint));
        *written = clock_seconds();
    }
    if (stop)
        return stop_status(o->checkpoint ? "--restart goes on from the checkpoint" : "nothing was kept: a checkpoint goes with the output file");
    return KD_OK;
}

/* Fixed occupations of a system without a gap: the filled and the empty level change places from one iteration to the next, which no
 * mixing can follow, or the bands of different k-points overlap, or one degenerate level is filled in part, which may well converge, to a
 * state that symmetry forbids. Insulators of amorphous Si-O converge in under 15 iterations or have a gap. */
static bool levels_cross(const struct scf *s)
{
    const struct occupations *o = &s->occupations;
    double gap = o->lumo - o->homo; /* NAN without an empty band: unknown */
    if (s->options.smearing != SMEARING_FIXED || s->options.crossing_gap <= 0)
        return false;
    return s->converged ? gap < 0.1 * s->options.crossing_gap : s->n_iteration >= 15 && gap < s->options.crossing_gap;
}

kd_status scf_run(struct scf *s)
{
    double started = clock_seconds(), written = started;
    bool found = false;
    s->converged = s->levels_cross = false;
    s->n_iteration = 0;
    if (s->options.checkpoint && s->options.restart)
        TRY(scf_checkpoint_read(s, s->options.checkpoint, &found));
    if (found)
        log_info("%s: goes on after iteration %d", s->options.checkpoint, s->n_iteration);
    while (s->n_iteration < s->options.max_iteration) {
        TRY(iterate(s));
        s->converged = s->estimate < s->options.accuracy;
        if (s->options.report)
            TRY(s->options.report(s->options.owner, s->n_iteration, s->energy.total, s->estimate, clock_seconds() - started));
        s->levels_cross = levels_cross(s);
        if (s->levels_cross) {
            s->converged = false;
            FAIL(KD_ENOCONV, "scf: levels cross where the bands are filled (gap %.4f eV after %d iterations): expected a smearing",
                 ev_from_ha(s->occupations.lumo - s->occupations.homo), s->n_iteration);
        }
        if (s->converged)
            return KD_OK;
        span_begin("mix");
        TRY(mix_next(&s->mix, s->rho_g_d));
        span_end();
        TRY(keep(s, &written));
    }
    FAIL(KD_ENOCONV, "scf: not converged in %d iterations, estimated error %.1e Ry, wanted %.1e", s->n_iteration, 2 * s->estimate,
         2 * s->options.accuracy);
}
