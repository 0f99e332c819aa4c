// SPDX-License-Identifier: BSD-3-Clause
/* main.c - kedge, git style: the first word names the command. */
#include <stdio.h>
#include <string.h>

#include "apps/commands.h"
#include "host/base/conf.h"

static int leave(int status)
{
    return fflush(stdout) != 0 || ferror(stdout) ? kd_exit_status(KD_EIO) : status;
}

static void print_commands(FILE *f)
{
    fputs("Usage: kedge COMMAND [OPTION...] [FILE...]\n"
          "Si K-edge XANES of amorphous silicon suboxides: structures, spectra, charges, networks.\n\nCommands:\n", f);
    for (int i = 0; i < N_COMMAND; i++)
        fprintf(f, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("  help       This list, or `kedge help COMMAND`\n\n"
          "`kedge COMMAND --help` explains a command with examples; `kedge info` shows this machine.\n"
          "Exit status: 0 done; 2 wrong input or usage; 3 not converged, the rest is kept; 4 device; 5 input/output or\n"
          "memory; 75 stopped on request with a checkpoint.\n", f);
}

static const struct app_command *find(const char *name)
{
    for (int i = 0; i < N_COMMAND; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int unknown(const char *name)
{
    const char *names[N_COMMAND + 1];
    for (int i = 0; i < N_COMMAND; i++)
        names[i] = commands[i]->name;
    names[N_COMMAND] = "help";
    const char *nearest = conf_nearest(name, names, N_COMMAND + 1);
    if (nearest)
        fprintf(stderr, "kedge: unknown command \"%s\", expected %s? `kedge help` lists all\n", name, nearest);
    else
        fprintf(stderr, "kedge: unknown command \"%s\", `kedge help` lists all\n", name);
    return kd_exit_status(KD_EINPUT);
}

/* kedge help [COMMAND] */
static int help(int argc, char **argv)
{
    if (argc < 2) {
        print_commands(stdout);
        return leave(0);
    }
    const struct app_command *command = find(argv[1]);
    if (!command)
        return unknown(argv[1]);
    char word[] = "--help";
    char *words[] = {argv[1], word, NULL};
    return app_main(command, 2, words);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_commands(stderr);
        return kd_exit_status(KD_EINPUT);
    }
    const char *first = argv[1];
    if (strcmp(first, "help") == 0 || strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
        return help(argc - 1, argv + 1);
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0) {
        puts("kedge " KEDGE_VERSION);
        return leave(0);
    }
    if (first[0] == '-') {
        fprintf(stderr, "kedge: \"%s\" before the command, expected kedge COMMAND [OPTION...]; `kedge help` lists them\n",
                first);
        return kd_exit_status(KD_EINPUT);
    }
    const struct app_command *command = find(first);
    return command ? app_main(command, argc - 1, argv + 1) : unknown(first);
}
