// SPDX-License-Identifier: BSD-3-Clause
/* gs.h - a ground state as a file (gs.h5) and as JSON. docs/formats.md lists the datasets. */
#ifndef KD_DFT_GS_H
#define KD_DFT_GS_H

#include "host/base/json.h"
#include "host/dft/pseudo_set.h"
#include "host/dft/scf.h"
#include "host/store/h5.h"

/* The keys of interfaces.md: converged, iterations, energies, eigenvalues, forces, stress ... forces and stress only if computed. */
void gs_json(const struct scf *s, bool with_forces, bool with_stress, struct js *object);

/* Write a converged ground state; orbitals: those too. provenance: members that become attributes of the file; may be NULL. KD_EIO.
 * KD_EINTERNAL for one that has not converged: it must never be used further. */
kd_status gs_write(const char *path, const struct scf *s, const struct structure *structure, const struct pseudo_set *set, bool orbitals,
                   const struct js *provenance);

/* The density that the last bands give, as a Gaussian cube file (bohr, electrons per bohr^3). KD_EIO, KD_EINTERNAL as above. */
kd_status gs_write_cube(const char *path, const struct scf *s, const struct structure *structure);

/* Orbitals into an open file: orbitals/KKK/{coefficient,miller} of the reported bands (docs/formats.md). */
kd_status gs_write_orbitals(struct h5 *f, const struct scf *s);

/* A ground state read back. */
struct gs_file {
    struct structure structure;
    size_t n_species;
    char **pseudo; /* [n_species] paths of the pseudopotentials */
    int *species;  /* [n_atom] */
    double ecut, charge, n_electron, width, energy, fermi, homo; /* Ha, e */
    enum smearing smearing;
    int mesh[3], shift[3];
    size_t n_g;
    double (*rho_g)[2]; /* [n_g] 1/bohr^3 */
    int (*miller)[3];
};
/* KD_EINPUT: not a ground state, or one that lacks something. Free with gs_file_free. */
kd_status gs_read(const char *path, struct gs_file *out);
void gs_file_free(struct gs_file *g); /* a zeroed struct is fine */

/* The density of another ground state, moved to the atoms of s: rho_old + atomic densities now - atomic densities then. Cells may
 * differ by strain and cutoffs at will; the atoms must be the same, in the same order. KD_EINPUT for anything else. */
kd_status gs_start_density(const char *path, struct scf *s, const struct structure *structure);

#endif
