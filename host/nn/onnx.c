// SPDX-License-Identifier: BSD-3-Clause
/* onnx.c - protocol buffers by hand: a message is a string of fields (number, wire type, contents); field numbers from onnx.proto3. */
#include "host/nn/onnx.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/commit.h"
#include "host/base/json.h"

/* ---- messages ---- */

struct message {
    unsigned char *bytes;
    size_t n, capacity;
    bool lost; /* memory ran out */
};

static void put_bytes(struct message *m, const void *bytes, size_t n)
{
    if (m->n + n > m->capacity && !m->lost) {
        size_t capacity = 2 * (m->n + n);
        unsigned char *more = realloc(m->bytes, capacity);
        m->lost = !more;
        m->bytes = more ? more : m->bytes;
        m->capacity = more ? capacity : m->capacity;
    }
    if (m->lost)
        return;
    memcpy(m->bytes + m->n, bytes, n);
    m->n += n;
}

static void put_varint(struct message *m, uint64_t value)
{
    unsigned char byte;
    for (; value >= 0x80; value >>= 7) {
        byte = (unsigned char)(value | 0x80);
        put_bytes(m, &byte, 1);
    }
    byte = (unsigned char)value;
    put_bytes(m, &byte, 1);
}

static void put_int(struct message *m, int field, uint64_t value)
{
    put_varint(m, (uint64_t)field << 3);
    put_varint(m, value);
}

static void put_float(struct message *m, int field, float value)
{
    put_varint(m, (uint64_t)field << 3 | 5);
    put_bytes(m, &value, sizeof value); /* little endian, as every machine that Kedge runs on */
}

static void put_block(struct message *m, int field, const void *bytes, size_t n)
{
    put_varint(m, (uint64_t)field << 3 | 2);
    put_varint(m, n);
    put_bytes(m, bytes, n);
}

static void put_text(struct message *m, int field, const char *text)
{
    put_block(m, field, text, strlen(text));
}

/* The child becomes a field and is freed. */
static void put_message(struct message *m, int field, struct message *child)
{
    put_block(m, field, child->bytes, child->n);
    m->lost = m->lost || child->lost;
    free(child->bytes);
    *child = (struct message){0};
}

/* ---- the graph ---- */

enum { FLOAT = 1, INPUT = 1, OUTPUT = 2, OPERATOR = 4, ATTRIBUTE = 5, GRAPH_NODE = 1, GRAPH_TENSOR = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };

static void tensor(struct message *graph, const char *name, int rows, int columns, const double *v)
{
    struct message t = {0};
    size_t n = (size_t)(rows ? rows : 1) * (size_t)columns;
    if (rows)
        put_int(&t, 1, (uint64_t)rows);
    put_int(&t, 1, (uint64_t)columns);
    put_int(&t, 2, FLOAT);
    put_text(&t, 8, name);
    put_varint(&t, 9 << 3 | 2);
    put_varint(&t, n * sizeof(float));
    for (size_t i = 0; i < n; i++) {
        float narrow = (float)v[i];
        put_bytes(&t, &narrow, sizeof narrow);
    }
    put_message(graph, GRAPH_TENSOR, &t);
}

/* A node of one or two inputs (b may be NULL) with one output. */
static void node(struct message *graph, const char *operator, const char *a, const char *b, const char *out)
{
    struct message n = {0};
    put_text(&n, INPUT, a);
    if (b)
        put_text(&n, INPUT, b);
    put_text(&n, OUTPUT, out);
    put_text(&n, OPERATOR, operator);
    put_message(graph, GRAPH_NODE, &n);
}

/* out = x weight^T + bias. */
static void gemm(struct message *graph, const char *x, const char *weight, const char *bias, const char *out)
{
    struct message n = {0}, attribute = {0};
    put_text(&n, INPUT, x);
    put_text(&n, INPUT, weight);
    put_text(&n, INPUT, bias);
    put_text(&n, OUTPUT, out);
    put_text(&n, OPERATOR, "Gemm");
    put_text(&attribute, 1, "transB");
    put_int(&attribute, 3, 1);
    put_int(&attribute, 20, 2); /* an integer */
    put_message(&n, ATTRIBUTE, &attribute);
    put_message(graph, GRAPH_NODE, &n);
}

static void leaky(struct message *graph, const char *x, double slope, const char *out)
{
    struct message n = {0}, attribute = {0};
    put_text(&n, INPUT, x);
    put_text(&n, OUTPUT, out);
    put_text(&n, OPERATOR, "LeakyRelu");
    put_text(&attribute, 1, "alpha");
    put_float(&attribute, 2, (float)slope);
    put_int(&attribute, 20, 1); /* a float */
    put_message(&n, ATTRIBUTE, &attribute);
    put_message(graph, GRAPH_NODE, &n);
}

static void activate(struct message *graph, const struct nn_net *net, const char *x, const char *out)
{
    char a[64], b[64], c[64], d[64];
    switch (net->shape.activation) {
    case NN_RELU:
        node(graph, "Relu", x, NULL, out);
        return;
    case NN_LEAKY_RELU:
        leaky(graph, x, net->slope, out);
        return;
    case NN_TANH:
        node(graph, "Tanh", x, NULL, out);
        return;
    default: /* GELU: x (1 + erf(x / sqrt 2)) / 2 */
        snprintf(a, sizeof a, "%.40s.scaled", out);
        snprintf(b, sizeof b, "%.40s.erf", out);
        snprintf(c, sizeof c, "%.40s.sum", out);
        snprintf(d, sizeof d, "%.40s.phi", out);
        node(graph, "Mul", x, "root_half", a);
        node(graph, "Erf", a, NULL, b);
        node(graph, "Add", b, "one", c);
        node(graph, "Mul", c, "half", d);
        node(graph, "Mul", x, d, out);
    }
}

/* One member: from "spectrum" to member.K. */
static void member(struct message *graph, const struct nn_net *net, int number)
{
    int last = net->shape.n_layer - 1, n_in = net->shape.width[0], n_out = net->shape.width[last + 1];
    char name[4][48], from[64], to[64];
    const char *const scale[4] = {"input.shift", "input.scale", "target.scale", "target.shift"};
    const double *p = net->parameter, *const v[4] = {net->input_shift, net->input_scale, net->target_scale, net->target_shift};
    for (int k = 0; k < 4; k++) {
        snprintf(name[k], sizeof name[k], "m%d.%s", number, scale[k]);
        tensor(graph, name[k], 0, k < 2 ? n_in : n_out, v[k]);
    }
    snprintf(to, sizeof to, "m%d.shifted", number);
    snprintf(from, sizeof from, "m%d.x", number);
    node(graph, "Sub", "spectrum", name[0], to);
    node(graph, "Mul", to, name[1], from);
    for (int l = 0; l <= last; l++) {
        int rows = net->shape.width[l + 1], columns = net->shape.width[l];
        char weight[48], bias[48], sum[64];
        snprintf(weight, sizeof weight, "m%d.layers.%d.weight", number, l);
        snprintf(bias, sizeof bias, "m%d.layers.%d.bias", number, l);
        snprintf(sum, sizeof sum, "m%d.z%d", number, l);
        snprintf(to, sizeof to, "m%d.y%d", number, l);
        tensor(graph, weight, rows, columns, p);
        p += (size_t)rows * (size_t)columns;
        tensor(graph, bias, 0, rows, p);
        p += rows;
        gemm(graph, from, weight, bias, sum);
        if (l < last)
            activate(graph, net, sum, to);
        snprintf(from, sizeof from, "%s", l < last ? to : sum);
    }
    snprintf(to, sizeof to, "m%d.unscaled", number);
    node(graph, "Div", from, name[2], to);
    snprintf(from, sizeof from, "member.%d", number);
    node(graph, "Add", to, name[3], from);
}

/* Mean and spread of the members. */
static void combine(struct message *graph, int n)
{
    struct message mean = {0}, sum = {0};
    char name[48], square[48];
    for (int k = 0; k < n; k++) {
        snprintf(name, sizeof name, "member.%d", k);
        put_text(&mean, INPUT, name);
    }
    put_text(&mean, OUTPUT, "prediction");
    put_text(&mean, OPERATOR, "Mean");
    put_message(graph, GRAPH_NODE, &mean);
    if (n < 2)
        return;
    for (int k = 0; k < n; k++) {
        char deviation[48];
        snprintf(name, sizeof name, "member.%d", k);
        snprintf(deviation, sizeof deviation, "deviation.%d", k);
        snprintf(square, sizeof square, "square.%d", k);
        node(graph, "Sub", name, "prediction", deviation);
        node(graph, "Mul", deviation, deviation, square);
        put_text(&sum, INPUT, square);
    }
    put_text(&sum, OUTPUT, "squares");
    put_text(&sum, OPERATOR, "Sum");
    put_message(graph, GRAPH_NODE, &sum);
    node(graph, "Mul", "squares", "inverse_degrees", "variance");
    node(graph, "Sqrt", "variance", NULL, "spread");
}

/* [N][columns] floats. */
static void value(struct message *graph, int field, const char *name, int columns)
{
    struct message info = {0}, type = {0}, array = {0}, shape = {0}, any = {0}, width = {0};
    put_text(&any, 2, "N");
    put_int(&width, 1, (uint64_t)columns);
    put_message(&shape, 1, &any);
    put_message(&shape, 1, &width);
    put_int(&array, 1, FLOAT);
    put_message(&array, 2, &shape);
    put_message(&type, 1, &array);
    put_text(&info, 1, name);
    put_message(&info, 2, &type);
    put_message(graph, field, &info);
}

static void make_graph(struct message *graph, const struct nn_model *m)
{
    const double half = 0.5, one = 1, root_half = sqrt(0.5), inverse = m->n_net > 1 ? 1.0 / (m->n_net - 1) : 1;
    for (int k = 0; k < m->n_net; k++)
        member(graph, &m->net[k], k);
    combine(graph, m->n_net);
    if (m->settings.activation == NN_GELU) {
        tensor(graph, "half", 0, 1, &half);
        tensor(graph, "one", 0, 1, &one);
        tensor(graph, "root_half", 0, 1, &root_half);
    }
    put_text(graph, 2, "kedge");
    value(graph, GRAPH_INPUT, "spectrum", m->n_in);
    value(graph, GRAPH_OUTPUT, "prediction", m->n_out);
    if (m->n_net > 1) {
        tensor(graph, "inverse_degrees", 0, 1, &inverse);
        value(graph, GRAPH_OUTPUT, "spread", m->n_out);
    }
}

/* ---- the file ---- */

static void metadata(struct message *file, const char *key, const char *text)
{
    struct message entry = {0};
    put_text(&entry, 1, key);
    put_text(&entry, 2, text);
    put_message(file, 14, &entry);
}

static kd_status metadata_axis(struct message *file, const char *key, int n, const double *v)
{
    struct js *object = js_new();
    js_doubles(object, key, (size_t)n, v);
    char *text = js_text(object);
    js_free(object);
    if (!text)
        FAIL(KD_ENOMEM, "ONNX: no host memory");
    char *begin = strchr(text, '['), *end = strrchr(text, ']');
    if (begin && end) {
        end[1] = '\0';
        metadata(file, key, begin);
    }
    free(text);
    return KD_OK;
}

static kd_status make_file(struct message *file, const struct nn_model *m)
{
    struct message graph = {0}, opset = {0};
    char text[40];
    put_int(file, 1, 7); /* version of the format, with which opset 13 came */
    put_text(file, 2, "kedge");
    put_text(&opset, 1, "");
    put_int(&opset, 2, 13);
    put_message(file, 8, &opset);
    make_graph(&graph, m);
    put_message(file, 7, &graph);
    metadata(file, "target", nn_target_name(m->target));
    metadata(file, "synthetic", m->synthetic ? "1" : "0");
    snprintf(text, sizeof text, "%.9g", m->resolution_ev);
    metadata(file, "resolution_ev", text);
    TRY(metadata_axis(file, "energy_ev", m->n_in, m->energy_ev));
    if (m->output_axis)
        TRY(metadata_axis(file, "r_angstrom", m->n_out, m->output_axis));
    if (file->lost)
        FAIL(KD_ENOMEM, "ONNX: no host memory");
    return KD_OK;
}

kd_status nn_onnx_write(const char *path, const struct nn_model *m)
{
    struct message file = {0};
    struct commit c;
    kd_status status = make_file(&file, m);
    if (status == KD_OK)
        status = commit_open(path, &c);
    if (status == KD_OK) {
        fwrite(file.bytes, 1, file.n, c.file); /* commit_finish sees what went wrong */
        status = commit_finish(&c);
    }
    free(file.bytes);
    return status;
}
