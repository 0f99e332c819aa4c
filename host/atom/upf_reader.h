// SPDX-License-Identifier: BSD-3-Clause
/* upf_reader.h - the state of a UPF file that is being read; shared by upf_read.c and upf_elements.c only. */
#ifndef KD_ATOM_UPF_READER_H
#define KD_ATOM_UPF_READER_H

#include <expat.h>

#include "host/atom/pseudo.h"
#include "host/base/text.h"

struct reader {
    struct text *text;
    struct pseudo *p;
    XML_Parser parser;
    kd_status status;
    int depth;
    bool header, upf;
    bool core_correction; /* what PP_HEADER says; then PP_NLCC must be there */

    /* the array being read: numbers go to target[0..expected-1] */
    char element[40];
    double *target;
    size_t n_read, n_expected;
    double unit; /* factor from the file's unit to ours */
    char token[64];
    size_t n_token;
    int partial; /* PP_GIPAW_ORBITAL that is open, -1 */
};

/* Record the first error, at the line of the element or text that expat is at (it may lag behind the lines it was given: 2.6 and
 * patched 2.5 wait for more before they look at a token again), and stop the parser. */
#define REFUSE(rd, ...)                                                                                      \
    do {                                                                                                     \
        if ((rd)->status == KD_OK) {                                                                         \
            (rd)->text->at = (int)XML_GetCurrentLineNumber((rd)->parser);                                    \
            (rd)->status = text_error((rd)->text, __VA_ARGS__);                                              \
        }                                                                                                    \
        XML_StopParser((rd)->parser, XML_FALSE);                                                             \
        return;                                                                                              \
    } while (0)

/* <PP_HEADER ...>: sizes the arrays, refuses what is not norm-conserving. */
void upf_header(struct reader *rd, const char **list);
/* Any other PP_ element: arrays that follow as text are announced in rd->target. Unknown elements are skipped. */
void upf_element(struct reader *rd, const char *name, const char **list);
/* The value of an attribute, NULL when it is not there. */
const char *upf_attribute(const char **list, const char *name);

#endif
