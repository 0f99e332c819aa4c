// SPDX-License-Identifier: BSD-3-Clause
/* nn_template.h - layout and arithmetic of one net on one core; included by nn_isa.h for each precision.
 *
 * Everything is feature-major: a batch of activations X[unit][sample] stands in panels of NR = 2 VL samples, the three
 * products of a layer use one register tile of MR x NR, and weights stay packed for good:
 *   xt[l]     [panel][row][NR]            activations, a row per unit: B of the forward product
 *   xs[l]     [unit / NR][sample][NR]     the same transposed: B of the weight gradient
 *   delta     [panel][row][NR]            dLoss/dz: B of the backward product, A of the weight gradient
 *   weight    [out / MR][in / NR][MR][NR] A of the forward product; a column block of it, packed, A of the backward one
 * Padding rows and columns hold zeros, and stay zero under training. */

typedef REAL NAME(vec) __attribute__((vector_size(VL * sizeof(REAL)), may_alias));
typedef INT NAME(mask) __attribute__((vector_size(VL * sizeof(REAL)), may_alias));
#define vec NAME(vec)
#define LOAD(p) (*(const vec *)(p))
#define STORE(p, x) (*(vec *)(p) = (x))
#define SPLAT(x) ((x) - (vec){0})

struct NAME(layer) {
    int n_in, n_out, in_pad, out_pad; /* in_pad multiple of NR, out_pad of MR */
    size_t weight, bias;              /* where they start in a part of the state */
};

struct NAME(plan) {
    int n_layer;
    struct NAME(layer) layer[NN_MAX_LAYER];
    int rows[NN_MAX_LAYER + 1]; /* of xt and delta */
    size_t n_real;              /* of one part of the state */
    bool keep_slope;            /* act' is stored: GELU and dropout */
    enum nn_activation activation;
};

struct NAME(workspace) {
    int n_sample, n_panel; /* of the batch at hand */
    int n_whole;           /* of the batch that it is a slice of, or itself */
    REAL *xt[NN_MAX_LAYER + 1], *xs[NN_MAX_LAYER], *slope[NN_MAX_LAYER + 1];
    REAL *delta[2], *column, *gradient;
};

/* What a training pass does beyond the forward one. */
struct NAME(pass) {
    const REAL *coefficient;
    REAL *weights, *moment1, *moment2; /* parts of the state */
    const REAL *rate;                  /* NULL: store the gradient in place of a step */
    REAL *gradient;
    bool dropout;
    uint64_t seed, step;
    int first, whole; /* the batch is a slice that begins at row `first` of one of `whole` rows; whole 0: it is no slice */
};

static inline int NAME(round_up)(int n, int multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

static struct NAME(plan) NAME(plan_of)(const struct nn_shape *shape)
{
    struct NAME(plan) plan = {.n_layer = shape->n_layer, .activation = shape->activation};
    size_t at = 0;
    for (int l = 0; l < shape->n_layer; l++) {
        struct NAME(layer) *layer = &plan.layer[l];
        layer->n_in = shape->width[l];
        layer->n_out = shape->width[l + 1];
        layer->in_pad = NAME(round_up)(layer->n_in, NR);
        layer->out_pad = NAME(round_up)(layer->n_out, MR);
        layer->weight = at;
        at += (size_t)layer->in_pad * (size_t)layer->out_pad;
        layer->bias = at;
        at += (size_t)NAME(round_up)(layer->out_pad, NR);
        plan.rows[l] = l && plan.layer[l - 1].out_pad > layer->in_pad ? plan.layer[l - 1].out_pad : layer->in_pad;
    }
    plan.rows[shape->n_layer] = plan.layer[shape->n_layer - 1].out_pad;
    plan.n_real = at;
    return plan;
}

static size_t NAME(state_bytes)(const struct nn_shape *shape)
{
    return NN_N_PART * NAME(plan_of)(shape).n_real * sizeof(REAL);
}

/* Cut the workspace up; with base NULL only the size counts. */
static size_t NAME(carve)(const struct NAME(plan) *plan, int batch, REAL *base, struct NAME(workspace) *w)
{
    size_t at = 0, samples = (size_t)NAME(round_up)(batch, NR), widest = 0, tallest = 0;
    for (int l = 0; l <= plan->n_layer; l++) {
        size_t size = samples * (size_t)plan->rows[l];
        w->xt[l] = base + at;
        at += size;
        w->slope[l] = base + at;
        at += l > 0 && l < plan->n_layer ? size : 0;
        widest = size > widest ? size : widest;
        if (l == plan->n_layer)
            break;
        w->xs[l] = base + at;
        at += samples * (size_t)plan->layer[l].in_pad;
        size_t column = (size_t)plan->layer[l].out_pad * NR;
        tallest = column > tallest ? column : tallest;
    }
    for (int i = 0; i < 2; i++, at += widest)
        w->delta[i] = base + at;
    w->column = base + at;
    at += tallest;
    w->gradient = base + at;
    return (at + plan->n_real) * sizeof(REAL);
}

static size_t NAME(workspace_bytes)(const struct nn_shape *shape, int batch)
{
    struct NAME(plan) plan = NAME(plan_of)(shape);
    struct NAME(workspace) w;
    static REAL origin[1];
    return NAME(carve)(&plan, batch, origin, &w);
}

/* Where weight[o][i] stands in its layer. */
static inline size_t NAME(weight_at)(const struct NAME(layer) *layer, int o, int i)
{
    size_t tile = (size_t)(o / MR) * (size_t)(layer->in_pad / NR) + (size_t)(i / NR);
    return layer->weight + (tile * MR + (size_t)(o % MR)) * NR + (size_t)(i % NR);
}

static void NAME(unpack)(const struct NAME(plan) *plan, const REAL *part, REAL *values)
{
    for (int l = 0; l < plan->n_layer; l++) {
        const struct NAME(layer) *layer = &plan->layer[l];
        for (int o = 0; o < layer->n_out; o++)
            for (int i = 0; i < layer->n_in; i++)
                *values++ = part[NAME(weight_at)(layer, o, i)];
        memcpy(values, part + layer->bias, (size_t)layer->n_out * sizeof(REAL));
        values += layer->n_out;
    }
}

static void NAME(pack)(const struct NAME(plan) *plan, const REAL *values, REAL *part)
{
    memset(part, 0, plan->n_real * sizeof(REAL));
    for (int l = 0; l < plan->n_layer; l++) {
        const struct NAME(layer) *layer = &plan->layer[l];
        for (int o = 0; o < layer->n_out; o++)
            for (int i = 0; i < layer->n_in; i++)
                part[NAME(weight_at)(layer, o, i)] = *values++;
        memcpy(part + layer->bias, values, (size_t)layer->n_out * sizeof(REAL));
        values += layer->n_out;
    }
}

static void NAME(put)(const struct nn_shape *shape, void *state, enum nn_part which, const void *values)
{
    struct NAME(plan) plan = NAME(plan_of)(shape);
    NAME(pack)(&plan, values, (REAL *)state + (size_t)which * plan.n_real);
}

static void NAME(get)(const struct nn_shape *shape, const void *state, enum nn_part which, void *values)
{
    struct NAME(plan) plan = NAME(plan_of)(shape);
    NAME(unpack)(&plan, (const REAL *)state + (size_t)which * plan.n_real, values);
}

/* ---- register tiles ---- */

/* c[MR][NR] = sum over n_block blocks of NR terms: a[block * a_stride + r * NR + k] b[block * NR + k][NR]. */
static inline __attribute__((always_inline)) void NAME(tile)(int n_block, const REAL *a, size_t a_stride,
                                                             const REAL *b, vec c[MR][2])
{
    vec s[MR][2];
    UNROLL(MR)
    for (int r = 0; r < MR; r++)
        s[r][0] = s[r][1] = (vec){0};
    for (int block = 0; block < n_block; block++, a += a_stride)
        for (int k = 0; k < NR; k++, b += NR) {
            vec b0 = LOAD(b), b1 = LOAD(b + VL);
            UNROLL(MR)
            for (int r = 0; r < MR; r++) {
                vec broadcast = SPLAT(a[r * NR + k]);
                s[r][0] += broadcast * b0;
                s[r][1] += broadcast * b1;
            }
        }
    UNROLL(MR)
    for (int r = 0; r < MR; r++) {
        c[r][0] = s[r][0];
        c[r][1] = s[r][1];
    }
}

/* out[rows][NR] = sum over k < n of a[k][NR] (rows of them) b[k][NR]. */
static inline __attribute__((always_inline)) void NAME(tile_backward)(int rows, int n, const REAL *a, const REAL *b,
                                                                      REAL *out)
{
    vec s[MR][2];
    UNROLL(MR)
    for (int r = 0; r < rows; r++)
        s[r][0] = s[r][1] = (vec){0};
    for (int k = 0; k < n; k++, a += NR, b += NR) {
        vec b0 = LOAD(b), b1 = LOAD(b + VL);
        UNROLL(MR)
        for (int r = 0; r < rows; r++) {
            vec broadcast = SPLAT(a[r]);
            s[r][0] += broadcast * b0;
            s[r][1] += broadcast * b1;
        }
    }
    UNROLL(MR)
    for (int r = 0; r < rows; r++) {
        STORE(out + r * NR, s[r][0]);
        STORE(out + r * NR + VL, s[r][1]);
    }
}

/* Transpose one NR x NR block. */
static void NAME(transpose)(const REAL *restrict from, REAL *restrict to)
{
    typedef REAL quad __attribute__((vector_size(4 * sizeof(REAL)), may_alias, aligned(16)));
    for (int i = 0; i < NR; i += 4)
        for (int j = 0; j < NR; j += 4) {
            const REAL *f = from + i * NR + j;
            REAL *t = to + j * NR + i;
            quad a = *(const quad *)f, b = *(const quad *)(f + NR), c = *(const quad *)(f + 2 * NR),
                 d = *(const quad *)(f + 3 * NR);
            quad ab0 = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab1 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
            quad cd0 = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd1 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
            *(quad *)t = __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5);
            *(quad *)(t + NR) = __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7);
            *(quad *)(t + 2 * NR) = __builtin_shufflevector(ab1, cd1, 0, 1, 4, 5);
            *(quad *)(t + 3 * NR) = __builtin_shufflevector(ab1, cd1, 2, 3, 6, 7);
        }
}
