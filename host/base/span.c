// SPDX-License-Identifier: BSD-3-Clause
/* span.c - the clock tree: nodes in a fixed array, children as lists in order of first appearance. */
#include "host/base/span.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "host/base/clock.h"

enum { MAX_NODE = 512, NONE = -1 };

struct node {
    const char *name;
    int parent, child, sibling;
    long calls;
    uint64_t ticks, began;
};

static struct {
    struct node node[MAX_NODE]; /* [0] is the whole */
    int n, at;
    int skipped; /* depth of spans that found no room */
    kd_device *dev;
    bool profile;
    double opened; /* clock_seconds of span_open: what a tick is in seconds follows from it */
} tree = {.at = NONE};
static _Thread_local bool counted; /* this thread called span_open */

/* The processor's own counter where it has one that runs evenly: clock_gettime costs 100 ns on some virtual machines. */
static inline uint64_t ticks(void)
{
#ifdef __x86_64__
    return __builtin_ia32_rdtsc();
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

void span_open(void)
{
    memset(tree.node, 0, sizeof tree.node);
    tree.node[0] = (struct node){"total", NONE, NONE, NONE, 1, 0, ticks()};
    tree.opened = clock_seconds();
    tree.n = 1;
    tree.at = 0;
    tree.skipped = 0;
    counted = true;
}

void span_close(void)
{
    tree.at = NONE;
    tree.n = 0;
    tree.dev = NULL;
    tree.profile = false;
    counted = false;
}

void span_device(kd_device *dev)
{
    tree.dev = dev;
}

/* The child of `parent` with that name, made if need be; NONE when the array is full. */
static int child_of(int parent, const char *name)
{
    int *link = &tree.node[parent].child;
    for (; *link != NONE; link = &tree.node[*link].sibling)
        if (tree.node[*link].name == name || strcmp(tree.node[*link].name, name) == 0)
            return *link;
    if (tree.n == MAX_NODE)
        return NONE;
    tree.node[tree.n] = (struct node){name, parent, NONE, NONE, 0, 0, 0};
    return *link = tree.n++;
}

void span_begin(const char *name)
{
    if (!counted)
        return;
    if (tree.dev && tree.dev->ops->range_push)
        tree.dev->ops->range_push(tree.dev, name);
    int child = tree.skipped ? NONE : child_of(tree.at, name);
    if (child == NONE) {
        tree.skipped++;
        return;
    }
    tree.at = child;
    tree.node[child].calls++;
    tree.node[child].began = ticks();
}

void span_end(void)
{
    if (!counted)
        return;
    if (tree.dev && tree.dev->ops->range_pop)
        tree.dev->ops->range_pop(tree.dev);
    if (tree.skipped) {
        tree.skipped--;
        return;
    }
    struct node *n = &tree.node[tree.at];
    if (n->parent == NONE)
        return;
    n->ticks += ticks() - n->began;
    tree.at = n->parent;
}

int span_depth(void)
{
    int depth = tree.skipped;
    for (int at = tree.at; counted && at > 0; at = tree.node[at].parent)
        depth++;
    return depth;
}

void span_unwind(int depth)
{
    for (int open = span_depth(); open > depth; open--)
        span_end();
}

/* Seconds of a node; the whole and spans that are still open count up to now. */
static double seconds_of(int i)
{
    uint64_t now = ticks(), all = now - tree.node[0].began, sum = tree.node[i].ticks;
    double tick = all ? (clock_seconds() - tree.opened) / (double)all : 0;
    for (int at = tree.at; at != NONE; at = tree.node[at].parent)
        if (at == i)
            sum += now - tree.node[i].began;
    return (double)sum * tick;
}

static void print_node(FILE *f, int i, int depth, double total)
{
    double seconds = seconds_of(i);
    fprintf(f, "  %*s%-*s %10ld %12.3f %6.1f\n", 2 * depth, "", 30 - 2 * depth, tree.node[i].name, tree.node[i].calls,
            seconds, total > 0 ? 100 * seconds / total : 0);
    for (int c = tree.node[i].child; c != NONE; c = tree.node[c].sibling)
        print_node(f, c, depth < 12 ? depth + 1 : depth, total);
}

void span_print(FILE *f)
{
    if (tree.n < 2)
        return;
    fprintf(f, "\n  %-30s %10s %12s %6s\n", "clock", "calls", "seconds", "%");
    print_node(f, 0, 0, seconds_of(0));
}

/* A span inside a span of the same name is part of it already. */
static bool inside_itself(int i)
{
    for (int up = tree.node[i].parent; up != NONE; up = tree.node[up].parent)
        if (strcmp(tree.node[up].name, tree.node[i].name) == 0)
            return true;
    return false;
}

double span_seconds(const char *name)
{
    double sum = 0;
    for (int i = 1; i < tree.n; i++)
        if (strcmp(tree.node[i].name, name) == 0 && !inside_itself(i))
            sum += seconds_of(i);
    return sum;
}

void span_json(struct js *object, const char *key)
{
    struct js *seconds = js_object(object, key);
    double unused;
    for (int i = 1; i < tree.n; i++)
        if (!js_get_double(seconds, tree.node[i].name, &unused))
            js_double(seconds, tree.node[i].name, span_seconds(tree.node[i].name));
}

void profile_enable(void)
{
    tree.profile = true;
}

static void profiler(bool start)
{
    if (tree.profile && tree.dev && tree.dev->ops->profiler)
        tree.dev->ops->profiler(tree.dev, start);
}

void profile_begin(void)
{
    profiler(true);
}

void profile_end(void)
{
    profiler(false);
}
