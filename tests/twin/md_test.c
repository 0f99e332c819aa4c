// SPDX-License-Identifier: BSD-3-Clause
/* md_test.c - every md op of every device against the CPU in double precision, and the lists against the definition. */
#include "tests/twin/twin.h"

#include <limits.h>

#include "host/md/batch.h"
#include "tests/twin/md_cases.h"

enum { MOST_ATOMS = 2500 };

/* ---- lists on the host ---- */

struct lists {
    int capacity, n_padded;
    int *count, *index, *shift, *reverse;
};

static void download_lists(const struct batch *b, struct lists *out)
{
    kd_device *dev = b->dev;
    out->capacity = b->list.capacity;
    out->n_padded = (b->md.n_atom + MD_TILE - 1) / MD_TILE * MD_TILE;
    size_t n = (size_t)out->n_padded * sizeof(int), bytes = n * (size_t)out->capacity;
    out->count = malloc(n);
    out->index = malloc(bytes);
    out->shift = malloc(bytes);
    out->reverse = malloc(bytes);
    assert_ok(kd_download(dev, dev->stream, out->count, b->list.count_d, n));
    assert_ok(kd_download(dev, dev->stream, out->index, b->list.index_d, bytes));
    assert_ok(kd_download(dev, dev->stream, out->shift, b->list.shift_d, bytes));
    assert_ok(kd_download(dev, dev->stream, out->reverse, b->list.reverse_d, bytes));
}

static void free_lists(struct lists *l)
{
    free(l->count);
    free(l->index);
    free(l->shift);
    free(l->reverse);
}

static size_t entry(const struct lists *l, int i, int slot)
{
    return ((size_t)(i / MD_TILE) * (size_t)l->capacity + (size_t)slot) * MD_TILE + (size_t)(i % MD_TILE);
}

/* ---- the definition, by brute force ---- */

struct pair {
    int j, packed;
};

static int by_key(const void *a, const void *b)
{
    const struct pair *p = a, *q = b;
    return p->j != q->j ? (p->j > q->j) - (p->j < q->j) : (p->packed > q->packed) - (p->packed < q->packed);
}

struct positions { /* of a batch, on the host */
    double *r, *cell;
    int *replica, *species;
};

/* Rounded operation by operation, as md_ops.h demands: volatile keeps the compiler from fusing. */
static bool is_neighbor(const double *ri, const double *rj, const double *cell, const int s[3], double range2)
{
    volatile double d[3], t;
    for (int x = 0; x < 3; x++) {
        volatile double a = s[0] * cell[x], b = s[1] * cell[3 + x], c = s[2] * cell[6 + x], ab = a + b;
        t = ab + c;
        d[x] = rj[x] - ri[x];
        d[x] = d[x] + t;
    }
    volatile double xx = d[0] * d[0], yy = d[1] * d[1], zz = d[2] * d[2], xy = xx + yy;
    t = xy + zz;
    return t < range2;
}

/* Every image of j whose shift could bring it within range of i, and a margin of one cell. */
static int define_neighbors(const struct batch *b, const struct positions *p, int i, struct pair *found)
{
    const double *cell = p->cell + 9 * p->replica[i];
    int n = 0, r = p->replica[i];
    for (int j = b->first[r]; j < b->first[r + 1]; j++) {
        double cutoff = b->potential->cutoff[p->species[i] * b->md.n_species + p->species[j]] + b->skin;
        int low[3], high[3];
        for (int k = 0; k < 3; k++) { /* frac of r_i - r_j, then how far the range reaches along k */
            const double *u = cell + 3 * ((k + 1) % 3), *v = cell + 3 * ((k + 2) % 3);
            double face[3] = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
            double volume = 0, along = 0, area = 0;
            for (int x = 0; x < 3; x++) {
                volume += face[x] * cell[3 * k + x];
                along += face[x] * (p->r[4 * i + x] - p->r[4 * j + x]);
                area += face[x] * face[x];
            }
            double reach = cutoff * sqrt(area) / fabs(volume);
            low[k] = (int)floor(along / volume - reach) - 1;
            high[k] = (int)ceil(along / volume + reach) + 1;
        }
        for (int a = low[0]; a <= high[0]; a++)
            for (int c = low[1]; c <= high[1]; c++)
                for (int e = low[2]; e <= high[2]; e++) {
                    int s[3] = {a, c, e};
                    if (i == j && a == 0 && c == 0 && e == 0)
                        continue;
                    if (is_neighbor(p->r + 4 * i, p->r + 4 * j, cell, s, cutoff * cutoff))
                        found[n++] = (struct pair){j, md_shift_pack(a, c, e)};
                }
    }
    qsort(found, (size_t)n, sizeof *found, by_key);
    return n;
}

static void check_reverse(const struct lists *l, int i, int slot)
{
    size_t at = entry(l, i, slot), back = entry(l, l->index[at], l->reverse[at]);
    assert_in_range(l->reverse[at], 0, l->count[l->index[at]] - 1);
    assert_int_equal(l->index[back], i);
    for (int k = 0; k < 3; k++)
        assert_int_equal(MD_SHIFT(l->shift[back], k), -MD_SHIFT(l->shift[at], k));
    assert_int_equal(l->reverse[back], slot);
}

static void check_lists_against_definition(const struct batch *b)
{
    struct lists l;
    struct positions p;
    size_t n = (size_t)b->md.n_atom;
    p.r = malloc(n * 4 * sizeof(double));
    p.cell = malloc((size_t)b->md.n_replica * 9 * sizeof(double));
    p.replica = malloc(n * sizeof(int));
    p.species = malloc(n * sizeof(int));
    assert_ok(kd_download(b->dev, b->dev->stream, p.r, b->md.position_d, n * 4 * sizeof(double)));
    assert_ok(kd_download(b->dev, b->dev->stream, p.cell, b->md.cell_d, (size_t)b->md.n_replica * 9 * sizeof(double)));
    assert_ok(kd_download(b->dev, b->dev->stream, p.replica, b->md.replica_d, n * sizeof(int)));
    assert_ok(kd_download(b->dev, b->dev->stream, p.species, b->md.species_d, n * sizeof(int)));
    download_lists(b, &l);
    struct pair *want = malloc(4096 * sizeof *want);
    for (int i = 0; i < l.n_padded; i++) {
        int real = i < b->md.n_atom, n_want = real ? define_neighbors(b, &p, i, want) : 0;
        assert_int_equal(l.count[i], n_want);
        for (int s = 0; s < l.capacity; s++) {
            size_t at = entry(&l, i, s);
            assert_int_equal(l.index[at], s < n_want ? want[s].j : real ? i : b->md.n_atom - 1);
            assert_int_equal(l.shift[at], s < n_want ? want[s].packed : md_shift_pack(0, 0, 0));
            if (s < n_want)
                check_reverse(&l, i, s);
            else
                assert_int_equal(l.reverse[at], s);
        }
    }
    free(want);
    free_lists(&l);
    free(p.r);
    free(p.cell);
    free(p.replica);
    free(p.species);
}

static void check_lists_against_oracle(const struct batch *b, const struct batch *oracle)
{
    struct lists l, want;
    download_lists(b, &l);
    download_lists(oracle, &want);
    assert_memory_equal(l.count, want.count, (size_t)l.n_padded * sizeof(int));
    for (int i = 0; i < l.n_padded; i++)
        for (int s = 0; s < l.count[i]; s++) {
            size_t at = entry(&l, i, s), at_want = entry(&want, i, s);
            assert_int_equal(l.index[at], want.index[at_want]);
            assert_int_equal(l.shift[at], want.shift[at_want]);
            assert_int_equal(l.reverse[at], want.reverse[at_want]);
        }
    free_lists(&l);
    free_lists(&want);
}

/* ---- forces ---- */

struct results {
    double (*force)[3], *energy, (*virial)[6];
};

static void evaluate(struct batch *b, enum kd_precision precision, struct results *r)
{
    r->force = calloc((size_t)b->md.n_atom, sizeof *r->force);
    r->energy = calloc((size_t)b->md.n_replica, sizeof *r->energy);
    r->virial = calloc((size_t)b->md.n_replica, sizeof *r->virial);
    assert_ok(batch_evaluate(b, precision));
    assert_ok(batch_download(b, r->force, r->energy, r->virial));
}

static void free_results(struct results *r)
{
    free(r->force);
    free(r->energy);
    free(r->virial);
}

static double largest(const double *v, size_t n)
{
    double most = 0;
    for (size_t k = 0; k < n; k++)
        most = fmax(most, fabs(v[k]));
    return most;
}

/* Forces to 5e-6 (mixed, md_ops.h) or 1e-12 (double: another order of sums) of the largest of the replica, or of a bond's
 * 15 eV/angstrom where forces cancel; energies and virials to the same of what they are sums of. */
static void compare(const struct batch *b, const struct results *got, const struct results *want, enum kd_precision precision)
{
    double relative = precision == KD_DOUBLE ? 1e-12 : 5e-6;
    for (int r = 0; r < b->md.n_replica; r++) {
        int first = b->first[r], n = b->first[r + 1] - first;
        double scale = fmax(largest(want->force[first], 3 * (size_t)n), 15);
        for (int i = first; i < first + n; i++)
            for (int x = 0; x < 3; x++)
                assert_near(got->force[i][x], want->force[i][x], relative * scale);
        assert_near(got->energy[r], want->energy[r], relative * fmax(10.0 * n, fabs(want->energy[r])));
        for (int v = 0; v < 6; v++)
            assert_near(got->virial[r][v], want->virial[r][v], relative * fmax(20.0 * n, largest(want->virial[r], 6)));
    }
}

/* A batch of the case with its lists. */
static void make_batch(kd_device *dev, const struct md_case *c, struct batch *b)
{
    assert_ok(batch_create(dev, &c->potential, c->frame, c->n_frame, b));
    if (c->raw) {
        double(*r)[4] = calloc((size_t)b->md.n_atom, sizeof *r);
        for (int i = 0; i < c->frame[0].n_atom; i++)
            memcpy(r[i], c->frame[0].position[i], 3 * sizeof(double));
        assert_ok(kd_upload(dev, dev->stream, b->position_d, r, (size_t)b->md.n_atom * sizeof *r));
        free(r);
    }
    assert_ok(batch_build_lists(b, c->skin));
}

static void run_case(kd_device *dev, int index)
{
    struct md_case c;
    struct batch oracle, b;
    struct results want, got;
    assert_ok(md_case_make(index, &c));
    make_batch(twin_device[TWIN_CPU], &c, &oracle);
    if (oracle.md.n_atom <= MOST_ATOMS) {
        evaluate(&oracle, KD_DOUBLE, &want);
        make_batch(dev, &c, &b);
        if (oracle.md.n_atom <= 256)
            check_lists_against_definition(&b);
        check_lists_against_oracle(&b, &oracle);
        for (int precision = KD_MIXED; precision <= KD_DOUBLE; precision++) {
            evaluate(&b, (enum kd_precision)precision, &got);
            compare(&b, &got, &want, (enum kd_precision)precision);
            free_results(&got);
        }
        batch_free(&b);
        free_results(&want);
        printf("  %s: %s\n", dev->backend, c.name);
    }
    batch_free(&oracle);
    md_case_free(&c);
}

static void every_case_agrees(void **state)
{
    kd_device *dev = twin_take(state);
    assert_non_null(dev->md);
    assert_non_null(dev->md->neighbor_build);
    assert_non_null(dev->md->neighbor_scratch);
    assert_non_null(dev->md->tersoff);
    assert_non_null(dev->md->tersoff_scratch);
    for (int c = 0; c < md_case_count(); c++)
        run_case(dev, c);
}

/* The lists of `b` rebuilt with too few slots. */
static void lists_that_overflow_say_so_and_keep_the_first_entries(void **state)
{
    (void)state;
    struct md_case c;
    assert_ok(md_case_make(9, &c)); /* the melt */
    for (int d = 0; d < TWIN_N_DEVICE; d++) {
        struct batch b;
        struct lists whole, cut;
        int most, capacity;
        if (!twin_device[d])
            continue;
        assert_ok(batch_create(twin_device[d], &c.potential, c.frame, c.n_frame, &b));
        assert_ok(batch_build_lists(&b, c.skin));
        download_lists(&b, &whole);
        capacity = b.list.capacity;
        b.list.capacity = 3;
        assert_ok(twin_device[d]->md->neighbor_build(twin_device[d], twin_device[d]->stream, &b.md, b.table.cutoff_d, c.skin, &b.list));
        assert_ok(kd_download(twin_device[d], twin_device[d]->stream, &most, b.list.max_count_d, sizeof most));
        download_lists(&b, &cut);
        int longest = 0;
        for (int i = 0; i < b.md.n_atom; i++) {
            longest = whole.count[i] > longest ? whole.count[i] : longest;
            assert_int_equal(cut.count[i], whole.count[i] < 3 ? whole.count[i] : 3);
            for (int s = 0; s < cut.count[i]; s++) {
                assert_int_equal(cut.index[entry(&cut, i, s)], whole.index[entry(&whole, i, s)]);
                assert_int_equal(cut.shift[entry(&cut, i, s)], whole.shift[entry(&whole, i, s)]);
            }
        }
        assert_int_equal(most, longest);
        b.list.capacity = capacity;
        free_lists(&whole);
        free_lists(&cut);
        batch_free(&b);
    }
    md_case_free(&c);
}

static void positions_too_far_to_count_are_reported(void **state)
{
    (void)state;
    struct md_case c;
    assert_ok(md_case_make(4, &c));
    for (int d = 0; d < TWIN_N_DEVICE; d++) {
        struct batch b;
        int most;
        if (!twin_device[d])
            continue;
        for (int bad = 0; bad < 2; bad++) {
            assert_ok(batch_create(twin_device[d], &c.potential, c.frame, c.n_frame, &b));
            assert_ok(batch_build_lists(&b, c.skin));
            double *r = malloc((size_t)b.md.n_atom * 4 * sizeof *r);
            assert_ok(kd_download(twin_device[d], twin_device[d]->stream, r, b.position_d, (size_t)b.md.n_atom * 4 * sizeof *r));
            r[4 * 7] += bad ? 520 * c.frame[0].cell[0][0] : 0;
            r[4 * 7 + 1] = bad ? r[4 * 7 + 1] : (double)NAN;
            assert_ok(kd_upload(twin_device[d], twin_device[d]->stream, b.position_d, r, (size_t)b.md.n_atom * 4 * sizeof *r));
            assert_ok(twin_device[d]->md->neighbor_build(twin_device[d], twin_device[d]->stream, &b.md, b.table.cutoff_d, c.skin, &b.list));
            assert_ok(kd_download(twin_device[d], twin_device[d]->stream, &most, b.list.max_count_d, sizeof most));
            if (bad) /* 520 lattice vectors away; what a NaN does is up to the device, as long as it ends */
                assert_int_equal(most, INT_MAX);
            free(r);
            batch_free(&b);
        }
    }
    md_case_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        twin_tests(every_case_agrees),
        cmocka_unit_test(lists_that_overflow_say_so_and_keep_the_first_entries),
        cmocka_unit_test(positions_too_far_to_count_are_reported),
    };
    return cmocka_run_group_tests(tests, twin_open, twin_close);
}
