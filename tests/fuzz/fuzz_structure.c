// SPDX-License-Identifier: BSD-3-Clause
/* fuzz_structure.c - one structure format against arbitrary bytes: no crash, no leak; what passes is sane,
 * can be printed in every format, and survives extxyz unchanged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/structure/format.h"
#include "tests/fuzz/limits.h"

static char *print(enum structure_format format, const struct structure *frames, int n_frame, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    if (!out)
        abort();
    kd_status status = structures_print(out, format, frames, n_frame);
    fclose(out);
    if (status != KD_OK && format == FORMAT_EXTXYZ)
        abort();
    return text;
}

static void check_round_trip(const struct structure *frames, int n_frame)
{
    struct text t;
    struct structure *again;
    int n_again;
    size_t size, size_again;
    char *text = print(FORMAT_EXTXYZ, frames, n_frame, &size);
    if (text_from("again", text, size, &t) != KD_OK ||
        structures_parse(&t, FORMAT_EXTXYZ, &again, &n_again) != KD_OK) {
        fprintf(stderr, "%s\n%s", kd_error_message(), text);
        abort();
    }
    char *text_again = print(FORMAT_EXTXYZ, again, n_again, &size_again);
    if (size != size_again || memcmp(text, text_again, size) != 0)
        abort();
    structures_free(again, n_again);
    text_free(&t);
    free(text);
    free(text_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct text t;
    struct structure *frames = NULL;
    int n_frame = 0;
    kd_error_clear();
    fuzz_begin();
    kd_status status = text_from("fuzz", (const char *)bytes, size, &t);
    if (status == KD_OK) {
        format_from_content(&t);
        status = structures_parse(&t, FUZZ_FORMAT, &frames, &n_frame);
        text_free(&t);
    }
    fuzz_end(size);
    if (status != KD_OK && (status != KD_EINPUT || !kd_error_message()[0] || frames))
        abort();
    if (status != KD_OK)
        return 0;
    check_round_trip(frames, n_frame);
    for (enum structure_format format = FORMAT_LAMMPS; format <= FORMAT_CIF; format++) {
        size_t length;
        free(print(format, frames, 1, &length));
    }
    structures_free(frames, n_frame);
    return 0;
}
