// SPDX-License-Identifier: BSD-3-Clause
/* configuration.c - which shells of an atom hold how many electrons. */
#include "host/atom/configuration.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char letters[] = "spdf";

kd_status configuration_ground(int z, struct configuration *c)
{
    static const struct shell order[] = {{1, 0, 2}, {2, 0, 2}, {2, 1, 6}, {3, 0, 2}, {3, 1, 6}};
    if (z < 1 || z > 18)
        FAIL(KD_EINPUT, "atom: Z = %d, expected 1 (H) to 18 (Ar); give a configuration for others", z);
    *c = (struct configuration){0};
    double left = z;
    for (int i = 0; i < 5 && left > 0; i++) {
        c->shell[i] = order[i];
        if (left < order[i].occupation)
            c->shell[i].occupation = left;
        left -= order[i].occupation;
        c->n_shell = i + 1;
    }
    return KD_OK;
}

kd_status shell_parse(const char *text, int *n, int *l)
{
    const char *letter = isdigit((unsigned char)text[0]) && text[1] ? strchr(letters, tolower((unsigned char)text[1])) : NULL;
    if (!letter || text[0] == '0' || (int)(letter - letters) >= text[0] - '0')
        FAIL(KD_EINPUT, "configuration: '%s' is no shell, expected something like 2p", text);
    *n = text[0] - '0';
    *l = (int)(letter - letters);
    return KD_OK;
}

static kd_status add_shell(struct configuration *c, const char *word)
{
    struct shell s;
    char *end;
    TRY(shell_parse(word, &s.n, &s.l));
    s.occupation = strtod(word + 2, &end);
    if (end == word + 2 || *end || !(s.occupation >= 0 && s.occupation <= 4 * s.l + 2))
        FAIL(KD_EINPUT, "configuration: '%s', expected an occupation of 0 to %d after the shell", word, 4 * s.l + 2);
    if (configuration_find(c, s.n, s.l) >= 0)
        FAIL(KD_EINPUT, "configuration: shell %.2s is listed twice", word);
    if (c->n_shell == ATOM_MAX_SHELL)
        FAIL(KD_EINPUT, "configuration: more than %d shells", ATOM_MAX_SHELL);
    c->shell[c->n_shell++] = s;
    return KD_OK;
}

kd_status configuration_parse(const char *text, struct configuration *c)
{
    static const struct {
        const char *name;
        int z;
    } closed[] = {{"[He]", 2}, {"[Ne]", 10}, {"[Ar]", 18}};
    char copy[160], *rest = copy, *word;
    if (strlen(text) >= sizeof copy)
        FAIL(KD_EINPUT, "configuration: longer than %zu characters", sizeof copy - 1);
    strcpy(copy, text);
    *c = (struct configuration){0};
    while ((word = strsep(&rest, " ,\t"))) {
        int z = 0;
        if (!*word)
            continue;
        for (int i = 0; i < 3; i++)
            if (!strcmp(word, closed[i].name))
                z = closed[i].z;
        if (z && c->n_shell)
            FAIL(KD_EINPUT, "configuration: %s must come first", word);
        if (z)
            TRY(configuration_ground(z, c));
        else
            TRY(add_shell(c, word));
    }
    if (!c->n_shell)
        FAIL(KD_EINPUT, "configuration: empty, expected something like '1s2 2s2 2p4'");
    return KD_OK;
}

kd_status configuration_excite(struct configuration *c, int n, int l, double electrons)
{
    int i = configuration_find(c, n, l);
    if (i < 0 || !(electrons >= 0 && electrons <= c->shell[i].occupation))
        FAIL(KD_EINPUT, "core hole: %g electrons from %d%c, which holds %g", electrons, n, letters[l & 3],
             i < 0 ? 0.0 : c->shell[i].occupation);
    c->shell[i].occupation -= electrons;
    return KD_OK;
}

int configuration_find(const struct configuration *c, int n, int l)
{
    for (int i = 0; i < c->n_shell; i++)
        if (c->shell[i].n == n && c->shell[i].l == l)
            return i;
    return -1;
}

double configuration_electrons(const struct configuration *c)
{
    double sum = 0;
    for (int i = 0; i < c->n_shell; i++)
        sum += c->shell[i].occupation;
    return sum;
}

void configuration_print(const struct configuration *c, char text[160])
{
    int used = 0;
    text[0] = 0;
    for (int i = 0; i < c->n_shell && used < 140; i++)
        used += snprintf(text + used, (size_t)(160 - used), "%s%d%c%.6g", i ? " " : "", c->shell[i].n,
                         letters[c->shell[i].l], c->shell[i].occupation);
}
