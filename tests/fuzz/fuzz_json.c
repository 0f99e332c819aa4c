// SPDX-License-Identifier: BSD-3-Clause
/* fuzz_json.c - JSON from arbitrary bytes: no crash, no leak; what passes prints to text that reads back the same. */
#include <stdlib.h>
#include <string.h>

#include "host/base/json.h"
#include "tests/fuzz/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct js *root, *again;
    kd_error_clear();
    fuzz_begin();
    kd_status status = js_parse("fuzz.json", (const char *)bytes, size, &root);
    fuzz_end(size);
    if (status != KD_OK) {
        if (status != KD_EINPUT || root || strncmp(kd_error_message(), "fuzz.json:", 10) != 0)
            abort();
        return 0;
    }
    char *text = js_text(root);
    if (!text || js_parse("again", text, strlen(text), &again) != KD_OK)
        abort();
    char *text_again = js_text(again);
    if (!text_again || strcmp(text, text_again) != 0)
        abort();
    free(text);
    free(text_again);
    js_free(root);
    js_free(again);
    return 0;
}
