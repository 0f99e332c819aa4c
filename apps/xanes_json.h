// SPDX-License-Identifier: BSD-3-Clause
/* xanes_json.h - kedge xanes: the list of sites that goes in, and the site of --json that comes out. */
#ifndef KD_XANES_JSON_H
#define KD_XANES_JSON_H

#include "host/base/json.h"
#include "host/xas/xanes.h"

/* Keys of interfaces.md and of `kedge xanes --help`; a_ha and b_ha only with_chains. */
void xanes_site_json(struct js *object, const struct xanes_site *s, bool with_chains);

/* "0,3,7-9" -> *site [*n], the caller's to free; "all" -> n = 0. KD_EINPUT. */
kd_status xanes_parse_sites(const char *text, int **site, int *n);

#endif
