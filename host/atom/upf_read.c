// SPDX-License-Identifier: BSD-3-Clause
/* upf_read.c - a UPF v2 file becomes a struct pseudo. */
#include "host/atom/upf.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "host/atom/upf_reader.h"

enum { MAX_DEPTH = 32, MAX_FILE = 64 << 20 };

static void XMLCALL on_start(void *user, const char *name, const char **list)
{
    struct reader *rd = user;
    if (rd->status != KD_OK)
        return;
    if (++rd->depth > MAX_DEPTH)
        REFUSE(rd, "elements nested more than %d deep", MAX_DEPTH);
    if (rd->depth == 1) {
        const char *version = upf_attribute(list, "version");
        if (strcmp(name, "UPF") || !version || strncmp(version, "2.", 2))
            REFUSE(rd, "<%.30s>, expected <UPF version=\"2.0.1\"> (version 1 is converted by upfconv.x of Quantum ESPRESSO)", name);
        return;
    }
    if (rd->target)
        REFUSE(rd, "<%.30s> inside %s, expected numbers", name, rd->element);
    if (!strcmp(name, "PP_HEADER")) {
        if (rd->header)
            REFUSE(rd, "a second PP_HEADER");
        upf_header(rd, list);
    } else if (!strncmp(name, "PP_", 3) && strcmp(name, "PP_INFO") && strcmp(name, "PP_INPUTFILE")) {
        if (!rd->header)
            REFUSE(rd, "<%.30s> before PP_HEADER", name);
        upf_element(rd, name, list);
    }
}

/* The characters collected in token are one number. */
static void end_token(struct reader *rd)
{
    double value;
    if (!rd->n_token)
        return;
    rd->token[rd->n_token] = 0;
    rd->n_token = 0;
    char shown[48];
    if (!number_fortran(rd->token, &value))
        REFUSE(rd, "%s: \"%s\", expected a number", rd->element, text_show(shown, rd->token));
    if (rd->n_read >= rd->n_expected)
        REFUSE(rd, "%s has more than the expected %zu values", rd->element, rd->n_expected);
    rd->target[rd->n_read++] = value * rd->unit;
}

static void XMLCALL on_text(void *user, const char *text, int n)
{
    struct reader *rd = user;
    for (int i = 0; i < n && rd->target && rd->status == KD_OK; i++) {
        if (isspace((unsigned char)text[i]))
            end_token(rd);
        else if (rd->n_token + 1 < sizeof rd->token)
            rd->token[rd->n_token++] = text[i];
        else
            REFUSE(rd, "%s: a word of more than %zu characters, expected a number", rd->element, sizeof rd->token - 1);
    }
}

static void XMLCALL on_end(void *user, const char *name)
{
    struct reader *rd = user;
    if (rd->status != KD_OK)
        return;
    rd->depth--;
    if (rd->target) {
        end_token(rd);
        if (rd->status != KD_OK)
            return;
        if (rd->n_read != rd->n_expected)
            REFUSE(rd, "%s has %zu values, expected %zu", rd->element, rd->n_read, rd->n_expected);
        rd->target = NULL;
    }
    if (!strncmp(name, "PP_GIPAW_ORBITAL.", 17))
        rd->partial = -1;
}

/* What is missing or impossible, in a file that is whole as XML. */
static kd_status check(const struct text *t, struct pseudo *p)
{
    if (!p->r || !p->rab || !p->v_local || !p->charge)
        return text_error(t, "PP_R, PP_RAB, PP_LOCAL or PP_RHOATOM is missing");
    if (p->n_projector && !p->d)
        return text_error(t, "PP_DIJ is missing");
    for (int i = 0; i < p->n; i++)
        if (!(p->r[i] >= 0) || (i && !(p->r[i] > p->r[i - 1])) || !(p->rab[i] > 0))
            return text_error(t, "PP_R or PP_RAB: point %d, expected rising radii and positive weights", i + 1);
    for (int k = 0; k < p->n_projector; k++) {
        if (!p->projector[k].beta)
            return text_error(t, "PP_BETA.%d is missing", k + 1);
        if (p->projector[k].l > p->l_max)
            p->l_max = p->projector[k].l;
        for (int j = 0; j < p->n_projector; j++)
            if (fabs(p->d[k * p->n_projector + j] - p->d[j * p->n_projector + k]) > 1e-6 * (1 + fabs(p->d[k * p->n_projector + j])))
                return text_error(t, "PP_DIJ: elements %d,%d and %d,%d differ, expected a symmetric matrix", k + 1, j + 1, j + 1, k + 1);
    }
    for (int k = 0; k < p->n_orbital; k++)
        if (!p->orbital[k].chi)
            return text_error(t, "PP_CHI.%d is missing", k + 1);
    for (int k = 0; k < p->n_core; k++)
        if (!p->core[k].psi)
            return text_error(t, "PP_GIPAW_CORE_ORBITAL.%d is missing", k + 1);
    for (int k = 0; k < p->n_partial; k++)
        if (!p->partial[k].ae || !p->partial[k].ps)
            return text_error(t, "PP_GIPAW_ORBITAL.%d lacks its AE or PS wave", k + 1);
    return KD_OK;
}

/* Older generators put raw & and < into the free text of PP_INFO: blank all markup in there but its own end. */
static void blank_info(char *line, bool *inside)
{
    char *start = *inside ? line : strstr(line, "<PP_INFO>");
    char *end = strstr(line, "</PP_INFO>");
    if (start && !*inside)
        start += 9;
    for (char *c = start; c && *c && c != end; c++)
        if (strchr("<>&", *c) || (unsigned char)*c < 32 || (unsigned char)*c > 126)
            *c = ' ';
    *inside = start && !end;
}

static kd_status parse(struct text *t, struct pseudo *p)
{
    struct reader rd = {.text = t, .p = p, .partial = -1, .parser = XML_ParserCreate(NULL)};
    bool info = false;
    if (!rd.parser)
        FAIL(KD_ENOMEM, "%s: XML parser", t->name);
    XML_SetUserData(rd.parser, &rd);
    XML_SetElementHandler(rd.parser, on_start, on_end);
    XML_SetCharacterDataHandler(rd.parser, on_text);
    for (char *line; rd.status == KD_OK && (line = text_next(t));) {
        blank_info(line, &info);
        if (XML_Parse(rd.parser, line, (int)strlen(line), 0) == XML_STATUS_ERROR ||
            XML_Parse(rd.parser, "\n", 1, 0) == XML_STATUS_ERROR) {
            if (rd.status == KD_OK) {
                t->at = (int)XML_GetCurrentLineNumber(rd.parser);
                rd.status = text_error(t, "not XML (%s), expected UPF version 2", XML_ErrorString(XML_GetErrorCode(rd.parser)));
            }
        }
    }
    if (rd.status == KD_OK && XML_Parse(rd.parser, "", 0, 1) == XML_STATUS_ERROR)
        rd.status = text_error(t, "the file ends early (%s)", XML_ErrorString(XML_GetErrorCode(rd.parser)));
    XML_ParserFree(rd.parser);
    if (rd.status == KD_OK && !rd.header)
        rd.status = text_error(t, "no PP_HEADER");
    if (rd.status == KD_OK && rd.core_correction && !p->model_core)
        rd.status = text_error(t, "PP_NLCC is missing, expected one by core_correction=\"T\" of PP_HEADER");
    return rd.status == KD_OK ? check(t, p) : rd.status;
}

static kd_status finish(struct text *t, struct pseudo *p)
{
    *p = (struct pseudo){0};
    kd_status status = parse(t, p);
    text_free(t);
    if (status != KD_OK)
        pseudo_free(p);
    return status;
}

kd_status upf_read(const char *path, struct pseudo *p)
{
    struct text t;
    TRY(text_read(path, MAX_FILE, &t));
    return finish(&t, p);
}

kd_status upf_parse(const char *name, const char *bytes, size_t length, struct pseudo *p)
{
    struct text t;
    TRY(text_from(name, bytes, length, &t));
    return finish(&t, p);
}
