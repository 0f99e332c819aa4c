// SPDX-License-Identifier: BSD-3-Clause
/* xdi.c - headers of XDI files: XAS Data Interchange Format, version 1.0 (Ravel, Hester, Solé, Newville, J. Synchrotron Rad. 2012). */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/nn/measured_table.h"
#include "host/structure/element.h"

static const char *const edges[] = {"K", "L", "L1", "L2", "L3", "M", "M1", "M2", "M3", "M4", "M5", "N", "N1", "N2", "N3", "N4",
                                    "N5", "N6", "N7", "O", "O1", "O2", "O3", "O4", "O5", "O6", "O7"};

static bool is_edge(const char *word)
{
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        if (strcmp(word, edges[i]) == 0)
            return true;
    return false;
}

/* A family starts with a letter and goes on with letters, digits, underscores; a tag may start with a digit. */
static bool is_word(const char *s, size_t n, bool family)
{
    if (n == 0 || (family && !isalpha((unsigned char)s[0])))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && s[i] != '_' && !(!family && s[i] == '-'))
            return false;
    return true;
}

static void lower(char *to, size_t size, const char *from)
{
    size_t i = 0;
    for (; from[i] && i + 1 < size; i++)
        to[i] = (char)tolower((unsigned char)from[i]);
    to[i] = '\0';
}

/* "2001-06-26T22:27:31", seconds with a fraction and a zone allowed. */
static bool is_time(const char *s)
{
    int year, month, day, hour, minute, second, used = 0;
    if (sscanf(s, "%4d-%2d-%2d%*1[T ]%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &used) != 6 || used < 19)
        return false;
    return year > 1900 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour >= 0 && hour < 24 && minute >= 0 &&
           minute < 60 && second >= 0 && second <= 60;
}

static kd_status take_column(struct text *t, struct table *table, const char *tag, char *value)
{
    int number;
    char *word[2] = {NULL, NULL};
    if (!number_int(tag, &number) || number < 1 || number > TABLE_COLUMNS)
        return text_error(t, "Column.%.20s, expected Column.1 to Column.%d", tag, TABLE_COLUMNS);
    if (text_split(value, word, 2) < 1)
        return text_error(t, "Column.%d has no name, expected a word such as energy or mutrans", number);
    lower(table->name[number - 1], TABLE_NAME, word[0]);
    if (word[1])
        lower(table->unit[number - 1], TABLE_NAME, word[1]);
    return KD_OK;
}

static kd_status take_field(struct text *t, struct table *table, struct nn_measured *out, const char *family, const char *tag,
                            char *value)
{
    if (strcasecmp(family, "column") == 0)
        return take_column(t, table, tag, value);
    if (strcasecmp(family, "element") == 0 && strcasecmp(tag, "symbol") == 0) {
        if (element_number(value) < 1)
            return text_error(t, "Element.symbol: \"%.20s\", expected a chemical symbol", value);
        snprintf(out->element, sizeof out->element, "%.7s", value);
    }
    if (strcasecmp(family, "element") == 0 && strcasecmp(tag, "edge") == 0) {
        if (!is_edge(value))
            return text_error(t, "Element.edge: \"%.20s\", expected K, L1, L2, L3, ...", value);
        snprintf(out->edge, sizeof out->edge, "%.7s", value);
    }
    if (strcasecmp(family, "mono") == 0 && strcasecmp(tag, "d_spacing") == 0) {
        char *first = text_token(&value);
        if (!first || !number_double(first, &table->d_spacing) || !(table->d_spacing > 0))
            return text_error(t, "Mono.d_spacing: \"%.20s\", expected a positive number (angstrom)", first ? first : "");
    }
    if (strcasecmp(family, "scan") == 0 && (strcasecmp(tag, "start_time") == 0 || strcasecmp(tag, "end_time") == 0) && !is_time(value))
        return text_error(t, "Scan.%s: \"%.30s\", expected YYYY-MM-DDThh:mm:ss", tag, value);
    return KD_OK;
}

/* "Family.tag: value". */
static kd_status take_line(struct text *t, struct table *table, struct nn_measured *out, char *line)
{
    char shown[48], *colon = strchr(line, ':'), *dot = strchr(line, '.');
    if (!colon || !dot || dot > colon || !is_word(line, (size_t)(dot - line), true))
        return text_error(t, "\"%s\", expected Family.tag: value", text_show(shown, line));
    *dot = *colon = '\0';
    char *tag = text_trim(dot + 1);
    if (!is_word(tag, strlen(tag), false))
        return text_error(t, "\"%s\" is no name of a field, expected letters, digits and underscores", text_show(shown, tag));
    return take_field(t, table, out, line, tag, text_trim(colon + 1));
}

static kd_status check_header(const struct text *t, const struct table *table, const struct nn_measured *out)
{
    if (!out->element[0] || !out->edge[0])
        return text_error(t, "the header ends without Element.%s, which XDI requires", out->element[0] ? "edge" : "symbol");
    if (strcmp(table->name[0], "angle") == 0 && !(table->d_spacing > 0))
        return text_error(t, "the abscissa is an angle, expected Mono.d_spacing in the header");
    if (table->name[0][0] && strcmp(table->name[0], "energy") != 0 && strcmp(table->name[0], "angle") != 0)
        return text_error(t, "Column.1 is \"%s\", expected energy or angle", table->name[0]);
    return KD_OK;
}

kd_status xdi_header(struct text *t, struct table *table, struct nn_measured *out)
{
    bool comments = false;
    table->is_xdi = true;
    for (char *line; (line = text_next(t));) {
        if (line[0] != '#')
            return text_error(t, "data before the end of the header, expected a line of #---");
        line = text_trim(line + 1);
        size_t dashes = strspn(line, "-"), slashes = strspn(line, "/");
        if (dashes >= 3 && line[dashes] == '\0')
            return check_header(t, table, out);
        if (slashes >= 3 && line[slashes] == '\0')
            comments = true; /* free text follows, up to the dashes */
        else if (!comments && *line)
            TRY(take_line(t, table, out, line));
    }
    return text_error(t, "the file ends within the header, expected a line of #--- and data");
}
