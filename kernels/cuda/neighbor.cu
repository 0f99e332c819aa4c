// SPDX-License-Identifier: BSD-3-Clause
/* neighbor.cu - neighbour lists of a batch: cell lists per replica, sorted lists, reverse slots.
 *
 * One method serves every size. A replica is cut into bins no thinner than the range (a small cell: one bin, and the images
 * come from walking over it several times); the bins never outnumber the atoms, so that those of replica r fit between
 * first[r] + r and first[r + 1] + r + 1 of one array and the host needs to know nothing about the cells.
 * Atoms fall into bins in any order: each list is sorted as it grows, and that makes the result unique. */
#include "kernels/cuda/neighbor.cuh"

#include <climits>

namespace
{
constexpr int ATOM_BLOCK = 128;
constexpr int SCAN_BLOCK = 1024;
constexpr int SHIFT_LIMIT = 511;       /* of a packed shift */
constexpr double WRAP_LIMIT = 1e6;     /* cells: beyond, FP64 positions have lost their digits */
constexpr int REACH_LIMIT = 64;        /* a cell thinner than 1/64 of the range is no cell */
constexpr float FILTER_MARGIN = 0.01f; /* angstrom; FP32 separations err by 2e-3 in a cell of 10000 angstrom */

/* d = (r_j - r_i) + shift . cell, rounded as md_ops.h prescribes. */
__device__ double exact_distance2(const double *ri, const double *rj, const double *cell, const int *shift)
{
    double d[3];
    for (int a = 0; a < 3; a++) {
        double s = __dmul_rn(shift[0], cell[a]);
        s = __dadd_rn(s, __dmul_rn(shift[1], cell[3 + a]));
        s = __dadd_rn(s, __dmul_rn(shift[2], cell[6 + a]));
        d[a] = __dadd_rn(__dsub_rn(rj[a], ri[a]), s);
    }
    return __dadd_rn(__dadd_rn(__dmul_rn(d[0], d[0]), __dmul_rn(d[1], d[1])), __dmul_rn(d[2], d[2]));
}

/* Bins of one lattice direction, at most `most`. */
__device__ void cut_direction(double height, double range, int most, int *n, int *reach)
{
    const double fit = height / (range * (1 + 1e-9)); /* a bin is never thinner than the range by rounding */
    *n = max(1, min(most, fit < most ? static_cast<int>(fit) : most));
    const double needed = ceil(*n * range * (1 + 1e-9) / height);
    *reach = needed <= REACH_LIMIT ? max(1, static_cast<int>(needed)) : 0;
}

/* One thread per replica: inverse cell, bins. Reads the cell and the cutoffs, writes grid[replica]. A few dozen FP64
 * operations: 64 threads to a block, so that many replicas spread over the processors. */
__global__ void __launch_bounds__(64) grid_kernel(neighbor_job job)
{
    const int r = blockIdx.x * blockDim.x + threadIdx.x;
    if (r >= job.batch.n_replica || is_off(job.on))
        return;
    const double *cell = job.batch.cell_d + 9 * static_cast<size_t>(r);
    bin_grid *grid = &job.work.grid[r];
    double range = 0;
    for (int p = 0; p < job.batch.n_species * job.batch.n_species; p++)
        range = max(range, job.cutoff[p] + job.skin);
    grid->range = static_cast<float>(range);

    double cross[3][3], length[3];
    for (int k = 0; k < 3; k++) {
        const double *u = cell + 3 * ((k + 1) % 3), *v = cell + 3 * ((k + 2) % 3);
        cross[k][0] = u[1] * v[2] - u[2] * v[1];
        cross[k][1] = u[2] * v[0] - u[0] * v[2];
        cross[k][2] = u[0] * v[1] - u[1] * v[0];
        length[k] = sqrt(cross[k][0] * cross[k][0] + cross[k][1] * cross[k][1] + cross[k][2] * cross[k][2]);
    }
    const double volume = cell[0] * cross[0][0] + cell[1] * cross[0][1] + cell[2] * cross[0][2];
    const int n_atom = job.batch.first_d[r + 1] - job.batch.first_d[r];
    int n[3];
    for (int k = 0; k < 3; k++) {
        for (int a = 0; a < 3; a++)
            grid->inverse[3 * a + k] = cross[k][a] / volume;
        cut_direction(volume / length[k], range, 1024, &n[k], &grid->reach[k]);
    }
    while (static_cast<long long>(n[0]) * n[1] * n[2] > max(n_atom, 1)) { /* thin vapour: fewer, larger bins */
        const int longest = n[0] >= n[1] && n[0] >= n[2] ? 0 : n[1] >= n[2] ? 1 : 2;
        n[longest] = (n[longest] + 1) / 2;
    }
    for (int k = 0; k < 3; k++) {
        cut_direction(volume / length[k], range, n[k], &grid->n[k], &grid->reach[k]);
        if (grid->reach[k] == 0)
            atomicMax(job.list.max_count_d, INT_MAX);
    }
}

/* One thread per atom: wrap it into the home cell, count it into its bin. The arrival number differs from run to run,
 * the lists do not. */
__global__ void __launch_bounds__(ATOM_BLOCK) bin_kernel(neighbor_job job)
{
    const int i = blockIdx.x * ATOM_BLOCK + threadIdx.x;
    if (i >= job.batch.n_atom || is_off(job.on))
        return;
    const int r = job.batch.replica_d[i];
    const bin_grid *grid = &job.work.grid[r];
    const double *cell = job.batch.cell_d + 9 * static_cast<size_t>(r), *at = job.batch.position_d + 4 * static_cast<size_t>(i);
    double home[3] = {0, 0, 0};
    int bin = 0;
    whole_cells wrap;
    bool far = false;
    for (int k = 0; k < 3; k++) {
        double frac = at[0] * grid->inverse[k] + at[1] * grid->inverse[3 + k] + at[2] * grid->inverse[6 + k];
        const double below = floor(frac);
        const bool near = fabs(below) < WRAP_LIMIT; /* false for NaN too */
        wrap.k[k] = near ? static_cast<int>(below) : 0;
        far = far || !near;
        frac = near ? frac - below : 0.0;
        for (int a = 0; a < 3; a++)
            home[a] += frac * cell[3 * k + a];
        bin = bin * grid->n[k] + min(static_cast<int>(frac * grid->n[k]), grid->n[k] - 1);
    }
    if (far)
        atomicMax(job.list.max_count_d, INT_MAX);
    job.work.wrap[i] = wrap;
    job.work.home[i] = {static_cast<float>(home[0]), static_cast<float>(home[1]), static_cast<float>(home[2]), i};
    job.work.bin_of[i] = bin;
    job.work.rank[i] = atomicAdd(&job.work.bin_start[job.batch.first_d[r] + r + bin], 1);
}

/* One block per replica: counts become first places, in place. 1024 threads take 1024 bins at a time; the carry goes round. */
__global__ void __launch_bounds__(SCAN_BLOCK) scan_kernel(neighbor_job job)
{
    __shared__ int warp_sum[32];
    if (is_off(job.on))
        return;
    const int r = blockIdx.x, lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    const bin_grid *grid = &job.work.grid[r];
    int *start = job.work.bin_start + job.batch.first_d[r] + r;
    const int n_bin = grid->n[0] * grid->n[1] * grid->n[2];
    int carry = 0;
    for (int base = 0; base <= n_bin; base += SCAN_BLOCK) {
        const int b = base + threadIdx.x;
        const int count = b < n_bin ? start[b] : 0;
        int sum = count; /* inclusive, of the warp */
        for (int step = 1; step < 32; step *= 2) {
            const int below = __shfl_up_sync(~0u, sum, step);
            sum += lane >= step ? below : 0;
        }
        if (lane == 31)
            warp_sum[warp] = sum;
        __syncthreads();
        int before = 0, all = 0;
        for (int w = 0; w < SCAN_BLOCK / 32; w++) {
            before += w < warp ? warp_sum[w] : 0;
            all += warp_sum[w];
        }
        if (b <= n_bin)
            start[b] = carry + before + sum - count;
        carry += all;
        __syncthreads();
    }
}

/* One thread per atom: copy it to its place by bin, so that a bin is read as one run of 16-byte entries. */
__global__ void __launch_bounds__(ATOM_BLOCK) place_kernel(neighbor_job job)
{
    const int i = blockIdx.x * ATOM_BLOCK + threadIdx.x;
    if (i >= job.batch.n_atom || is_off(job.on))
        return;
    const int r = job.batch.replica_d[i], first = job.batch.first_d[r];
    const int place = job.work.bin_start[first + r + job.work.bin_of[i]] + job.work.rank[i];
    job.work.sorted[first + place] = job.work.home[i];
}

/* The column of atom i in a table. */
__device__ size_t column(int i, int capacity)
{
    return static_cast<size_t>(i >> 5) * capacity * MD_TILE + (i & 31);
}

/* Insert (j, shift) into a sorted column that holds min(n, capacity) entries; the largest entry falls off a full one. */
__device__ void insert(int j, int shift, int n, int capacity, int *index, int *packed)
{
    int at = min(n, capacity);
    while (at > 0) {
        const size_t below = static_cast<size_t>(at - 1) * MD_TILE;
        if (index[below] < j || (index[below] == j && packed[below] < shift))
            break;
        if (at < capacity) {
            index[below + MD_TILE] = index[below];
            packed[below + MD_TILE] = packed[below];
        }
        at--;
    }
    if (at < capacity) {
        index[static_cast<size_t>(at) * MD_TILE] = j;
        packed[static_cast<size_t>(at) * MD_TILE] = shift;
    }
}

/* The atom whose list grows: what search_bin keeps in registers. */
struct seeker {
    int i, species, count;
    whole_cells wrap;
    wrapped_atom home;
    float range2; /* of the filter */
    const double *cell;
};

/* FP64 decides about atom j seen through `image` whole cells from the home cell. */
__device__ void try_pair(const neighbor_job &job, seeker *me, int j, const int *image)
{
    const whole_cells other = job.work.wrap[j];
    const int shift[3] = {image[0] + me->wrap.k[0] - other.k[0], image[1] + me->wrap.k[1] - other.k[1],
                          image[2] + me->wrap.k[2] - other.k[2]};
    if (j == me->i && shift[0] == 0 && shift[1] == 0 && shift[2] == 0)
        return;
    const double range = __dadd_rn(job.cutoff[me->species * job.batch.n_species + job.batch.species_d[j]], job.skin);
    const double *position = job.batch.position_d;
    const double d2 =
        exact_distance2(position + 4 * static_cast<size_t>(me->i), position + 4 * static_cast<size_t>(j), me->cell, shift);
    if (!(d2 < __dmul_rn(range, range)))
        return;
    if (max(max(abs(shift[0]), abs(shift[1])), abs(shift[2])) > SHIFT_LIMIT) {
        atomicMax(job.list.max_count_d, INT_MAX);
        return;
    }
    const size_t top = column(me->i, job.list.capacity);
    insert(j, md_shift_pack(shift[0], shift[1], shift[2]), me->count, job.list.capacity, job.list.index_d + top,
           job.list.shift_d + top);
    me->count++;
}

/* Walk the bins around the one of the atom; FP32 throws out almost all. */
__device__ void search(const neighbor_job &job, seeker *me, int r)
{
    const int first = job.batch.first_d[r], own = job.work.bin_of[me->i];
    const bin_grid &grid = job.work.grid[r];
    const int *start = job.work.bin_start + first + r;
    const wrapped_atom *sorted = job.work.sorted + first;
    const int b[3] = {own / (grid.n[1] * grid.n[2]), own / grid.n[2] % grid.n[1], own % grid.n[2]};
    const int width[3] = {2 * grid.reach[0] + 1, 2 * grid.reach[1] + 1, 2 * grid.reach[2] + 1};
    for (int step = 0; step < width[0] * width[1] * width[2]; step++) {
        const int around[3] = {step / (width[1] * width[2]), step / width[2] % width[1], step % width[2]};
        int bin = 0, image[3];
        for (int k = 0; k < 3; k++) { /* the bin there, and the whole cells to it */
            const int there = b[k] + around[k] - grid.reach[k];
            image[k] = there >= 0 ? there / grid.n[k] : -((grid.n[k] - 1 - there) / grid.n[k]);
            bin = bin * grid.n[k] + there - image[k] * grid.n[k];
        }
        float offset[3];
        for (int a = 0; a < 3; a++)
            offset[a] = static_cast<float>(image[0] * me->cell[a] + image[1] * me->cell[3 + a] + image[2] * me->cell[6 + a]);
        for (int place = start[bin]; place < start[bin + 1]; place++) {
            const wrapped_atom p = sorted[place];
            const float dx = p.x + offset[0] - me->home.x, dy = p.y + offset[1] - me->home.y, dz = p.z + offset[2] - me->home.z;
            if (dx * dx + dy * dy + dz * dz < me->range2)
                try_pair(job, me, p.atom, image);
        }
    }
}

/* One thread per atom walks the bins around its own and keeps its list sorted in the table itself: a warp is a tile, so
 * that equal slots of its atoms share a 128-byte line. Writes count, index, shift, and the largest count of all. Small
 * blocks: lists differ in length, and a block leaves when its last atom has. */
__global__ void __launch_bounds__(ATOM_BLOCK) list_kernel(neighbor_job job)
{
    const int i = blockIdx.x * ATOM_BLOCK + threadIdx.x;
    seeker me = {i, 0, 0, {{0, 0, 0}}, {0, 0, 0, 0}, 0, nullptr};
    if (is_off(job.on))
        return;
    if (i < job.batch.n_atom) {
        const int r = job.batch.replica_d[i];
        const float range = job.work.grid[r].range + FILTER_MARGIN;
        me.species = job.batch.species_d[i];
        me.wrap = job.work.wrap[i];
        me.home = job.work.home[i];
        me.range2 = range * range;
        me.cell = job.batch.cell_d + 9 * static_cast<size_t>(r);
        search(job, &me, r);
    }
    if (i < (job.batch.n_atom + MD_TILE - 1) / MD_TILE * MD_TILE)
        job.list.count_d[i] = min(me.count, job.list.capacity);
    int most = me.count;
    for (int step = 16; step > 0; step /= 2)
        most = max(most, __shfl_xor_sync(~0u, most, step));
    if ((threadIdx.x & 31) == 0 && most > 0)
        atomicMax(job.list.max_count_d, most);
}

/* Slot of (i, shift) in the sorted list of j. */
__device__ int find_slot(const md_neighbors &list, int j, int i, int shift)
{
    const size_t top = column(j, list.capacity);
    int low = 0, high = list.count_d[j] - 1;
    while (low < high) {
        const int middle = (low + high) / 2;
        const size_t at = top + static_cast<size_t>(middle) * MD_TILE;
        if (list.index_d[at] < i || (list.index_d[at] == i && list.shift_d[at] < shift))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* One warp per tile and slot: binary search for the reverse of each bond; fill of the unused slots. Blocks of 32 x 4: the
 * four warps share the tile's counts, and neighbours of one tile lie in few others. */
__global__ void __launch_bounds__(ATOM_BLOCK) reverse_kernel(neighbor_job job)
{
    if (is_off(job.on))
        return;
    const md_neighbors &list = job.list;
    const int i = blockIdx.x * MD_TILE + threadIdx.x;
    const int count = list.count_d[i];
    for (int slot = threadIdx.y; slot < list.capacity; slot += blockDim.y) {
        const size_t at = column(i, list.capacity) + static_cast<size_t>(slot) * MD_TILE;
        if (slot < count) {
            const int back = 2 * md_shift_pack(0, 0, 0) - list.shift_d[at];
            list.reverse_d[at] = find_slot(list, list.index_d[at], i, back);
        } else {
            list.index_d[at] = min(i, job.batch.n_atom - 1);
            list.shift_d[at] = md_shift_pack(0, 0, 0);
            list.reverse_d[at] = slot;
        }
    }
}

kd_status take_work(kd_device *dev, const md_batch *batch, neighbor_work *work)
{
    const size_t n_atom = batch->n_atom;
    TRY(scratch(dev, batch->n_replica, &work->grid));
    TRY(scratch(dev, n_atom + batch->n_replica, &work->bin_start));
    TRY(scratch(dev, n_atom, &work->bin_of));
    TRY(scratch(dev, n_atom, &work->rank));
    TRY(scratch(dev, n_atom, &work->wrap));
    TRY(scratch(dev, n_atom, &work->home));
    TRY(scratch(dev, n_atom, &work->sorted));
    return KD_OK;
}

kd_status launch_build(const neighbor_job &job, cudaStream_t s)
{
    const int n_atom = job.batch.n_atom, n_tile = (n_atom + MD_TILE - 1) / MD_TILE;
    const dim3 atoms(blocks_for(n_atom, ATOM_BLOCK)), padded(blocks_for(n_tile * static_cast<size_t>(MD_TILE), ATOM_BLOCK));
    CUDA_TRY(cudaMemsetAsync(job.list.max_count_d, 0, sizeof(int), s));
    CUDA_TRY(cudaMemsetAsync(job.work.bin_start, 0, (n_atom + static_cast<size_t>(job.batch.n_replica)) * sizeof(int), s));
    CUDA_TRY(LAUNCH(grid_kernel, dim3(blocks_for(job.batch.n_replica, 64)), dim3(64), 0, s, job));
    CUDA_TRY(LAUNCH(bin_kernel, atoms, dim3(ATOM_BLOCK), 0, s, job));
    CUDA_TRY(LAUNCH(scan_kernel, dim3(job.batch.n_replica), dim3(SCAN_BLOCK), 0, s, job));
    CUDA_TRY(LAUNCH(place_kernel, atoms, dim3(ATOM_BLOCK), 0, s, job));
    CUDA_TRY(LAUNCH(list_kernel, padded, dim3(ATOM_BLOCK), 0, s, job));
    CUDA_TRY(LAUNCH(reverse_kernel, dim3(n_tile), dim3(MD_TILE, ATOM_BLOCK / MD_TILE), 0, s, job));
    return KD_OK;
}
} // namespace

size_t cuda_neighbor_scratch(const kd_device *dev, const struct md_batch *batch, int capacity)
{
    (void)dev;
    (void)capacity;
    const size_t n_atom = batch->n_atom;
    return kd_scratch_round(batch->n_replica * sizeof(bin_grid)) +
           kd_scratch_round((n_atom + batch->n_replica) * sizeof(int)) + 2 * kd_scratch_round(n_atom * sizeof(int)) +
           kd_scratch_round(n_atom * sizeof(whole_cells)) +
           2 * kd_scratch_round(n_atom * sizeof(wrapped_atom));
}

kd_status cuda_neighbor_build_if(kd_device *dev, kd_stream *s, const struct md_batch *batch, const double *cutoff_d,
                                 double skin, const struct md_neighbors *list, const int *on_d)
{
    if (batch->n_atom <= 0 || batch->n_replica <= 0 || list->capacity <= 0)
        FAIL(KD_EINPUT, "neighbor_build: %d atoms, %d replicas, capacity %d, expected at least one of each", batch->n_atom,
             batch->n_replica, list->capacity);
    TRY(cuda_bind(dev));
    const size_t mark = kd_scratch_mark(dev);
    neighbor_job job = {*batch, *list, {}, cutoff_d, skin, on_d};
    kd_status status = take_work(dev, batch, &job.work);
    if (status == KD_OK)
        status = launch_build(job, cuda_stream(s));
    kd_scratch_release(dev, mark);
    return status;
}
