// SPDX-License-Identifier: BSD-3-Clause
/* scf.h - the self-consistent ground state of a crystal. Hartree atomic units; written once, against the tables of kernels/. */
#ifndef KD_DFT_SCF_H
#define KD_DFT_SCF_H

#include "host/dft/eigen.h"
#include "host/dft/ion.h"
#include "host/dft/kpoints.h"
#include "host/dft/mix.h"
#include "host/dft/occupy.h"
#include "host/dft/radial.h"
#include "kernels/grid_ops.h"

struct scf_options {
    double ecut;           /* Ha */
    int mesh[3], shift[3]; /* k-points */
    bool symmetry;         /* use the space group */
    double charge;         /* e: electrons taken away; a uniform background compensates */
    enum smearing smearing;
    double width;          /* Ha */
    double crossing_gap;   /* Ha, fixed occupations: give up early, levels_cross set, when iterations go on and on with a smaller gap, or
                              end with less than a tenth of it; 0: never */
    int n_band;            /* 0: as many as are occupied, plus some empty ones */
    enum kd_precision precision;
    enum eigen_method eigensolver;
    double accuracy;       /* Ha: stop when the estimated error of the energy is below */
    int max_iteration;
    double mixing;         /* fraction of the new density */
    double first_error;    /* Ha^2 per electron: residual that the bands may keep at the first iteration; 0: that of a cold start */
    uint64_t seed;
    /* Called after every iteration with what the log line says; NULL: silent. Any failure stops the calculation. */
    kd_status (*report)(void *owner, int iteration, double energy, double accuracy, double seconds);
    void *owner;
    const char *checkpoint;    /* file for the state between iterations, or NULL; borrowed */
    double checkpoint_seconds; /* time between two of them; 0: after every iteration. One is written when asked to stop, too */
    bool restart;              /* scf_run goes on from that file if it is there, with the bits of an unbroken run */
};

/* Defaults: 50 Ry, Gamma, symmetry, neutral, fixed, mixed precision, PPCG, 1e-8 Ry, 100 iterations, mixing 0.5. */
struct scf_options scf_defaults(void);

struct scf_k { /* one k-point */
    struct kpoint point;
    struct sphere sphere;
    struct pw_basis *basis;
    struct pw_projectors *nonlocal;
    struct la_block psi; /* [n_band] on the device */
    double *eps, *occ;   /* [n_band] host; occ with weight and spin */
};

struct scf_energies {
    double total, one_electron, hartree, xc, ewald, smearing; /* Ha; total is their sum */
};

struct scf {
    kd_device *dev;
    const struct crystal *crystal;
    struct scf_options options;
    double n_electron;
    int n_band, n_wanted; /* all bands; those that are reported and must converge */
    int n[3];             /* product grid */
    size_t n_point;
    struct sphere density;
    struct ion_tables ion;
    struct beta_table *beta; /* [n_species] */
    struct symmetry symmetry;
    struct grid *grid;
    int n_k;
    struct scf_k *k;
    struct eigen_work work;
    struct mix mix;
    enum la_type complex_type, real_type;

    /* device */
    double *rho_g_d, *rho_out_g_d, *core_g_d; /* [n_g] complex; core NULL without NLCC */
    double *local_d, *rho_d, *effective_d, *xc_d, *sum_d, *occ_d;
    int *orbit_first_d, *orbit_place_d; /* NULL without symmetry */
    void *potential_d;

    /* results */
    bool converged, levels_cross;
    int n_iteration;
    long h_applications;
    double estimate; /* of the error of the total energy, Ha */
    double charge_sum, negative; /* electrons on the grid; their negative part */
    struct scf_energies energy;
    struct occupations occupations;
    double (*force)[3]; /* [n_atom] Ha/bohr, after scf_forces */
    double stress[6];   /* Ha/bohr^3, xx yy zz yz xz xy, positive under tension, after scf_stress */
};

/* Sets everything up: meshes, tables, device memory, the superposition of atomic densities. The crystal is borrowed.
 * KD_EINPUT: options that make no sense; KD_ENOMEM. */
kd_status scf_create(kd_device *dev, const struct crystal *c, const struct scf_options *options, struct scf **out);
void scf_free(struct scf *s); /* NULL is fine */

/* Replaces the starting density: rho_g [density.n] complex, host, bohr^-3. */
kd_status scf_set_density(struct scf *s, const double (*rho_g)[2]);
kd_status scf_get_density(const struct scf *s, double (*rho_g)[2]);

/* The crystal's species (and n_electron) have been changed by its owner: everything that depends on the atoms is made again, for the
 * new charge and smearing; tables, bases, memory and the orbitals stay. The number of bands is that of scf_create: KD_EINTERNAL if it does
 * not do. The density becomes the superposition of atoms. */
kd_status scf_change_species(struct scf *s, double charge, enum smearing smearing, double width);

/* Bands and occupations in the potential of the present density, which stays. error as eigen_goal's, Ha^2. */
kd_status scf_bands(struct scf *s, double error);

/* Iterate to self-consistency. KD_ENOCONV after max_iteration, or when levels cross (crossing_gap), with all results
 * of the last one in place;
 * KD_ESTOPPED when asked to stop (host/base/stop.h), the next density and the orbitals in place, checkpoint written. KD_EINPUT: the
 * checkpoint is of another calculation. The caller removes the file when the results are safe. */
kd_status scf_run(struct scf *s);

/* After scf_run. Forces sum to zero (the rest is the error of the grid, taken off evenly). */
kd_status scf_forces(struct scf *s);
kd_status scf_stress(struct scf *s);

/* How the calculation of a checkpoint fills its bands; *found as below. */
kd_status scf_checkpoint_smearing(const char *path, enum smearing *kind, bool *found);

/* Inside the room: scf_checkpoint.c; the state after an iteration and its mixing. *found: there was a file. */
kd_status scf_checkpoint_write(const struct scf *s, const char *path);
kd_status scf_checkpoint_read(struct scf *s, const char *path, bool *found);

/* Inside the room: the first orbitals of every k-point (scf_start.c). */
kd_status scf_start_orbitals(struct scf *s);
kd_status scf_superpose(struct scf *s); /* local potential, model core, density of the atoms */
int scf_start_count(const struct crystal *c); /* atomic orbitals there are */
struct pw_hamiltonian scf_hamiltonian(const struct scf *s, const struct scf_k *k);

#endif
