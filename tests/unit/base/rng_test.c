// SPDX-License-Identifier: BSD-3-Clause
/* rng_test.c - Philox against the published vectors; the cursor's statistics. */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

#include "host/base/rng.h"

/* kat_vectors of Random123 1.14 (Salmon et al. 2011), philox4x32-10: counter, key, result. */
static void the_block_function_gives_the_published_vectors(void **state)
{
    (void)state;
    static const uint32_t vector[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6,
         0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420,
         0x24126ea1},
    };
    for (int v = 0; v < 3; v++) {
        uint32_t out[4];
        philox_block(vector[v][4], vector[v][5], vector[v], out);
        assert_memory_equal(out, vector[v] + 6, sizeof out);
    }
}

static void seed_stream_step_and_index_each_change_the_words(void **state)
{
    (void)state;
    uint32_t base[4], other[5][4];
    philox_words(1, 2, 3, 4, base);
    philox_words(1 | (uint64_t)1 << 40, 2, 3, 4, other[0]);
    philox_words(1, 5, 3, 4, other[1]);
    philox_words(1, 2, 3 | (uint64_t)1 << 40, 4, other[2]);
    philox_words(1, 2, 4, 4, other[3]);
    philox_words(1, 2, 3, 5, other[4]);
    for (int i = 0; i < 5; i++)
        assert_memory_not_equal(base, other[i], sizeof base);
}

static void uniforms_are_above_zero_and_reach_one(void **state)
{
    (void)state;
    assert_true(philox_unit(0, 0) == 0x1p-53);
    assert_true(philox_unit(0xffffffff, 0xffffffff) == 1.0);
    assert_true(isfinite(log(philox_unit(0, 0))));
}

/* 1e5 draws: the mean of uniforms has standard deviation 1/sqrt(12e5) = 0.00091; five of them are allowed. Normals: mean
 * 1/sqrt(1e5) = 0.0032, variance sqrt(2e-5) = 0.0045, fourth moment sqrt(96e-5) = 0.031. */
static void moments_are_those_of_the_distributions(void **state)
{
    (void)state;
    enum { N = 100000 };
    struct rng r = rng_start(7, RNG_TEST, 0);
    double mean = 0, m1 = 0, m2 = 0, m4 = 0;
    for (int i = 0; i < N; i++) {
        mean += rng_uniform(&r) / N;
        double z = rng_normal(&r);
        m1 += z / N;
        m2 += z * z / N;
        m4 += z * z * z * z / N;
    }
    assert_near(mean, 0.5, 5 * 0.00091);
    assert_near(m1, 0, 5 * 0.0032);
    assert_near(m2, 1, 5 * 0.0045);
    assert_near(m4, 3, 5 * 0.031);
}

/* 60000 draws into 6 boxes: chi squared with 5 degrees of freedom exceeds 25.7 with probability 1e-4. */
static void below_is_uniform_over_its_range(void **state)
{
    (void)state;
    struct rng r = rng_start(3, RNG_TEST, 1);
    int count[6] = {0};
    for (int i = 0; i < 60000; i++)
        count[rng_below(&r, 6)]++;
    double chi2 = 0;
    for (int i = 0; i < 6; i++)
        chi2 += (count[i] - 10000.0) * (count[i] - 10000.0) / 10000;
    assert_true(chi2 < 25.7);
    for (int i = 0; i < 100; i++)
        assert_int_equal(rng_below(&r, 1), 0);
}

static void a_shuffle_is_a_permutation_and_repeats_with_its_seed(void **state)
{
    (void)state;
    int a[50], b[50], seen[50] = {0};
    for (int i = 0; i < 50; i++)
        a[i] = b[i] = i;
    struct rng r = rng_start(5, RNG_SHUFFLE, 0), again = r;
    rng_shuffle(&r, a, 50);
    rng_shuffle(&again, b, 50);
    assert_memory_equal(a, b, sizeof a);
    int moved = 0;
    for (int i = 0; i < 50; i++) {
        seen[a[i]]++;
        moved += a[i] != i;
    }
    for (int i = 0; i < 50; i++)
        assert_int_equal(seen[i], 1);
    assert_true(moved > 25); /* one is expected to stay */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_block_function_gives_the_published_vectors),
        cmocka_unit_test(seed_stream_step_and_index_each_change_the_words),
        cmocka_unit_test(uniforms_are_above_zero_and_reach_one),
        cmocka_unit_test(moments_are_those_of_the_distributions),
        cmocka_unit_test(below_is_uniform_over_its_range),
        cmocka_unit_test(a_shuffle_is_a_permutation_and_repeats_with_its_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
