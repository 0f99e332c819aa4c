// SPDX-License-Identifier: BSD-3-Clause
/* collect_text.c - spectra as text: the .dat of xspectra.x, XDI, CSV; and pictures by gnuplot. */
#include <limits.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "host/base/commit.h"
#include "host/base/log.h"
#include "host/base/units.h"
#include "host/structure/element.h"
#include "host/xas/collect.h"

extern char **environ;

static const char *const polarisation[XANES_N_POL] = {"x", "y", "z"};

/* `path` without its ending. */
static kd_status stem_of(const char *path, char stem[PATH_MAX])
{
    size_t n = strlen(path);
    if (n + 64 >= PATH_MAX)
        FAIL(KD_EINPUT, "%s: too long a name", path);
    memcpy(stem, path, n + 1);
    if (n > 3 && strcmp(path + n - 3, ".h5") == 0)
        stem[n - 3] = 0;
    return KD_OK;
}

static const double *column(const struct collect *c, int row, int pol, const double *mean)
{
    return pol < 0 ? mean : c->row[row].sigma + (size_t)pol * (size_t)c->axis.n;
}

/* One column: energy (eV; on the absolute axis above the edge, as xspectra.x prints it), sigma (bohr^2). row -1: mean of the sites. */
static void print_xspectra(const struct collect *c, int row, int pol, const double *mean, FILE *f)
{
    bool relative = c->axis.kind == XANES_ABSOLUTE;
    double zero = !relative ? 0 : row < 0 ? c->axis.zero_ev : c->row[row].edge_ev;
    fprintf(f, "# Final state angular momentum:   1\n# site %d, polarisation %s, %s\n# %s\n# Energy (eV)   sigma (bohr^2)\n", row < 0 ? -1 : c->row[row].site,
            pol < 0 ? "mean" : polarisation[pol], relative ? "energies above the highest occupied level" : "photon energies", c->recipe);
    for (int e = 0; e < c->axis.n; e++)
        fprintf(f, "%14.8f %13.8f\n", c->energy_ev[e] - zero, column(c, row, pol, mean)[e]);
}

/* Energy, mean; of a site x, y, z; of the mean of several sites their standard deviation. mean [2][n]: the deviation behind the mean. */
static void print_columns(const struct collect *c, int row, const double *mean, bool several, const char *separator, FILE *f)
{
    for (int e = 0; e < c->axis.n; e++) {
        fprintf(f, "%.6f%s%.9g", c->energy_ev[e], separator, mb_from_bohr2(mean[e]));
        for (int pol = 0; pol < XANES_N_POL && row >= 0; pol++)
            fprintf(f, "%s%.9g", separator, mb_from_bohr2(column(c, row, pol, mean)[e]));
        if (row < 0 && several)
            fprintf(f, "%s%.9g", separator, mb_from_bohr2(mean[c->axis.n + e]));
        fputc('\n', f);
    }
}

static void print_csv(const struct collect *c, int row, const double *mean, bool several, FILE *f)
{
    fprintf(f, "energy_ev,mean_mb%s\n", row >= 0 ? ",x_mb,y_mb,z_mb" : several ? ",deviation_mb" : "");
    print_columns(c, row, mean, several, ",", f);
}

static void print_xdi(const struct collect *c, int row, const double *mean, bool several, FILE *f)
{
    const struct collect_row *r = &c->row[row < 0 ? 0 : row];
    fprintf(f, "# XDI/1.0 kedge\n# Element.symbol: %s\n# Element.edge: K\n# Column.1: energy eV\n# Column.2: mu Mb\n", element_symbol(r->z));
    for (int pol = 0; pol < XANES_N_POL && row >= 0; pol++)
        fprintf(f, "# Column.%d: mu_%s Mb\n", 3 + pol, polarisation[pol]);
    if (row < 0 && several)
        fprintf(f, "# Column.3: deviation Mb\n");
    fprintf(f, "# Kedge.recipe: %s\n# Kedge.axis: %s\n", c->recipe, c->axis.kind == XANES_CALIBRATED ? "calibrated" : "eigenvalues");
    if (row >= 0)
        fprintf(f, "# Kedge.site: %d\n", r->site);
    fprintf(f, "# ///\n# calculated\n#----\n# energy mu%s\n", row >= 0 ? " mu_x mu_y mu_z" : several ? " deviation" : "");
    print_columns(c, row, mean, several, " ", f);
}

/* The files of one row. */
static kd_status write_row(const struct collect *c, int row, const double *mean, bool several, const char *stem, const char *format)
{
    char path[PATH_MAX], name[32];
    struct commit file;
    bool columns = strcmp(format, "xspectra") != 0;
    snprintf(name, sizeof name, row < 0 ? "mean" : "site%05d", row < 0 ? 0 : c->row[row].site);
    for (int pol = -1; pol < (columns || row < 0 ? 0 : XANES_N_POL); pol++) {
        int n = columns ? snprintf(path, sizeof path, "%s_%s.%s", stem, name, format)
                        : snprintf(path, sizeof path, "%s_%s%s%s.dat", stem, name, row < 0 ? "" : "_",
                                   row < 0 ? "" : pol < 0 ? "mean" : polarisation[pol]);
        if (n >= (int)sizeof path)
            FAIL(KD_EINPUT, "%s: too long a name", stem);
        TRY(commit_open(path, &file));
        if (!columns)
            print_xspectra(c, row, pol, mean, file.file);
        else if (format[0] == 'c')
            print_csv(c, row, mean, several, file.file);
        else
            print_xdi(c, row, mean, several, file.file);
        TRY(commit_finish(&file));
    }
    return KD_OK;
}

kd_status collect_write_text(const struct collect *c, const char *path, const char *format)
{
    char stem[PATH_MAX];
    double *mean = malloc(2 * (size_t)c->axis.n * sizeof *mean);
    kd_status status = mean ? stem_of(path, stem) : kd_fail(KD_ENOMEM, "spectra: no host memory");
    bool several = status == KD_OK && collect_deviation(c, mean + c->axis.n);
    for (int row = -1; row < c->n_row && status == KD_OK; row++)
        if (collect_mean(c, row, mean))
            status = write_row(c, row, mean, several, stem, format);
    free(mean);
    return status;
}

/* ---- pictures ---- */

/* One block per site, energy, mean, x, y, z; then the mean and its deviation. mean: room for [2][n]. */
static void print_data(const struct collect *c, double *mean, FILE *f)
{
    bool several = collect_deviation(c, mean + c->axis.n);
    for (int row = 0; row < c->n_row; row++)
        if (collect_mean(c, row, mean)) {
            fprintf(f, "# site %d: energy (eV), mean, x, y, z (Mb)\n", c->row[row].site);
            print_columns(c, row, mean, several, " ", f);
            fprintf(f, "\n\n");
        }
    if (collect_mean(c, -1, mean)) {
        fprintf(f, "# mean of the sites%s (Mb)\n", several ? ", their standard deviation" : "");
        print_columns(c, -1, mean, several, " ", f);
    }
}

static void print_script(const struct collect *c, const char *base, FILE *f)
{
    int n = 0;
    for (int row = 0; row < c->n_row; row++)
        n += c->row[row].sigma != NULL;
    fprintf(f, "set xlabel '%s (eV)'\nset ylabel 'cross section (Mb)'\nset grid\nset key top right\n",
            c->axis.kind == XANES_CALIBRATED ? "photon energy" : "eigenvalue");
    fprintf(f, "set terminal svg size 900,600\nset output '%s_mean.svg'\nset title 'K edge, mean of %d site%s'\nplot ", base, n,
            n == 1 ? "" : "s");
    if (n > 1)
        fprintf(f, "'%s.dat' index %d using 1:($2-$3):($2+$3) with filledcurves fs solid 0.15 noborder lc rgb '#0050a0' title 'standard deviation', ", base, n);
    for (int i = 0; i < n; i++)
        fprintf(f, "'%s.dat' index %d using 1:2 with lines lc rgb '#c0c0c0' notitle, ", base, i);
    fprintf(f, "'%s.dat' index %d using 1:2 with lines lw 2 lc rgb '#0050a0' title 'mean'\n", base, n);
    fprintf(f, "set terminal svg size 900,%d\nset output '%s_sites.svg'\nset multiplot layout %d,3\n", 250 * ((n + 2) / 3), base, (n + 2) / 3);
    for (int row = 0, i = 0; row < c->n_row; row++)
        if (c->row[row].sigma) {
            fprintf(f, "set title 'site %d'\nplot '%s.dat' index %d using 1:3 with lines title 'x', '' index %d using 1:4 with lines title 'y', "
                       "'' index %d using 1:5 with lines title 'z', '' index %d using 1:2 with lines lw 2 lc rgb 'black' title 'mean'\n",
                    c->row[row].site, base, i, i, i, i);
            i++;
        }
    fprintf(f, "unset multiplot\n");
}

static void run_gnuplot(const char *directory, const char *script)
{
    char *const argv[] = {"sh", "-c", "cd \"$0\" && exec gnuplot \"$1\"", (char *)directory, (char *)script, NULL};
    pid_t child;
    int result = -1;
    if (posix_spawnp(&child, "sh", NULL, NULL, argv, environ) != 0 || waitpid(child, &result, 0) < 0 || result != 0)
        log_warning("%s/%s: gnuplot did not draw it (is gnuplot installed?)", directory, script);
}

kd_status collect_plot(const struct collect *c, const char *path)
{
    char stem[PATH_MAX], name[PATH_MAX + 8];
    struct commit file;
    double *mean = malloc(2 * (size_t)c->axis.n * sizeof *mean);
    kd_status status = mean ? stem_of(path, stem) : kd_fail(KD_ENOMEM, "spectra: no host memory");
    if (status != KD_OK) {
        free(mean);
        return status;
    }
    char *slash = strrchr(stem, '/');
    const char *base = slash ? slash + 1 : stem;
    snprintf(name, sizeof name, "%s.dat", stem);
    TRY_OUT(commit_open(name, &file));
    print_data(c, mean, file.file);
    TRY_OUT(commit_finish(&file));
    snprintf(name, sizeof name, "%s.gp", stem);
    TRY_OUT(commit_open(name, &file));
    print_script(c, base, file.file);
    TRY_OUT(commit_finish(&file));
    snprintf(name, sizeof name, "%s.gp", base);
    if (slash)
        *slash = 0;
    run_gnuplot(slash ? stem : ".", name);
out:
    free(mean);
    return status;
}
