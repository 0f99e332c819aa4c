// SPDX-License-Identifier: BSD-3-Clause
/* replay.c - the seeds of one folder through the reader, in builds without libFuzzer. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/fuzz/limits.h"

static int replay(const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
        return 0;
    size_t size = (size_t)about.st_size;
    uint8_t *bytes = malloc(size ? size : 1);
    FILE *f = fopen(path, "rb");
    int good = bytes && f && fread(bytes, 1, size, f) == size;
    if (good)
        LLVMFuzzerTestOneInput(bytes, size);
    if (f)
        fclose(f);
    free(bytes);
    return good;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    int n = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        n += replay(path);
    }
    closedir(folder);
    printf("%d files read\n", n);
    return n ? 0 : 1;
}
