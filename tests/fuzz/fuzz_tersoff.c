// SPDX-License-Identifier: BSD-3-Clause
/* fuzz_tersoff.c - the reader of Tersoff files against arbitrary bytes: no crash, no leak; what passes can be evaluated. */
#include <math.h>
#include <stdlib.h>

#include "host/md/potential.h"
#include "tests/fuzz/limits.h"

/* What the kernels rely on. */
static bool is_sane(const struct potential *p)
{
    int n = p->n_species;
    if (n < 1 || n > POTENTIAL_MAX_SPECIES || !(p->range > 0 && p->range <= 40))
        return false;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            const struct tersoff_params *ijj = &p->entry[(i * n + j) * n + j];
            if (p->cutoff[i * n + j] != p->cutoff[j * n + i] || !(p->cutoff[i * n + j] > 0) || !(ijj->n > 0))
                return false;
            for (int k = 0; k < n; k++) {
                const struct tersoff_params *e = &p->entry[(i * n + j) * n + k];
                if ((e->m != 1 && e->m != 3) || !(e->d > 0) || !(e->D <= e->R) || !isfinite(e->lambda3 + e->costheta0 + e->A))
                    return false;
            }
        }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const int numbers[2][2] = {{14, 14}, {14, 8}};
    for (int n = 0; n < 2; n++) {
        struct potential p;
        kd_error_clear();
        fuzz_begin();
        kd_status status = potential_from("fuzz", (const char *)bytes, size, 2, numbers[n], &p);
        fuzz_end(size);
        if (status != KD_OK && (status != KD_EINPUT || !kd_error_message()[0] || p.entry))
            abort();
        if (status == KD_OK && !is_sane(&p))
            abort();
        potential_free(&p);
    }
    return 0;
}
