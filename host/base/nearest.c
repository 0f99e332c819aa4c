// SPDX-License-Identifier: BSD-3-Clause
/* nearest.c - what somebody may have meant: the nearest of a list of words. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "host/base/conf.h"

enum { LONGEST = 48 };

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Restricted Damerau-Levenshtein distance, letters without case. */
static int distance(const char *a, const char *b)
{
    int n = (int)strlen(a), m = (int)strlen(b), row[3][LONGEST + 1];
    int *before = row[0], *last = row[1], *now = row[2];
    if (n > LONGEST || m > LONGEST)
        return 2 * LONGEST;
    for (int j = 0; j <= m; j++)
        last[j] = j;
    for (int i = 1; i <= n; i++) {
        now[0] = i;
        for (int j = 1; j <= m; j++) {
            int differ = tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]);
            now[j] = smaller(smaller(last[j], now[j - 1]) + 1, last[j - 1] + differ);
            if (i > 1 && j > 1 && tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 2]) &&
                tolower((unsigned char)a[i - 2]) == tolower((unsigned char)b[j - 1]))
                now[j] = smaller(now[j], before[j - 2] + 1);
        }
        int *freed = before;
        before = last;
        last = now;
        now = freed;
    }
    return last[m];
}

/* ecut for ecut_ry: a beginning of three letters or more counts as one mistake. */
static int mistakes(const char *word, const char *name)
{
    size_t common = strlen(word) < strlen(name) ? strlen(word) : strlen(name);
    if (common >= 3 && strncasecmp(word, name, common) == 0)
        return strcasecmp(word, name) != 0;
    return distance(word, name);
}

const char *conf_nearest(const char *word, const char *const *names, int n)
{
    const char *nearest = NULL;
    int least = smaller((int)(strlen(word) + 2) / 3, LONGEST) + 1;
    for (int i = 0; i < n; i++) {
        int m = mistakes(word, names[i]);
        if (m < least) {
            least = m;
            nearest = names[i];
        }
    }
    return nearest;
}
