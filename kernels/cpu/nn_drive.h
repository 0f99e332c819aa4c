// SPDX-License-Identifier: BSD-3-Clause
/* nn_drive.h - epochs, inference and gradients of one net on one core (last part of nn_template.h). */

static void NAME(prepare)(const struct nn_cpu_net *net, int batch, void *memory, struct NAME(plan) *plan,
                          struct NAME(workspace) *w)
{
    *plan = NAME(plan_of)(net->shape);
    memset(memory, 0, NAME(carve)(plan, batch, memory, w));
}

static struct NAME(pass) NAME(pass_of)(const struct nn_cpu_net *net, const struct NAME(plan) *plan)
{
    REAL *state = net->state;
    return (struct NAME(pass)){.coefficient = net->coefficient,
                               .weights = state,
                               .moment1 = state + plan->n_real,
                               .moment2 = state + 2 * plan->n_real,
                               .seed = net->choice->seed};
}

/* Mean loss over rows, without dropout. */
static double NAME(mean_loss)(const struct NAME(plan) *plan, const struct nn_cpu_net *net, struct nn_cpu_rows rows,
                              const struct nn_data *data, const REAL *weights, struct NAME(workspace) *w)
{
    const REAL *coefficient = net->coefficient;
    REAL slope = plan->activation == NN_LEAKY_RELU ? coefficient[NN_SLOPE] : 0;
    double sum = 0;
    for (int first = 0; first < rows.count; first += NN_CPU_CHUNK) {
        int n = rows.count - first < NN_CPU_CHUNK ? rows.count - first : NN_CPU_CHUNK;
        NAME(gather)(plan, net, data, rows.index + first, n, w);
        NAME(forward)(plan, weights, slope, NULL, w);
        sum += NAME(loss)(plan, net, data, rows.index + first, w, NULL);
    }
    return sum / ((double)rows.count * plan->layer[plan->n_layer - 1].n_out);
}

static void NAME(train)(const struct nn_cpu_net *net, const struct nn_cpu_epochs *epochs, const struct nn_data *data,
                        void *memory)
{
    struct NAME(plan) plan;
    struct NAME(workspace) w;
    NAME(prepare)(net, epochs->batch > NN_CPU_CHUNK ? epochs->batch : NN_CPU_CHUNK, memory, &plan, &w);
    struct NAME(pass) pass = NAME(pass_of)(net, &plan);
    pass.dropout = pass.coefficient[NN_DROPOUT] > 0;
    pass.step = epochs->first_step;
    plan.keep_slope = pass.dropout || plan.activation == NN_GELU;
    for (int e = 0; e < epochs->n_epoch; e++) {
        const int *order = epochs->order + (size_t)e * (size_t)epochs->row_stride;
        size_t at = (size_t)e * (size_t)epochs->step_stride;
        for (int first = 0; first < epochs->count; first += epochs->batch, at++, pass.step++) {
            int n = epochs->count - first < epochs->batch ? epochs->count - first : epochs->batch;
            pass.rate = (const REAL *)epochs->rate + at * NN_N_RATE;
            epochs->loss[at] = NAME(step)(&plan, net, data, order + first, n, &pass, &w);
        }
        if (epochs->validation_loss && epochs->validation.count)
            epochs->validation_loss[e] = NAME(mean_loss)(&plan, net, epochs->validation, data, pass.weights, &w);
    }
}

static void NAME(infer)(const struct nn_cpu_net *net, struct nn_cpu_rows rows, const struct nn_data *data,
                        void *output, void *memory)
{
    struct NAME(plan) plan;
    struct NAME(workspace) w;
    NAME(prepare)(net, NN_CPU_CHUNK, memory, &plan, &w);
    const REAL *coefficient = net->coefficient, *shift = net->target_shift, *scale = net->target_scale;
    REAL slope = plan.activation == NN_LEAKY_RELU ? coefficient[NN_SLOPE] : 0;
    int n_out = plan.layer[plan.n_layer - 1].n_out;
    size_t row_size = (size_t)plan.rows[plan.n_layer];
    for (int first = 0; first < rows.count; first += NN_CPU_CHUNK) {
        int n = rows.count - first < NN_CPU_CHUNK ? rows.count - first : NN_CPU_CHUNK;
        NAME(gather)(&plan, net, data, rows.index + first, n, &w);
        NAME(forward)(&plan, net->state, slope, NULL, &w);
        for (int m = 0; m < n; m++) {
            REAL *to = (REAL *)output + (size_t)(first + m) * (size_t)n_out;
            const REAL *y = w.xt[plan.n_layer] + (size_t)(m / NR) * row_size * NR + m % NR;
            for (int o = 0; o < n_out; o++)
                to[o] = y[(size_t)o * NR] / scale[o] + shift[o];
        }
    }
}

static double NAME(gradient)(const struct nn_cpu_net *net, struct nn_cpu_rows rows, const struct nn_data *data,
                             void *gradient, void *memory)
{
    struct NAME(plan) plan;
    struct NAME(workspace) w;
    NAME(prepare)(net, rows.count, memory, &plan, &w);
    plan.keep_slope = plan.activation == NN_GELU;
    struct NAME(pass) pass = NAME(pass_of)(net, &plan);
    pass.gradient = w.gradient;
    double loss = NAME(step)(&plan, net, data, rows.index, rows.count, &pass, &w);
    NAME(unpack)(&plan, w.gradient, gradient);
    return loss;
}

/* Steps that ranks share: kernels/nn_ops.h. */
static void NAME(share)(const struct nn_cpu_net *net, const struct nn_cpu_epochs *epochs, const struct nn_slice *slice,
                        const struct nn_data *data, void *gradient, void *memory)
{
    struct NAME(plan) plan;
    struct NAME(workspace) w;
    int at = slice->step * epochs->batch, steps = (epochs->count + epochs->batch - 1) / epochs->batch;
    int whole = epochs->count - at < epochs->batch ? epochs->count - at : epochs->batch;
    int from = whole > 0 ? nn_slice_from(whole, slice->part, slice->n_part) : 0;
    int n = whole > 0 ? nn_slice_from(whole, slice->part + 1, slice->n_part) - from : 0;
    REAL *result = gradient;
    double *loss = &epochs->loss[(size_t)slice->epoch * (size_t)epochs->step_stride + (size_t)slice->step];
    if (whole > 0)
        *loss = 0;
    if (n == 0) {
        memset(result, 0, nn_parameter_count(net->shape) * sizeof(REAL));
        return;
    }
    NAME(prepare)(net, epochs->batch, memory, &plan, &w);
    struct NAME(pass) pass = NAME(pass_of)(net, &plan);
    pass.gradient = w.gradient;
    pass.dropout = pass.coefficient[NN_DROPOUT] > 0;
    pass.step = epochs->first_step + (uint64_t)slice->epoch * (uint64_t)steps + (uint64_t)slice->step;
    pass.first = from;
    pass.whole = whole;
    plan.keep_slope = pass.dropout || plan.activation == NN_GELU;
    const int *order = epochs->order + (size_t)slice->epoch * (size_t)epochs->row_stride + at + from;
    *loss = NAME(step)(&plan, net, data, order, n, &pass, &w);
    NAME(unpack)(&plan, w.gradient, result);
}

static void NAME(advance)(const struct nn_cpu_net *net, const struct nn_cpu_epochs *epochs, const struct nn_slice *slice,
                          const void *gradient, void *memory)
{
    struct NAME(plan) plan;
    struct NAME(workspace) w;
    if (slice->step * epochs->batch >= epochs->count)
        return;
    NAME(prepare)(net, epochs->batch, memory, &plan, &w);
    struct NAME(pass) pass = NAME(pass_of)(net, &plan);
    size_t step = (size_t)slice->epoch * (size_t)epochs->step_stride + (size_t)slice->step;
    pass.rate = (const REAL *)epochs->rate + step * NN_N_RATE;
    NAME(pack)(&plan, gradient, w.gradient);
    NAME(adam)(&pass, 0, (int)plan.n_real, w.gradient);
}

#undef vec
#undef LOAD
#undef STORE
#undef SPLAT
