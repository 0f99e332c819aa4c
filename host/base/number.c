// SPDX-License-Identifier: BSD-3-Clause
/* number.c - numbers from text and back, strictly and in every locale the same. */
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/text.h"

static locale_t plain; /* "C": decimal points, whatever the program around us has set */
static pthread_once_t plain_once = PTHREAD_ONCE_INIT;

static void make_plain(void)
{
    plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static locale_t plain_locale(void)
{
    pthread_once(&plain_once, make_plain);
    return plain ? plain : LC_GLOBAL_LOCALE;
}

/* digits with a sign, a point, an exponent; nothing else that strtod would take (hex, nan, inf, blanks). */
static bool decimal(const char *token)
{
    const char *at = token;
    at += *at == '+' || *at == '-';
    size_t whole = strspn(at, "0123456789"), fraction = 0;
    at += whole;
    if (*at == '.') {
        fraction = strspn(++at, "0123456789");
        at += fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '+' || *at == '-';
        size_t exponent = strspn(at, "0123456789");
        if (exponent == 0)
            return false;
        at += exponent;
    }
    return *at == '\0';
}

bool number_double(const char *token, double *value)
{
    if (!decimal(token))
        return false;
    double x = strtod_l(token, NULL, plain_locale());
    if (!isfinite(x))
        return false;
    *value = x;
    return true;
}

bool number_fortran(const char *token, double *value)
{
    char copy[64];
    size_t length = strlen(token);
    if (length >= sizeof copy)
        return number_double(token, value);
    memcpy(copy, token, length + 1);
    char *d = strpbrk(copy, "dD");
    if (d)
        *d = 'e';
    return number_double(copy, value);
}

bool number_long(const char *token, long long *value)
{
    const char *digits = token + (*token == '+' || *token == '-');
    if (!*digits || digits[strspn(digits, "0123456789")])
        return false;
    errno = 0;
    long long n = strtoll(token, NULL, 10);
    if (errno)
        return false;
    *value = n;
    return true;
}

bool number_int(const char *token, int *value)
{
    long long n;
    if (!number_long(token, &n) || n < INT_MIN || n > INT_MAX)
        return false;
    *value = (int)n;
    return true;
}

char *number_write(char s[32], double value)
{
    locale_t before = uselocale(plain_locale());
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(s, 32, "%.*g", digits, value);
        if (strtod(s, NULL) == value)
            break;
    }
    uselocale(before);
    return s;
}
