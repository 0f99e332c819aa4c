// SPDX-License-Identifier: BSD-3-Clause
/* progress.h - how far, how fast, how long still: a live line on a terminal, a line now and then in a pipe.
 *
 * Silent for work that ends within two seconds, below LOG_INFO, and before log_open. One thread per struct. */
#ifndef KD_PROGRESS_H
#define KD_PROGRESS_H

struct progress {
    char what[48], unit[32];
    double total, done, scale;
    double started, shown; /* seconds */
};

/* total: amount of work in steps, 0 when unknown. scale: units of rate per step; with what = "quench", unit = "atom-steps",
 * scale = number of atoms the line reads "quench  42 %  1.3e+07 atom-steps/s  0:31 left". */
void progress_begin(struct progress *p, const char *what, const char *unit, double total, double scale);
/* `done` steps of total are finished. Cheap (one clock reading) when there is nothing to show. */
void progress_at(struct progress *p, double done);
void progress_end(struct progress *p);

/* "0:31", "12:05", "3:07:45": for people. Returns s. */
char *progress_duration(char s[24], double seconds);

#endif
