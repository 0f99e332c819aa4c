// SPDX-License-Identifier: BSD-3-Clause
/* xanes_json.h - one site of kedge xanes --json. */
#ifndef KD_XANES_JSON_H
#define KD_XANES_JSON_H

#include "host/base/json.h"
#include "host/xas/xanes.h"

/* Keys of interfaces.md and of `kedge xanes --help`; a_ha and b_ha only with_chains. */
void xanes_site_json(struct js *object, const struct xanes_site *s, bool with_chains);

#endif
