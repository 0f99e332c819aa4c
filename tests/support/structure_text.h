// SPDX-License-Identifier: BSD-3-Clause
/* structure_text.h - structures from strings, and tables of bad files. */
#ifndef KD_TEST_STRUCTURE_TEXT_H
#define KD_TEST_STRUCTURE_TEXT_H

#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "host/structure/format.h"

struct bad_file {
    const char *text, *message; /* message: what must stand in the error line */
};

static inline kd_status structures_from(const char *text, enum structure_format format,
                                        struct structure **frames, int *n_frame)
{
    struct text t;
    assert_ok(text_from("test", text, strlen(text), &t));
    kd_status status = structures_parse(&t, format, frames, n_frame);
    text_free(&t);
    return status;
}

/* The only frame of a good text; the caller frees it. */
static inline struct structure one_structure(const char *text, enum structure_format format)
{
    struct structure *frames, one;
    int n_frame;
    assert_ok(structures_from(text, format, &frames, &n_frame));
    assert_int_equal(n_frame, 1);
    one = frames[0];
    free(frames);
    return one;
}

/* Every text is refused with KD_EINPUT and its message, and leaves nothing behind. */
static inline void assert_bad_files(const struct bad_file *bad, size_t n, enum structure_format format)
{
    for (size_t i = 0; i < n; i++) {
        struct structure *frames;
        int n_frame;
        kd_error_clear();
        kd_status status = structures_from(bad[i].text, format, &frames, &n_frame);
        if (status != KD_EINPUT || !strstr(kd_error_message(), bad[i].message))
            fail_msg("file %zu: status %d, \"%s\", expected \"%s\"", i, status, kd_error_message(),
                     bad[i].message);
        assert_null(frames);
        assert_int_equal(n_frame, 0);
    }
}

/* What the writer of a format makes of a structure; the caller frees it. */
static inline char *printed(const struct structure *s, int n_frame, enum structure_format format)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_ok(structures_print(out, format, s, n_frame));
    fclose(out);
    return text;
}

#endif
