// SPDX-License-Identifier: BSD-3-Clause
/* fuzz_conf.c - the configuration reader against arbitrary bytes: no crash, no leak, a message for everything
 * refused; what passes is inside its table's bounds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/conf.h"
#include "tests/fuzz/limits.h"

struct values {
    int count, mixer, grid[3];
    double cutoff, range[2];
    bool spin;
    char *name;
};

#define AT(member) offsetof(struct values, member)
static const char *const mixers[] = {"pulay", "linear", NULL};
static const struct conf_key keys[] = {
    {"count", CONF_INT, "", "1", 1, 1000, .at = AT(count), .help = ""},
    {"mixer", CONF_CHOICE, "", "pulay", .choice = mixers, .at = AT(mixer), .help = ""},
    {"grid", CONF_INTS, "", "1 1 1", 1, 99, .count = 3, .at = AT(grid), .help = ""},
    {"ecut_ry", CONF_DOUBLE, "Ry", "50", 5, 500, .at = AT(cutoff), .help = ""},
    {"range_ev", CONF_DOUBLES, "eV", "-10 50", -1e300, 1000, .count = 2, .at = AT(range), .help = ""},
    {"spin", CONF_BOOL, "", "no", .at = AT(spin), .help = ""},
    {"name", CONF_STRING, "", "", .at = AT(name), .help = ""},
};

static struct values values, other;
static const struct conf_section sections[] = {
    {"scf", "", keys, 7, &values},
    {"structure", "", keys, 7, &other},
};

static void check(const struct values *v)
{
    bool legal = v->count >= 1 && v->count <= 1000 && v->cutoff >= 5 && v->cutoff <= 500 && v->range[0] <= 1000 &&
                 isfinite(v->range[1]) && v->grid[2] >= 1 && (v->mixer == 0 || v->mixer == 1) && v->name;
    if (!legal)
        abort();
}

/* The first line as `-s section.key=value`. */
static void set_first_line(struct conf *c, const uint8_t *bytes, size_t size)
{
    char line[256];
    size_t n = size < sizeof line - 1 ? size : sizeof line - 1;
    memcpy(line, bytes, n);
    line[n] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (conf_set(c, line) != KD_OK && !strstr(kd_error_message(), "expected"))
        abort();
    check(&values);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct conf *c;
    if (conf_create(sections, 2, &c) != KD_OK)
        abort();
    kd_error_clear();
    fuzz_begin();
    kd_status status = conf_parse(c, "fuzz.ini", (const char *)bytes, size);
    fuzz_end(size);
    if (status != KD_OK && (status != KD_EINPUT || strncmp(kd_error_message(), "fuzz.ini:", 9) != 0))
        abort();
    check(&values);
    check(&other);
    struct js *root = js_new();
    conf_json(c, root, "configuration");
    char *text = js_text(root);
    if (!text)
        abort();
    free(text);
    js_free(root);
    set_first_line(c, bytes, size);
    conf_free(c);
    return 0;
}
