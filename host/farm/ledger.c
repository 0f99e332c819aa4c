// SPDX-License-Identifier: BSD-3-Clause
/* ledger.c - done/NAME.json and failed/NAME.json. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <errno.h>

#include "host/base/commit.h"
#include "host/farm/farm.h"

void farm_path(const struct farm *f, const char *folder, const char *name, const char *suffix, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%.*s/%s%s%s%s", PATH_MAX - 400, f->directory, folder, folder[0] ? "/" : "", name, suffix);
}

/* FNV-1a over 64-bit words: finds damage, resists nobody. */
kd_status farm_hash(const char *path, long long *bytes, char hash[20])
{
    static const unsigned long long prime = 1099511628211ull;
    unsigned long long h = 14695981039346656037ull, word[8192];
    FILE *in = fopen(path, "rb");
    size_t n;
    *bytes = 0;
    if (!in)
        FAIL(KD_EIO, "%s: cannot read, %s", path, strerror(errno));
    while ((n = fread(word, 1, sizeof word, in)) > 0) {
        memset((char *)word + n, 0, sizeof word - n);
        for (size_t i = 0; i < (n + 7) / 8; i++)
            h = (h ^ word[i]) * prime;
        *bytes += (long long)n;
    }
    bool failed = ferror(in);
    fclose(in);
    if (failed)
        FAIL(KD_EIO, "%s: cannot read", path);
    snprintf(hash, 20, "%016llx", h ^ (unsigned long long)*bytes);
    return KD_OK;
}

/* Takes the object over. */
static kd_status put(const char *path, struct js *object)
{
    struct commit c;
    kd_status status = commit_open(path, &c);
    if (status == KD_OK) {
        status = js_print(object, c.file);
        if (status == KD_OK)
            status = commit_finish(&c);
        else
            commit_abandon(&c);
    }
    js_free(object);
    return status;
}

static struct js *begin(const struct farm *f, int item)
{
    char host[128] = "?";
    struct js *object = js_new();
    gethostname(host, sizeof host - 1);
    js_string(object, "item", f->item[item].name);
    js_string(object, "stage", f->stage[f->item[item].stage]);
    js_string(object, "host", host);
    js_double(object, "finished", (double)time(NULL));
    return object;
}

kd_status farm_record_write(const struct farm *f, int item, double seconds)
{
    char product[PATH_MAX], path[PATH_MAX], hash[20];
    long long bytes;
    farm_path(f, "", f->item[item].product, "", product);
    farm_path(f, "done", f->item[item].name, ".json", path);
    TRY(farm_hash(product, &bytes, hash));
    struct js *object = begin(f, item);
    js_double(object, "seconds", seconds);
    js_int(object, "bytes", bytes);
    js_string(object, "hash", hash);
    return put(path, object);
}

bool farm_record_read(const struct farm *f, int item, struct farm_record *out)
{
    char path[PATH_MAX];
    struct js *object;
    memset(out, 0, sizeof *out);
    farm_path(f, "done", f->item[item].name, ".json", path);
    if (access(path, R_OK) != 0 || js_read(path, &object) != KD_OK) {
        kd_error_clear();
        return false;
    }
    const char *hash = js_get_string(object, "hash"), *host = js_get_string(object, "host");
    bool whole = js_get_double(object, "seconds", &out->seconds) && js_get_double(object, "finished", &out->finished) &&
                 js_get_int(object, "bytes", &out->bytes) && hash;
    snprintf(out->hash, sizeof out->hash, "%s", hash ? hash : "");
    snprintf(out->host, sizeof out->host, "%s", host ? host : "");
    js_free(object);
    return whole;
}

kd_status farm_failure_write(const struct farm *f, int item, int attempts, kd_status why, const char *message)
{
    char path[PATH_MAX];
    farm_path(f, "failed", f->item[item].name, ".json", path);
    struct js *object = begin(f, item);
    js_int(object, "attempts", attempts);
    js_int(object, "exit_status", kd_exit_status(why));
    js_string(object, "reason", message);
    return put(path, object);
}

int farm_failure_read(const struct farm *f, int item, char message[512])
{
    char path[PATH_MAX];
    struct js *object;
    long long attempts = 1;
    if (message)
        message[0] = '\0';
    farm_path(f, "failed", f->item[item].name, ".json", path);
    if (access(path, F_OK) != 0)
        return 0;
    if (js_read(path, &object) != KD_OK) {
        kd_error_clear();
        return 1;
    }
    js_get_int(object, "attempts", &attempts);
    const char *reason = js_get_string(object, "reason");
    if (message)
        snprintf(message, 512, "%s", reason ? reason : "?");
    js_free(object);
    return attempts > 0 ? (int)attempts : 1;
}
