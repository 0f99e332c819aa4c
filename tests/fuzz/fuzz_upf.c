// SPDX-License-Identifier: BSD-3-Clause
/* fuzz_upf.c - UPF files: whatever comes in, a pseudopotential or one line of reason comes out. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "host/atom/startvec.h"
#include "host/atom/upf.h"
#include "tests/fuzz/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct pseudo p;
    struct startvec s;
    fuzz_begin();
    kd_status status = upf_parse("fuzz.upf", (const char *)bytes, length, &p);
    fuzz_end(length);
    if (status != KD_OK) {
        if (!kd_error_message()[0] || p.block)
            abort();
        return 0;
    }
    if (startvec_make(&p, &p, 0, &s) == KD_OK)
        startvec_free(&s);
    pseudo_free(&p);
    return 0;
}
