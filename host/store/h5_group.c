// SPDX-License-Identifier: BSD-3-Clause
/* h5_group.c - groups, links and what is where. */
#include <stdlib.h>
#include <string.h>

#include "host/store/h5_file.h"

/* H5Lexists asks one step at a time: every group above must be there first. */
bool h5_exists(struct h5 *f, const char *name)
{
    char copy[1024]; /* longer names are none */
    size_t length = strlen(name);
    bool found = length < sizeof copy;
    if (found)
        memcpy(copy, name, length + 1);
    for (char *at = copy; found && at && *at;) {
        char *slash = strchr(at + 1, '/');
        if (slash)
            *slash = '\0';
        found = strcmp(copy, "/") == 0 || H5Lexists(f->id, copy, H5P_DEFAULT) > 0;
        if (slash)
            *slash = '/';
        at = slash;
    }
    H5Eclear2(H5E_DEFAULT);
    return found;
}

/* One group, whose parent is there. Without time stamps, which HDF5 gives to groups that it makes on the way. */
static kd_status make_group(struct h5 *f, const char *name)
{
    hid_t creation = H5Pcreate(H5P_GROUP_CREATE), group = -1;
    if (creation >= 0 && H5Pset_obj_track_times(creation, false) >= 0)
        group = H5Gcreate2(f->id, name, H5P_DEFAULT, creation, H5P_DEFAULT);
    kd_status status = group < 0 ? h5_broken(f, name, "cannot make the group") : KD_OK;
    if (group >= 0)
        H5Gclose(group);
    if (creation >= 0)
        H5Pclose(creation);
    return status;
}

/* Every group of the path down to `end`, which stands on a slash or the final NUL of `name`. */
static kd_status make_path(struct h5 *f, char *name, const char *end)
{
    for (char *at = name + (*name == '/'); at < end; at++) {
        at += strcspn(at, "/");
        if (at > end)
            break;
        char held = *at;
        *at = '\0';
        kd_status status = h5_exists(f, name) ? KD_OK : make_group(f, name);
        *at = held;
        TRY(status);
    }
    return KD_OK;
}

static kd_status make_groups(struct h5 *f, const char *name, bool last_too)
{
    char *copy = strdup(name);
    if (!copy)
        FAIL(KD_ENOMEM, "%s: no host memory", f->path);
    const char *slash = strrchr(copy, '/');
    const char *end = last_too ? copy + strlen(copy) : slash;
    kd_status status = end ? make_path(f, copy, end) : KD_OK;
    free(copy);
    return status;
}

kd_status h5_parents(struct h5 *f, const char *name)
{
    return make_groups(f, name, false);
}

kd_status h5_group(struct h5 *f, const char *name)
{
    return make_groups(f, name, true);
}

kd_status h5_link(struct h5 *f, const char *existing, const char *name)
{
    TRY(h5_parents(f, name));
    if (H5Lcreate_hard(f->id, existing, f->id, name, H5P_DEFAULT, H5P_DEFAULT) < 0)
        return h5_broken(f, name, "cannot link");
    return KD_OK;
}

kd_status h5_link_external(struct h5 *f, const char *name, const char *file, const char *object)
{
    TRY(h5_parents(f, name));
    if (H5Lcreate_external(file, object, f->id, name, H5P_DEFAULT, H5P_DEFAULT) < 0)
        return h5_broken(f, name, "cannot link");
    return KD_OK;
}

/* ---- lists ---- */

struct listing {
    size_t n, bytes; /* names so far, and their bytes with the NULs */
    char **names;    /* NULL in the first pass, which counts */
    char *next;
};

static herr_t add_name(hid_t group, const char *name, const H5L_info_t *info, void *user)
{
    (void)group;
    (void)info;
    struct listing *l = user;
    size_t length = strlen(name) + 1;
    if (l->names) {
        memcpy(l->next, name, length);
        l->names[l->n] = l->next;
        l->next += length;
    }
    l->n++;
    l->bytes += length;
    return 0;
}

kd_status h5_list(struct h5 *f, const char *group, size_t *n, char ***names)
{
    struct listing l = {0};
    *names = NULL;
    *n = 0;
    if (H5Literate_by_name(f->id, group, H5_INDEX_NAME, H5_ITER_INC, NULL, add_name, &l, H5P_DEFAULT) < 0)
        return h5_broken(f, group, "cannot be listed, expected a group");
    l.names = malloc(l.n * sizeof *l.names + l.bytes + 1);
    if (!l.names)
        FAIL(KD_ENOMEM, "%s: %s: no host memory", f->path, group);
    l.next = (char *)(l.names + l.n);
    l.n = 0;
    if (H5Literate_by_name(f->id, group, H5_INDEX_NAME, H5_ITER_INC, NULL, add_name, &l, H5P_DEFAULT) < 0) {
        free(l.names);
        return h5_broken(f, group, "cannot be listed");
    }
    *names = l.names;
    *n = l.n;
    return KD_OK;
}
