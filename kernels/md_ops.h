// SPDX-License-Identifier: BSD-3-Clause
/* md_ops.h - what a device must do for classical molecular dynamics.
 *
 * Units here: eV, angstrom, fs, amu (docs/conventions.md). Everything works on a batch: any number of replicas, each a
 * periodic cell of its own size and composition, whose atoms stand one replica after the other.
 * No result depends on the number of threads, and none is summed with floating-point atomics: forces are gathered over
 * directed bonds, per-replica sums go over fixed blocks in fixed order. */
#ifndef KD_MD_OPS_H
#define KD_MD_OPS_H

#include "kernels/device.h"
#include "kernels/md_run.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MD_TILE = 32 }; /* atoms per tile of the neighbour table: one warp, or two AVX-512 vectors */

/* Replicas on the device. The owner (host/md) allocates; ops read. */
struct md_batch {
    int n_replica, n_atom, n_species;
    int max_atom;             /* of the largest replica */
    const int *first;         /* [n_replica + 1] host: atoms of replica r are first[r] .. first[r+1]-1 */
    const int *first_d;       /* [n_replica + 1] the same on the device */
    const int *replica_d;     /* [n_atom] */
    const int *species_d;     /* [n_atom] 0 .. n_species-1 */
    const double *cell_d;     /* [n_replica][3][3] lattice vectors as rows */
    const double *position_d; /* [n_atom][4] x y z and one unused: one 32-byte sector per atom; need not be inside the cell */
};

/* Full (directed) neighbour lists in tiles of 32 atoms: entry (i, slot) of a table is at [i/32][slot][i%32].
 * Neighbours of an atom are sorted by (j, shift), so every sum over them has one order. A neighbour may be an image of the
 * atom itself, and one j may appear with several shifts: cells smaller than the cutoff need no special case.
 *
 * The lists are the same integers on every backend. The pair (j, shift) is listed for i, unless it is i itself, when
 *     d = (r_j - r_i) + ((shift_0 a_0 + shift_1 a_1) + shift_2 a_2),   (d_x^2 + d_y^2) + d_z^2 < (cutoff + skin)^2
 * with the raw positions, component by component in FP64, every operation rounded by itself (no fused multiply-add). d is
 * then exactly antisymmetric, and with a symmetric cutoff every bond has its reverse. The order is by j, then by the packed
 * shift. Unused slots hold (i, zero shift, the slot itself) as (index, shift, reverse); so do all slots of the padding, with
 * n_atom - 1 for i. A list that overflows keeps its first `capacity` entries in this order; its reverse slots are undefined. */
struct md_neighbors {
    int capacity;      /* slots per atom */
    int *count_d;      /* [n_tile * 32] neighbours of each atom; 0 in the padding of the last tile */
    int *index_d;      /* [n_tile][capacity][32] global index j */
    int *shift_d;      /* [n_tile][capacity][32] packed lattice shift, see md_shift_pack */
    int *reverse_d;    /* [n_tile][capacity][32] slot of the bond j -> i with the opposite shift in j's list */
    int *max_count_d;  /* [1] largest number of neighbours that any atom wanted; above capacity = overflow, lists are cut.
                          INT_MAX when a shift leaves -511 .. 511: the positions must be wrapped first */
};

#ifdef __CUDACC__
#define MD_ANYWHERE __host__ __device__ /* callable from kernels too */
#else
#define MD_ANYWHERE
#endif

/* Three shifts of -512 .. 511 in one int. */
static inline MD_ANYWHERE int md_shift_pack(int a, int b, int c)
{
    return ((a + 512) << 20) | ((b + 512) << 10) | (c + 512);
}
/* Component k (0, 1, 2) of a packed shift. */
#define MD_SHIFT(packed, k) ((((packed) >> (10 * (2 - (k)))) & 1023) - 512)

/* One line of a Tersoff file, triple (i, j, k): Tersoff 1988/1989 in the form that LAMMPS reads
 *   E = 1/2 sum_ij f_C(r_ij) [ A exp(-lambda1 r) - b_ij B exp(-lambda2 r) ],  b_ij = (1 + (beta zeta_ij)^n)^(-1/2n)
 *   zeta_ij = sum_k f_C(r_ik) g(theta_ijk) exp[ (lambda3 (r_ij - r_ik))^m ],  g = gamma (1 + c^2/d^2 - c^2/(d^2 + (h - cos)^2))
 * Two-body quantities (A, B, lambda1, lambda2, beta, n, R, D) come from (i, j, j), three-body ones, and the R, D of
 * f_C(r_ik), from (i, j, k). f_C falls from 1 to 0 over R-D .. R+D. */
struct tersoff_params {
    double m, gamma, lambda3, c, d, costheta0; /* lambda3 in 1/angstrom; m is 1 or 3 */
    double n, beta, lambda2, B, R, D, lambda1, A;
};

struct tersoff_table {
    int n_species;
    const struct tersoff_params *entry;   /* [n_species][n_species][n_species] host */
    const struct tersoff_params *entry_d; /* the same on the device */
    const double *cutoff_d;               /* [n_species][n_species] range at which a neighbour of that pair can matter */
};

/* Where results go; every pointer is device memory of the caller's. */
struct md_forces {
    double *force_d;  /* [n_atom][4] eV/angstrom, fourth 0 */
    double *energy_d; /* [n_replica] eV */
    double *virial_d; /* [n_replica][6] eV, xx yy zz yz xz xy, W = -dE/d(strain) */
};

/* A run of many replicas; pointers that end in _d are device memory of the caller's. */
struct md_run {
    const struct md_batch *batch; /* its cell_d and position_d are rewritten */
    double *position_d, *cell_d;  /* the same, to write to. Positions are never wrapped here */
    double *velocity_d;           /* [n_atom][4] angstrom/fs; relaxation: its own, in angstrom / (angstrom/sqrt(eV)) */
    double *force_d;              /* [n_atom][4] eV/angstrom, of the present positions between steps */
    const double *mass_d;         /* [n_species] amu */
    const struct md_phase *phase_d;     /* [n_replica] */
    const struct md_phase *phase;       /* [n_replica] the same on the host: chooses launches only */
    struct md_replica *replica_d;       /* [n_replica] */
    const struct tersoff_table *potential;
    enum kd_precision precision;
    int capacity;                 /* of the lists, slots per atom */
    double skin;                  /* angstrom; the trajectory does not depend on it */
    void *work_d;                 /* run_bytes; zeroed by the caller at the beginning and when capacity changes */
};

struct md_ops {
    /* Build the lists of all replicas: every pair (image) closer than cutoff_d[species][species] + skin. cutoff_d must be
     * symmetric.
     * Overflow is reported in max_count_d, never silent: the caller checks it and builds again with more capacity.
     * Cost linear in atoms for large cells; cells smaller than the range are legal. */
    kd_status (*neighbor_build)(kd_device *dev, kd_stream *s, const struct md_batch *batch, const double *cutoff_d,
                                double skin, const struct md_neighbors *list);
    size_t (*neighbor_scratch)(const kd_device *dev, const struct md_batch *batch, int capacity);

    /* Energy, forces and virial of every replica. Lists may hold pairs beyond the potential's range (skin): ignored.
     * KD_DOUBLE agrees with LAMMPS to 1e-10 relative. KD_MIXED computes bonds in FP32 from FP64 separations and sums
     * energies in FP64: forces to 5e-6 of the largest. */
    kd_status (*tersoff)(kd_device *dev, kd_stream *s, const struct md_batch *batch, const struct md_neighbors *list,
                         const struct tersoff_table *potential, enum kd_precision precision, const struct md_forces *out);
    size_t (*tersoff_scratch)(const kd_device *dev, const struct md_batch *batch, int capacity,
                              enum kd_precision precision);

    /* Every replica that is MD_RUNNING takes steps until phase.stop, the end of its phase, or an outcome. Replicas do not see
     * each other: one that fails leaves the others alone. Between calls positions, velocities, forces and replica_d are whole,
     * and sufficient: a fresh work area and pending = MD_AT_START continue with the same bits. The host may wait for the device
     * now and then. */
    kd_status (*run)(kd_device *dev, kd_stream *s, const struct md_run *run);
    size_t (*run_bytes)(const kd_device *dev, const struct md_batch *batch, int capacity, enum kd_precision precision);
    size_t (*run_scratch)(const kd_device *dev, const struct md_batch *batch, int capacity, enum kd_precision precision);
};

#ifdef __cplusplus
}
#endif
#endif
