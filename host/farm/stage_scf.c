// SPDX-License-Identifier: BSD-3-Clause
/* stage_scf.c - the ground state of a structure. */
#include <stdio.h>

#include "host/base/units.h"
#include "host/dft/gs.h"
#include "host/farm/study.h"

static struct scf_options options_of(const struct study *s, int attempt)
{
    struct scf_options o = scf_defaults();
    o.ecut = ha_from_ry(s->set.scf.ecut_ry);
    for (int a = 0; a < 3; a++)
        o.mesh[a] = s->set.scf.kpoints[a];
    o.smearing = (enum smearing)s->set.scf.smearing;
    o.width = ha_from_ev(s->set.scf.width_ev);
    o.accuracy = ha_from_ry(s->set.scf.conv_ry);
    o.max_iteration = s->set.scf.max_iterations * (attempt > 1 ? 2 : 1);
    o.mixing = s->set.scf.mixing / (attempt > 1 ? 2 : 1);
    o.precision = s->precision;
    o.seed = (uint64_t)s->set.study.seed;
    return o;
}

/* Words like "Si=FILE" live in `words`. */
static struct pseudo_choice choice_of(const struct study *s, char words[2][PATH_MAX + 8])
{
    struct pseudo_choice choice = {.core_hole_site = -1};
    const char *const given[2] = {s->set.pseudo.si, s->set.pseudo.o}, *const element[2] = {"Si", "O"};
    choice.directory = s->set.pseudo.directory[0] ? s->set.pseudo.directory : NULL;
    for (int i = 0; i < 2; i++)
        if (given[i][0]) {
            snprintf(words[choice.n_given], PATH_MAX + 8, "%s=%s", element[i], given[i]);
            choice.given[choice.n_given] = words[choice.n_given];
            choice.n_given++;
        }
    return choice;
}

kd_status stage_scf(struct study *s, const struct study_work *w, int attempt, const char *product)
{
    char words[2][PATH_MAX + 8];
    struct pseudo_choice choice = choice_of(s, words);
    struct scf_options options = options_of(s, attempt);
    struct structure *frames = NULL;
    int n_frame = 0;
    struct pseudo_set set = {0};
    struct crystal crystal = {0};
    struct scf *scf = NULL;
    struct js *provenance = js_new();
    kd_status status;
    TRY_OUT(study_glass(s, w->structure, &frames, &n_frame));
    TRY_OUT(pseudo_set_read(&frames[n_frame - 1], &choice, &set));
    TRY_OUT(crystal_create(&frames[n_frame - 1], set.n, set.list, set.species, &crystal));
    TRY_OUT(scf_create(s->dev, &crystal, &options, &scf));
    TRY_OUT(scf_run(scf));
    js_string(provenance, "study", s->set.study.title);
    js_string(provenance, "structure", s->structure[w->structure].name);
    js_string(provenance, "kedge_version", s->version);
    js_int(provenance, "attempt", attempt);
    status = gs_write(product, scf, &frames[n_frame - 1], &set, provenance);
out:
    scf_free(scf);
    crystal_free(&crystal);
    pseudo_set_free(&set);
    structures_free(frames, n_frame);
    js_free(provenance);
    return status;
}
