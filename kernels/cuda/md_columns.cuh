// SPDX-License-Identifier: BSD-3-Clause
/* md_columns.cuh - what the persistent block keeps of its replica, and the lists of neighbours it builds itself.
 *
 * Lists are columns: entry (i, slot) of a table at [slot][i], so that threads of neighbouring atoms read one line. */
#ifndef KD_MD_COLUMNS_CUH
#define KD_MD_COLUMNS_CUH

#include "kernels/cuda/md_block.cuh"
#include "kernels/cuda/tersoff_bond.cuh"

/* Arrays of all replicas; those of replica r begin at md_base(r) atoms (times capacity). */
template <class real>
struct sail_work {
    md_kept *kept;      /* [n_replica] */
    double *reference;  /* [n][4] */
    int4 *lattice;      /* [n] FP32: positions on the lattice, w = species */
    int *count, *n_live; /* [n] neighbours; bonds in range */
    int *index, *shift, *reverse, *rank; /* [n capacity]; rank: which bond in range a slot is, or -1 */
    quad<real> *arm, *pull;
    real *fc, *dfc, *weight, *below;
    int *name;          /* as in tersoff_bond.cuh, without the lane */
    bond_parameters<real> *bond;
    angle_parameters<real> *angle;
};

template <class real>
struct sail_job {
    md_batch batch;
    double *position, *cell, *velocity, *force;
    const double *mass, *cutoff;
    const md_phase *phase;
    md_replica *replica;
    const tersoff_params *entry;
    sail_work<real> work;
    int capacity;
    double skin;
};

__host__ __device__ inline int md_base(int first, int r)
{
    return ((first + 31) / 32 + r) * 32;
}

template <class real>
struct sail_view { /* of one replica */
    md_crew crew;
    sail_work<real> at;
    bond_job<real> job;     /* parameters and counts, for the functions of tersoff_bond.cuh */
    bond_store<real> store;
    const double *cutoff;
    double range, skin;
    int capacity;
};

template <class real>
__device__ void view_replica(const sail_job<real> &job, int r, sail_view<real> *v)
{
    const int first = job.batch.first_d[r], n = job.batch.first_d[r + 1] - first;
    const size_t base = md_base(first, r), bonds = base * job.capacity, at4 = 4 * static_cast<size_t>(first);
    v->crew = {n, (n + 31) / 32 * 32, job.batch.species_d + first, job.mass, job.position + at4, job.velocity + at4, job.force + at4,
               job.work.reference + 4 * base};
    v->at = job.work;
    v->at.lattice += base;
    v->at.count += base;
    v->at.n_live += base;
    v->at.index += bonds;
    v->at.shift += bonds;
    v->at.reverse += bonds;
    v->at.rank += bonds;
    v->store = {job.work.arm + bonds, job.work.pull + bonds, job.work.fc + bonds, job.work.dfc + bonds, job.work.weight + bonds,
                job.work.below + bonds, job.work.name + bonds, nullptr};
    v->job = {};
    v->job.n_species = job.batch.n_species;
    v->job.bond = job.work.bond;
    v->job.angle = job.work.angle;
    v->cutoff = job.cutoff;
    v->skin = job.skin;
    v->capacity = job.capacity;
    v->range = 0;
    for (int p = 0; p < job.batch.n_species * job.batch.n_species; p++)
        v->range = fmax(v->range, job.cutoff[p]);
}

/* ---- lists: every atom looks at every other, and at those images that can be in range ---- */

struct cell_frame { /* of the present cell */
    double inverse[9], per_height[3]; /* frac[k] = sum_a r[a] inverse[3 a + k]; 1 / height */
};

__device__ inline void frame_cell(const double *cell, cell_frame *f)
{
    for (int k = 0; k < 3; k++) {
        const double *u = cell + 3 * ((k + 1) % 3), *w = cell + 3 * ((k + 2) % 3);
        const double face[3] = {u[1] * w[2] - u[2] * w[1], u[2] * w[0] - u[0] * w[2], u[0] * w[1] - u[1] * w[0]};
        const double volume = face[0] * cell[3 * k] + face[1] * cell[3 * k + 1] + face[2] * cell[3 * k + 2];
        for (int a = 0; a < 3; a++)
            f->inverse[3 * a + k] = face[a] / volume;
        f->per_height[k] = sqrt(face[0] * face[0] + face[1] * face[1] + face[2] * face[2]) / fabs(volume);
    }
}

/* The images of j around atom i, in ascending order of the shift; returns how many neighbours i has now, -1 for a shift beyond count. */
template <class real>
__device__ int list_pair(const sail_view<real> &v, const double *cell, const cell_frame &f, int i, int j, int found)
{
    const double *ri = v.crew.position + 4 * i, *rj = v.crew.position + 4 * j;
    const double range = v.cutoff[v.crew.species[i] * v.job.n_species + v.crew.species[j]] + v.skin;
    const double d[3] = {rj[0] - ri[0], rj[1] - ri[1], rj[2] - ri[2]};
    int low[3], high[3];
    for (int k = 0; k < 3; k++) {
        const double frac = d[0] * f.inverse[k] + d[1] * f.inverse[3 + k] + d[2] * f.inverse[6 + k];
        const double reach = range * f.per_height[k] * (1 + 1e-9);
        if (!(fabs(frac) < 500) || !(reach < 10))
            return -1;
        low[k] = static_cast<int>(ceil(-frac - reach));
        high[k] = static_cast<int>(floor(-frac + reach));
    }
    for (int a = low[0]; a <= high[0]; a++)
        for (int b = low[1]; b <= high[1]; b++)
            for (int c = low[2]; c <= high[2]; c++) {
                double r2 = 0;
                for (int x = 0; x < 3; x++) {
                    const double e = d[x] + (a * cell[x] + b * cell[3 + x] + c * cell[6 + x]);
                    r2 += e * e;
                }
                if (!(r2 < range * range) || (i == j && a == 0 && b == 0 && c == 0))
                    continue;
                if (found < v.capacity) {
                    v.at.index[static_cast<size_t>(found) * v.crew.n_padded + i] = j;
                    v.at.shift[static_cast<size_t>(found) * v.crew.n_padded + i] = md_shift_pack(a, b, c);
                }
                found++;
            }
    return found;
}

/* Slot of (i, shift) in the list of j; lists are sorted. */
template <class real>
__device__ int reverse_slot(const sail_view<real> &v, int i, int j, int shift)
{
    for (int slot = 0; slot < v.at.count[j]; slot++) {
        const size_t at = static_cast<size_t>(slot) * v.crew.n_padded + j;
        if (v.at.index[at] == i && v.at.shift[at] == shift)
            return slot;
    }
    return 0;
}

template <class real>
__device__ void build_lists(const sail_view<real> &v, md_room *room)
{
    cell_frame f;
    frame_cell(room->cell, &f);
    double most[2] = {0, 0};
    for (int i = threadIdx.x; i < v.crew.n_atom; i += SAIL_BLOCK) {
        int found = 0;
        for (int j = 0; j < v.crew.n_atom && found >= 0; j++)
            found = list_pair(v, room->cell, f, i, j, found);
        v.at.count[i] = max(0, min(found, v.capacity));
        most[0] = fmax(most[0], static_cast<double>(found));
        most[1] = found < 0 ? 1 : most[1];
        for (int x = 0; x < 4; x++)
            v.crew.reference[4 * i + x] = v.crew.position[4 * i + x];
    }
    block_add<2, 0>(room->part, most);
    for (int i = threadIdx.x; i < v.crew.n_atom; i += SAIL_BLOCK)
        for (int slot = 0; slot < v.at.count[i]; slot++) {
            const size_t at = static_cast<size_t>(slot) * v.crew.n_padded + i;
            v.at.reverse[at] = reverse_slot(v, i, v.at.index[at], 2 * md_shift_pack(0, 0, 0) - v.at.shift[at]);
        }
    if (threadIdx.x == 0) {
        room->state.n_build++;
        room->state.max_neighbor = static_cast<int>(most[0]);
        room->kept.valid = 1;
        for (int x = 0; x < 3; x++)
            room->kept.stretch[x] = 1;
        if (most[1] > 0)
            room->state.outcome = MD_LOST;
        else if (most[0] > v.capacity)
            room->state.outcome = MD_CROWDED;
        room->kept.valid = room->state.outcome == MD_RUNNING;
    }
    __syncthreads();
}

#endif
