// SPDX-License-Identifier: BSD-3-Clause
/* pseudo_set.c - which pseudopotential file each atom of a structure gets. */
#include "host/dft/pseudo_set.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/atom/library.h"
#include "host/base/paths.h"
#include "host/structure/element.h"

static bool is_file_of(const char *name, const char *element)
{
    size_t n = strlen(element), length = strlen(name);
    return length > 4 && strcasecmp(name + length - 4, ".upf") == 0 && strncasecmp(name, element, n) == 0 &&
           strchr("._-", name[n]) != NULL;
}

/* The first file in alphabetical order, EL.upf before all others. */
static bool search_directory(const char *directory, const char *element, char path[PATH_MAX])
{
    struct dirent **entry;
    int n = scandir(directory, &entry, NULL, alphasort), best = -1;
    for (int i = 0; i < n; i++) {
        bool exact = is_file_of(entry[i]->d_name, element) && strlen(entry[i]->d_name) == strlen(element) + 4;
        if (is_file_of(entry[i]->d_name, element) && (best < 0 || exact))
            best = i;
        if (exact)
            break;
    }
    if (best >= 0)
        snprintf(path, PATH_MAX, "%s/%s", directory, entry[best]->d_name);
    for (int i = 0; i < n; i++)
        free(entry[i]);
    if (n >= 0)
        free(entry);
    return best >= 0;
}

static kd_status find(const struct pseudo_choice *c, const char *element, char path[PATH_MAX])
{
    char shipped[PATH_MAX], name[64];
    size_t n = strlen(element);
    for (int i = 0; i < c->n_given; i++)
        if (strncasecmp(c->given[i], element, n) == 0 && c->given[i][n] == '=') {
            snprintf(path, PATH_MAX, "%s", c->given[i] + n + 1);
            return KD_OK;
        }
    if (c->directory) {
        if (search_directory(c->directory, element, path))
            return KD_OK;
        FAIL(KD_EINPUT, "--pseudo-dir %s: no %s.upf or %s_*.upf there", c->directory, element, element);
    }
    snprintf(name, sizeof name, "pseudo/%s.upf", element);
    if (data_file(name, shipped) == KD_OK) {
        snprintf(path, PATH_MAX, "%s", shipped);
        return KD_OK;
    }
    kd_error_clear();
    library_name(element, 0, path);
    return KD_OK;
}

/* Reads one file into the set; element NULL: any. */
static kd_status add(struct pseudo_set *set, const char *path, const char *element)
{
    struct pseudo *p = &set->pseudo[set->n];
    if (set->n == PSEUDO_SET_MAX)
        FAIL(KD_EINPUT, "pseudopotentials: more than %d kinds of atoms", PSEUDO_SET_MAX);
    kd_status opened = pseudo_open(path, p);
    if (opened != KD_OK)
        return library_is_name(path) ? kd_fail_prefix(opened, "no --pseudo %s=FILE or --pseudo-dir DIR given, and none can be made", element)
                                     : opened;
    set->list[set->n] = p;
    set->path[set->n] = strdup(path);
    set->n++;
    if (!set->path[set->n - 1])
        FAIL(KD_ENOMEM, "pseudopotentials: no host memory");
    if (strcasecmp(p->element, element) != 0)
        FAIL(KD_EINPUT, "%s: a pseudopotential of %s, expected %s", path, p->element, element);
    return KD_OK;
}

static kd_status check(const struct structure *s, const struct pseudo_choice *c)
{
    for (int i = 0; i < c->n_given; i++) {
        char element[4] = "";
        const char *equals = strchr(c->given[i], '=');
        if (equals && equals - c->given[i] < 4)
            memcpy(element, c->given[i], (size_t)(equals - c->given[i]));
        if (!equals || element_number(element) == 0 || !equals[1])
            FAIL(KD_EINPUT, "--pseudo: \"%s\", expected ELEMENT=FILE", c->given[i]);
    }
    if (c->core_hole_site >= s->n_atom)
        FAIL(KD_EINPUT, "--core-hole: atom %d, there are %d, counted from 0", c->core_hole_site, s->n_atom);
    if (c->core_hole_file && c->core_hole_site < 0)
        FAIL(KD_EINPUT, "--core-hole-pseudo FILE needs --core-hole SITE");
    return KD_OK;
}

static kd_status read_all(const struct structure *s, const struct pseudo_choice *choice, struct pseudo_set *set)
{
    int of_element[ELEMENT_LAST + 1];
    char path[PATH_MAX];
    for (int z = 0; z <= ELEMENT_LAST; z++)
        of_element[z] = -1;
    for (int i = 0; i < s->n_atom; i++) {
        const char *element = element_symbol(s->number[i]);
        if (i == choice->core_hole_site) {
            set->species[i] = set->n;
            library_name(element, 1, path);
            TRY(add(set, choice->core_hole_file ? choice->core_hole_file : path, element));
            continue;
        }
        if (of_element[s->number[i]] < 0) {
            TRY(find(choice, element, path));
            of_element[s->number[i]] = set->n;
            TRY(add(set, path, element));
        }
        set->species[i] = of_element[s->number[i]];
    }
    return KD_OK;
}

kd_status pseudo_set_read(const struct structure *s, const struct pseudo_choice *choice, struct pseudo_set *out)
{
    memset(out, 0, sizeof *out);
    TRY(check(s, choice));
    out->species = malloc((size_t)s->n_atom * sizeof *out->species);
    if (!out->species)
        FAIL(KD_ENOMEM, "pseudopotentials: no host memory");
    kd_status status = read_all(s, choice, out);
    if (status != KD_OK)
        pseudo_set_free(out);
    return status;
}

void pseudo_set_free(struct pseudo_set *set)
{
    for (int i = 0; i < set->n; i++) {
        pseudo_free(&set->pseudo[i]);
        free(set->path[i]);
    }
    free(set->species);
    memset(set, 0, sizeof *set);
}
