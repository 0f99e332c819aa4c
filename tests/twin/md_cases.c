// SPDX-License-Identifier: BSD-3-Clause
/* md_cases.c - crystals, glasses, melts and gases, small and odd for correctness, large and plain for timing. */
#include "tests/twin/md_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/paths.h"
#include "host/base/rng.h"
#include "host/md/energy.h"

#ifndef MD_CASE_FILES
#error "MD_CASE_FILES: the directory tests/oracle/md"
#endif

struct recipe {
    const char *name;
    bool bench, raw;
    double skin;
    const char *potential;                      /* NULL: the shipped SiO.tersoff */
    kd_status (*make)(const struct recipe *r, struct structure **frame, int *n);
    const char *file;                           /* from_file */
    int n;                                      /* atoms, or copies of a crystal along each axis */
    int elements[3];                            /* of a gas, in turn; 0 ends */
    double cell[9];
    double amplitude;                           /* displacements, angstrom per component, or least distance of a gas */
};

/* ---- pieces ---- */

static kd_status one_frame(struct structure **frame, int *n)
{
    *frame = calloc(1, sizeof **frame);
    if (!*frame)
        FAIL(KD_ENOMEM, "md case: no host memory");
    *n = 1;
    return KD_OK;
}

static void displace(struct structure *s, double amplitude)
{
    for (int a = 0; a < s->n_atom; a++) {
        struct rng r = rng_start(20070101, RNG_TEST, (uint32_t)a);
        for (int x = 0; x < 3; x++)
            s->position[a][x] += amplitude * rng_normal(&r);
    }
}

static double closest_image(const struct structure *s, int i, const double r[3])
{
    double least = INFINITY;
    for (int image = 0; image < 27; image++) {
        double d2 = 0;
        for (int x = 0; x < 3; x++) {
            double d = s->position[i][x] - r[x];
            for (int k = 0; k < 3; k++)
                d += ((image / (k == 0 ? 9 : k == 1 ? 3 : 1)) % 3 - 1) * s->cell[k][x];
            d2 += d * d;
        }
        least = fmin(least, d2);
    }
    return sqrt(least);
}

/* Random positions, at least `amplitude` apart if that can be had in 2000 trials each. */
static kd_status gas(const struct recipe *recipe, struct structure **frame, int *n)
{
    TRY(one_frame(frame, n));
    struct structure *s = *frame;
    TRY(structure_create(recipe->n, s));
    memcpy(s->cell, recipe->cell, sizeof s->cell);
    int n_element = recipe->elements[1] ? recipe->elements[2] ? 3 : 2 : 1;
    struct rng random = rng_start(40093, RNG_TEST, (uint32_t)recipe->n);
    for (int a = 0; a < s->n_atom; a++) {
        s->number[a] = recipe->elements[a % n_element];
        for (int trial = 0; trial < 2000; trial++) {
            double r[3] = {0, 0, 0}, least = INFINITY;
            for (int k = 0; k < 3; k++) {
                double f = rng_uniform(&random);
                for (int x = 0; x < 3; x++)
                    r[x] += f * s->cell[k][x];
            }
            for (int b = 0; b < a; b++)
                least = fmin(least, closest_image(s, b, r));
            memcpy(s->position[a], r, sizeof r);
            if (least > recipe->amplitude)
                break;
        }
    }
    return KD_OK;
}

static kd_status from_file(const struct recipe *recipe, struct structure **frame, int *n)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", MD_CASE_FILES, recipe->file);
    TRY(structures_read(path, frame, n));
    displace(*frame, recipe->amplitude);
    return KD_OK;
}

/* recipe->n x n x n copies (n x n x n of `cell` numbers where given) of a file's structure, displaced. */
static kd_status repeated(const struct recipe *recipe, struct structure **frame, int *n)
{
    char path[PATH_MAX];
    if (strncmp(recipe->file, "structures/", 11) == 0)
        TRY(data_file(recipe->file, path));
    else
        snprintf(path, sizeof path, "%s/%s", MD_CASE_FILES, recipe->file);
    struct structure *one, larger;
    int n_one, repeat[3] = {recipe->n, recipe->n, recipe->n};
    for (int k = 0; k < 3 && recipe->n == 0; k++)
        repeat[k] = (int)recipe->cell[k];
    TRY(structures_read(path, &one, &n_one));
    kd_status status = structure_repeat(one, repeat, &larger);
    structures_free(one, n_one);
    TRY(status);
    TRY(one_frame(frame, n));
    **frame = larger;
    displace(*frame, recipe->amplitude);
    return KD_OK;
}

/* The same atoms, each in a different periodic image: raw positions far outside the cell. */
static kd_status scattered_images(const struct recipe *recipe, struct structure **frame, int *n)
{
    TRY(from_file(recipe, frame, n));
    struct structure *s = *frame;
    for (int a = 0; a < s->n_atom; a++) {
        struct rng r = rng_start(7, RNG_TEST, (uint32_t)a);
        for (int k = 0; k < 3; k++) {
            int image = (int)rng_below(&r, 401) - 200;
            for (int x = 0; x < 3; x++)
                s->position[a][x] += image * s->cell[k][x];
        }
    }
    return KD_OK;
}

static kd_status batch_of_sizes(const struct recipe *recipe, struct structure **frame, int *n)
{
    static const struct recipe part[] = {
        {.make = gas, .n = 1, .elements = {14}, .cell = {2.5, 0, 0, 0, 2.6, 0, 0, 0, 2.4}},
        {.make = from_file, .file = "aquartz9.xyz"},
        {.make = from_file, .file = "asio2_216.xyz", .amplitude = 0.05},
        {.make = gas, .n = 33, .elements = {14, 8}, .cell = {8, 0, 0, 0, 8, 0, 0, 0, 8}, .amplitude = 1.2},
        {.make = gas, .n = 2, .elements = {8}, .cell = {7, 0, 0, 0, 7, 0, 0, 0, 7}, .amplitude = 1.2},
        {.make = from_file, .file = "csi63vac.xyz"},
        {.make = gas, .n = 1, .elements = {8}, .cell = {20, 0, 0, 0, 20, 0, 0, 0, 20}},
    };
    enum { N_PART = sizeof part / sizeof *part };
    (void)recipe;
    *frame = calloc(N_PART, sizeof **frame);
    if (!*frame)
        FAIL(KD_ENOMEM, "md case: no host memory");
    for (*n = 0; *n < N_PART; ++*n) {
        struct structure *one;
        int n_one;
        TRY(part[*n].make(&part[*n], &one, &n_one));
        (*frame)[*n] = *one;
        free(one);
    }
    return KD_OK;
}

/* ---- the list ---- */

#define GAS(count, edge) .make = gas, .n = (count), .elements = {14, 8}, .cell = {edge, 0, 0, 0, edge, 0, 0, 0, edge}, .amplitude = 1.2
#define GLASS(a, b, c)   .make = repeated, .file = "asio2_216.xyz", .cell = {a, b, c}, .amplitude = 0.06
#define SILICON(copies)  .make = repeated, .file = "structures/silicon-8.xyz", .n = (copies), .amplitude = 0.07

static const struct recipe recipes[] = {
    {.name = "one atom alone", .make = gas, .n = 1, .elements = {14}, .cell = {9, 0, 0, 0, 9, 0, 0, 0, 9}},
    {.name = "one atom among its images", .make = gas, .n = 1, .elements = {14}, .cell = {2.45, 0, 0, 0, 2.6, 0, 0.3, 0.2, 2.4}},
    {.name = "2 atoms", GAS(2, 4.0), .skin = 0.5},
    {.name = "31 atoms", GAS(31, 8.0), .skin = 0.5},
    {.name = "32 atoms", GAS(32, 8.1), .skin = 0.5},
    {.name = "33 atoms", GAS(33, 8.2), .skin = 0.5},
    {.name = "97 atoms", GAS(97, 11.4), .skin = 1.0},
    {.name = "triclinic gas", .make = gas, .n = 40, .elements = {14, 8}, .cell = {9, 0, 0, 2.5, 8.5, 0, -1.9, 3.1, 9.2}, .amplitude = 1.3, .skin = 0.4},
    {.name = "dense gas, lists over 64 slots", .make = gas, .n = 24, .elements = {14, 8}, .cell = {4.5, 0, 0, 0.4, 4.4, 0, 0, 0.3, 4.6}, .amplitude = 1.1, .skin = 1.6},
    {.name = "melt of 216", .make = from_file, .file = "msio2_216.xyz", .skin = 1.0},
    {.name = "glass of 216", .make = from_file, .file = "asio2_216.xyz", .amplitude = 0.06, .skin = 0.5},
    {.name = "positions in far images", .raw = true, .make = scattered_images, .file = "gas200.xyz", .skin = 0.3},
    {.name = "batch of seven sizes", .make = batch_of_sizes, .skin = 0.6},
    {.name = "3 species, lambda3, m = 1 and 3", .potential = "synthetic3.tersoff", .make = from_file, .file = "synthetic3_gas.xyz", .skin = 0.4},
    {.name = "3 species, cell below the range", .potential = "synthetic3.tersoff", .make = from_file, .file = "synthetic3_small.xyz"},
    {.name = "1 species, lambda3", .potential = "synthetic3.tersoff", .make = gas, .n = 29, .elements = {14}, .cell = {8.4, 0, 0, 0, 8.4, 0, 0, 0, 8.4}, .amplitude = 1.9},
    {.name = "1729 atoms", .make = gas, .n = 1729, .elements = {14, 8, 8}, .cell = {30, 0, 0, 0, 29, 0, 0, 0, 28}, .amplitude = 1.3, .skin = 0.5},
    {.name = "c-Si 216", .bench = true, SILICON(3), .skin = 0.6},
    {.name = "a-SiO2 216", .bench = true, GLASS(1, 1, 1), .skin = 0.6},
    {.name = "SiO2 melt 216", .bench = true, .make = from_file, .file = "msio2_216.xyz", .skin = 0.6},
    {.name = "c-Si 4096", .bench = true, SILICON(8), .skin = 0.6},
    {.name = "a-SiO2 3888", .bench = true, GLASS(3, 3, 2), .skin = 0.6},
    {.name = "c-Si 32768", .bench = true, SILICON(16), .skin = 0.6},
    {.name = "a-SiO2 32400", .bench = true, GLASS(5, 5, 6), .skin = 0.6},
    {.name = "c-Si 262144", .bench = true, SILICON(32), .skin = 0.6},
    {.name = "a-SiO2 261360", .bench = true, GLASS(11, 11, 10), .skin = 0.6},
};

int md_case_count(void)
{
    return sizeof recipes / sizeof *recipes;
}

const char *md_case_name(int index)
{
    return recipes[index].name;
}

bool md_case_is_bench(int index)
{
    return recipes[index].bench;
}

kd_status md_case_make(int index, struct md_case *out)
{
    const struct recipe *r = &recipes[index];
    char path[PATH_MAX];
    memset(out, 0, sizeof *out);
    out->name = r->name;
    out->bench = r->bench;
    out->raw = r->raw;
    out->skin = r->skin;
    TRY(r->make(r, &out->frame, &out->n_frame));
    if (r->potential)
        snprintf(path, sizeof path, "%s/%s", MD_CASE_FILES, r->potential);
    else
        TRY(data_file("SiO.tersoff", path));
    kd_status status = energy_potential(path, out->frame, out->n_frame, &out->potential);
    if (status != KD_OK)
        md_case_free(out);
    return status;
}

void md_case_free(struct md_case *c)
{
    structures_free(c->frame, c->n_frame);
    potential_free(&c->potential);
    memset(c, 0, sizeof *c);
}
