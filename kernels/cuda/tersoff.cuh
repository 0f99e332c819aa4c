// SPDX-License-Identifier: BSD-3-Clause
/* tersoff.cuh - what the steps of the Tersoff force share: separations, parameters, the job of the bond kernel.
 *
 * An atom's energy E_i depends on its bond vectors r_ij only. The bond kernel finds F_ij = dE_i/dr_ij for every directed
 * bond; the gather gives atom i the force sum_j (F_ij - F_ji), with F_ji read through the stored reverse slot. */
#ifndef KD_TERSOFF_CUH
#define KD_TERSOFF_CUH

#include "kernels/cuda/cuda.cuh"

template <class real>
struct alignas(16) quad {
    real x, y, z, w;
};

/* Parameters derived from the entry (i, j, j). A and B are those at r = inner: exp(-lambda (r - inner)) has a small exponent,
 * and its rounding, which FP32 forces would show at 4e-6 of the largest, goes down with it. */
template <class real>
struct bond_parameters {
    real A, B, lambda1, lambda2, beta, n, minus_half_over_n; /* -1/(2n) */
    real inner;                      /* R - D */
    real outer, below, inverse_width; /* R + D = outer + below, 1 / (2 D); width 0: a step at R */
    real range2;                     /* square of the pair's cutoff in the list */
};

/* Parameters derived from the entry (i, j, k). */
template <class real>
struct angle_parameters {
    real gamma, c2_over_d2, d2, minus_2c2; /* gamma, c^2/d^2, d^2, -2 c^2 */
    real cos0, lambda3;
    real outer, below, inverse_width; /* of f_C(r_ik) */
    int cubed;                        /* m = 3 */
};

/* Where separations come from.
 *
 * double: the positions themselves.
 * float: positions on a lattice of 2^-26 angstrom, as integers. Their differences, and those of whole cells, are exact
 * modulo 64 angstrom however far the atoms have travelled, and so are squares in 64 bits. No FP64 is needed: its rate is
 * 1/64 on the RTX 4090, and three FP64 subtractions with conversions would cost as much as the rest of the bond. The lattice
 * moves an atom by at most 7e-9 angstrom, an eighth of the rounding of an FP32 bond. */
template <class real>
struct places;

template <>
struct places<double> {
    using step = double;    /* a component of a separation */
    const double *position; /* [n_atom][4] */
    const double *cell;     /* [n_replica][9] */
};

template <>
struct places<float> {
    using step = int;
    const int4 *position; /* [n_atom] x y z on the lattice, w = species */
    const int *cell;      /* [n_replica][9] on the lattice */
};

constexpr double LATTICE_PER_ANGSTROM = 67108864.0; /* 2^26 */
constexpr float ANGSTROM_PER_LATTICE = 1.0f / 67108864.0f;

__device__ __forceinline__ void separation(const places<double> &at, int i, int j, int packed, int replica, double *d)
{
    const quad<double> ri = reinterpret_cast<const quad<double> *>(at.position)[i];
    const quad<double> rj = reinterpret_cast<const quad<double> *>(at.position)[j];
    d[0] = rj.x - ri.x;
    d[1] = rj.y - ri.y;
    d[2] = rj.z - ri.z;
    if (packed == md_shift_pack(0, 0, 0))
        return;
    const double *cell = at.cell + 9 * static_cast<size_t>(replica);
    for (int a = 0; a < 3; a++)
        d[a] += MD_SHIFT(packed, 0) * cell[a] + MD_SHIFT(packed, 1) * cell[3 + a] + MD_SHIFT(packed, 2) * cell[6 + a];
}

/* Unsigned sums, because they wrap by definition. */
__device__ __forceinline__ void separation(const places<float> &at, int i, int j, int packed, int replica, int *d)
{
    const int4 ri = at.position[i], rj = at.position[j];
    unsigned lattice[3] = {static_cast<unsigned>(rj.x) - static_cast<unsigned>(ri.x),
                           static_cast<unsigned>(rj.y) - static_cast<unsigned>(ri.y),
                           static_cast<unsigned>(rj.z) - static_cast<unsigned>(ri.z)};
    if (packed != md_shift_pack(0, 0, 0)) {
        const int *cell = at.cell + 9 * static_cast<size_t>(replica);
        for (int k = 0; k < 3; k++)
            for (int a = 0; a < 3; a++)
                lattice[a] += static_cast<unsigned>(MD_SHIFT(packed, k)) * static_cast<unsigned>(cell[3 * k + a]);
    }
    for (int a = 0; a < 3; a++)
        d[a] = static_cast<int>(lattice[a]);
}

__device__ __forceinline__ double angstrom(double step)
{
    return step;
}
__device__ __forceinline__ float angstrom(int step)
{
    return static_cast<float>(step) * ANGSTROM_PER_LATTICE;
}

/* |d|^2 in angstrom^2; the same for d and -d. */
template <class step>
__device__ __forceinline__ auto length2(const step *d)
{
    const auto x = angstrom(d[0]), y = angstrom(d[1]), z = angstrom(d[2]);
    return x * x + y * y + z * z;
}

/* The species of an atom whose position is being read anyway. */
__device__ __forceinline__ int species_of(const places<float> &at, const int *species, int j)
{
    (void)species;
    return at.position[j].w;
}
__device__ __forceinline__ int species_of(const places<double> &at, const int *species, int j)
{
    (void)at;
    return species[j];
}

/* What the bond kernel reads and writes; tables in the tile layout of md_ops.h. */
template <class real>
struct bond_job {
    int n_atom, n_species, capacity;
    int room; /* bonds that fit into shared memory; at least capacity */
    const int *count, *index, *shift;
    const int *replica, *species;
    places<real> at;
    const bond_parameters<real> *bond;   /* [n_species][n_species] */
    const angle_parameters<real> *angle; /* [n_species][n_species][n_species] */
    unsigned *live;                      /* [n_tile][capacity] bit l: the bond of atom l in this slot is within range */
    quad<real> *partial;                 /* [n_tile][capacity][32] F_ij, written where live */
    real *site;                          /* [7][32 n_tile] energy and virial of each atom's own bonds */
    const int *on;                       /* 0 there: nothing is to be done; NULL: always on */
};

constexpr int BOND_BLOCK = 128;

/* Shared memory of the bond kernel, per bond and per slot. */
template <class real>
constexpr size_t bond_shared_bytes(int room, int capacity)
{
    const int scalars = sizeof(real) == sizeof(float) ? 4 : 3; /* FP32 also keeps what r was rounded by */
    return room * (2 * sizeof(quad<real>) + scalars * sizeof(real) + sizeof(int)) + capacity * sizeof(unsigned);
}

/* One instance per precision and kind of potential, each in the file of its precision. `general`: any of the 14 parameters
 * may depend on all three species and lambda3 may differ from 0; otherwise g depends on the centre alone, f_C(r_ik) on the
 * pair, and lambda3 = 0 (Munetoh, and every file made by Tersoff's mixing rules). */
cudaError_t launch_bonds(const bond_job<float> &job, bool general, cudaStream_t s);
cudaError_t launch_bonds(const bond_job<double> &job, bool general, cudaStream_t s);

#endif
