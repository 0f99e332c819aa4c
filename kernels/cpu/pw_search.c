// SPDX-License-Identifier: BSD-3-Clause
/* pw_search.c - the PPCG update of the CPU: sub-blocks of a few bands, side by side on the threads.
 *
 * A sub-block's x, w, p are copied slab by slab into one small panel, so that its Gram matrices are single products; the numbers
 * of a slab are in L2 when the second product reads them. Slabs have a fixed size: the sums do not depend on the threads. */
#include <math.h>
#include <string.h>

#include "kernels/cpu/pw.h"

enum { SLAB = 512, MOST = 3 * PW_MAX_SUB };

struct panel { /* scratch of one thread */
    char x[MOST * SLAB * 16], h[MOST * SLAB * 16]; /* [vector][SLAB] */
    char part[MOST * MOST * 16];                   /* products of FP32 panels */
    double s[MOST * MOST * 2], m[MOST * MOST * 2], c[PW_MAX_SUB * MOST * 2], w[MOST];
    char step[2 * PW_MAX_SUB * MOST * 16];         /* coefficients in the precision of the block */
    double work[6 * MOST * MOST + 8 * MOST];
};

size_t cpu_search_scratch(const kd_device *dev)
{
    return kd_scratch_round((size_t)dev->n_thread * kd_scratch_round(sizeof(struct panel)));
}

struct sub { /* one sub-block */
    int n, n_span; /* bands; vectors of the span, 2 n or 3 n */
    struct la_block x[3], h[3];
};

static struct sub sub_block(const struct pw_search *q, int first)
{
    int n = q->x.n_vec - first < q->sub ? q->x.n_vec - first : q->sub;
    struct sub b = {n, q->has_p ? 3 * n : 2 * n, {la_slice(&q->x, first, n), la_slice(&q->w, first, n), la_slice(&q->p, first, n)},
                    {la_slice(&q->hx, first, n), la_slice(&q->hw, first, n), la_slice(&q->hp, first, n)}};
    return b;
}

static void copy_in(const struct sub *b, const struct la_block *from, size_t g, size_t m, char *panel)
{
    size_t size = la_size(from[0].type);
    for (int v = 0; v < b->n_span; v++)
        memcpy(panel + (size_t)v * SLAB * size, (char *)pw_vector(&from[v / b->n], v % b->n) + g * size, m * size);
}

/* s = <S|S>, m = <S|H S> over the whole length. */
static void gram_matrices(const struct sub *b, struct panel *p)
{
    const struct la_block *x = &b->x[0];
    size_t cells = (size_t)b->n_span * (size_t)b->n_span * la_width(x->type);
    memset(p->s, 0, cells * sizeof(double));
    memset(p->m, 0, cells * sizeof(double));
    for (size_t g = 0; g < x->n; g += SLAB) {
        size_t count = x->n - g < SLAB ? x->n - g : SLAB;
        copy_in(b, b->x, g, count, p->x);
        copy_in(b, b->h, g, count, p->h);
        cpu_panel_gram(x->type, b->n_span, b->n_span, (int)count, SLAB, p->x, p->x, p->part, p->s);
        cpu_panel_gram(x->type, b->n_span, b->n_span, (int)count, SLAB, p->x, p->h, p->part, p->m);
    }
}

/* The first n rows of `step` make the new x, the next n the new p: the same without the part along the old x. */
static void coefficients(const struct sub *b, struct panel *p)
{
    enum la_type type = b->x[0].type;
    size_t width = la_width(type), row = (size_t)b->n_span * width;
    for (int j = 0; j < 2 * b->n; j++)
        for (size_t e = 0; e < row; e++) {
            double c = p->c[(size_t)(j % b->n) * row + e];
            if (j >= b->n && e < (size_t)b->n * width)
                c = 0;
            if (la_is_double(type))
                ((double *)p->step)[(size_t)j * row + e] = c;
            else
                ((float *)p->step)[(size_t)j * row + e] = (float)c;
        }
}

static void update(const struct sub *b, struct panel *p)
{
    const struct la_block *x = &b->x[0];
    size_t size = la_size(x->type), row = (size_t)b->n_span * size;
    for (size_t g = 0; g < x->n; g += SLAB) {
        int count = (int)(x->n - g < SLAB ? x->n - g : SLAB);
        for (int h = 0; h < 2; h++) {
            const struct la_block *to = h ? b->h : b->x;
            char *panel = h ? p->h : p->x;
            copy_in(b, to, g, (size_t)count, panel);
            cpu_panel_combine(x->type, b->n, b->n_span, count, p->step, panel, SLAB, (char *)to[0].x_d + g * size, to[0].ld);
            cpu_panel_combine(x->type, b->n, b->n_span, count, p->step + (size_t)b->n * row, panel, SLAB,
                              (char *)to[2].x_d + g * size, to[2].ld);
        }
    }
}

/* A sub-block whose eigenproblem fails keeps its x and gets p = 0: the next orthonormalisation and Rayleigh-Ritz go on. */
static void keep(const struct sub *b)
{
    size_t size = la_size(b->x[0].type);
    for (int j = 0; j < b->n; j++) {
        memset(pw_vector(&b->x[2], j), 0, b->x[0].n * size);
        memset(pw_vector(&b->h[2], j), 0, b->x[0].n * size);
    }
}

kd_status cpu_search_update(kd_device *dev, kd_stream *s, const struct pw_search *q)
{
    (void)s;
    if (q->sub < 1 || q->sub > PW_MAX_SUB)
        FAIL(KD_EINTERNAL, "search: sub-blocks of %d bands, expected 1 to %d", q->sub, PW_MAX_SUB);
    size_t mark = kd_scratch_mark(dev);
    char *panels;
    TRY(kd_scratch_take(dev, (size_t)dev->n_thread * kd_scratch_round(sizeof(struct panel)), (void **)&panels));
    double drop = la_is_double(q->x.type) ? 1e-12 : 1e-5;
    cpu_enter(dev);
#pragma omp parallel for schedule(dynamic) num_threads(dev->n_thread)
    for (int first = 0; first < q->x.n_vec; first += q->sub) {
        struct panel *p = (struct panel *)(void *)(panels + (size_t)cpu_thread() * kd_scratch_round(sizeof(struct panel)));
        struct sub b = sub_block(q, first);
        gram_matrices(&b, p);
        if (cpu_ritz(q->x.type, b.n_span, b.n, p->s, p->m, p->c, p->w, drop, p->work) < b.n) {
            keep(&b);
            continue;
        }
        coefficients(&b, p);
        update(&b, p);
    }
    cpu_leave(dev);
    kd_scratch_release(dev, mark);
    return KD_OK;
}
