// SPDX-License-Identifier: BSD-3-Clause
/* fuzz_cube.c - cube files: whatever comes in, a finite field with its atoms or one line of reason comes out. */
#include <math.h>
#include <stdlib.h>

#include "host/bader/cube_file.h"
#include "tests/fuzz/limits.h"

static bool is_sane(const struct cube_file *c)
{
    const size_t n = (size_t)c->n[0] * (size_t)c->n[1] * (size_t)c->n[2];
    if (n == 0 || c->structure.n_atom < 1)
        return false;
    for (size_t q = 0; q < n; q++)
        if (!isfinite(c->value[q]))
            return false;
    for (int i = 0; i < 3 * c->structure.n_atom; i++)
        if (!isfinite(c->structure.position[i / 3][i % 3]))
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct cube_file c;
    kd_error_clear();
    fuzz_begin();
    kd_status status = cube_file_parse("fuzz.cube", (const char *)bytes, length, &c);
    fuzz_end(length);
    if (status != KD_OK) {
        if (status != KD_EINPUT || !kd_error_message()[0] || c.value || c.structure.number)
            abort();
        return 0;
    }
    if (!is_sane(&c))
        abort();
    cube_file_free(&c);
    return 0;
}
