// SPDX-License-Identifier: BSD-3-Clause
/* main.cc - emu_bugs NAME bug|twin: exit 0 when the numbers are right and nobody complained. */
#include "bugs.h"

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s NAME bug|twin\n", argv[0]);
        return 2;
    }
    for (const auto *list : {&block_bugs, &grid_bugs, &memory_bugs, &stream_bugs, &library_bugs})
        for (const planted_bug &b : *list)
            if (strcmp(b.name, argv[1]) == 0) {
                const bool right = b.run(strcmp(argv[2], "bug") == 0);
                if (!right)
                    fprintf(stderr, "wrong result\n");
                return right ? 0 : 1;
            }
    fprintf(stderr, "%s: no such bug\n", argv[1]);
    return 2;
}
