// SPDX-License-Identifier: BSD-3-Clause
/* pw_lines.c - chooses the line codelets; none yet: every basis takes whole transforms. */
#include "kernels/cpu/pw_lines.h"

kd_status pw_lines_create(const struct pw_basis *basis, const struct pw_spec *spec, struct pw_lines **out)
{
    (void)basis;
    (void)spec;
    *out = NULL;
    return KD_OK;
}
void pw_lines_destroy(struct pw_lines *lines)
{
    (void)lines;
}
size_t pw_lines_bytes(const struct pw_lines *lines)
{
    (void)lines;
    return 0;
}
size_t pw_lines_potential_bytes(const struct pw_lines *lines)
{
    (void)lines;
    return 0;
}
void pw_lines_pack(const struct pw_lines *lines, const double *v, void *packed)
{
    (void)lines, (void)v, (void)packed;
}
void pw_lines_apply(const struct pw_lines *lines, const void *packed, const struct la_block *psi, const struct la_block *hpsi, void *work)
{
    (void)lines, (void)packed, (void)psi, (void)hpsi, (void)work;
}
void pw_lines_density(const struct pw_lines *lines, const struct la_block *psi, const double *occ, double *rho, void *work)
{
    (void)lines, (void)psi, (void)occ, (void)rho, (void)work;
}
