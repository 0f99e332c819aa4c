// SPDX-License-Identifier: BSD-3-Clause
/* gs.h - a ground state as a file (gs.h5) and as JSON. docs/formats.md lists the datasets. */
#ifndef KD_DFT_GS_H
#define KD_DFT_GS_H

#include "host/base/json.h"
#include "host/dft/pseudo_set.h"
#include "host/dft/scf.h"

/* The keys of interfaces.md: converged, iterations, energies, eigenvalues, forces, stress ... forces and stress only if computed. */
void gs_json(const struct scf *s, bool with_forces, bool with_stress, struct js *object);

/* Write a converged ground state. provenance: members that become attributes of the file; may be NULL. KD_EIO.
 * KD_EINTERNAL for one that has not converged: it must never be used further. */
kd_status gs_write(const char *path, const struct scf *s, const struct structure *structure, const struct pseudo_set *set,
                   const struct js *provenance);

/* The density of another ground state, moved to the atoms of s: rho_old + atomic densities now - atomic densities then. Cells may
 * differ by strain and cutoffs at will; the atoms must be the same, in the same order. KD_EINPUT for anything else. */
kd_status gs_start_density(const char *path, struct scf *s, const struct structure *structure);

#endif
