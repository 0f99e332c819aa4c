// SPDX-License-Identifier: BSD-3-Clause
/* measured.c - measured spectra read, whatever their order and unit. */
#include "host/nn/measured.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/nn/measured_table.h"
#include "host/store/h5.h"

enum { FEWEST_POINTS = 8, MOST_POINTS = 10000000 };
static const double HC_EV_ANGSTROM = 12398.419843320026; /* CODATA 2018 */

void nn_measured_free(struct nn_measured *m)
{
    free(m->energy_ev);
    free(m->mu);
    m->energy_ev = m->mu = NULL;
    m->n = 0;
}

/* ---- rows of numbers ---- */

kd_status table_row(struct table *table, const struct text *t, char *line)
{
    double row[TABLE_COLUMNS];
    char shown[48], *at = line, *word;
    int n = 0;
    for (char *p = line; *p; p++)
        if (*p == ',' || *p == ';')
            *p = ' ';
    while ((word = text_token(&at))) {
        if (n == TABLE_COLUMNS)
            return text_error(t, "more than %d columns", TABLE_COLUMNS);
        if (!number_fortran(word, &row[n++]))
            return text_error(t, "\"%s\" in the data, expected a number", text_show(shown, word));
    }
    if (n == 0)
        return KD_OK;
    if (table->n_column == 0)
        table->n_column = n;
    if (n < 2 || n != table->n_column)
        return text_error(t, "%d numbers, expected %d in every line", n, table->n_column < 2 ? 2 : table->n_column);
    if (table->n_row == table->capacity) {
        int capacity = table->capacity ? 2 * table->capacity : 512;
        double *grown = capacity <= MOST_POINTS ? realloc(table->value, (size_t)capacity * (size_t)n * sizeof *grown) : NULL;
        if (!grown)
            FAIL(KD_ENOMEM, "%s: no memory for %d lines", t->name, capacity);
        table->value = grown;
        table->capacity = capacity;
    }
    memcpy(table->value + (size_t)table->n_row++ * (size_t)n, row, (size_t)n * sizeof *row);
    return KD_OK;
}

/* Names of the columns from the last line of a header: "# energy norm nbkg flat". */
static void take_names(struct table *table, const char *line)
{
    char copy[512], *at = copy, *word;
    int n = 0;
    snprintf(copy, sizeof copy, "%s", line + strspn(line, "#%;! \t"));
    for (char *p = copy; *p; p++)
        *p = *p == ',' || *p == ';' ? ' ' : (char)tolower((unsigned char)*p);
    memset(table->name, 0, sizeof table->name);
    while (n < TABLE_COLUMNS && (word = text_token(&at)))
        snprintf(table->name[n++], TABLE_NAME, "%.31s", word);
}

static kd_status read_rows(struct text *t, struct table *table)
{
    double number;
    for (char *line; (line = text_next(t));) {
        char first[64] = "", *start = line + strspn(line, " \t,;");
        if (text_blank(line, '#') || text_blank(line, '%') || text_blank(line, '!')) {
            if (table->n_row == 0 && !table->is_xdi && *start)
                take_names(table, line);
            continue;
        }
        snprintf(first, sizeof first, "%.*s", (int)strcspn(start, " \t,;"), start);
        if (table->n_row == 0 && !table->is_xdi && !number_fortran(first, &number)) {
            take_names(table, line); /* a header line without a comment sign */
            continue;
        }
        TRY(table_row(table, t, line));
    }
    return KD_OK;
}

/* ---- which columns ---- */

static int find_column(const struct table *table, const char *name)
{
    for (int c = 0; c < table->n_column; c++)
        if (strcmp(table->name[c], name) == 0)
            return c;
    return -1;
}

struct choice {
    int energy, mu, divisor; /* divisor: column i0, or -1 */
    bool logarithm;          /* mu = ln(i0 / it) */
};

static struct choice choose_columns(const struct table *table, struct nn_measured *out)
{
    static const char *const direct[] = {"flat", "normtrans", "normfluor", "norm", "mutrans", "mufluor", "mu", "xmu", "mu(e)", "intensity"};
    struct choice c = {0, 1, -1, false};
    int energy = find_column(table, "energy");
    if (energy < 0 && table->is_xdi)
        energy = find_column(table, "angle");
    if (energy < 0) {
        snprintf(out->column, sizeof out->column, "column 2");
        return c;
    }
    c.energy = energy;
    c.mu = energy == 0 ? 1 : 0;
    snprintf(out->column, sizeof out->column, "%s", table->name[c.mu][0] ? table->name[c.mu] : "column 2");
    for (size_t i = 0; i < sizeof direct / sizeof *direct; i++) {
        int found = find_column(table, direct[i]);
        if (found < 0 || found == energy)
            continue;
        c.mu = found;
        out->normalised = i < 4;
        snprintf(out->column, sizeof out->column, "%s", direct[i]);
        return c;
    }
    int i0 = find_column(table, "i0"), transmitted = find_column(table, "itrans"), fluorescence = find_column(table, "ifluor");
    if (i0 >= 0 && (transmitted >= 0 || fluorescence >= 0)) {
        c.logarithm = transmitted >= 0;
        c.mu = c.logarithm ? transmitted : fluorescence;
        c.divisor = i0;
        snprintf(out->column, sizeof out->column, "%s", c.logarithm ? "ln(i0/itrans)" : "ifluor/i0");
    }
    return c;
}

/* ---- energies in eV, ascending, once each ---- */

struct point {
    double energy, mu;
};

static int by_energy(const void *a, const void *b)
{
    const struct point *p = a, *q = b;
    return (p->energy > q->energy) - (p->energy < q->energy);
}

static kd_status settle(const char *name, struct point *point, int n, struct nn_measured *out)
{
    double largest = 0;
    for (int i = 0; i < n; i++) {
        if (!isfinite(point[i].energy) || !isfinite(point[i].mu) || point[i].energy <= 0)
            FAIL(KD_EINPUT, "%s: point %d is (%g, %g), expected a positive energy and a finite value", name, i + 1, point[i].energy,
                 point[i].mu);
        largest = fmax(largest, point[i].energy);
    }
    out->from_kev = largest < 100; /* no edge of interest lies below 100 eV */
    out->reversed = n > 1 && point[0].energy > point[n - 1].energy;
    for (int i = 0; out->from_kev && i < n; i++)
        point[i].energy *= 1000;
    qsort(point, (size_t)n, sizeof *point, by_energy);
    out->energy_ev = malloc(((size_t)n + 1) * sizeof *out->energy_ev);
    out->mu = malloc(((size_t)n + 1) * sizeof *out->mu);
    if (!out->energy_ev || !out->mu)
        FAIL(KD_ENOMEM, "%s: no host memory", name);
    for (int i = 0, same; i < n; i += same) {
        double sum = 0;
        for (same = 0; i + same < n && point[i + same].energy - point[i].energy < 1e-6; same++)
            sum += point[i + same].mu;
        out->energy_ev[out->n] = point[i].energy;
        out->mu[out->n++] = sum / same;
        out->n_duplicate += same - 1;
    }
    if (out->n < FEWEST_POINTS)
        FAIL(KD_EINPUT, "%s: %d points, expected at least %d", name, out->n, FEWEST_POINTS);
    return KD_OK;
}

static kd_status convert(const struct text *t, const struct table *table, struct nn_measured *out)
{
    if (table->n_row == 0)
        return text_error(t, "no data, expected columns of energy and absorption");
    struct choice c = choose_columns(table, out);
    struct point *point = malloc((size_t)table->n_row * sizeof *point);
    if (!point)
        FAIL(KD_ENOMEM, "%s: no host memory", t->name);
    out->from_angle = table->is_xdi && strcmp(table->name[c.energy], "angle") == 0;
    bool radian = strncmp(table->unit[c.energy], "rad", 3) == 0;
    for (int i = 0; i < table->n_row; i++) {
        const double *row = table->value + (size_t)i * (size_t)table->n_column;
        double mu = row[c.mu], energy = row[c.energy];
        if (c.divisor >= 0)
            mu = c.logarithm ? log(row[c.divisor] / mu) : mu / row[c.divisor];
        if (out->from_angle) /* Bragg: E = hc / (2 d sin theta) */
            energy = HC_EV_ANGSTROM / (2 * table->d_spacing * sin(radian ? energy : energy * 0.017453292519943295));
        point[i] = (struct point){energy, mu};
    }
    kd_status status = settle(t->name, point, table->n_row, out);
    free(point);
    return status;
}

kd_status nn_measured_parse(struct text *t, struct nn_measured *out)
{
    struct table table = {0};
    double version;
    *out = (struct nn_measured){.format = "columns"};
    kd_status status = KD_OK;
    char *line = text_next(t);
    if (line && line[0] == '#' && strncmp(line + 1 + strspn(line + 1, " "), "XDI/", 4) == 0) {
        char *number = strstr(line, "XDI/") + 4;
        snprintf(out->format, sizeof out->format, "XDI");
        number[strcspn(number, " \t")] = '\0';
        if (!number_double(number, &version) || version < 1 || version >= 2)
            status = text_error(t, "XDI version \"%.12s\", expected 1.0 or 1.x", number);
        if (status == KD_OK)
            status = xdi_header(t, &table, out);
    } else if (line) {
        text_back(t);
    }
    if (status == KD_OK)
        status = read_rows(t, &table);
    if (status == KD_OK)
        status = convert(t, &table, out);
    free(table.value);
    if (status == KD_OK && !table.is_xdi && out->normalised)
        snprintf(out->format, sizeof out->format, "nor");
    if (status != KD_OK)
        nn_measured_free(out);
    return status;
}

/* ---- HDF5 ---- */

static kd_status read_pair(struct h5 *f, const char *energy_name, const char *mu_name, struct nn_measured *out)
{
    struct h5_array e = {.name = energy_name, .kind = H5_DOUBLE, .rank = 1}, m = {.name = mu_name, .kind = H5_DOUBLE, .rank = -1};
    void *energy = NULL, *mu = NULL;
    struct point *point = NULL;
    kd_status status = h5_read_new(f, &e, &energy);
    if (status == KD_OK)
        status = h5_read_new(f, &m, &mu);
    size_t n = e.extent[0], total = 1;
    for (int k = 0; status == KD_OK && k < m.rank; k++)
        total *= m.extent[k];
    if (status == KD_OK && (m.rank < 1 || n < 1 || n > MOST_POINTS || total == 0 || m.extent[m.rank - 1] != n))
        status = kd_fail(KD_EINPUT, "%s: %s does not end with the axis of %s", h5_path(f), mu_name, energy_name);
    if (status == KD_OK && !(point = calloc(n, sizeof *point)))
        status = kd_fail(KD_ENOMEM, "%s: no host memory", h5_path(f));
    for (size_t i = 0; status == KD_OK && i < total; i++) { /* sites and polarisations are averaged */
        point[i % n].energy = ((double *)energy)[i % n];
        point[i % n].mu += ((double *)mu)[i] / (double)(total / n);
    }
    if (status == KD_OK)
        status = settle(h5_path(f), point, (int)n, out);
    snprintf(out->column, sizeof out->column, "%.47s", mu_name);
    free(energy);
    free(mu);
    free(point);
    return status;
}

static kd_status read_h5(const char *path, struct nn_measured *out)
{
    static const char *const pairs[][2] = {{"energy", "intensity"}, {"entry/energy", "entry/intensity"}, {"energy_ev", "mu"},
                                           {"energy", "mu"}, {"energy_ev", "spectra"}, {"entry/data/energy", "entry/data/mu"}};
    struct h5 *f;
    TRY(h5_open(path, &f));
    kd_status status = KD_EINPUT;
    size_t i = 0, n = sizeof pairs / sizeof *pairs;
    while (i < n && !(h5_exists(f, pairs[i][0]) && h5_exists(f, pairs[i][1])))
        i++;
    snprintf(out->format, sizeof out->format, "HDF5");
    if (i < n)
        status = read_pair(f, pairs[i][0], pairs[i][1], out);
    else
        status = kd_fail(KD_EINPUT, "%s: expected energy and intensity (NXxas), or energy_ev and mu", path);
    h5_close(f);
    if (status != KD_OK)
        nn_measured_free(out);
    return status;
}

kd_status nn_measured_read(const char *path, struct nn_measured *out)
{
    struct text t;
    char magic[8] = "";
    struct stat about;
    *out = (struct nn_measured){0};
    bool regular = stat(path, &about) == 0 && S_ISREG(about.st_mode); /* a pipe gives its bytes once */
    FILE *f = regular ? fopen(path, "rb") : NULL;
    if (f) {
        size_t got = fread(magic, 1, sizeof magic, f);
        fclose(f);
        if (got == sizeof magic && memcmp(magic, "\211HDF\r\n\032\n", 8) == 0)
            return read_h5(path, out);
    }
    TRY(text_read(path, 256u << 20, &t));
    kd_status status = nn_measured_parse(&t, out);
    text_free(&t);
    return status;
}
