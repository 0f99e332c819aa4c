// SPDX-License-Identifier: BSD-3-Clause
/* format.h - the file formats of structures, one by one (docs/formats.md). Most code needs structures_read
 * and structures_write only. */
#ifndef KD_STRUCTURE_FORMAT_H
#define KD_STRUCTURE_FORMAT_H

#include <stdio.h>

#include "host/base/text.h"
#include "host/structure/element.h"
#include "host/structure/structure.h"

enum structure_format { FORMAT_NONE, FORMAT_EXTXYZ, FORMAT_LAMMPS, FORMAT_POSCAR, FORMAT_CIF };

/* The names that users write, for messages. */
#define STRUCTURE_FORMATS                                                                                    \
    "extxyz (.xyz .extxyz), POSCAR (POSCAR* CONTCAR* .vasp .poscar), LAMMPS data (.data .lmp .lammps), CIF " \
    "(.cif)"

/* By the file name alone; FORMAT_NONE when it says nothing. */
enum structure_format format_from_name(const char *path);
/* By the contents alone; t is left at its beginning. */
enum structure_format format_from_content(struct text *t);

/* All frames in a text. Frees nothing of t, but changes it. */
kd_status structures_parse(struct text *t, enum structure_format format, struct structure **frames,
                           int *n_frame);

/* Print to an open file. A write error stays in ferror(out). KD_EINPUT as for structures_write: then nothing
 * was printed. */
kd_status structures_print(FILE *out, enum structure_format format, const struct structure *frames,
                           int n_frame);

/* One frame: the text from its next line on. *out is a complete structure that passed structure_check, or
 * zeroed on failure. */
kd_status extxyz_parse(struct text *t, struct structure *out);
kd_status lammps_parse(struct text *t, struct structure *out);
kd_status poscar_parse(struct text *t, struct structure *out);
kd_status cif_parse(struct text *t, struct structure *out);

kd_status extxyz_print(FILE *out, const struct structure *s);
kd_status lammps_print(FILE *out, const struct structure *s);
kd_status poscar_print(FILE *out, const struct structure *s);
kd_status cif_print(FILE *out, const struct structure *s);

/* What a reader does last: structure_check with messages that begin "file:line", then the name for later
 * messages. */
kd_status structure_accept(struct structure *s, const struct text *t, int line);

/* Elements in order of first appearance. Returns how many. */
int structure_species(const struct structure *s, int species[ELEMENT_LAST]);

#endif
