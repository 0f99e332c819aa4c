// SPDX-License-Identifier: BSD-3-Clause
/* stage_structure.c - the atoms that a structure starts from. */
#include "host/farm/study.h"

kd_status stage_start(struct study *s, const struct study_work *w, const char *product)
{
    const struct study_structure *one = &s->structure[w->structure];
    struct structure start;
    const struct generate_options options = {(enum generate_rule)s->set.generate.rule, one->formula, s->set.generate.density_gcc,
                                             (uint64_t)s->set.study.seed, one->replica};
    TRY(generate_structure(&options, &start));
    kd_status status = structures_write(product, &start, 1);
    structure_free(&start);
    return status;
}

kd_status study_glass(const struct study *s, int structure, struct structure **frames, int *n_frame)
{
    char path[PATH_MAX];
    study_file(s, "structures", s->structure[structure].name, STUDY_QUENCHES ? ".xyz" : "-start.xyz", path);
    return structures_read(path, frames, n_frame);
}
