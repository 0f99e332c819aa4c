// SPDX-License-Identifier: BSD-3-Clause
/* count_test.cc - counts the operations of the bond kernel in its own source: the same templates, with a number that counts.
 * The model of bench/model.c has to give exactly these. */
#include "kernels/cuda/launch.cuh"

#include <cstdlib>
#include <vector>

extern "C" {
#include "bench/model.h"
#include "tests/support/test.h"
}

static model_operations seen;

/* FP32 that counts its arithmetic; comparisons and sign changes are free. */
struct counted {
    float v;
    counted() = default;
    counted(double x) : v(static_cast<float>(x))
    {
    }
    counted &operator+=(counted x);
    counted &operator-=(counted x);
    counted &operator*=(counted x);
};

static counted arithmetic(float v)
{
    seen.plain++;
    return counted(v);
}
static counted operator+(counted a, counted b)
{
    return arithmetic(a.v + b.v);
}
static counted operator-(counted a, counted b)
{
    return arithmetic(a.v - b.v);
}
static counted operator*(counted a, counted b)
{
    return arithmetic(a.v * b.v);
}
static counted operator-(counted a)
{
    return counted(-a.v);
}
static bool operator>(counted a, counted b)
{
    return a.v > b.v;
}
static bool operator<(counted a, counted b)
{
    return a.v < b.v;
}
static bool operator>=(counted a, counted b)
{
    return a.v >= b.v;
}
static bool operator<=(counted a, counted b)
{
    return a.v <= b.v;
}
counted &counted::operator+=(counted x)
{
    return *this = *this + x;
}
counted &counted::operator-=(counted x)
{
    return *this = *this - x;
}
counted &counted::operator*=(counted x)
{
    return *this = *this * x;
}

#include "kernels/cuda/tersoff_math.cuh"

/* The elementary functions are calls to the model. */
static counted reciprocal(counted x)
{
    seen.reciprocal++;
    return counted(1 / x.v);
}
static void sine_cosine_pi(counted x, counted *sine, counted *cosine)
{
    seen.sincos++;
    sincospif(x.v, &sine->v, &cosine->v);
}
static counted exponential(counted x)
{
    seen.exponential++;
    return counted(std::exp(x.v));
}
static counted power(counted x, counted y)
{
    seen.power++;
    return counted(std::pow(x.v, y.v));
}
static counted power_above_one(counted t, counted y)
{
    seen.power_above_one++;
    return counted(std::pow(1 + t.v, y.v));
}
static void root(const int *d, counted *r, counted *inverse, counted *below)
{
    seen.root++;
    root(d, &r->v, &inverse->v, &below->v);
}
template <>
struct places<counted> : places<float> {
};
template <>
struct exponent_limit<counted> : exponent_limit<float> {
};

#include "kernels/cuda/tersoff_bond.cuh"

namespace emu
{
__thread context *current;
}

static constexpr int ROOM = 512, CAPACITY = 32;
static const double INNER = 2.5, OUTER = 2.8; /* silicon of Munetoh et al. 2007 */

/* One tile of atoms in a box of `edge` angstrom with open boundaries, its bonds packed as the kernel packs them. */
struct tile {
    std::vector<int> index, shift, replica, species, name;
    std::vector<int4> position;
    int start[33];
    int zero_cell[9] = {};
    bond_parameters<counted> bond;
    angle_parameters<counted> angle;
    std::vector<quad<counted>> arm, pull, partial;
    std::vector<counted> scalars, site;
    model_md counts = {};

    explicit tile(double edge);
    bond_job<counted> job() const;
    bond_store<counted> store();
};

tile::tile(double edge)
    : index(CAPACITY * 32), shift(CAPACITY * 32, md_shift_pack(0, 0, 0)), replica(32), species(32), name(ROOM), arm(ROOM),
      pull(ROOM), partial(CAPACITY * 32), scalars(4 * ROOM), site(7 * 32)
{
    srand(7);
    for (int i = 0; i < 32; i++) {
        int x[3];
        for (int &c : x)
            c = static_cast<int>(edge * LATTICE_PER_ANGSTROM * rand() / RAND_MAX);
        position.push_back(int4{x[0], x[1], x[2], 0});
    }
    bond = {1830.8 * std::exp(-2.4799 * INNER), 471.18 * std::exp(-1.73222 * INNER), 2.4799, 1.73222, 1.1e-6, 0.78734,
            -0.5 / 0.78734, INNER, OUTER, 0.0, 1 / (OUTER - INNER), OUTER * OUTER};
    angle = {1.0, 3.832e7, 262.99, -2 * 1.00782e10, -0.59825, 0.0, OUTER, 0.0, 1 / (OUTER - INNER), 1};
    int n_bond = 0;
    start[0] = 0;
    for (int i = 0; i < 32; i++) {
        int slot = 0;
        for (int j = 0; j < 32; j++) {
            int d[3] = {position[j].x - position[i].x, position[j].y - position[i].y, position[j].z - position[i].z};
            const double r = std::sqrt(length2(d));
            if (j == i || r >= OUTER)
                continue;
            assert_true(slot < CAPACITY && n_bond < ROOM);
            index[slot * 32 + i] = j;
            name[n_bond++] = slot++ << 8 | i;
            counts.n_tapered += r > INNER;
        }
        counts.n_bond += slot;
        counts.n_triple += slot * (slot - 1);
        start[i + 1] = n_bond;
    }
}

bond_job<counted> tile::job() const
{
    bond_job<counted> job = {};
    job.n_atom = 32;
    job.n_species = 1;
    job.capacity = CAPACITY;
    job.room = ROOM;
    job.index = index.data();
    job.shift = shift.data();
    job.replica = replica.data();
    job.species = species.data();
    job.at.position = position.data();
    job.at.cell = zero_cell;
    job.bond = &bond;
    job.angle = &angle;
    job.partial = const_cast<quad<counted> *>(partial.data());
    job.site = const_cast<counted *>(site.data());
    return job;
}

bond_store<counted> tile::store()
{
    return {arm.data(), pull.data(), &scalars[0], &scalars[ROOM], &scalars[2 * ROOM], &scalars[3 * ROOM], name.data(), nullptr};
}

/* The phases of the bond kernel, one thread after the other. */
static void run_phases(tile *t)
{
    static emu::context thread;
    thread = {};
    thread.grid_size = dim3(1);
    thread.block_size = dim3(BOND_BLOCK);
    emu::current = &thread;
    const bond_job<counted> job = t->job();
    const bond_store<counted> store = t->store();
    const int n_bond = t->start[32];
    for (int phase = 0; phase < 4; phase++)
        for (unsigned i = 0; i < BOND_BLOCK; i++) {
            thread.thread_index.x = i;
            if (phase == 0)
                measure(job, store, n_bond);
            else if (phase == 1)
                weigh<counted, false>(job, store, t->start, 0, n_bond);
            else if (phase == 2)
                pull_bonds<counted, false>(job, store, t->start, 0, n_bond);
            else if (i < 32)
                sum_sites(job, store, t->start, 0, 32);
        }
}

static void the_model_counts_what_the_bond_kernel_calculates(void **state)
{
    (void)state;
    for (const double edge : {6.0, 8.0, 11.0}) {
        tile t(edge);
        double alone = 0; /* zeta = 0: no bond order, six operations less; the model does not look that closely */
        for (int i = 0; i < 32; i++)
            alone += t.start[i + 1] - t.start[i] == 1;
        assert_true(t.counts.n_tapered > 0 && t.counts.n_triple > 0);
        seen = {};
        run_phases(&t);
        const model_operations want = model_md_operations(&t.counts);
        printf("  %3.0f bonds, %3.0f in the taper, %2.0f alone, %4.0f triples: %.0f operations\n", t.counts.n_bond,
               t.counts.n_tapered, alone, t.counts.n_triple, want.plain);
        assert_near(seen.plain, want.plain - 6 * alone, 0); /* counts: exact */
        assert_near(seen.root, want.root, 0);
        assert_near(seen.reciprocal, want.reciprocal - alone, 0);
        assert_near(seen.sincos, want.sincos, 0);
        assert_near(seen.exponential, want.exponential, 0);
        assert_near(seen.power, want.power - alone, 0);
        assert_near(seen.power_above_one, want.power_above_one - alone, 0);
    }
}

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(the_model_counts_what_the_bond_kernel_calculates),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
