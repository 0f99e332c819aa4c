// SPDX-License-Identifier: BSD-3-Clause
/* broaden.c - energy-dependent Lorentzian widths. */
#include "host/xas/broaden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/text.h"
#include "host/base/units.h"

static const double least_ev = 0.01, most_ev = 100;

static kd_status add(struct broadening *b, const char *place, double energy_ev, double gamma_ev)
{
    double energy = ha_from_ev(energy_ev);
    if (!(gamma_ev >= least_ev && gamma_ev <= most_ev))
        FAIL(KD_EINPUT, "%s: a half width of %g eV, expected %g to %g", place, gamma_ev, least_ev, most_ev);
    if (!(energy_ev > -1e4 && energy_ev < 1e5))
        FAIL(KD_EINPUT, "%s: an energy of %g eV above the edge", place, energy_ev);
    if (b->n && !(energy > b->energy[b->n - 1]))
        FAIL(KD_EINPUT, "%s: energies must ascend", place);
    if (b->n == BROADEN_MAX)
        FAIL(KD_EINPUT, "%s: more than %d widths", place, BROADEN_MAX);
    b->energy[b->n] = energy;
    b->gamma[b->n++] = ha_from_ev(gamma_ev);
    return KD_OK;
}

kd_status broaden_parse(const char *text, struct broadening *b)
{
    const char *at = text;
    b->n = 0;
    while (*at) {
        char *end;
        double gamma = strtod(at, &end), energy = 0;
        if (end == at)
            FAIL(KD_EINPUT, "--gamma-ev: \"%s\", expected a half width like 0.8, or 0.4@5,1.5@30", text);
        if (*end == '@') {
            at = end + 1;
            energy = strtod(at, &end);
            if (end == at)
                FAIL(KD_EINPUT, "--gamma-ev: \"%s\", expected an energy after @", text);
        } else if (*end || b->n) {
            FAIL(KD_EINPUT, "--gamma-ev: \"%s\", expected a half width like 0.8, or 0.4@5,1.5@30", text);
        }
        TRY(add(b, "--gamma-ev", energy, gamma));
        at = *end == ',' ? end + 1 : end;
        if (*end && *end != ',')
            FAIL(KD_EINPUT, "--gamma-ev: \"%s\", expected a comma at \"%s\"", text, end);
    }
    return b->n ? KD_OK : kd_fail(KD_EINPUT, "--gamma-ev: empty");
}

kd_status broaden_read(const char *path, struct broadening *b)
{
    struct text t;
    kd_status status = KD_OK;
    b->n = 0;
    TRY(text_read(path, 1 << 20, &t));
    for (char *line; (line = text_next(&t));) {
        char *token[3], *comment = strchr(line, '#'), place[600];
        double energy, gamma;
        if (comment)
            *comment = '\0';
        if (text_blank(line, '\0'))
            continue;
        if (text_split(line, token, 3) != 2 || !number_double(token[0], &energy) || !number_double(token[1], &gamma))
            TRY_OUT(text_error(&t, "expected two numbers, energy and half width in eV"));
        snprintf(place, sizeof place, "%.500s:%d", path, t.at);
        TRY_OUT(add(b, place, energy, gamma));
    }
    if (b->n == 0)
        status = kd_fail(KD_EINPUT, "%s: no widths", path);
out:
    text_free(&t);
    return status;
}

double broaden_at(const struct broadening *b, double energy)
{
    int i = 1;
    if (b->n == 1 || energy <= b->energy[0])
        return b->gamma[0];
    while (i < b->n && b->energy[i] < energy)
        i++;
    if (i == b->n)
        return b->gamma[b->n - 1];
    double f = (energy - b->energy[i - 1]) / (b->energy[i] - b->energy[i - 1]);
    return b->gamma[i - 1] + f * (b->gamma[i] - b->gamma[i - 1]);
}

void broaden_json(const struct broadening *b, struct js *object)
{
    struct js *gamma = js_array(object, "gamma_ev"), *energy = js_array(object, "gamma_energy_ev");
    for (int i = 0; i < b->n; i++) {
        js_double(gamma, NULL, ev_from_ha(b->gamma[i]));
        js_double(energy, NULL, ev_from_ha(b->energy[i]));
    }
}
