// SPDX-License-Identifier: BSD-3-Clause
/* main.c - kedge, git style: the first word names the command. */
#include <stdio.h>

int main(void)
{
    puts("kedge " KEDGE_VERSION);
    return 0;
}
