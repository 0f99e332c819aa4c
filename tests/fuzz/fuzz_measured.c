// SPDX-License-Identifier: BSD-3-Clause
/* fuzz_measured.c - the readers of measured spectra (columns, XDI, .nor) against arbitrary bytes: no crash, no leak; what passes is a
 * spectrum. */
#include <math.h>
#include <stdlib.h>

#include "host/nn/measured.h"
#include "tests/fuzz/limits.h"

static bool is_sane(const struct nn_measured *m)
{
    if (m->n < 8)
        return false;
    for (int i = 0; i < m->n; i++)
        if (!isfinite(m->mu[i]) || !isfinite(m->energy_ev[i]) || m->energy_ev[i] <= 0 || (i > 0 && m->energy_ev[i] <= m->energy_ev[i - 1]))
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct text t;
    struct nn_measured m;
    kd_error_clear();
    fuzz_begin();
    kd_status status = text_from("fuzz", (const char *)bytes, size, &t);
    if (status == KD_OK) {
        status = nn_measured_parse(&t, &m);
        text_free(&t);
        if (status == KD_OK && !is_sane(&m))
            abort();
        if (status == KD_OK)
            nn_measured_free(&m);
    }
    fuzz_end(size);
    if (status != KD_OK && (status != KD_EINPUT || !kd_error_message()[0]))
        abort();
    return 0;
}
