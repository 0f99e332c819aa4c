// SPDX-License-Identifier: BSD-3-Clause
/* picture.c - tables and gnuplot scripts that show a pseudopotential. */
#include "host/atom/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/base/commit.h"
#include "host/structure/element.h"

extern char **environ;

static const double shown_radius = 6; /* bohr */

static kd_status open_in(const char *directory, const char *name, struct commit *c)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path)
        FAIL(KD_EIO, "%s: the path is too long", directory);
    return commit_open(path, c);
}

static kd_status put_waves(const char *directory, const struct generation *g)
{
    struct commit c;
    TRY(open_in(directory, "waves.dat", &c));
    fprintf(c.file, "# r (bohr)");
    for (int k = 0; k < g->n_channel; k++)
        for (int i = 0; i < ONCV_PER_CHANNEL; i++)
            fprintf(c.file, "   %c%d all-electron   pseudo", "spdf"[g->channel[k].l], i + 1);
    for (int m = 0; m < g->atom->grid.n && g->atom->grid.r[m] < shown_radius; m += 2) {
        fprintf(c.file, "\n%.6f", g->atom->grid.r[m]);
        for (int k = 0; k < g->n_channel; k++)
            for (int i = 0; i < ONCV_PER_CHANNEL; i++)
                fprintf(c.file, " %.6e %.6e", g->channel[k].wave[i].p[m], g->channel[k].phi[i][m]);
    }
    fputc('\n', c.file);
    return commit_finish(&c);
}

static kd_status put_potentials(const char *directory, const struct generation *g)
{
    struct commit c;
    const struct separable *s = &g->separable;
    TRY(open_in(directory, "potentials.dat", &c));
    fprintf(c.file, "# r (bohr), potentials (Ha): all-electron, local screened, local ionic; then r beta of every projector\n");
    for (int m = 0; m < g->atom->grid.n && g->atom->grid.r[m] < shown_radius; m += 2) {
        fprintf(c.file, "%.6f %.6e %.6e %.6e", g->atom->grid.r[m], g->atom->v[m], g->v_local[m], s->v_ion[m]);
        for (int k = 0; k < s->n_projector; k++)
            fprintf(c.file, " %.6e", s->beta[k][m]);
        fputc('\n', c.file);
    }
    return commit_finish(&c);
}

static kd_status put_curves(const char *directory, const struct check *c)
{
    struct commit file;
    TRY(open_in(directory, "phases.dat", &file));
    fprintf(file.file, "# E (Ha); for s p d f: phase / pi at r = %.3f bohr, all-electron and pseudo\n", c->phase_radius);
    for (int m = 0; m < c->n_energy; m++) {
        fprintf(file.file, "%.4f", c->energy[m]);
        for (int l = 0; l <= CHECK_MAX_L; l++)
            fprintf(file.file, " %.6f %.6f", c->phase_ae[l][m], c->phase_ps[l][m]);
        fputc('\n', file.file);
    }
    TRY(commit_finish(&file));
    TRY(open_in(directory, "cutoff.dat", &file));
    fprintf(file.file, "# cutoff (Ry), missing kinetic energy of the worst occupied wave (Ha per electron)\n");
    for (int m = 0; m < CHECK_N_CUTOFF; m++)
        fprintf(file.file, "%.4f %.6e\n", c->cutoff_ry[m], c->residual[m]);
    return commit_finish(&file);
}

static kd_status put_script(const char *directory, const struct generation *g)
{
    struct commit c;
    TRY(open_in(directory, "report.gp", &c));
    FILE *f = c.file;
    fprintf(f, "set terminal svg size 800,560 dynamic background 'white'\nset key top right\nset grid\n");
    fprintf(f, "set output 'waves.svg'\nset title '%s: waves, all-electron (dashed) and pseudo'\nset xlabel 'r (bohr)'\nset ylabel 'r psi'\nplot [0:%g] ",
            element_symbol(g->recipe.z), shown_radius);
    for (int k = 0; k < g->n_channel; k++)
        for (int i = 0; i < ONCV_PER_CHANNEL; i++) {
            int column = 2 + 4 * k + 2 * i, colour = 1 + 2 * k + i;
            fprintf(f, "%s'waves.dat' u 1:%d w l dt 2 lc %d t '', '' u 1:%d w l lw 2 lc %d t '%c, %.2f Ha, rc %.2f'", k + i ? ", " : "", column,
                    colour, column + 1, colour, "spdf"[g->channel[k].l], g->channel[k].wave[i].energy, g->channel[k].rc);
        }
    fprintf(f, "\nset output 'potentials.svg'\nset title 'Potentials'\nset ylabel 'Ha'\nplot [0:%g] [-12:6] 'potentials.dat' u 1:2 w l dt 2 t "
               "'all-electron', '' u 1:3 w l lw 2 t 'local, screened', '' u 1:4 w l lw 2 t 'local, ionic'\n", shown_radius);
    fprintf(f, "set output 'phases.svg'\nset title 'Logarithmic derivatives as phases, all-electron (points) and pseudo'\n"
               "set xlabel 'E (Ha)'\nset ylabel 'phase / pi, modulo 1'\nwrap(x) = x - floor(x)\nplot ");
    for (int l = 0; l <= CHECK_MAX_L; l++)
        fprintf(f, "%s'phases.dat' u 1:(wrap($%d)) w p pt 6 ps 0.4 lc %d t '', '' u 1:(wrap($%d)) w p pt 7 ps 0.2 lc %d t '%c'", l ? ", " : "",
                2 + 2 * l, l + 1, 3 + 2 * l, l + 1, "spdf"[l]);
    fprintf(f, "\nset output 'cutoff.svg'\nset title 'Kinetic energy missing per electron'\nset xlabel 'cutoff (Ry)'\nset ylabel 'Ha'\n"
               "set logscale y\nset format y '10^{%%T}'\nplot [0:120] [1e-6:1] 'cutoff.dat' w l lw 2 t '', 1e-3 dt 2 t '1 mHa', 1e-4 dt 3 t '0.1 mHa'\n");
    return commit_finish(&c);
}

/* gnuplot, where there is one; its absence is no error. */
static void draw(const char *directory)
{
    posix_spawn_file_actions_t actions;
    char *words[] = {"gnuplot", "report.gp", NULL};
    pid_t pid;
    if (posix_spawn_file_actions_init(&actions))
        return;
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addchdir_np(&actions, directory);
    if (posix_spawnp(&pid, "gnuplot", &actions, NULL, words, environ) == 0)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    posix_spawn_file_actions_destroy(&actions);
}

kd_status picture_report(const char *directory, const struct generation *g, const struct check *c)
{
    if (mkdir(directory, 0777) && errno != EEXIST)
        FAIL(KD_EIO, "%s: %s", directory, strerror(errno));
    TRY(put_waves(directory, g));
    TRY(put_potentials(directory, g));
    TRY(put_curves(directory, c));
    TRY(put_script(directory, g));
    draw(directory);
    return KD_OK;
}
