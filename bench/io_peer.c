// SPDX-License-Identifier: BSD-3-Clause
/* io_peer.c - io_peer.py in a process of its own. */
#include "bench/io_peer.h"

#include <stdio.h>

#ifndef IO_PEER_SCRIPT
#error "IO_PEER_SCRIPT: bench/io_peer.py"
#endif

kd_status io_peer_run(const char *operation, const char *path, double *seconds)
{
    char command[1024];
    snprintf(command, sizeof command, "/usr/bin/python3 %s %s %s", IO_PEER_SCRIPT, operation, path);
    FILE *pipe = popen(command, "r");
    const int found = pipe ? fscanf(pipe, "%lf", seconds) : 0;
    if ((pipe && pclose(pipe) != 0) || found != 1)
        FAIL(KD_EDEVICE, "bench_io: io_peer.py %s failed, expected Debian's python3-h5py and python3-ase in /usr/bin/python3", operation);
    return KD_OK;
}
