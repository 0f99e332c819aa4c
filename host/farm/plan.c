// SPDX-License-Identifier: BSD-3-Clause
/* plan.c - settings to structures to items in the order of work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/text.h"
#include "host/farm/study.h"

enum { MOST_FORMULAS = 200, MOST_WORDS = 4096 };

/* ---- structures ---- */

static void formula_name(const struct formula *f, char *name, size_t size)
{
    size_t n = 0;
    static const struct { int number; const char *symbol; } known[] = {{1, "H"}, {6, "C"}, {7, "N"}, {8, "O"}, {14, "Si"}};
    for (int i = 0; i < f->n_element && n < size; i++)
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (known[k].number == f->number[i])
                n += (size_t)snprintf(name + n, size - n, "%s%d", known[k].symbol, f->count[i]);
}

static kd_status formulas(const char *words, struct formula formula[MOST_FORMULAS], int *n)
{
    char copy[MOST_WORDS], *at = copy;
    *n = 0;
    if (strlen(words) >= sizeof copy)
        FAIL(KD_EINPUT, "study.formulas: %zu bytes, expected fewer than %d", strlen(words), MOST_WORDS);
    strcpy(copy, words);
    for (char *c = copy; *c; c++)
        if (*c == ',')
            *c = ' ';
    for (char *word; (word = text_token(&at));) {
        bool paper = strcmp(word, "paper") == 0;
        if (*n + (paper ? PAPER_CELLS : 1) > MOST_FORMULAS)
            FAIL(KD_EINPUT, "study.formulas: more than %d compositions", MOST_FORMULAS);
        for (int i = 0; paper && i < PAPER_CELLS; i++)
            formula_paper_index(i, &formula[(*n)++]);
        if (paper)
            continue;
        if (formula_parse(word, &formula[*n]) != KD_OK)
            return kd_fail_prefix(KD_EINPUT, "study.formulas");
        for (int i = 0; i < formula[*n].n_element; i++)
            if (formula[*n].number[i] != 14 && formula[*n].number[i] != 8)
                FAIL(KD_EINPUT, "study.formulas: \"%s\", expected silicon and oxygen only", word);
        if (formula_count(&formula[*n], 14) == 0)
            FAIL(KD_EINPUT, "study.formulas: \"%s\", expected some silicon", word);
        ++*n;
    }
    return *n > 0 ? KD_OK : kd_fail(KD_EINPUT, "study.formulas: empty, expected compositions like Si16O24");
}

static kd_status plan_structures(struct study *s)
{
    struct formula formula[MOST_FORMULAS];
    int n;
    TRY(formulas(s->set.study.formulas, formula, &n));
    s->n_structure = n * s->set.study.replicas;
    s->structure = calloc((size_t)s->n_structure, sizeof *s->structure);
    if (!s->structure)
        FAIL(KD_ENOMEM, "study: no host memory for %d structures", s->n_structure);
    for (int i = 0; i < s->n_structure; i++) {
        struct study_structure *one = &s->structure[i];
        char name[32] = "";
        one->formula = formula[i % n];
        one->replica = s->set.study.first_replica + i / n;
        one->n_si = formula_count(&one->formula, 14);
        one->n_site = s->set.xanes.sites > 0 && s->set.xanes.sites < one->n_si ? s->set.xanes.sites : one->n_si;
        formula_name(&one->formula, name, sizeof name);
        snprintf(one->name, sizeof one->name, "%s-r%d", name, one->replica);
        for (int k = 0; k < i; k++)
            if (strcmp(s->structure[k].name, one->name) == 0)
                FAIL(KD_EINPUT, "study.formulas: %s given twice", name);
    }
    return KD_OK;
}

/* ---- items ---- */

struct planning {
    struct study *s;
    int *scf;         /* [n_structure] the items of their ground states */
    int *end, n_end;  /* items that the dataset waits for */
};

static int add(struct study *s, const struct study_work *work, const char *name, const char *folder, const char *suffix)
{
    int i = s->farm.n_item++;
    struct farm_item *item = &s->farm.item[i];
    s->work[i] = *work;
    item->stage = (int)work->stage;
    snprintf(item->name, sizeof item->name, "%s-%.70s", s->farm.stage[work->stage], name);
    snprintf(item->product, sizeof item->product, "%s%s%.70s%s", folder, folder[0] ? "/" : "", name, suffix);
    item->need = s->need + s->n_need;
    return i;
}

/* Of the item that was added last: needs are stored in the order of items. */
static void need(struct study *s, int item, int other)
{
    s->need[s->n_need++] = other;
    s->farm.item[item].n_need++;
}

static void plan_structure(struct planning *p, int k)
{
    struct study *s = p->s;
    const char *name = s->structure[k].name;
    int start = add(s, &(struct study_work){.stage = STAGE_START, .structure = k}, name, "structures", "-start.xyz");
    int glass = start;
    if (STUDY_QUENCHES) {
        glass = add(s, &(struct study_work){.stage = STAGE_QUENCH, .structure = k}, name, "structures", ".xyz");
        need(s, glass, start);
    }
    p->scf[k] = add(s, &(struct study_work){.stage = STAGE_SCF, .structure = k}, name, "gs", ".h5");
    need(s, p->scf[k], glass);
    int bader = add(s, &(struct study_work){.stage = STAGE_BADER, .structure = k}, name, "charges", ".h5");
    need(s, bader, p->scf[k]);
    p->end[p->n_end++] = bader;
}

static void plan_sites(struct planning *p, int begin, int n_formula)
{
    struct study *s = p->s;
    char name[FARM_NAME];
    int block = s->set.xanes.block, left = 1;
    for (int first = 0; left; first += block) {
        left = 0;
        for (int k = begin; k < begin + n_formula; k++) {
            for (int site = first; site < first + block && site < s->structure[k].n_site; site++) {
                snprintf(name, sizeof name, "%s-s%03d", s->structure[k].name, site);
                int i = add(s, &(struct study_work){.stage = STAGE_XANES, .structure = k, .site = site}, name, "xanes", ".h5");
                need(s, i, p->scf[k]);
                p->end[p->n_end++] = i;
            }
            left |= s->structure[k].n_site > first + block;
        }
    }
}

static void plan_networks(struct planning *p)
{
    struct study *s = p->s;
    char name[FARM_NAME];
    int dataset = add(s, &(struct study_work){.stage = STAGE_DATASET}, "dataset", "", ".h5"), train[8], n = 0;
    s->farm.item[dataset].any_end = true;
    for (int i = 0; i < p->n_end; i++)
        need(s, dataset, p->end[i]);
    for (int windows = 0; windows < (s->set.train.windows ? 2 : 1); windows++)
        for (int split = 0; split < (s->set.train.by_structure ? 2 : 1); split++)
            for (int target = 0; target < 2; target++) {
                struct study_work w = {.stage = STAGE_TRAIN, .target = target, .split = split, .windows = windows};
                study_model_name(&w, name);
                train[n] = add(s, &w, name, "models", ".h5");
                need(s, train[n++], dataset);
            }
    int evaluate = add(s, &(struct study_work){.stage = STAGE_EVALUATE}, "results", "", ".h5");
    s->farm.item[evaluate].any_end = true;
    for (int i = 0; i < n; i++)
        need(s, evaluate, train[i]);
    int report = add(s, &(struct study_work){.stage = STAGE_REPORT}, "index", "report", ".html");
    s->farm.item[report].any_end = true;
    need(s, report, evaluate);
}

static void plan_items(struct planning *p)
{
    struct study *s = p->s;
    int n_formula = s->n_structure / s->set.study.replicas;
    for (int k = 0; k < (s->set.calibration.silicon[0] ? 2 : 1); k++)
        p->end[p->n_end++] = add(s, &(struct study_work){.stage = STAGE_REFERENCE, .site = k}, k ? "silicon" : "quartz", "calibration", ".json");
    for (int replica = 0; replica < s->set.study.replicas; replica++) {
        int begin = replica * n_formula;
        for (int k = begin; k < begin + n_formula; k++)
            plan_structure(p, k);
        plan_sites(p, begin, n_formula);
    }
    plan_networks(p);
}

/* farm.last_stage: later items are left out. What stays needs none of them, since stages only need earlier ones. */
static kd_status cut(struct study *s)
{
    int last = STUDY_LAST, n = 0;
    if (s->set.farm.last_stage[0])
        for (last = 0; last < STAGE_N && strcmp(s->farm.stage[last], s->set.farm.last_stage) != 0;)
            last++;
    if (last > STUDY_LAST)
        FAIL(KD_EINPUT, "farm.last_stage: \"%s\", expected a stage: generate to %s", s->set.farm.last_stage, s->farm.stage[STUDY_LAST]);
    if (last == STAGE_N - 1)
        return KD_OK;
    int *place = calloc((size_t)s->farm.n_item + 1, sizeof *place);
    if (!place)
        FAIL(KD_ENOMEM, "study: no host memory");
    for (int i = 0; i < s->farm.n_item; i++) {
        struct farm_item *item = &s->farm.item[i];
        if (item->stage > last)
            continue;
        for (int k = 0; k < item->n_need; k++)
            item->need[k] = place[item->need[k]];
        place[i] = n;
        s->work[n] = s->work[i];
        s->farm.item[n++] = *item;
    }
    s->farm.n_item = n;
    s->farm.n_stage = last + 1;
    free(place);
    return KD_OK;
}

kd_status study_plan(struct study *s)
{
    static const char *const names[STAGE_N] = {"generate", "quench", "scf", "bader", "calibration", "xanes", "dataset",
                                              "train", "evaluate", "report"};
    TRY(plan_structures(s));
    size_t n_site = 0;
    for (int k = 0; k < s->n_structure; k++)
        n_site += (size_t)s->structure[k].n_site;
    size_t most = 4 * (size_t)s->n_structure + n_site + 16, most_needs = 3 * most;
    struct planning p = {s, calloc((size_t)s->n_structure, sizeof *p.scf), calloc(most, sizeof *p.end), 0};
    s->farm.item = calloc(most, sizeof *s->farm.item);
    s->work = calloc(most, sizeof *s->work);
    s->need = calloc(most_needs, sizeof *s->need);
    if (!p.scf || !p.end || !s->farm.item || !s->work || !s->need) {
        free(p.scf);
        free(p.end);
        FAIL(KD_ENOMEM, "study: no host memory for %zu items", most);
    }
    s->farm.n_stage = STAGE_N;
    memcpy(s->farm.stage, names, sizeof names);
    plan_items(&p);
    free(p.scf);
    free(p.end);
    return cut(s);
}
