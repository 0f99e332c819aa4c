// SPDX-License-Identifier: BSD-3-Clause
/* upf.h - Unified Pseudopotential Format, version 2: norm-conserving files of Kedge, ld1.x, ONCVPSP (SG15), PseudoDojo.
 *
 * Kedge adds one element that other programs skip:
 *     <PP_KEDGE energy_ae=".." energy_ps=".." configuration="1s1 2s2 .." recipe=".."> (Ry, as everything in a UPF)
 *       <PP_KEDGE_CORE_CHARGE> 4 pi r^2 density of the all-electron core </PP_KEDGE_CORE_CHARGE>
 *     </PP_KEDGE> */
#ifndef KD_ATOM_UPF_H
#define KD_ATOM_UPF_H

#include "host/atom/pseudo.h"

/* Read a file (at most 64 MB). KD_EINPUT "file:line: what, expected what" for what is not XML, not UPF v2, incomplete, has wrong
 * counts or numbers, is ultrasoft, PAW, spin-orbit or Coulomb. p is the caller's on KD_OK (pseudo_free), empty otherwise. */
kd_status upf_read(const char *path, struct pseudo *p);
/* The same from memory; name is used in messages. */
kd_status upf_parse(const char *name, const char *bytes, size_t length, struct pseudo *p);

/* Write, whole or not at all. KD_EIO. Reading it back gives the same numbers to 16 digits. */
kd_status upf_write(const struct pseudo *p, const char *path);

/* The 1s (or whichever core orbital comes first) as the two-column file that xspectra.x calls filecore. KD_EINPUT without one. */
kd_status upf_write_core(const struct pseudo *p, const char *path);

#endif
