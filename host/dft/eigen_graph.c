// SPDX-License-Identifier: BSD-3-Clause
/* eigen_graph.c - the inner loop as graphs: sequences of ops that run again and again on the same memory. */
#include <stdlib.h>
#include <string.h>

#include "host/base/span.h"
#include "host/dft/eigen.h"

enum { MOST_GRAPHS = 96 }; /* three for each of 32 k-points; the oldest makes room */

/* All that the recorded operations depend on, compared as bytes. */
struct key {
    eigen_sequence sequence;
    struct pw_hamiltonian h;
    struct la_block x;
    void *scratch_d;
    size_t scratch_used;
};

struct eigen_graphs {
    int n, next;
    struct {
        struct key key;
        kd_graph *graph; /* NULL: has run once */
    } entry[MOST_GRAPHS];
};

kd_status eigen_graphs_create(kd_device *dev, struct eigen_graphs **out)
{
    const char *wish = getenv("KEDGE_GRAPHS");
    *out = NULL;
    if (!dev->ops->graph_begin || (wish && strcmp(wish, "0") == 0))
        return KD_OK;
    *out = calloc(1, sizeof **out);
    return *out ? KD_OK : kd_fail(KD_ENOMEM, "eigensolver: no host memory");
}

static void forget(kd_device *dev, struct eigen_graphs *g)
{
    for (int i = 0; i < g->n; i++) {
        dev->ops->graph_destroy(dev, g->entry[i].graph);
        g->entry[i].graph = NULL; /* the next one to take this place must not destroy it again */
    }
    g->n = g->next = 0;
}

void eigen_graphs_free(kd_device *dev, struct eigen_graphs *g)
{
    if (g)
        forget(dev, g);
    free(g);
}

void eigen_work_forget(struct eigen_work *w)
{
    if (w->graphs)
        forget(w->dev, w->graphs);
}

/* The place of a key, or -1: then it has one from now on, without a graph. */
static int find(kd_device *dev, struct eigen_graphs *g, const struct key *key)
{
    for (int i = 0; i < g->n; i++)
        if (memcmp(&g->entry[i].key, key, sizeof *key) == 0)
            return i;
    int place = g->n < MOST_GRAPHS ? g->n++ : g->next++ % MOST_GRAPHS;
    dev->ops->graph_destroy(dev, g->entry[place].graph);
    memcpy(&g->entry[place].key, key, sizeof *key);
    g->entry[place].graph = NULL;
    return -1;
}

static kd_status record(struct eigen_work *w, eigen_sequence sequence, const struct pw_hamiltonian *h, const struct la_block *x,
                        kd_graph **graph)
{
    kd_device *dev = w->dev;
    TRY(dev->ops->graph_begin(dev, dev->stream));
    kd_status status = sequence(w, h, x), ended = dev->ops->graph_end(dev, dev->stream, graph);
    return status != KD_OK ? status : ended;
}

kd_status eigen_play(struct eigen_work *w, eigen_sequence sequence, const struct pw_hamiltonian *h, const struct la_block *x)
{
    kd_device *dev = w->dev;
    if (!w->graphs)
        return sequence(w, h, x);
    struct key key;
    memset(&key, 0, sizeof key); /* padding is compared too */
    key.sequence = sequence;
    key.h.basis = h->basis;
    key.h.potential_d = h->potential_d;
    key.h.nonlocal = h->nonlocal;
    key.x.type = x->type;
    key.x.n_vec = x->n_vec;
    key.x.n = x->n;
    key.x.ld = x->ld;
    key.x.x_d = x->x_d;
    key.scratch_d = dev->scratch_d;
    key.scratch_used = dev->scratch_used;
    int place = find(dev, w->graphs, &key);
    if (place < 0) /* the first time: libraries make their handles now */
        return sequence(w, h, x);
    span_begin("graph");
    if (!w->graphs->entry[place].graph)
        TRY(record(w, sequence, h, x, &w->graphs->entry[place].graph));
    TRY(dev->ops->graph_launch(dev, dev->stream, w->graphs->entry[place].graph));
    span_end();
    return KD_OK;
}
