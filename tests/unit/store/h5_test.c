// SPDX-License-Identifier: BSD-3-Clause
/* h5_test.c - the HDF5 door: round trips, suspicion, failures. */
#include "tests/support/test.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "host/store/h5.h"
#include "tests/support/scratch.h"

static const double ENERGY[2][3] = {{1, 2, 3}, {4, 5, 1.0 / 3}};

static kd_status write_sample(struct h5 *f)
{
    const float weight[4] = {1, -2, 3, 0.1f};
    const int count[3] = {1, -2, 2147483647};
    const long long large[1] = {(long long)1 << 60};
    const unsigned char mask[3] = {0, 1, 255};
    const char *const names[3] = {"Si", "", "oxygen \xC3\xA9"};
    const double one = 13.6;
    TRY(h5_write(f, &(struct h5_array){"bands/energy_ha", H5_DOUBLE, 2, {2, 3}, .unit = "Ha"}, ENERGY));
    TRY(h5_write(f, &(struct h5_array){"layers.0.weight", H5_FLOAT, 2, {2, 2}, .unit = "1"}, weight));
    TRY(h5_write(f, &(struct h5_array){"deep/er/count", H5_INT, 1, {3}}, count));
    TRY(h5_write(f, &(struct h5_array){"deep/large", H5_LONG, 1, {1}}, large));
    TRY(h5_write(f, &(struct h5_array){"mask", H5_BYTE, 1, {3}, .flags = H5_DEFLATE}, mask));
    TRY(h5_write(f, &(struct h5_array){"scalar_ev", H5_DOUBLE, 0, .unit = "eV"}, &one));
    TRY(h5_write(f, &(struct h5_array){"empty", H5_DOUBLE, 2, {0, 3}, .flags = H5_DEFLATE}, NULL));
    TRY(h5_write_strings(f, "species", 3, names));
    TRY(h5_set_text(f, "/", "creator", "kedge"));
    TRY(h5_set_double(f, "bands", "gap_ev", 8.9));
    TRY(h5_set_int(f, "bands/energy_ha", "n_occupied", 4));
    TRY(h5_link(f, "scalar_ev", "alias/of_scalar"));
    return h5_group(f, "empty_group/inside/");
}

static kd_status write_file(const char *path)
{
    struct h5 *f;
    TRY(h5_create(path, &f));
    kd_status status = write_sample(f);
    if (status != KD_OK) {
        h5_abandon(f);
        return status;
    }
    return h5_commit(f);
}

static void numbers_come_back_bit_for_bit(void **state)
{
    (void)state;
    struct h5 *f;
    assert_ok(write_file(scratch_path("a.h5")));
    assert_ok(h5_open(scratch_path("a.h5"), &f));
    double energy[2][3], one;
    float weight[4];
    int count[3];
    long long large, wide[3];
    unsigned char mask[3];
    assert_ok(h5_read(f, &(struct h5_array){"bands/energy_ha", H5_DOUBLE, 2, {2, 3}, .unit = "Ha"}, energy));
    assert_memory_equal(energy, ENERGY, sizeof energy);
    assert_ok(h5_read(f, &(struct h5_array){"layers.0.weight", H5_FLOAT, 2, {2, 2}}, weight));
    assert_true(weight[3] == 0.1f);
    assert_ok(h5_read(f, &(struct h5_array){"deep/er/count", H5_INT, 1, {3}}, count));
    assert_int_equal(count[2], 2147483647);
    assert_ok(h5_read(f, &(struct h5_array){"deep/er/count", H5_LONG, 1, {3}}, wide));
    assert_int_equal(wide[1], -2);
    assert_ok(h5_read(f, &(struct h5_array){"deep/large", H5_LONG, 1, {1}}, &large));
    assert_true(large == (long long)1 << 60);
    assert_ok(h5_read(f, &(struct h5_array){"mask", H5_BYTE, 1, {3}}, mask));
    assert_int_equal(mask[2], 255);
    assert_ok(h5_read(f, &(struct h5_array){"alias/of_scalar", H5_DOUBLE, 0, .unit = "eV"}, &one));
    assert_true(one == 13.6);
    assert_ok(h5_read_rows(f, &(struct h5_array){"bands/energy_ha", H5_DOUBLE, 2, {0, 3}}, 1, 1, energy));
    assert_true(energy[0][2] == 1.0 / 3);
    h5_close(f);
}

static void shapes_names_strings_and_attributes_come_back(void **state)
{
    (void)state;
    struct h5 *f;
    struct h5_array a;
    assert_ok(write_file(scratch_path("b.h5")));
    assert_ok(h5_open(scratch_path("b.h5"), &f));
    assert_ok(h5_shape(f, "bands/energy_ha", &a));
    assert_true(a.kind == H5_DOUBLE && a.rank == 2 && a.extent[0] == 2 && a.extent[1] == 3);
    assert_ok(h5_shape(f, "empty", &a));
    assert_true(a.rank == 2 && a.extent[0] == 0);
    a = (struct h5_array){.name = "bands/energy_ha", .kind = H5_DOUBLE, .rank = -1};
    double *energy;
    assert_ok(h5_read_new(f, &a, (void **)&energy));
    assert_true(a.rank == 2 && energy[5] == 1.0 / 3);
    free(energy);
    size_t n;
    char **names, text[32];
    assert_ok(h5_read_strings(f, "species", &n, &names));
    assert_int_equal(n, 3);
    assert_string_equal(names[0], "Si");
    assert_string_equal(names[1], "");
    assert_string_equal(names[2], "oxygen \xC3\xA9");
    free(names);
    assert_ok(h5_list(f, "deep", &n, &names));
    assert_int_equal(n, 2);
    assert_string_equal(names[0], "er");
    assert_string_equal(names[1], "large");
    free(names);
    double gap;
    long long occupied;
    assert_ok(h5_get_text(f, "/", "creator", text, sizeof text));
    assert_string_equal(text, "kedge");
    assert_ok(h5_get_double(f, "bands", "gap_ev", &gap));
    assert_true(gap == 8.9);
    assert_ok(h5_get_int(f, "bands/energy_ha", "n_occupied", &occupied));
    assert_int_equal(occupied, 4);
    assert_true(h5_has_attribute(f, "scalar_ev", "units"));
    assert_false(h5_has_attribute(f, "scalar_ev", "unit"));
    assert_true(h5_exists(f, "empty_group/inside") && h5_exists(f, "/") && h5_exists(f, "/deep/er/count"));
    assert_false(h5_exists(f, "deep/no/count") || h5_exists(f, "x"));
    h5_close(f);
}

/* Nothing but the contents is in the file: not the hour, not the order of the hash of anything. */
static void the_same_contents_are_the_same_bytes(void **state)
{
    (void)state;
    assert_ok(write_file(scratch_path("first.h5")));
    nanosleep(&(struct timespec){1, 100000000}, NULL); /* time stamps of HDF5 count seconds */
    assert_ok(write_file(scratch_path("second.h5")));
    size_t n, m;
    char *first = scratch_read(scratch_path("first.h5"), &n), *second = scratch_read(scratch_path("second.h5"), &m);
    assert_int_equal(n, m);
    assert_memory_equal(first, second, n);
    free(first);
    free(second);
}

static void frames_are_appended_and_large_arrays_deflated(void **state)
{
    (void)state;
    struct h5 *f;
    enum { N = 300000 };
    double *zero = calloc(N, sizeof *zero), frame[6] = {1, 2, 3, 4, 5, 6}, back[5][3];
    assert_ok(h5_create(scratch_path("grow.h5"), &f));
    assert_ok(h5_write(f, &(struct h5_array){"position/value", H5_DOUBLE, 2, {0, 3}, .unit = "Angstrom",
                                             .flags = H5_EXTEND | H5_DEFLATE}, NULL));
    assert_ok(h5_append(f, "position/value", 2, frame));
    assert_ok(h5_append(f, "position/value", 0, frame));
    assert_ok(h5_append(f, "position/value", 1, frame + 3));
    assert_ok(h5_append(f, "position/value", 2, frame));
    assert_ok(h5_write(f, &(struct h5_array){"zero", H5_DOUBLE, 1, {N}, .flags = H5_DEFLATE}, zero));
    assert_ok(h5_commit(f));
    struct stat s;
    stat(scratch_path("grow.h5"), &s);
    assert_true(s.st_size < N);
    assert_ok(h5_open(scratch_path("grow.h5"), &f));
    assert_ok(h5_read(f, &(struct h5_array){"position/value", H5_DOUBLE, 2, {5, 3}}, back));
    assert_true(back[2][0] == 4 && back[4][2] == 6 && back[3][0] == 1);
    h5_close(f);
    free(zero);
}

static void provenance_becomes_attributes(void **state)
{
    (void)state;
    const char text[] = "{\"scf\": {\"ecut_ry\": 50.0, \"k\": [1, 2], \"mixer\": \"pulay\", \"spin\": true, \"no\": null}, "
                        "\"given\": [\"a\", \"b\"], \"seed\": 7}";
    struct js *members;
    struct h5 *f;
    assert_ok(js_parse("text", text, sizeof text - 1, &members));
    assert_ok(h5_create(scratch_path("p.h5"), &f));
    assert_ok(h5_group(f, "provenance"));
    assert_ok(h5_set_members(f, "provenance", "", members));
    char *huge = malloc(200001);
    memset(huge, 'x', 200000);
    huge[200000] = '\0';
    assert_ok(h5_set_text(f, "provenance", "recipe", huge)); /* over the 64 KB that an object header holds */
    assert_ok(h5_set_text(f, "provenance", "recipe", "short")); /* written over */
    assert_ok(h5_set_text(f, "provenance", "huge", huge));
    assert_ok(h5_commit(f));
    assert_ok(h5_open(scratch_path("p.h5"), &f));
    double ecut, k[2];
    long long spin;
    char words[300001];
    assert_ok(h5_get_double(f, "provenance", "scf.ecut_ry", &ecut));
    assert_ok(h5_get_numbers(f, "provenance", "scf.k", H5_DOUBLE, 2, k));
    assert_ok(h5_get_int(f, "provenance", "scf.spin", &spin));
    assert_true(ecut == 50 && k[1] == 2 && spin == 1);
    assert_ok(h5_get_text(f, "provenance", "scf.mixer", words, sizeof words));
    assert_string_equal(words, "pulay");
    assert_ok(h5_get_text(f, "provenance", "given", words, sizeof words));
    assert_string_equal(words, "[\"a\", \"b\"]");
    assert_ok(h5_get_text(f, "provenance", "huge", words, sizeof words));
    assert_int_equal(strlen(words), 200000);
    assert_false(h5_has_attribute(f, "provenance", "scf.no"));
    h5_close(f);
    js_free(members);
    free(huge);
}

#define refused(call, code, words)                                                                           \
    do {                                                                                                     \
        assert_int_equal((call), (code));                                                                    \
        if (!strstr(kd_error_message(), (words)))                                                            \
            fail_msg("%s: \"%s\" does not say \"%s\"", #call, kd_error_message(), (words));                  \
    } while (0)

static void what_is_not_as_expected_is_refused_by_name(void **state)
{
    (void)state;
    struct h5 *f;
    struct h5_array a;
    double d[6];
    int i[6];
    char text[4], **names;
    size_t n;
    void *new;
    assert_ok(write_file(scratch_path("c.h5")));
    assert_ok(h5_open(scratch_path("c.h5"), &f));
    refused(h5_read(f, &(struct h5_array){"none", H5_DOUBLE, 1, {1}}, d), KD_EINPUT, "c.h5: none: no such dataset");
    refused(h5_read(f, &(struct h5_array){"bands", H5_DOUBLE, 1, {1}}, d), KD_EINPUT, "expected a dataset");
    refused(h5_read(f, &(struct h5_array){"bands/energy_ha", H5_DOUBLE, 2, {3, 3}}, d), KD_EINPUT,
            "bands/energy_ha: shape 2 x 3, expected 3 x 3");
    refused(h5_read(f, &(struct h5_array){"bands/energy_ha", H5_DOUBLE, 1, {6}}, d), KD_EINPUT, "expected 6");
    refused(h5_read(f, &(struct h5_array){"scalar_ev", H5_DOUBLE, 1, {1}}, d), KD_EINPUT, "shape one number, expected 1");
    refused(h5_read(f, &(struct h5_array){"bands/energy_ha", H5_DOUBLE, 2, {2, 3}, .unit = "eV"}, d), KD_EINPUT,
            "units \"Ha\", expected \"eV\"");
    refused(h5_read(f, &(struct h5_array){"bands/energy_ha", H5_INT, 2, {2, 3}}, i), KD_EINPUT, "another kind");
    refused(h5_read(f, &(struct h5_array){"deep/large", H5_INT, 1, {1}}, i), KD_EINPUT, "another kind");
    refused(h5_read(f, &(struct h5_array){"species", H5_INT, 1, {3}}, i), KD_EINPUT, "text, expected numbers");
    refused(h5_read_rows(f, &(struct h5_array){"deep/er/count", H5_INT, 1, {0}}, 2, 2, i), KD_EINPUT, "fewer rows");
    refused(h5_read_rows(f, &(struct h5_array){"deep/er/count", H5_INT, 1, {0}}, 4, SIZE_MAX, i), KD_EINPUT, "fewer rows");
    a = (struct h5_array){.name = "bands/energy_ha", .kind = H5_DOUBLE, .rank = 1};
    refused(h5_read_new(f, &a, &new), KD_EINPUT, "2 dimensions, expected 1");
    refused(h5_shape(f, "species", &a), KD_EINPUT, "text, expected numbers");
    refused(h5_read_strings(f, "mask", &n, &names), KD_EINPUT, "not text");
    refused(h5_read_strings(f, "none", &n, &names), KD_EINPUT, "none: no such dataset");
    refused(h5_read_strings(f, "bands", &n, &names), KD_EINPUT, "expected a dataset");
    refused(h5_get_numbers(f, "bands", "gap_ev", H5_DOUBLE, 2, d), KD_EINPUT, "another count of numbers");
    refused(h5_list(f, "none", &n, &names), KD_EINPUT, "expected a group");
    refused(h5_get_text(f, "/", "creator", text, sizeof text), KD_EINPUT, "/@creator: a longer text");
    refused(h5_get_text(f, "/", "none", text, sizeof text), KD_EINPUT, "no such attribute");
    refused(h5_get_text(f, "bands", "gap_ev", text, sizeof text), KD_EINPUT, "not a text");
    refused(h5_get_double(f, "/", "creator", d), KD_EINPUT, "expected numbers");
    refused(h5_get_int(f, "bands", "gap_ev", (long long *)d), KD_EINPUT, "expected whole numbers");
    h5_close(f);
}

static void nan_is_written_only_when_asked_for_and_spoils_the_file_otherwise(void **state)
{
    (void)state;
    struct h5 *f;
    const double with_nan[2] = {1, NAN};
    double back[2];
    const float infinite = INFINITY;
    assert_ok(h5_create(scratch_path("nan.h5"), &f));
    refused(h5_write(f, &(struct h5_array){"e", H5_DOUBLE, 1, {2}}, with_nan), KD_EINTERNAL, "e: number 1 is not finite");
    refused(h5_commit(f), KD_EIO, "not written, since a part of it failed");
    assert_int_equal(scratch_count("nan.h5"), 0);
    assert_ok(h5_create(scratch_path("nan.h5"), &f));
    assert_ok(h5_write(f, &(struct h5_array){"e", H5_DOUBLE, 1, {2}, .flags = H5_ALLOW_NAN}, with_nan));
    assert_ok(h5_commit(f));
    assert_ok(h5_open(scratch_path("nan.h5"), &f));
    refused(h5_read(f, &(struct h5_array){"e", H5_DOUBLE, 1, {2}}, back), KD_EINPUT, "not finite");
    assert_ok(h5_read(f, &(struct h5_array){"e", H5_DOUBLE, 1, {2}, .flags = H5_ALLOW_NAN}, back));
    h5_close(f);
    assert_ok(h5_create(scratch_path("inf.h5"), &f));
    refused(h5_write(f, &(struct h5_array){"w", H5_FLOAT, 0}, &infinite), KD_EINTERNAL, "not finite");
    refused(h5_set_double(f, "/", "gap_ev", NAN), KD_EINTERNAL, "/@gap_ev");
    h5_abandon(f);
}

static void shapes_that_cannot_be_are_our_mistake(void **state)
{
    (void)state;
    struct h5 *f;
    const double one = 1;
    const struct h5_array huge = {"huge", H5_DOUBLE, 3, {SIZE_MAX, 2, 2}};
    assert_ok(h5_create(scratch_path("shape.h5"), &f));
    refused(h5_write(f, &huge, &one), KD_EINTERNAL, "a shape that cannot be");
    refused(h5_write(f, &(struct h5_array){"deep", H5_DOUBLE, H5_MAX_RANK + 1}, &one), KD_EINTERNAL, "a shape that cannot be");
    assert_ok(h5_write(f, &(struct h5_array){"scalar", H5_DOUBLE, 0}, &one));
    refused(h5_append(f, "scalar", 1, &one), KD_EINTERNAL, "a scalar does not grow");
    assert_ok(h5_write(f, &(struct h5_array){"fixed", H5_DOUBLE, 1, {1}}, &one));
    refused(h5_append(f, "fixed", 1, &one), KD_EIO, "fixed: cannot append");
    refused(h5_link(f, "nothing", "alias"), KD_EIO, "alias: cannot link");
    h5_abandon(f);
    assert_int_equal(scratch_count("shape.h5"), 0);
}

static void a_name_is_written_once(void **state)
{
    (void)state;
    struct h5 *f;
    const int one = 1;
    assert_ok(h5_create(scratch_path("twice.h5"), &f));
    assert_ok(h5_write(f, &(struct h5_array){"n", H5_INT, 0}, &one));
    refused(h5_write(f, &(struct h5_array){"n", H5_INT, 0}, &one), KD_EIO, "twice.h5: n: cannot write");
    refused(h5_commit(f), KD_EIO, "failed before");
}

/* Everything that the sample holds, whatever comes of it. */
static void read_anyhow(const char *path)
{
    struct h5 *f;
    double energy[2][3];
    struct h5_array a = {.name = "bands/energy_ha", .kind = H5_DOUBLE, .rank = 2};
    void *new = NULL;
    char **names = NULL;
    size_t n;
    if (h5_open(path, &f) != KD_OK)
        return;
    h5_read_new(f, &a, &new);
    h5_read(f, &(struct h5_array){"bands/energy_ha", H5_DOUBLE, 2, {2, 3}}, energy);
    h5_read_strings(f, "species", &n, &names);
    free(new);
    free(names);
    h5_close(f);
}

static void a_truncated_file_is_refused_wherever_it_ends(void **state)
{
    (void)state;
    assert_ok(write_file(scratch_path("whole.h5")));
    size_t n = 0;
    char *bytes = scratch_read(scratch_path("whole.h5"), &n);
    struct h5 *f;
    for (size_t cut = 0; cut < n; cut += n / 40) {
        scratch_write(scratch_path("cut.h5"), bytes, cut);
        refused(h5_open(scratch_path("cut.h5"), &f), KD_EINPUT, "cut.h5: not a whole HDF5 file");
    }
    scratch_write(scratch_path("text.h5"), "not hdf5 at all\n", 16);
    refused(h5_open(scratch_path("text.h5"), &f), KD_EINPUT, "not a whole HDF5 file");
    refused(h5_open(scratch_path("none.h5"), &f), KD_EINPUT, "cannot open, No such file");
    refused(h5_open(scratch_directory, &f), KD_EINPUT, "a directory");
    free(bytes);
}

/* Bytes turned over. In a process of its own, since HDF5 1.10 itself loses memory over damaged files. */
static void a_damaged_file_never_crashes(void **state)
{
    (void)state;
    assert_ok(write_file(scratch_path("whole.h5")));
    size_t n = 0;
    char *bytes = scratch_read(scratch_path("whole.h5"), &n);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL); /* not cmocka's */
        for (size_t at = 0; at < n; at += 19) {
            bytes[at] = (char)~bytes[at];
            scratch_write(scratch_path("bad.h5"), bytes, n);
            bytes[at] = (char)~bytes[at];
            read_anyhow(scratch_path("bad.h5"));
        }
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    free(bytes);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void places_that_cannot_be_written_say_why(void **state)
{
    (void)state;
    struct h5 *f;
    refused(h5_create(scratch_path("no/dir.h5"), &f), KD_EIO, "No such file or directory");
    refused(h5_create("/proc/self/out.h5", &f), KD_EIO, "/proc/self/out.h5: cannot write");
    refused(h5_create("/dev/null", &f), KD_EIO, "it is not a file");
    refused(h5_create(scratch_directory, &f), KD_EIO, "it is a directory");
}

/* A file-size limit stands for a full disk. In a process of its own: HDF5 keeps what it could not flush until the end. */
static void a_full_disk_leaves_the_older_file_and_no_litter(void **state)
{
    (void)state;
    assert_ok(write_file(scratch_path("full.h5")));
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        signal(SIGSEGV, SIG_DFL); /* not cmocka's */
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){60000, 60000});
        struct h5 *f = NULL;
        double *zero = calloc(100000, sizeof *zero);
        kd_status status = h5_create(scratch_path("full.h5"), &f);
        if (status == KD_OK) {
            h5_write(f, &(struct h5_array){"zero", H5_DOUBLE, 1, {100000}}, zero);
            status = h5_commit(f);
        }
        free(zero);
        _exit(status == KD_EIO ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(scratch_count("full.h5.tmp-"), 0);
    struct h5 *f;
    assert_ok(h5_open(scratch_path("full.h5"), &f));
    h5_close(f);
}

static void a_kill_during_a_commit_never_leaves_a_broken_file_of_the_name(void **state)
{
    (void)state;
    assert_ok(write_file(scratch_path("k.h5")));
    for (int trial = 0; trial < 25; trial++) {
        pid_t child = fork();
        if (child == 0)
            for (;;)
                write_file(scratch_path("k.h5"));
        nanosleep(&(struct timespec){0, 1000000L + trial * 777777L}, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        struct h5 *f;
        double energy[2][3];
        assert_ok(h5_open(scratch_path("k.h5"), &f));
        assert_ok(h5_read(f, &(struct h5_array){"bands/energy_ha", H5_DOUBLE, 2, {2, 3}, .unit = "Ha"}, energy));
        assert_memory_equal(energy, ENERGY, sizeof energy);
        h5_close(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back_bit_for_bit),
        cmocka_unit_test(shapes_names_strings_and_attributes_come_back),
        cmocka_unit_test(the_same_contents_are_the_same_bytes),
        cmocka_unit_test(frames_are_appended_and_large_arrays_deflated),
        cmocka_unit_test(provenance_becomes_attributes),
        cmocka_unit_test(what_is_not_as_expected_is_refused_by_name),
        cmocka_unit_test(nan_is_written_only_when_asked_for_and_spoils_the_file_otherwise),
        cmocka_unit_test(shapes_that_cannot_be_are_our_mistake),
        cmocka_unit_test(a_name_is_written_once),
        cmocka_unit_test(a_truncated_file_is_refused_wherever_it_ends),
        cmocka_unit_test(a_damaged_file_never_crashes),
        cmocka_unit_test(places_that_cannot_be_written_say_why),
        cmocka_unit_test(a_full_disk_leaves_the_older_file_and_no_litter),
        cmocka_unit_test(a_kill_during_a_commit_never_leaves_a_broken_file_of_the_name),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
