// SPDX-License-Identifier: BSD-3-Clause
/* draw.c - gnuplot as a process. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "host/report/figure.h"

extern char **environ;

/* Exit status 0? Output goes to /dev/null. */
static bool run(const char *directory, char *const *words)
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (directory)
        posix_spawn_file_actions_addchdir_np(&actions, directory);
    bool started = posix_spawnp(&child, words[0], &actions, NULL, words, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    while (started && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return started && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool draw_available(void)
{
    char program[] = "gnuplot", version[] = "--version", *words[] = {program, version, NULL};
    return run(NULL, words);
}

bool draw_figure(const char *directory, const char *id, const char *format)
{
    char program[] = "gnuplot", option[] = "-e", set[64], script[64], *words[] = {program, option, set, script, NULL};
    snprintf(set, sizeof set, "format=\"%s\"", format);
    snprintf(script, sizeof script, "%s.gp", id);
    return run(directory, words);
}
