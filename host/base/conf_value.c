// SPDX-License-Identifier: BSD-3-Clause
/* conf_value.c - one value of one key: checked, stored, described. */
#include "host/base/conf_value.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "host/base/text.h"

static const double UNBOUNDED = 1e300;

static bool inside(const struct conf_key *key, double x)
{
    return (key->min == 0 && key->max == 0) || (x >= key->min && x <= key->max);
}

static bool parse_bool(const char *text, bool *value)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (int i = 0; i < 8; i++)
        if (strcasecmp(text, words[i]) == 0) {
            *value = i % 2;
            return true;
        }
    return false;
}

static int parse_choice(const struct conf_key *key, const char *text)
{
    for (int i = 0; key->choice[i]; i++)
        if (strcmp(text, key->choice[i]) == 0)
            return i;
    return -1;
}

/* Numbers between blanks or commas; exactly key->count of them. */
static bool parse_list(const struct conf_key *key, const char *text, double value[CONF_MAX_COUNT])
{
    char copy[4096], *token[CONF_MAX_COUNT + 1];
    if (strlen(text) >= sizeof copy || key->count > CONF_MAX_COUNT)
        return false;
    strcpy(copy, text);
    for (char *c = copy; *c; c++)
        if (*c == ',')
            *c = ' ';
    if (text_split(copy, token, CONF_MAX_COUNT + 1) != key->count)
        return false;
    for (int i = 0; i < key->count; i++) {
        int whole = 0;
        bool legal = key->type == CONF_INTS ? number_int(token[i], &whole) : number_double(token[i], &value[i]);
        if (key->type == CONF_INTS)
            value[i] = whole;
        if (!legal || !inside(key, value[i]))
            return false;
    }
    return true;
}

static bool store_list(const struct conf_key *key, const char *text, char *at)
{
    double value[CONF_MAX_COUNT];
    if (!parse_list(key, text, value))
        return false;
    for (int i = 0; at && i < key->count; i++) {
        if (key->type == CONF_INTS)
            ((int *)at)[i] = (int)value[i];
        else
            ((double *)at)[i] = value[i];
    }
    return true;
}

bool conf_value_store(const struct conf_key *key, char *text, void *target)
{
    char *at = target ? (char *)target + key->at : NULL;
    int whole;
    double number;
    bool truth;
    switch (key->type) {
    case CONF_INT:
        if (!number_int(text, &whole) || !inside(key, whole))
            return false;
        if (at)
            *(int *)at = whole;
        return true;
    case CONF_DOUBLE:
        if (!number_double(text, &number) || !inside(key, number))
            return false;
        if (at)
            *(double *)at = number;
        return true;
    case CONF_BOOL:
        if (!parse_bool(text, &truth))
            return false;
        if (at)
            *(bool *)at = truth;
        return true;
    case CONF_STRING:
        if (at)
            *(char **)at = text;
        return true;
    case CONF_INTS:
    case CONF_DOUBLES:
        return store_list(key, text, at);
    case CONF_CHOICE:
        whole = parse_choice(key, text);
        if (whole >= 0 && at)
            *(int *)at = whole;
        return whole >= 0;
    }
    return false;
}

/* ---- in words ---- */

static void add(char *words, size_t size, const char *format, ...) KD_PRINTF(3, 4);
static void add(char *words, size_t size, const char *format, ...)
{
    size_t n = strlen(words);
    va_list args;
    va_start(args, format);
    vsnprintf(words + n, size - n, format, args);
    va_end(args);
}

static void add_range(const struct conf_key *key, char *words, size_t size)
{
    char low[32], high[32];
    number_write(low, key->min);
    number_write(high, key->max);
    if (key->min == 0 && key->max == 0)
        return;
    if (key->max >= UNBOUNDED)
        add(words, size, ", at least %s", low);
    else if (key->min <= -UNBOUNDED)
        add(words, size, ", at most %s", high);
    else
        add(words, size, " from %s to %s", low, high);
}

void conf_value_expected(const struct conf_key *key, char *words, size_t size)
{
    words[0] = '\0';
    switch (key->type) {
    case CONF_INT:
        add(words, size, "a whole number");
        break;
    case CONF_DOUBLE:
        add(words, size, "a number");
        break;
    case CONF_BOOL:
        add(words, size, "yes or no");
        return;
    case CONF_STRING:
        add(words, size, "text");
        return;
    case CONF_INTS:
        add(words, size, "%d whole numbers", key->count);
        break;
    case CONF_DOUBLES:
        add(words, size, "%d numbers", key->count);
        break;
    case CONF_CHOICE:
        for (int i = 0; key->choice[i]; i++)
            add(words, size, "%s%s", i == 0 ? "" : key->choice[i + 1] ? ", " : " or ", key->choice[i]);
        return;
    }
    add_range(key, words, size);
    if (key->unit[0])
        add(words, size, " (%s)", key->unit);
}
