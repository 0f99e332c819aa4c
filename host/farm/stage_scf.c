// SPDX-License-Identifier: BSD-3-Clause
/* stage_scf.c - the ground state of a structure. */
#include <stdio.h>

#include "host/base/paths.h"
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
struct pseudo_choice study_pseudo(const struct study *s, char words[2][PATH_MAX + 8])
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

/* Stopped or killed, it left its state there; any other failure leaves nothing to go on from. */
static kd_status run_kept(struct scf *scf, const char *checkpoint)
{
    kd_status status = scf_run(scf);
    if (status == KD_ENOCONV || status == KD_EINPUT)
        remove(checkpoint); /* there or not */
    return status;
}

/* Ground state of one structure into `product`; until it is there, PRODUCT.checkpoint is what another process goes on from. */
static kd_status ground_state(struct study *s, const struct structure *structure, struct scf_options *options, int attempt,
                              const char *name, const char *product)
{
    char checkpoint[PATH_MAX + 16];
    char words[2][PATH_MAX + 8];
    struct pseudo_choice choice = study_pseudo(s, words);
    struct pseudo_set set = {0};
    struct crystal crystal = {0};
    struct scf *scf = NULL;
    struct js *provenance = js_new();
    kd_status status;
    snprintf(checkpoint, sizeof checkpoint, "%s.checkpoint", product);
    options->checkpoint = checkpoint;
    options->checkpoint_seconds = s->set.farm.checkpoint_s;
    options->restart = attempt == 1;
    TRY_OUT(pseudo_set_read(structure, &choice, &set));
    TRY_OUT(crystal_create(structure, set.n, set.list, set.species, &crystal));
    TRY_OUT(scf_create(s->dev, &crystal, options, &scf));
    TRY_OUT(run_kept(scf, checkpoint));
    js_string(provenance, "study", s->set.study.title);
    js_string(provenance, "structure", name);
    js_string(provenance, "kedge_version", s->version);
    js_int(provenance, "attempt", attempt);
    status = gs_write(product, scf, structure, &set, false, provenance);
    if (status == KD_OK)
        remove(checkpoint);
out:
    scf_free(scf);
    crystal_free(&crystal);
    pseudo_set_free(&set);
    js_free(provenance);
    return status;
}

kd_status stage_scf(struct study *s, const struct study_work *w, int attempt, const char *product)
{
    struct scf_options options = options_of(s, attempt);
    struct structure *frames;
    int n_frame;
    TRY(study_glass(s, w->structure, &frames, &n_frame));
    kd_status status = ground_state(s, &frames[n_frame - 1], &options, attempt, s->structure[w->structure].name, product);
    structures_free(frames, n_frame);
    return status;
}

kd_status study_reference_gs(struct study *s, const char *file, const char *name, const char *product)
{
    struct scf_options options = options_of(s, 1);
    struct structure *frames, repeated;
    char path[PATH_MAX];
    int n_frame;
    for (int a = 0; a < 3; a++)
        options.mesh[a] = s->set.calibration.kpoints[a];
    TRY(data_or_given(file, path));
    TRY(structures_read(path, &frames, &n_frame));
    kd_status status = structure_repeat(&frames[n_frame - 1], s->set.calibration.repeat, &repeated);
    structures_free(frames, n_frame);
    TRY(status);
    status = ground_state(s, &repeated, &options, 1, name, product);
    structure_free(&repeated);
    return status;
}
