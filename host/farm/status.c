// SPDX-License-Identifier: BSD-3-Clause
/* status.c - how far a farm is: counted from its files, as JSON and as a page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/base/commit.h"
#include "host/base/progress.h"
#include "host/farm/farm.h"

enum { MOST_FAILURES = 200 };
static const double RECENT_SECONDS = 3600;

static void count_done(const struct farm *f, int i, double now, struct farm_count *c)
{
    struct farm_record record;
    c->done++;
    if (!farm_record_read(f, i, &record))
        return;
    c->mean_seconds += record.seconds; /* a sum until the end */
    c->recent += now - record.finished < RECENT_SECONDS;
    c->last = record.finished > c->last ? record.finished : c->last;
    c->first = c->first == 0 || record.finished < c->first ? record.finished : c->first;
}

static enum farm_state state_of(const struct farm *f, int i, const enum farm_state *state)
{
    const struct farm_item *item = &f->item[i];
    char path[PATH_MAX];
    farm_path(f, "", item->product, "", path);
    if (access(path, F_OK) == 0)
        return FARM_DONE;
    if (farm_failure_read(f, i, NULL) > 0)
        return FARM_FAILED;
    for (int k = 0; k < item->n_need; k++)
        if (!item->any_end && (state[item->need[k]] == FARM_FAILED || state[item->need[k]] == FARM_BLOCKED))
            return FARM_BLOCKED;
    return FARM_OPEN;
}

static void add_up(struct farm_count *all, const struct farm_count *c)
{
    all->total += c->total;
    all->done += c->done;
    all->failed += c->failed;
    all->blocked += c->blocked;
    all->running += c->running;
    all->stale += c->stale;
    all->recent += c->recent;
    all->mean_seconds += c->mean_seconds;
    all->first = c->first > 0 && (all->first == 0 || c->first < all->first) ? c->first : all->first;
    all->last = c->last > all->last ? c->last : all->last;
}

kd_status farm_count(struct farm *f, struct farm_count *count, struct farm_count *all)
{
    double now = (double)time(NULL);
    enum farm_state *state = calloc((size_t)f->n_item + 1, sizeof *state);
    if (!state)
        FAIL(KD_ENOMEM, "farm: no host memory for %d items", f->n_item);
    memset(count, 0, (size_t)f->n_stage * sizeof *count);
    memset(all, 0, sizeof *all);
    if (!f->claims.directory[0])
        claims_reader(f->directory, f->stale_seconds, &f->claims);
    for (int i = 0; i < f->n_item; i++) {
        struct farm_count *c = &count[f->item[i].stage];
        c->total++;
        state[i] = state_of(f, i, state);
        if (state[i] == FARM_DONE)
            count_done(f, i, now, c);
        c->failed += state[i] == FARM_FAILED;
        c->blocked += state[i] == FARM_BLOCKED;
        enum claim_state claim = state[i] == FARM_OPEN ? claims_look(&f->claims, f->item[i].name) : CLAIM_FREE;
        c->running += claim == CLAIM_LIVE;
        c->stale += claim == CLAIM_STALE;
    }
    for (int s = 0; s < f->n_stage; s++)
        add_up(all, &count[s]);
    for (int s = 0; s < f->n_stage; s++)
        count[s].mean_seconds = count[s].done ? count[s].mean_seconds / count[s].done : 0;
    all->mean_seconds = all->done ? all->mean_seconds / all->done : 0;
    free(state);
    return KD_OK;
}

/* Work that is left, in seconds of one process; -1 when a stage has no times yet. */
static double work_left(const struct farm *f, const struct farm_count *count)
{
    double sum = 0;
    for (int s = 0; s < f->n_stage; s++) {
        int left = count[s].total - count[s].done - count[s].failed - count[s].blocked;
        if (left > 0 && count[s].mean_seconds == 0)
            return -1;
        sum += left * count[s].mean_seconds;
    }
    return sum;
}

static void put_count(struct js *object, const struct farm_count *c)
{
    js_int(object, "total", c->total);
    js_int(object, "done", c->done);
    js_int(object, "failed", c->failed);
    js_int(object, "blocked", c->blocked);
    js_int(object, "running", c->running);
    js_int(object, "stale", c->stale);
    js_double(object, "mean_seconds", c->mean_seconds);
    js_int(object, "done_last_hour", c->recent);
}

kd_status farm_summary(struct farm *f, struct js *object)
{
    struct farm_count count[FARM_STAGES], all;
    TRY(farm_count(f, count, &all));
    struct js *stages = js_array(object, "stages");
    for (int s = 0; s < f->n_stage; s++) {
        struct js *stage = js_object(stages, NULL);
        js_string(stage, "stage", f->stage[s]);
        put_count(stage, &count[s]);
    }
    put_count(js_object(object, "all"), &all);
    double left = work_left(f, count);
    js_double(object, "seconds_left", left < 0 ? -1 : left / (all.running > 0 ? all.running : 1));
    js_double(object, "written", (double)time(NULL));
    struct js *failures = js_array(object, "failures");
    for (int i = 0, n = 0; i < f->n_item && n < MOST_FAILURES && all.failed > 0; i++) {
        char message[512];
        int attempts = farm_failure_read(f, i, message);
        if (attempts == 0)
            continue;
        struct js *failure = js_object(failures, NULL);
        js_string(failure, "item", f->item[i].name);
        js_int(failure, "attempts", attempts);
        js_string(failure, "reason", message);
        n++;
    }
    return KD_OK;
}

/* ---- the page ---- */

static void print_escaped(FILE *out, const char *s)
{
    for (; *s; s++)
        if (*s == '<' || *s == '>' || *s == '&')
            fprintf(out, "&#%d;", *s);
        else
            fputc(*s, out);
}

static long long member(const struct js *object, const char *key)
{
    long long n = 0;
    js_get_int(object, key, &n);
    return n;
}

static void print_row(FILE *out, const char *name, const struct js *c)
{
    double mean = 0;
    long long total = member(c, "total"), done = member(c, "done");
    js_get_double(c, "mean_seconds", &mean);
    fprintf(out, "<tr><td>%s<td>%lld<td>%lld<td>%lld<td>%lld<td>%lld<td>%.1f<td><progress max=%lld value=%lld></progress>\n", name, total,
            done, member(c, "failed"), member(c, "blocked"), member(c, "running"), mean, total > 0 ? total : 1, done);
}

static void print_page(FILE *out, const char *title, const struct js *summary)
{
    double left = -1;
    char duration[24], stamp[64];
    time_t now = time(NULL);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S UTC", gmtime(&now));
    js_get_double(summary, "seconds_left", &left);
    fputs("<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=10><title>", out);
    print_escaped(out, title);
    fputs("</title><style>body{font:15px/1.5 system-ui,sans-serif;max-width:52em;margin:2em auto;padding:0 1em;color:#223}"
          "td,th{padding:.2em .8em;text-align:right}td:first-child,th:first-child{text-align:left}table{border-collapse:collapse}"
          "tr+tr{border-top:1px solid #dde}progress{width:10em}</style><h1>", out);
    print_escaped(out, title);
    fprintf(out, "</h1><p>%s. ", stamp);
    if (left >= 0)
        fprintf(out, "About %s left with those at work now.", progress_duration(duration, left));
    fputs("<table><tr><th>stage<th>items<th>done<th>failed<th>out of reach<th>at work<th>s/item<th>\n", out);
    const struct js *stages = js_get(summary, "stages"), *failures = js_get(summary, "failures");
    for (size_t i = 0; i < js_size(stages); i++)
        print_row(out, js_get_string(js_item(stages, i), "stage"), js_item(stages, i));
    print_row(out, "all", js_get(summary, "all"));
    fputs("</table>\n", out);
    if (js_size(failures) > 0)
        fputs("<h2>Failures</h2><table><tr><th>item<th>attempts<th style=text-align:left>reason\n", out);
    for (size_t i = 0; i < js_size(failures); i++) {
        const struct js *failure = js_item(failures, i);
        fprintf(out, "<tr><td>%s<td>%lld<td style=text-align:left>", js_get_string(failure, "item"), member(failure, "attempts"));
        print_escaped(out, js_get_string(failure, "reason"));
        fputc('\n', out);
    }
    fputs(js_size(failures) > 0 ? "</table>\n" : "", out);
}

kd_status farm_write_progress(struct farm *f, const char *title)
{
    char path[PATH_MAX];
    struct commit c;
    struct js *summary = js_new();
    js_string(summary, "title", title);
    kd_status status;
    TRY_OUT(farm_summary(f, summary));
    farm_path(f, "", "progress", ".json", path);
    TRY_OUT(commit_open(path, &c));
    TRY_OUT(js_print(summary, c.file));
    TRY_OUT(commit_finish(&c));
    farm_path(f, "", "progress", ".html", path);
    TRY_OUT(commit_open(path, &c));
    print_page(c.file, title, summary);
    status = commit_finish(&c);
out:
    js_free(summary);
    return status;
}
