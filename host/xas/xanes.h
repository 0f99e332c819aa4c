// SPDX-License-Identifier: BSD-3-Clause
/* xanes.h - core-hole spectra of the atoms of a ground state, one site at a time.
 *
 *     struct xanes *x;
 *     struct xanes_site site = {0};
 *     TRY(xanes_open(dev, "gs.h5", &options, &x));            // once per structure
 *     for each wanted atom:
 *         status = xanes_site_run(x, atom, &site);             // core-hole ground state, chains
 *         TRY(xanes_site_write("sites/site_00003.h5", &site)); // one small file, also of a failed site
 *         xanes_site_free(&site);
 *     xanes_close(x);
 * or all of that, with restart, in one call: xanes_sites. A site's result does not depend on which other sites are done, nor in which
 * order or process: the start of its core-hole calculation comes from the ground state and from a fixed set of reference sites only.
 *
 * Spectra are kept as coefficients of Lanczos chains and evaluated at any energies and any broadening afterwards (xanes_spectrum).
 * Physics: docs/xanes.md. Files: docs/formats.md. Hartree atomic units unless a name says otherwise. */
#ifndef KD_XAS_XANES_H
#define KD_XAS_XANES_H

#include <limits.h>

#include "host/dft/gs.h"
#include "host/xas/broaden.h"
#include "host/xas/chains.h"

enum xanes_final_state {
    XANES_XCH,   /* core hole, the excited electron in the lowest conduction state: a neutral cell */
    XANES_FCH,   /* core hole, a charged cell with uniform background */
    XANES_GROUND /* no core hole: the potential of the ground state */
};
const char *xanes_final_state_name(enum xanes_final_state s); /* "xch", "fch", "none" */
kd_status xanes_final_state_parse(const char *name, enum xanes_final_state *s);

enum { XANES_N_POL = 3 }; /* x, y, z */

struct xanes_options {
    enum xanes_final_state final_state;
    int mesh[3], shift[3];       /* k-points of the spectrum; the core-hole density has those of the ground state */
    const char *core_hole_file;  /* UPF of the absorber; NULL: made like the ground state's set, and kept in the cache directory */
    struct pseudo_choice pseudo; /* what overrides the paths in gs.h5: directory, given[] */
    double scf_accuracy;         /* Ha */
    double convergence;          /* largest change of the summed spectrum over 50 steps, of its maximum */
    int max_step;
    double window;               /* Ha above the edge in which convergence is asked for */
    struct broadening broadening;/* of that test, and the default of the spectra */
    double radius_factor;        /* of the partial waves' cut, 0: 1.5 as xspectra.x */
    double grid_factor;          /* product grid of the chains, in units of twice the largest |k+G| */
    enum kd_precision precision;
    uint64_t seed;
    double checkpoint_seconds;   /* time between two checkpoints of a site that has a place for them (xanes_keep) */
    int n_reference;             /* reference sites: the first so many absorbers of the structure; 0: none */
    /* Called when something has been done; NULL: silent. A failure ends the site. */
    kd_status (*report)(void *owner, const char *phase, int done, int most, double accuracy);
    void *owner;
};
/* XCH, 2x2x2, 3e-6 Ry, 1.5e-3, 2000 steps, 50 eV, gamma 0.8 eV, 1.3 (double precision: the full grid), no reference sites. */
struct xanes_options xanes_defaults(enum kd_precision precision);

struct xanes_seconds {
    double scf, setup, chains, spectrum, total;
};

/* Everything about one site. Filled by xanes_site_run or xanes_site_read; xanes_site_free. */
struct xanes_site {
    int site, z;                 /* atom, counted from 0; atomic number */
    bool converged;
    char failure[256];           /* why not; "" */
    enum xanes_final_state final_state;
    int scf_iterations;
    long h_applications;
    double energy;               /* total energy with the core hole, -TS included */
    double energy_ground;        /* of the ground state */
    double core_difference;      /* (E_AE* - E_PS*) - (E_AE - E_PS) of the atoms; NAN when a file does not say */
    double edge;                 /* zero of the relative axis: highest occupied level, with smearing or an excited electron the Fermi level */
    double cut;                  /* states below are taken out */
    double e_shift;              /* photon energy = eigenvalue + e_shift (docs/xanes.md, alignment); NAN when it cannot be known */
    double k_edge;               /* tabulated K edge: the prefactor's photon energy on the absolute axis, as in xspectra.x */
    struct chains chains;
    double (*k_frac)[3];         /* [n_k] */
    struct broadening broadening;/* the options' */
    char recipe[1024];           /* what spectra must share to be compared: cutoff, mesh, final state, fingerprints of the sets */
    int n_shell;                 /* response of the density to the hole, averaged over the sphere about the site: [n_shell] e, the total */
    double *shell, *response;    /*   minus the start, by |G| (1/bohr) */
    struct xanes_seconds seconds;
};

struct xanes; /* one structure, ready for its sites */

/* Read the ground state and its pseudopotentials (and make the core-hole set), set up bases.
 * KD_EINPUT: a file that does not do; KD_ENOMEM. */
kd_status xanes_open(kd_device *dev, const char *gs_path, const struct xanes_options *options, struct xanes **out);
void xanes_close(struct xanes *x); /* NULL is fine */

const struct gs_file *xanes_ground(const struct xanes *x);
const char *xanes_recipe(const struct xanes *x); /* as xanes_site.recipe */
const struct structure *xanes_structure(const struct xanes *x);
/* Atoms of the absorbing element: the element of options.core_hole_file, else silicon, else the one element there is. site [n_atom]. */
int xanes_absorbers(const struct xanes *x, int *site);

/* One site. KD_ENOCONV (the density or the chains do not converge): *out says so in `failure` and may be written; KD_ESTOPPED: asked to
 * stop, *out is empty; KD_EINPUT: a checkpoint of another calculation. */
kd_status xanes_site_run(struct xanes *x, int site, struct xanes_site *out);
/* Orbitals of the ground state, from which densities with a hole start: made when a site first needs them, or now. */
kd_status xanes_prepare(struct xanes *x);
/* Where the next sites keep their state, every options.checkpoint_seconds and when asked to stop: PATH.density while the density is not done, then
 * PATH.chains. restart: go on from these files where they are, with the bits of an unbroken run; else they are removed. NULL: nowhere. Call
 * it before every site, and xanes_forget when its results are safe: it removes both. */
kd_status xanes_keep(struct xanes *x, const char *path, bool restart);
void xanes_forget(const struct xanes *x);
void xanes_site_free(struct xanes_site *s); /* a zeroed struct is fine */

kd_status xanes_site_write(const char *path, const struct xanes_site *s);
kd_status xanes_site_read(const char *path, struct xanes_site *s); /* KD_EINPUT for anything that is no site file */

/* The sites of one ground state into directory/site_00003.h5, ... Sites that are there already, with the same recipe, are not done
 * again when `restart`. done (may be NULL) is called after each with its path and result, which it may change. A site that fails is
 * recorded in its file and the rest goes on: then KD_ENOCONV at the end. KD_ESTOPPED: asked to stop. */
struct xanes_job {
    const char *gs_path;
    const char *directory; /* made when it is not there; NULL: nothing is written */
    int n_site;        /* 0: all absorbers */
    const int *site;
    bool restart;
    kd_status (*opened)(void *owner, const struct xanes *x); /* once, before the first site; may be NULL */
    kd_status (*done)(void *owner, const char *path, struct xanes_site *s);
    void *owner;
};
kd_status xanes_sites(kd_device *dev, const struct xanes_job *job, const struct xanes_options *options);

/* sigma[XANES_N_POL][n] in bohr^2 at eigenvalues energy[n] (Ha): 4 pi alpha (energy + prefactor) sum_k 2 weight_k Im <phi|(H - E - i
 * gamma)^-1|phi>, occupied states taken out. prefactor: what turns an eigenvalue into a photon energy, k_edge or e_shift. */
kd_status xanes_spectrum(const struct xanes_site *s, const struct broadening *b, double prefactor, int n, const double *energy,
                         double *sigma);

/* The mean of the three polarisations at photon energies energy_ev[n], `constant_ev` (the calibration) added to the aligned axis: what a
 * dataset holds. KD_EINPUT for a site without alignment. */
kd_status xanes_spectrum_calibrated(const struct xanes_site *s, const struct broadening *b, double constant_ev, int n,
                                    const double *energy_ev, double *sigma);

#endif
