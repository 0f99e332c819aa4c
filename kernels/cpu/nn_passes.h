// SPDX-License-Identifier: BSD-3-Clause
/* nn_passes.h - forward, loss, backward and step of one net on one core (second half of nn_template.h). */

enum { NAME(TILES) = 4 }; /* output tiles that share one panel while it is in the first-level cache */

/* Rows of the data into xs[0] and xt[0], normalised; samples up to the end of the last panel become zero. */
static void NAME(gather)(const struct NAME(plan) *plan, const struct nn_cpu_net *net, const struct nn_data *data,
                         const int *row, int n, struct NAME(workspace) *w)
{
    const REAL *shift = net->input_shift, *scale = net->input_scale;
    int n_in = plan->layer[0].n_in, n_block = plan->layer[0].in_pad / NR;
    w->n_sample = w->n_whole = n;
    w->n_panel = (n + NR - 1) / NR;
    size_t samples = (size_t)w->n_panel * NR;
    for (int m = 0; m < w->n_panel * NR; m++)
        for (int block = 0; block < n_block; block++) {
            REAL *to = w->xs[0] + ((size_t)block * samples + (size_t)m) * NR;
            int i0 = block * NR, width = m >= n ? 0 : n_in - i0 < NR ? n_in - i0 : NR;
            const REAL *from = m < n ? (const REAL *)data->x_d + (size_t)row[m] * (size_t)data->n_x +
                                           (size_t)net->choice->column + i0
                                     : NULL;
            for (int i = 0; i < width; i++)
                to[i] = (from[i] - shift[i0 + i]) * scale[i0 + i];
            for (int i = width; i < NR; i++)
                to[i] = 0;
        }
    for (int p = 0; p < w->n_panel; p++)
        for (int block = 0; block < n_block; block++)
            NAME(transpose)(w->xs[0] + ((size_t)block * samples + (size_t)p * NR) * NR,
                            w->xt[0] + ((size_t)p * (size_t)plan->rows[0] + (size_t)block * NR) * NR);
}

/* z -> act(z), and act'(z) where it has to be kept. */
static inline REAL NAME(activate)(enum nn_activation kind, REAL z, REAL *derivative)
{
    if (kind == NN_TANH) {
        REAL y = TANH(z);
        *derivative = 1 - y * y;
        return y;
    }
    REAL phi = (REAL)0.5 * (1 + ERF(z * (REAL)0.70710678118654752440)); /* GELU = z Phi(z) */
    *derivative = phi + z * (REAL)0.39894228040143267794 * EXP((REAL)-0.5 * z * z);
    return z * phi;
}

static inline vec NAME(rectify)(vec z, vec times, REAL slope)
{
    NAME(mask) positive = z > (vec){0};
    NAME(mask) kept = (NAME(mask))times & positive;
    return (vec)(kept | ((NAME(mask))(times * (SPLAT(slope))) & ~positive));
}

/* One finished tile: bias, activation, store. y and keep point at the tile's first row. */
static inline void NAME(finish_tile)(const struct NAME(plan) *plan, bool hidden, vec c[MR][2], const REAL *bias,
                                     REAL slope, REAL *y, REAL *keep)
{
    bool rectifier = plan->activation == NN_RELU || plan->activation == NN_LEAKY_RELU;
    for (int r = 0; r < MR; r++)
        for (int h = 0; h < 2; h++) {
            vec z = c[r][h] + SPLAT(bias[r]);
            REAL *to = y + r * NR + h * VL, *derivative = keep + r * NR + h * VL;
            if (hidden && rectifier) {
                STORE(to, NAME(rectify)(z, z, slope));
                if (plan->keep_slope)
                    STORE(derivative, NAME(rectify)(z, SPLAT((REAL)1), slope));
            } else if (hidden) {
                for (int i = 0; i < VL; i++) {
                    REAL unused;
                    to[i] = NAME(activate)(plan->activation, z[i], plan->keep_slope ? &derivative[i] : &unused);
                }
            } else {
                STORE(to, z);
            }
        }
}

/* Zero units with probability p, scale the others by 1 / (1 - p); Philox counts (step, layer, sample * n_out + unit). */
static void NAME(drop)(const struct NAME(plan) *plan, int l, const struct NAME(pass) *pass, struct NAME(workspace) *w)
{
    REAL p = pass->coefficient[NN_DROPOUT], scale = 1 / (1 - p);
    uint32_t threshold = nn_dropout_threshold((double)p);
    int n_out = plan->layer[l].n_out;
    for (int m = 0; m < w->n_sample; m++)
        for (int o = 0; o < n_out; o++) {
            size_t at = ((size_t)(m / NR) * (size_t)plan->rows[l + 1] + (size_t)o) * NR + (size_t)(m % NR);
            bool kept = nn_dropout_word(pass->seed, l, pass->step, (uint32_t)(pass->first + m) * (uint32_t)n_out + (uint32_t)o) >= threshold;
            w->xt[l + 1][at] *= kept ? scale : 0;
            w->slope[l + 1][at] *= kept ? scale : 0;
        }
}

static void NAME(forward)(const struct NAME(plan) *plan, const REAL *weights, REAL slope,
                          const struct NAME(pass) *pass, struct NAME(workspace) *w)
{
    for (int l = 0; l < plan->n_layer; l++) {
        const struct NAME(layer) *layer = &plan->layer[l];
        int n_block = layer->in_pad / NR, n_tile = layer->out_pad / MR;
        size_t tile_size = (size_t)layer->in_pad * MR;
        bool hidden = l + 1 < plan->n_layer;
        for (int t0 = 0; t0 < n_tile; t0 += NAME(TILES))
            for (int p = 0; p < w->n_panel; p++) {
                const REAL *b = w->xt[l] + (size_t)p * (size_t)plan->rows[l] * NR;
                for (int t = t0; t < n_tile && t < t0 + NAME(TILES); t++) {
                    size_t at = ((size_t)p * (size_t)plan->rows[l + 1] + (size_t)t * MR) * NR;
                    vec c[MR][2];
                    NAME(tile)(n_block, weights + layer->weight + (size_t)t * tile_size, MR * NR, b, c);
                    NAME(finish_tile)(plan, hidden, c, weights + layer->bias + t * MR, slope, w->xt[l + 1] + at,
                                      hidden ? w->slope[l + 1] + at : NULL);
                }
            }
        if (hidden && pass && pass->dropout)
            NAME(drop)(plan, l, pass, w);
    }
}

/* Sum of losses of the batch (not yet divided) and, in delta (may be NULL), dLoss/dy of the mean. */
static double NAME(loss)(const struct NAME(plan) *plan, const struct nn_cpu_net *net, const struct nn_data *data,
                         const int *row, const struct NAME(workspace) *w, REAL *delta)
{
    const REAL *shift = net->target_shift, *scale = net->target_scale, *coefficient = net->coefficient;
    int n_out = plan->layer[plan->n_layer - 1].n_out, kind = net->choice->loss;
    size_t rows = (size_t)plan->rows[plan->n_layer];
    REAL huber = coefficient[NN_HUBER_DELTA], mean = (REAL)(1.0 / ((double)w->n_whole * n_out));
    double sum = 0;
    if (delta)
        memset(delta, 0, (size_t)w->n_panel * rows * NR * sizeof(REAL));
    for (int m = 0; m < w->n_sample; m++) {
        const REAL *y = (const REAL *)data->y_d + (size_t)row[m] * (size_t)data->n_y;
        size_t at = (size_t)(m / NR) * rows * NR + (size_t)(m % NR);
        double sample = 0;
        for (int o = 0; o < n_out; o++, at += NR) {
            REAL d = w->xt[plan->n_layer][at] - (y[o] - shift[o]) * scale[o], size = d < 0 ? -d : d, slope;
            if (kind == NN_MSE) {
                sample += (double)d * (double)d;
                slope = 2 * d;
            } else if (kind == NN_HUBER && size <= huber) {
                sample += 0.5 * (double)d * (double)d;
                slope = d;
            } else { /* MAE, and the outer branch of Huber */
                REAL unit = kind == NN_HUBER ? huber : 1;
                sample += kind == NN_HUBER ? (double)huber * ((double)size - 0.5 * (double)huber) : (double)size;
                slope = d > 0 ? unit : d < 0 ? -unit : 0;
            }
            if (delta)
                delta[at] = slope * mean;
        }
        sum += sample;
    }
    return sum;
}

/* delta of layer l's input from delta of its output. */
static void NAME(backward)(const struct NAME(plan) *plan, int l, const REAL *weights, REAL slope,
                           const REAL *delta_out, REAL *delta_in, struct NAME(workspace) *w)
{
    const struct NAME(layer) *layer = &plan->layer[l];
    size_t n_column = (size_t)(layer->in_pad / NR), rows_out = (size_t)plan->rows[l + 1], rows = (size_t)plan->rows[l];
    bool rectifier = plan->activation == NN_RELU || plan->activation == NN_LEAKY_RELU;
    for (size_t column = 0; column < n_column; column++) {
        for (int t = 0; t < layer->out_pad / MR; t++)
            memcpy(w->column + (size_t)t * MR * NR, weights + layer->weight + ((size_t)t * n_column + column) * MR * NR,
                   MR * NR * sizeof(REAL));
        for (int p = 0; p < w->n_panel; p++) {
            const REAL *b = delta_out + (size_t)p * rows_out * NR;
            size_t at = ((size_t)p * rows + column * NR) * NR;
            REAL *to = delta_in + at;
#define BACKWARD_TILE(first, height)                                                                         \
    NAME(tile_backward)((height), layer->n_out, w->column + (first), b, to + (first)*NR);
            BACKWARD_TILES
#undef BACKWARD_TILE
            const REAL *y = w->xt[l] + at, *kept = w->slope[l] + at;
            for (int i = 0; i < NR * NR; i += VL) {
                vec d = LOAD(to + i);
                if (plan->keep_slope)
                    d *= LOAD(kept + i);
                else if (rectifier)
                    d = NAME(rectify)(LOAD(y + i), d, slope);
                else
                    d *= SPLAT((REAL)1) - LOAD(y + i) * LOAD(y + i);
                STORE(to + i, d);
            }
        }
    }
    for (int p = 0; p < w->n_panel; p++)
        memset(delta_in + ((size_t)p * rows + (size_t)layer->in_pad) * NR, 0,
               (rows - (size_t)layer->in_pad) * NR * sizeof(REAL));
}

/* One Adam step of n parameters (Kingma and Ba 2015, in PyTorch's order of operations). */
static inline void NAME(adam)(const struct NAME(pass) *pass, size_t at, int n, const REAL *restrict gradient)
{
    const REAL *c = pass->coefficient, *rate = pass->rate;
    REAL beta1 = c[NN_BETA1], rest1 = c[NN_ONE_MINUS_BETA1], beta2 = c[NN_BETA2], rest2 = c[NN_ONE_MINUS_BETA2];
    REAL epsilon = c[NN_EPSILON], l2 = c[NN_L2];
    REAL step = rate[NN_STEP_SIZE], inv_root = rate[NN_INV_ROOT], decay = rate[NN_DECAY];
    REAL *restrict w = pass->weights + at, *restrict m = pass->moment1 + at, *restrict v = pass->moment2 + at;
    for (int i = 0; i < n; i++) {
        REAL g = gradient[i] + l2 * w[i];
        m[i] = beta1 * m[i] + rest1 * g;
        v[i] = beta2 * v[i] + rest2 * g * g;
        w[i] = decay * w[i] - step * m[i] / (SQRT(v[i]) * inv_root + epsilon);
    }
}

static inline void NAME(apply)(const struct NAME(pass) *pass, size_t at, int n, const REAL *gradient)
{
    if (pass->rate)
        NAME(adam)(pass, at, n, gradient);
    else
        memcpy(pass->gradient + at, gradient, (size_t)n * sizeof(REAL));
}

/* A tile's weights and moments are asked for before its gradient is computed: they stand in the outer caches, and tiles are not visited
 * in the order in which a hardware prefetcher would look for them. */
static inline void NAME(prefetch)(const struct NAME(pass) *pass, size_t at)
{
    for (size_t i = 0; pass->rate && i < MR * NR; i += 64 / sizeof(REAL)) {
        __builtin_prefetch(pass->weights + at + i, 1);
        __builtin_prefetch(pass->moment1 + at + i, 1);
        __builtin_prefetch(pass->moment2 + at + i, 1);
    }
}

/* Weight and bias gradients of layer l, each tile used at once: the step happens while the gradient is in registers. */
static void NAME(update)(const struct NAME(plan) *plan, int l, const struct NAME(pass) *pass, const REAL *delta,
                         struct NAME(workspace) *w)
{
    const struct NAME(layer) *layer = &plan->layer[l];
    int n_column = layer->in_pad / NR, n_tile = layer->out_pad / MR;
    size_t rows = (size_t)plan->rows[l + 1], samples = (size_t)w->n_panel * NR;
    REAL sums[MR], gradient[MR * NR] __attribute__((aligned(64)));
    for (int t0 = 0; t0 < n_tile; t0 += NAME(TILES))
        for (int column = 0; column < n_column; column++)
            for (int t = t0; t < n_tile && t < t0 + NAME(TILES); t++) {
                vec c[MR][2];
                size_t tile = (size_t)t * (size_t)n_column + (size_t)column;
                NAME(prefetch)(pass, layer->weight + tile * MR * NR);
                NAME(tile)(w->n_panel, delta + (size_t)t * MR * NR, rows * NR,
                           w->xs[l] + (size_t)column * samples * NR, c);
                for (int r = 0; r < MR; r++) {
                    STORE(gradient + r * NR, c[r][0]);
                    STORE(gradient + r * NR + VL, c[r][1]);
                }
                NAME(apply)(pass, layer->weight + tile * MR * NR, MR * NR, gradient);
            }
    for (int t = 0; t < n_tile; t++) {
        for (int r = 0; r < MR; r++) {
            vec sum = (vec){0};
            for (int p = 0; p < w->n_panel; p++) {
                const REAL *d = delta + ((size_t)p * rows + (size_t)(t * MR + r)) * NR;
                sum += LOAD(d) + LOAD(d + VL);
            }
            sums[r] = 0;
            for (int i = 0; i < VL; i++)
                sums[r] += sum[i];
        }
        NAME(apply)(pass, layer->bias + (size_t)t * MR, MR, sums);
    }
}

/* Loss of one batch (a slice: its summand), followed by its step (or by storing its gradient). */
static double NAME(step)(const struct NAME(plan) *plan, const struct nn_cpu_net *net, const struct nn_data *data,
                         const int *row, int n, const struct NAME(pass) *pass, struct NAME(workspace) *w)
{
    REAL slope = plan->activation == NN_LEAKY_RELU ? pass->coefficient[NN_SLOPE] : 0;
    NAME(gather)(plan, net, data, row, n, w);
    w->n_whole = pass->whole ? pass->whole : n;
    NAME(forward)(plan, pass->weights, slope, pass, w);
    double loss = NAME(loss)(plan, net, data, row, w, w->delta[0]);
    REAL *delta = w->delta[0], *next = w->delta[1];
    for (int l = plan->n_layer - 1; l >= 0; l--) {
        size_t samples = (size_t)w->n_panel * NR;
        int n_block = plan->layer[l].in_pad / NR;
        for (int p = 0; l > 0 && p < w->n_panel; p++)
            for (int block = 0; block < n_block; block++)
                NAME(transpose)(w->xt[l] + ((size_t)p * (size_t)plan->rows[l] + (size_t)block * NR) * NR,
                                w->xs[l] + ((size_t)block * samples + (size_t)p * NR) * NR);
        if (l > 0)
            NAME(backward)(plan, l, pass->weights, slope, delta, next, w);
        NAME(update)(plan, l, pass, delta, w);
        REAL *swap = delta;
        delta = next;
        next = swap;
    }
    return loss / ((double)w->n_whole * plan->layer[plan->n_layer - 1].n_out);
}
