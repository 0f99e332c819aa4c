// SPDX-License-Identifier: BSD-3-Clause
/* kpoints.c - k-meshes and the use of symmetry. */
#include "host/dft/kpoints.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/structure/cell.h"
#include "host/structure/symmetry.h"

static const double same_place = 1e-4; /* bohr: as far apart as atoms of one orbit may be */

/* An operation as integers on grid indices; false when it does not map the grid onto itself. */
static bool on_grid(const struct symmetry_op *op, const int n[3], int grid[12], int shift[3])
{
    for (int a = 0; a < 3; a++) {
        double t = op->translation[a] * n[a];
        shift[a] = (int)lround(t);
        grid[9 + a] = shift[a];
        if (fabs(t - shift[a]) > 1e-3)
            return false;
        for (int b = 0; b < 3; b++) {
            if (op->rotation[a][b] * n[a] % n[b] != 0)
                return false;
            grid[3 * a + b] = op->rotation[a][b] * n[a] / n[b];
        }
    }
    return true;
}

static int atom_at(const struct crystal *c, const double (*frac)[3], const double at[3], int species)
{
    int best = -1;
    double least = INFINITY;
    for (int j = 0; j < c->n_atom; j++) {
        double d[3], r[3];
        if (c->species[j] != species)
            continue;
        for (int a = 0; a < 3; a++) {
            d[a] = frac[j][a] - at[a];
            d[a] -= round(d[a]);
        }
        cell_cartesian(c->cell, d, r);
        double square = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
        if (square < least) {
            least = square;
            best = j;
        }
    }
    return least < 0.01 ? best : -1;
}

static bool images(const struct crystal *c, const double (*frac)[3], const struct symmetry_op *op, int *image)
{
    for (int i = 0; i < c->n_atom; i++) {
        double at[3];
        for (int a = 0; a < 3; a++)
            at[a] = op->rotation[a][0] * frac[i][0] + op->rotation[a][1] * frac[i][1] + op->rotation[a][2] * frac[i][2] +
                    op->translation[a];
        image[i] = atom_at(c, frac, at, c->species[i]);
        if (image[i] < 0)
            return false;
    }
    return true;
}

static kd_status allocate(struct symmetry *s, int n_op, int n_atom)
{
    s->rotation = malloc((size_t)n_op * sizeof *s->rotation);
    s->shift = malloc((size_t)n_op * sizeof *s->shift);
    s->image = malloc((size_t)n_op * (size_t)n_atom * sizeof *s->image);
    if (!s->rotation || !s->shift || !s->image)
        FAIL(KD_ENOMEM, "symmetry: no host memory");
    return KD_OK;
}

static int modulo(int i, int n)
{
    int r = i % n;
    return r < 0 ? r + n : r;
}

/* Orbits of the points of the grid under op[n_op][12] (R on indices, then t), each in the order of the operations that lead from its
 * first point. false: the operations are no group (a crystal that has them within the tolerance only). */
static bool grid_orbits(const int n[3], int n_op, const int (*op)[12], char *seen, struct symmetry *s)
{
    int n_point = n[0] * n[1] * n[2], count = 0;
    s->n_orbit = 0;
    for (int g = 0; g < n_point; g++) {
        if (seen[g])
            continue;
        int i[3] = {g / n[2] / n[1], g / n[2] % n[1], g % n[2]}, start = count;
        for (int o = 0; o < n_op; o++) {
            int to[3];
            for (int a = 0; a < 3; a++)
                to[a] = modulo(op[o][3 * a] * i[0] + op[o][3 * a + 1] * i[1] + op[o][3 * a + 2] * i[2] + op[o][9 + a], n[a]);
            int h = (to[0] * n[1] + to[1]) * n[2] + to[2];
            if (!seen[h])
                s->place[count++] = h;
            seen[h] = 1;
        }
        if (!seen[g] || n_op % (count - start) != 0)
            return false;
        s->first[s->n_orbit++] = start;
    }
    s->first[s->n_orbit] = count;
    return true;
}

static kd_status make_orbits(const int n[3], const int (*op)[12], struct symmetry *s)
{
    size_t n_point = (size_t)n[0] * (size_t)n[1] * (size_t)n[2];
    char *seen = calloc(n_point, 1);
    s->first = malloc((n_point + 1) * sizeof *s->first);
    s->place = malloc(n_point * sizeof *s->place);
    if (!seen || !s->first || !s->place) {
        free(seen);
        FAIL(KD_ENOMEM, "symmetry: no host memory");
    }
    if (!grid_orbits(n, s->n_op, op, seen, s))
        s->n_op = 1;
    free(seen);
    return KD_OK;
}

kd_status symmetry_create(const struct crystal *c, const int n[3], bool use, struct symmetry *out)
{
    kd_status status = KD_OK;
    double inverse[3][3], (*frac)[3] = malloc((size_t)c->n_atom * sizeof *frac);
    int(*grid_op)[12] = NULL;
    struct symmetry_op *op = NULL;
    int n_op = 1;
    memset(out, 0, sizeof *out);
    if (!frac)
        FAIL(KD_ENOMEM, "symmetry: no host memory");
    cell_inverse(c->cell, inverse);
    for (int i = 0; i < c->n_atom; i++)
        cell_frac((const double(*)[3])inverse, c->tau[i], frac[i]);
    TRY_OUT(symmetry_find(c->cell, c->n_atom, (const double(*)[3])frac, c->species, same_place, &op, &n_op));
    TRY_OUT(allocate(out, n_op, c->n_atom));
    grid_op = malloc((size_t)n_op * sizeof *grid_op);
    if (!grid_op)
        TRY_OUT(kd_fail(KD_ENOMEM, "symmetry: no host memory"));
    for (int o = 0; o < (use ? n_op : 1); o++) {
        int at = out->n_op;
        if (!on_grid(&op[o], n, grid_op[at], out->shift[at]) ||
            !images(c, (const double(*)[3])frac, &op[o], out->image + (size_t)at * (size_t)c->n_atom))
            continue;
        memcpy(out->rotation[at], op[o].rotation, sizeof out->rotation[at]);
        out->n_op++;
    }
    if (out->n_op > 1)
        TRY_OUT(make_orbits(n, (const int(*)[12])grid_op, out));
out:
    free(grid_op);
    free(op);
    free(frac);
    if (status != KD_OK)
        symmetry_free(out);
    return status;
}

void symmetry_free(struct symmetry *s)
{
    free(s->rotation);
    free(s->shift);
    free(s->first);
    free(s->place);
    free(s->image);
    memset(s, 0, sizeof *s);
}

/* ---- meshes ---- */

/* Twice mesh times k, as integers modulo 2 mesh: exact arithmetic for what is the same point. */
static void image_of(const int k[3], const int rotation[3][3], int sign, const int mesh[3], int out[3])
{
    for (int b = 0; b < 3; b++) { /* k' = k R: fractions of reciprocal vectors go with the transpose */
        double x = 0;
        for (int a = 0; a < 3; a++)
            x += sign * k[a] * rotation[a][b] / (2.0 * mesh[a]);
        double y = x * 2 * mesh[b];
        int i = (int)lround(y);
        out[b] = fabs(y - i) > 1e-6 ? -1 : ((i % (2 * mesh[b])) + 2 * mesh[b]) % (2 * mesh[b]);
    }
}

static int index_of(const int k[3], const int mesh[3], const int shift[3])
{
    int i[3];
    for (int a = 0; a < 3; a++) {
        if (k[a] < 0 || (k[a] - shift[a]) % 2 != 0)
            return -1;
        i[a] = (k[a] - shift[a]) / 2;
    }
    return (i[0] * mesh[1] + i[1]) * mesh[2] + i[2];
}

/* orbit[i]: the first point of the mesh that is equivalent to i. */
static void orbits(const struct symmetry *s, const int mesh[3], const int shift[3], int *orbit)
{
    int count = mesh[0] * mesh[1] * mesh[2];
    for (int i = 0; i < count; i++)
        orbit[i] = i;
    for (int i = 0; i < count; i++) {
        int k[3] = {2 * (i / mesh[2] / mesh[1]) + shift[0], 2 * (i / mesh[2] % mesh[1]) + shift[1], 2 * (i % mesh[2]) + shift[2]};
        if (orbit[i] != i)
            continue;
        for (int o = 0; o < s->n_op; o++)
            for (int sign = -1; sign <= 1; sign += 2) {
                int other[3];
                image_of(k, (const int(*)[3])s->rotation[o], sign, mesh, other);
                int j = index_of(other, mesh, shift);
                if (j > i)
                    orbit[j] = i;
            }
    }
}

kd_status kpoints_mesh(const struct symmetry *s, const int mesh[3], const int shift[3], struct kpoint **k, int *n_k)
{
    int count = 1;
    for (int a = 0; a < 3; a++) {
        if (mesh[a] < 1 || mesh[a] > 64 || shift[a] < 0 || shift[a] > 1)
            FAIL(KD_EINPUT, "k-points: %d divisions shifted by %d/2 along b%d, expected 1 to 64, shift 0 or 1", mesh[a], shift[a], a + 1);
        count *= mesh[a];
    }
    int *orbit = malloc((size_t)count * sizeof *orbit);
    *k = calloc((size_t)count, sizeof **k);
    if (!orbit || !*k) {
        free(orbit);
        free(*k);
        FAIL(KD_ENOMEM, "k-points: no host memory for %d", count);
    }
    orbits(s, mesh, shift, orbit);
    *n_k = 0;
    for (int i = 0; i < count; i++) {
        if (orbit[i] != i)
            continue;
        struct kpoint *p = &(*k)[(*n_k)++];
        int at[3] = {i / mesh[2] / mesh[1], i / mesh[2] % mesh[1], i % mesh[2]};
        p->trim = true;
        for (int a = 0; a < 3; a++) {
            p->frac[a] = (at[a] + 0.5 * shift[a]) / mesh[a];
            p->frac[a] -= p->frac[a] > 0.5 + 1e-9 ? 1 : 0;
            p->twice[a] = (int)lround(2 * p->frac[a]);
            p->trim = p->trim && fabs(2 * p->frac[a] - p->twice[a]) < 1e-9;
        }
        for (int j = i; j < count; j++)
            p->weight += orbit[j] == i ? 1.0 / count : 0;
    }
    free(orbit);
    return KD_OK;
}

/* ---- averages ---- */

/* Cartesian matrix of an operation: r' = sum_b m[a][b] r_b. */
static void cartesian(const struct crystal *c, const int rotation[3][3], double m[3][3])
{
    double inverse[3][3];
    cell_inverse(c->cell, inverse); /* frac_k = sum_a r_a inverse[a][k] */
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            m[a][b] = 0;
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    m[a][b] += c->cell[i][a] * rotation[i][j] * inverse[b][j];
        }
}

kd_status symmetry_forces(const struct symmetry *s, const struct crystal *c, double (*force)[3])
{
    double(*sum)[3] = calloc((size_t)c->n_atom, sizeof *sum), m[3][3];
    if (!sum)
        FAIL(KD_ENOMEM, "symmetry: no host memory");
    for (int o = 0; o < s->n_op; o++) {
        cartesian(c, (const int(*)[3])s->rotation[o], m);
        for (int i = 0; i < c->n_atom; i++) {
            int j = s->image[(size_t)o * (size_t)c->n_atom + (size_t)i];
            for (int a = 0; a < 3; a++)
                sum[j][a] += (m[a][0] * force[i][0] + m[a][1] * force[i][1] + m[a][2] * force[i][2]) / s->n_op;
        }
    }
    memcpy(force, sum, (size_t)c->n_atom * sizeof *sum);
    free(sum);
    return KD_OK;
}

void symmetry_tensor(const struct symmetry *s, const struct crystal *c, double tensor[6])
{
    static const int voigt[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}}, pair[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    double sum[6] = {0}, m[3][3];
    for (int o = 0; o < s->n_op; o++) {
        cartesian(c, (const int(*)[3])s->rotation[o], m);
        for (int v = 0; v < 6; v++)
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    sum[v] += m[pair[v][0]][i] * tensor[voigt[i][j]] * m[pair[v][1]][j] / s->n_op;
    }
    memcpy(tensor, sum, sizeof sum);
}
