// SPDX-License-Identifier: BSD-3-Clause
/* status.h - how a function says that it failed, and why.
 *
 * Everything that can fail returns kd_status. FAIL starts an error: it records one line in a thread-local buffer and
 * returns the code; TRY passes a failure up. Nothing below apps/ calls exit(). */
#ifndef KD_STATUS_H
#define KD_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum kd_status {
    KD_OK = 0,
    KD_EINPUT,   /* bad file, option or value: nothing was written           (exit 2)  */
    KD_ENOCONV,  /* an iteration did not converge; what converged is kept    (exit 3)  */
    KD_EDEVICE,  /* no device, no plug-in, or the device reported an error   (exit 4)  */
    KD_EIO,      /* reading or writing failed                                (exit 5)  */
    KD_ENOMEM,   /* host or device memory, or an allocation after the seal   (exit 5)  */
    KD_ESTOPPED, /* stopped on request, checkpoint written                   (exit 75) */
    KD_EINTERNAL /* a promise of our own code is broken: please report       (exit 5)  */
} kd_status;

#if defined(__GNUC__)
#define KD_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define KD_PRINTF(fmt, args)
#endif

/* Record the one line that says what went wrong ("place: what, expected what") and return code.
 * The line replaces any earlier one of this thread. */
kd_status kd_fail(kd_status code, const char *format, ...) KD_PRINTF(2, 3);

/* Put "prefix: " before the recorded line, where an outer caller knows the place and the inner one does not. */
kd_status kd_fail_prefix(kd_status code, const char *format, ...) KD_PRINTF(2, 3);

/* The line recorded last by this thread; "" when there is none. */
const char *kd_error_message(void);
void kd_error_clear(void);

/* The exit status that interfaces.md promises for a code. */
int kd_exit_status(kd_status code);

#define FAIL(code, ...) return kd_fail((code), __VA_ARGS__)

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        kd_status try_status_ = (call);                                                                      \
        if (try_status_ != KD_OK)                                                                            \
            return try_status_;                                                                              \
    } while (0)

/* For functions that own something: sets the local `status` and jumps to the label `out`. */
#define TRY_OUT(call)                                                                                        \
    do {                                                                                                     \
        status = (call);                                                                                     \
        if (status != KD_OK)                                                                                 \
            goto out;                                                                                        \
    } while (0)

#define FAIL_OUT(code, ...)                                                                                  \
    do {                                                                                                     \
        status = kd_fail((code), __VA_ARGS__);                                                               \
        goto out;                                                                                            \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
