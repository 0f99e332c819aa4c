// SPDX-License-Identifier: BSD-3-Clause
/* cif_token.c - CIF 1.1 cut into tokens (iucr.org, "CIF version 1.1 syntax"). */
#include "host/structure/cif.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* A text block begins with ';' in column 1 and ends before the next such line. */
static kd_status text_block(struct cif_reader *r, char *line, struct cif_token *token)
{
    int opened = r->text->at;
    token->kind = CIF_VALUE;
    token->text = line + 1;
    token->quoted = true;
    while ((line = text_next(r->text)))
        if (*line == ';') {
            r->at = line + 1;
            return KD_OK;
        }
    return text_error(r->text, "end of file in the text block of line %d, expected a line that begins with ;",
                      opened);
}

/* The closing quote is the first one that a blank or the end of the line follows: 'O5'' is O5'. */
static kd_status quoted_value(struct cif_reader *r, struct cif_token *token)
{
    char quote = *r->at++;
    token->kind = CIF_VALUE;
    token->text = r->at;
    token->quoted = true;
    for (; *r->at; r->at++)
        if (*r->at == quote && (!r->at[1] || isspace((unsigned char)r->at[1]))) {
            *r->at++ = '\0';
            return KD_OK;
        }
    return text_error(r->text, "quote not closed, expected %c at the end of the value", quote);
}

static kd_status bare_token(struct cif_reader *r, struct cif_token *token)
{
    token->text = text_token(&r->at);
    token->quoted = false;
    token->kind = CIF_VALUE;
    if (token->text[0] == '_')
        token->kind = CIF_NAME;
    else if (strncasecmp(token->text, "data_", 5) == 0)
        token->kind = CIF_BLOCK;
    else if (strcasecmp(token->text, "loop_") == 0)
        token->kind = CIF_LOOP;
    else if (strncasecmp(token->text, "save_", 5) == 0)
        return text_error(r->text, "save frame, expected a CIF of structures, not a dictionary");
    return KD_OK;
}

kd_status cif_next(struct cif_reader *r, struct cif_token *token)
{
    for (;;) {
        if (!r->at) {
            char *line = text_next(r->text);
            if (!line) {
                *token = (struct cif_token){.kind = CIF_END, .text = ""};
                return KD_OK;
            }
            if (*line == ';')
                return text_block(r, line, token);
            r->at = line;
        }
        while (isspace((unsigned char)*r->at))
            r->at++;
        if (*r->at == '\'' || *r->at == '"')
            return quoted_value(r, token);
        if (*r->at && *r->at != '#')
            return bare_token(r, token);
        r->at = NULL;
    }
}
