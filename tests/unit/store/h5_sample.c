// SPDX-License-Identifier: BSD-3-Clause
/* h5_sample.c - writes one of everything, for h5py_test.sh and faults/walk.sh; reads that again, or what h5py wrote. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/store/h5.h"

static kd_status write_all(struct h5 *f)
{
    const double energy[2][3] = {{1, 2, 3}, {4, 5, 0.1}};
    const float weight[2] = {0.5f, 0.1f};
    const int site[3] = {0, 3, 7};
    const char *const species[2] = {"Si", "O"};
    TRY(h5_write(f, &(struct h5_array){"bands/energy_ha", H5_DOUBLE, 2, {2, 3}, .unit = "Ha", .flags = H5_DEFLATE}, energy));
    TRY(h5_write(f, &(struct h5_array){"layers.0.weight", H5_FLOAT, 1, {2}, .unit = "1"}, weight));
    TRY(h5_write(f, &(struct h5_array){"site", H5_INT, 1, {3}}, site));
    TRY(h5_write_strings(f, "species", 2, species));
    TRY(h5_link_external(f, "chunk", "other.h5", "/energy"));
    TRY(h5_set_int(f, "/", "seed", 42));
    return h5_set_text(f, "/", "creator", "kedge");
}

/* h5py's own habits: variable strings, booleans, big-endian and 64-bit numbers. */
static kd_status read_all(struct h5 *f)
{
    double x[3];
    long long n[2];
    unsigned char flag[2];
    char **names, text[32];
    size_t n_name;
    TRY(h5_read(f, &(struct h5_array){"x", H5_DOUBLE, 1, {3}, .unit = "eV"}, x));
    TRY(h5_read(f, &(struct h5_array){"n", H5_LONG, 1, {2}}, n));
    TRY(h5_read(f, &(struct h5_array){"flag", H5_BYTE, 1, {2}}, flag));
    TRY(h5_get_text(f, "/", "creator", text, sizeof text));
    TRY(h5_read_strings(f, "names", &n_name, &names));
    printf("%g %g %lld %d %s %zu %s %s\n", x[0], x[2], n[1], flag[0], text, n_name, names[0], names[1]);
    free(names);
    return KD_OK;
}

/* What write_all wrote. */
static kd_status reread(struct h5 *f)
{
    double energy[2][3];
    struct h5_array weight = {.name = "layers.0.weight", .kind = H5_FLOAT, .rank = 1};
    void *values;
    char **names, text[32];
    size_t n;
    TRY(h5_read(f, &(struct h5_array){"bands/energy_ha", H5_DOUBLE, 2, {2, 3}, .unit = "Ha"}, energy));
    TRY(h5_read_new(f, &weight, &values));
    free(values);
    TRY(h5_read_strings(f, "species", &n, &names));
    free(names);
    TRY(h5_list(f, "/", &n, &names));
    free(names);
    return h5_get_text(f, "/", "creator", text, sizeof text);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    struct h5 *f;
    bool write = strcmp(argv[1], "write") == 0;
    kd_status status = write ? h5_create(argv[2], &f) : h5_open(argv[2], &f);
    if (status == KD_OK) {
        status = write ? write_all(f) : strcmp(argv[1], "reread") == 0 ? reread(f) : read_all(f);
        if (write && status == KD_OK)
            status = h5_commit(f);
        else
            h5_abandon(f);
    }
    if (status != KD_OK)
        fprintf(stderr, "%s\n", kd_error_message());
    return kd_exit_status(status);
}
