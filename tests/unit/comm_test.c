// SPDX-License-Identifier: BSD-3-Clause
/* comm_test.c - ranks that are devices of one process: sums in the order of ranks, words, agreement, one that leaves. KEDGE_TEST_DEVICE
 * names another backend than the CPU's. */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/comm_ops.h"

enum { MOST = 4, N = 1031 };

struct one_rank {
    int rank, size;
    const struct comm_id *id;
    void (*work)(struct one_rank *r);
    pthread_t thread;
    kd_device *dev;
    struct kd_comm *comm;
    kd_status status;
    char message[200];
    double sum[N];
    float narrow[N];
    double words[4];
};

static const char *backend(void)
{
    const char *name = getenv("KEDGE_TEST_DEVICE");
    return name ? name : "cpu";
}

static void *thread_of(void *argument)
{
    struct one_rank *r = argument;
    char spec[24];
    bool cpu = strcmp(backend(), "cpu") == 0;
    snprintf(spec, sizeof spec, cpu ? "%s" : "%s:%d", backend(), r->rank);
    r->status = kd_device_open(spec, 1, &r->dev, NULL);
    if (r->status == KD_OK)
        r->status = kd_comm_open(r->dev, NULL, r->id, r->rank, r->size, &r->comm);
    if (r->status == KD_OK)
        r->work(r);
    if (r->status != KD_OK)
        snprintf(r->message, sizeof r->message, "%s", kd_error_message());
    kd_comm_close(r->comm);
    kd_device_close(r->dev);
    return NULL;
}

/* All ranks at work, each on its thread; false when the machine has not so many devices. */
static bool together(int size, void (*work)(struct one_rank *r), struct one_rank *all)
{
    char why_not[256];
    bool cpu = strcmp(backend(), "cpu") == 0;
    if (!cpu && kd_device_count(backend(), why_not) < size)
        return false;
    kd_device *dev;
    struct comm_id id;
    assert_ok(kd_device_open(backend(), 1, &dev, NULL));
    assert_non_null(dev->comm);
    assert_ok(dev->comm->new_id(dev, &id));
    for (int r = 0; r < size; r++) {
        all[r] = (struct one_rank){.rank = r, .size = size, .id = &id, .work = work};
        assert_int_equal(pthread_create(&all[r].thread, NULL, thread_of, &all[r]), 0);
    }
    for (int r = 0; r < size; r++)
        pthread_join(all[r].thread, NULL);
    kd_device_close(dev);
    return true;
}

/* Numbers whose sum depends on the order: 1, 1e-17, -1 and so on. */
static double number(int rank, int i)
{
    static const double size[] = {1e8, -1.0 / 3, 1e-9, -1e8, 7e-4};
    return size[(rank * 3 + i) % 5] * (1 + 1e-3 * i) + rank;
}

#define PASS(call)                                                                                           \
    do {                                                                                                     \
        if (r->status == KD_OK)                                                                              \
            r->status = (call);                                                                              \
    } while (0)

static void add_up(struct one_rank *r)
{
    void *x_d = NULL, *y_d = NULL;
    for (int i = 0; i < N; i++) {
        r->sum[i] = number(r->rank, i);
        r->narrow[i] = (float)number(r->rank, i);
    }
    PASS(r->comm->ops->reserve(r->comm, sizeof r->sum));
    PASS(kd_alloc_copy(r->dev, r->dev->stream, r->sum, sizeof r->sum, &x_d));
    PASS(kd_alloc_copy(r->dev, r->dev->stream, r->narrow, sizeof r->narrow, &y_d));
    kd_device_seal(r->dev); /* nothing allocates from here on */
    PASS(r->comm->ops->allreduce(r->comm, r->dev->stream, N, KD_DOUBLE, x_d));
    PASS(r->comm->ops->allreduce(r->comm, r->dev->stream, N, KD_MIXED, y_d));
    PASS(r->comm->ops->barrier(r->comm, r->dev->stream));
    kd_device_unseal(r->dev);
    PASS(kd_download(r->dev, r->dev->stream, r->sum, x_d, sizeof r->sum));
    PASS(kd_download(r->dev, r->dev->stream, r->narrow, y_d, sizeof r->narrow));
    kd_free(r->dev, x_d);
    kd_free(r->dev, y_d);
}

static void sums_are_those_of_the_ranks_in_their_order(void **state)
{
    (void)state;
    static struct one_rank all[MOST];
    for (int size = 1; size <= MOST; size++) {
        if (!together(size, add_up, all))
            return;
        for (int r = 0; r < size; r++) {
            assert_string_equal(all[r].message, "");
            for (int i = 0; i < N; i++) {
                double sum = number(0, i);
                float narrow = (float)number(0, i);
                for (int k = 1; k < size; k++) {
                    sum += number(k, i);
                    narrow += (float)number(k, i);
                }
                assert_memory_equal(&all[r].sum[i], &sum, sizeof sum);
                assert_memory_equal(&all[r].narrow[i], &narrow, sizeof narrow);
            }
        }
    }
}

static void talk(struct one_rank *r)
{
    for (int root = 0; root < r->size; root++) {
        double word = root == r->rank ? 10.5 + root : 0;
        PASS(kd_comm_tell(r->comm, root, sizeof word, &word));
        r->words[root] = word;
    }
    size_t n = 3u << 20; /* more than one mailbox */
    char *text = calloc(n, 1);
    if (r->rank == 1)
        for (size_t i = 0; i < n; i++)
            text[i] = (char)(i * 7 % 101);
    PASS(kd_comm_tell(r->comm, 1, n, text));
    for (size_t i = 0; r->status == KD_OK && i < n; i++)
        if (text[i] != (char)(i * 7 % 101))
            r->status = kd_fail(KD_EINTERNAL, "byte %zu", i);
    free(text);
}

static void words_of_every_rank_come_to_all(void **state)
{
    (void)state;
    static struct one_rank all[MOST];
    if (!together(3, talk, all))
        return;
    for (int r = 0; r < 3; r++) {
        assert_string_equal(all[r].message, "");
        for (int root = 0; root < 3; root++)
            assert_true(all[r].words[root] == 10.5 + root);
    }
}

static void end_differently(struct one_rank *r)
{
    kd_status mine = r->rank == 1   ? kd_fail(KD_ESTOPPED, "asked to stop")
                     : r->rank == 2 ? kd_fail(KD_ENOCONV, "loss of net 7")
                     : r->rank == 3 ? kd_fail(KD_EIO, "later")
                                    : KD_OK;
    PASS(kd_comm_agree(r->comm, KD_OK));
    PASS(kd_comm_agree(r->comm, mine));
}

static void ranks_agree_on_the_first_real_failure(void **state)
{
    (void)state;
    static struct one_rank all[MOST];
    if (!together(4, end_differently, all))
        return;
    for (int r = 0; r < 4; r++) {
        assert_int_equal(all[r].status, KD_ENOCONV);
        assert_string_equal(all[r].message, "rank 2: loss of net 7");
    }
    together(2, end_differently, all);
    for (int r = 0; r < 2; r++) {
        assert_int_equal(all[r].status, KD_ESTOPPED);
        assert_string_equal(all[r].message, "asked to stop");
    }
}

static void leave_early(struct one_rank *r)
{
    if (r->rank > 0)
        PASS(r->comm->ops->barrier(r->comm, r->dev->stream));
}

static void nobody_waits_for_a_rank_that_has_left(void **state)
{
    (void)state;
    static struct one_rank all[MOST];
    if (strcmp(backend(), "cpu") != 0)
        skip(); /* NCCL does not promise that */
    together(3, leave_early, all);
    assert_int_equal(all[0].status, KD_OK);
    for (int r = 1; r < 3; r++) {
        assert_int_equal(all[r].status, KD_EDEVICE);
        assert_non_null(strstr(all[r].message, "has left"));
    }
}

/* reserve, allreduce, broadcast (kd_comm_tell) and barrier are exercised above, new_id, join and leave by every test. */
static void every_op_is_there_and_is_listed(void **state)
{
    (void)state;
    enum { LISTED = 7 };
    kd_device *dev;
    assert_int_equal(sizeof(struct comm_ops), LISTED * sizeof(void (*)(void)));
    assert_ok(kd_device_open(backend(), 1, &dev, NULL));
    for (size_t i = 0; i < LISTED; i++) {
        void (*op)(void);
        memcpy(&op, (const char *)dev->comm + i * sizeof op, sizeof op);
        assert_true(op != NULL);
    }
    kd_device_close(dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_ranks_in_their_order),
        cmocka_unit_test(words_of_every_rank_come_to_all),
        cmocka_unit_test(ranks_agree_on_the_first_real_failure),
        cmocka_unit_test(nobody_waits_for_a_rank_that_has_left),
        cmocka_unit_test(every_op_is_there_and_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
