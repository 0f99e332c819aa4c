// SPDX-License-Identifier: BSD-3-Clause
/* gs_cube.c - the density as a Gaussian cube file. */
#include <stdio.h>
#include <stdlib.h>

#include "host/base/commit.h"
#include "host/dft/gs.h"

/* Two comment lines, atoms, axes: all in bohr. */
static void write_head(FILE *f, const struct scf *s)
{
    const struct crystal *c = s->crystal;
    fprintf(f, "Kedge: valence electrons per bohr^3, total energy %.10f Ha\nx outer, y middle, z inner loop\n", s->energy.total);
    fprintf(f, "%5d %.10f %.10f %.10f\n", c->n_atom, 0.0, 0.0, 0.0);
    for (int a = 0; a < 3; a++)
        fprintf(f, "%5d %.10f %.10f %.10f\n", s->n[a], c->cell[a][0] / s->n[a], c->cell[a][1] / s->n[a], c->cell[a][2] / s->n[a]);
}

kd_status gs_write_cube(const char *path, const struct scf *s, const struct structure *structure)
{
    kd_device *dev = s->dev;
    struct commit file = {0};
    kd_status status = KD_OK;
    if (!s->converged)
        FAIL(KD_EINTERNAL, "%s: a ground state that has not converged is not written", path);
    double *rho = malloc(s->n_point * sizeof *rho);
    if (!rho)
        FAIL(KD_ENOMEM, "%s: no host memory", path);
    TRY_OUT(dev->grid->backward(dev, dev->stream, s->grid, s->rho_out_g_d, s->rho_d));
    TRY_OUT(kd_download(dev, dev->stream, rho, s->rho_d, s->n_point * sizeof *rho));
    TRY_OUT(commit_open(path, &file));
    write_head(file.file, s);
    for (int i = 0; i < s->crystal->n_atom; i++)
        fprintf(file.file, "%5d %.6f %.10f %.10f %.10f\n", structure->number[i], s->crystal->pseudo[s->crystal->species[i]]->z_valence,
                s->crystal->tau[i][0], s->crystal->tau[i][1], s->crystal->tau[i][2]);
    size_t line = (size_t)s->n[2];
    for (size_t p = 0; p < s->n_point; p++)
        fprintf(file.file, "%13.5E%s", rho[p], p % line % 6 == 5 || p % line == line - 1 ? "\n" : "");
    status = commit_finish(&file);
out:
    commit_abandon(&file);
    free(rho);
    return status;
}
