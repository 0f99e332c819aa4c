// SPDX-License-Identifier: BSD-3-Clause
/* consumer.c - somebody else's program: opens the CPU through the installed library. */
#include <stdio.h>

#include <kernels/device.h>

int main(void)
{
    kd_device *dev;
    if (kd_device_open("cpu", 1, &dev, NULL) != KD_OK) {
        fprintf(stderr, "%s\n", kd_error_message());
        return 1;
    }
    puts(dev->description);
    kd_device_close(dev);
    return 0;
}
