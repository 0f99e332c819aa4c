// SPDX-License-Identifier: BSD-3-Clause
/* main.cc - emu_selftest [poison]: exit 0 when every statement holds. */
#include "selftest.h"

extern const statement poison_statement;

static bool report(const statement &s)
{
    const bool holds = s.holds();
    printf("%s: %s\n", holds ? "ok" : "FAILED", s.sentence);
    return holds;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "poison") == 0)
        return report(poison_statement) ? 0 : 1;
    bool all = true;
    for (const auto *list : {&warp_statements, &atomic_statements, &runtime_statements, &library_statements,
                             &collective_statements})
        for (const statement &s : *list)
            all &= report(s);
    return all ? 0 : 1;
}
