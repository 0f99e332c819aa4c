// SPDX-License-Identifier: BSD-3-Clause
/* file.c - structure files: which format, all frames, whole files by rename. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/base/commit.h"
#include "host/structure/format.h"

/* Readers and writers that exist, by enum structure_format. */
static const struct {
    const char *name;
    kd_status (*parse)(struct text *, struct structure *);
    kd_status (*print)(FILE *, const struct structure *);
} format_table[] = {
    [FORMAT_EXTXYZ] = {"extxyz", extxyz_parse, extxyz_print},
    [FORMAT_LAMMPS] = {"LAMMPS data", lammps_parse, lammps_print},
    [FORMAT_POSCAR] = {"POSCAR", poscar_parse, poscar_print},
    [FORMAT_CIF] = {"CIF", cif_parse, cif_print},
};

enum structure_format format_from_name(const char *path)
{
    static const struct {
        const char *ending;
        enum structure_format format;
    } known[] = {
        {".xyz", FORMAT_EXTXYZ},    {".extxyz", FORMAT_EXTXYZ}, {".vasp", FORMAT_POSCAR},
        {".poscar", FORMAT_POSCAR}, {".cif", FORMAT_CIF},       {".data", FORMAT_LAMMPS},
        {".lmp", FORMAT_LAMMPS},    {".lammps", FORMAT_LAMMPS},
    };
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    for (size_t i = 0; dot && i < sizeof known / sizeof *known; i++)
        if (strcasecmp(dot, known[i].ending) == 0)
            return known[i].format;
    if (strncmp(base, "POSCAR", 6) == 0 || strncmp(base, "CONTCAR", 7) == 0)
        return FORMAT_POSCAR;
    return FORMAT_NONE;
}

/* How many of the tokens of a line are numbers; -1 when one is not. */
static int count_numbers(const char *line)
{
    char *copy = strdup(line), *at = copy, *token;
    int n = 0;
    double value;
    while (copy && n >= 0 && (token = text_token(&at)))
        n = number_double(token, &value) ? n + 1 : -1;
    free(copy);
    return n;
}

enum structure_format format_from_content(struct text *t)
{
    int count, first = 0;
    while (first < t->n_line && text_blank(t->line[first], '\0'))
        first++;
    if (first == t->n_line)
        return FORMAT_NONE;
    if (number_int(text_trim(t->line[first]), &count))
        return FORMAT_EXTXYZ;
    for (int i = 0; i < t->n_line && i < 1000; i++) {
        const char *line = t->line[i];
        if (strncasecmp(line, "data_", 5) == 0 || strncasecmp(line, "_cell_length_a", 14) == 0)
            return FORMAT_CIF;
        if (strstr(line, " xlo xhi") || strstr(line, " avec"))
            return FORMAT_LAMMPS;
    }
    if (t->n_line >= 7 && count_numbers(t->line[1]) == 1 && count_numbers(t->line[2]) == 3 &&
        count_numbers(t->line[3]) == 3 && count_numbers(t->line[4]) == 3)
        return FORMAT_POSCAR;
    return FORMAT_NONE;
}

kd_status structure_accept(struct structure *s, const struct text *t, int line)
{
    size_t size = strlen(t->name) + 32;
    free(s->source);
    s->source = malloc(size);
    if (!s->source)
        FAIL(KD_ENOMEM, "%s: no memory", t->name);
    snprintf(s->source, size, "%s:%d", t->name, line);
    TRY(structure_check(s));
    snprintf(s->source, size, "%s", t->name);
    return KD_OK;
}

static bool more_frames(struct text *t)
{
    for (char *line; (line = text_next(t));)
        if (!text_blank(line, '\0')) {
            text_back(t);
            return true;
        }
    return false;
}

static kd_status append_frame(struct structure **frames, int *n_frame, int *room)
{
    if (*n_frame == *room) {
        int larger = *room ? 2 * *room : 1;
        struct structure *moved = realloc(*frames, (size_t)larger * sizeof **frames);
        if (!moved)
            FAIL(KD_ENOMEM, "structure: no memory for %d frames", larger);
        *frames = moved;
        *room = larger;
    }
    memset(&(*frames)[*n_frame], 0, sizeof **frames);
    ++*n_frame;
    return KD_OK;
}

static kd_status parse_frames(struct text *t, enum structure_format format, struct structure **frames,
                              int *n_frame)
{
    int room = 0;
    more_frames(t);
    do {
        TRY(append_frame(frames, n_frame, &room));
        TRY(format_table[format].parse(t, &(*frames)[*n_frame - 1]));
    } while (format == FORMAT_EXTXYZ && more_frames(t));
    for (int f = 0; *n_frame > 1 && f < *n_frame; f++) {
        size_t size = strlen(t->name) + 32;
        snprintf((*frames)[f].source, size, "%s:frame %d", t->name, f);
    }
    return KD_OK;
}

kd_status structures_parse(struct text *t, enum structure_format format, struct structure **frames,
                           int *n_frame)
{
    *frames = NULL;
    *n_frame = 0;
    if (format == FORMAT_NONE)
        FAIL(KD_EINPUT, "%s: not a structure, expected %s", t->name, STRUCTURE_FORMATS);
    kd_status status = parse_frames(t, format, frames, n_frame);
    if (status != KD_OK) {
        structures_free(*frames, *n_frame);
        *frames = NULL;
        *n_frame = 0;
    }
    return status;
}

kd_status structures_read(const char *path, struct structure **frames, int *n_frame)
{
    struct text t = {0};
    *frames = NULL;
    *n_frame = 0;
    TRY(text_read(path, 0, &t));
    enum structure_format format = format_from_name(path);
    if (format == FORMAT_NONE)
        format = format_from_content(&t);
    kd_status status = structures_parse(&t, format, frames, n_frame);
    text_free(&t);
    return status;
}

void structures_free(struct structure *frames, int n_frame)
{
    for (int f = 0; frames && f < n_frame; f++)
        structure_free(&frames[f]);
    free(frames);
}

kd_status structures_print(FILE *out, enum structure_format format, const struct structure *frames,
                           int n_frame)
{
    if (format == FORMAT_NONE)
        FAIL(KD_EINPUT, "structure: no format to write, expected %s", STRUCTURE_FORMATS);
    if (n_frame < 1 || (n_frame > 1 && format != FORMAT_EXTXYZ))
        FAIL(KD_EINPUT, "%s holds one frame, expected one of the %d", format_table[format].name, n_frame);
    for (int f = 0; f < n_frame; f++) {
        TRY(structure_check(&frames[f]));
        if (format != FORMAT_EXTXYZ && structure_is_cluster(&frames[f]))
            FAIL(KD_EINPUT, "%s: an isolated cluster, expected a cell (%s)",
                 frames[f].source ? frames[f].source : "structure", format_table[format].name);
    }
    for (int f = 0; f < n_frame; f++)
        TRY(format_table[format].print(out, &frames[f]));
    return KD_OK;
}

kd_status structures_write(const char *path, const struct structure *frames, int n_frame)
{
    enum structure_format format = format_from_name(path);
    struct commit c;
    if (format == FORMAT_NONE)
        FAIL(KD_EINPUT, "%s: unknown format, expected a name of %s", path, STRUCTURE_FORMATS);
    TRY(commit_open(path, &c));
    kd_status status = structures_print(c.file, format, frames, n_frame);
    if (status != KD_OK) {
        commit_abandon(&c);
        return status;
    }
    return commit_finish(&c);
}

int structure_species(const struct structure *s, int species[ELEMENT_LAST])
{
    bool seen[ELEMENT_LAST + 1] = {false};
    int n = 0;
    for (int i = 0; i < s->n_atom; i++)
        if (!seen[s->number[i]]) {
            seen[s->number[i]] = true;
            species[n++] = s->number[i];
        }
    return n;
}
