// SPDX-License-Identifier: BSD-3-Clause
/* analyze_pictures.c - coordination histograms and radial distribution functions for gnuplot. */
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "host/base/commit.h"
#include "host/base/log.h"
#include "host/md/analyze.h"
#include "host/structure/element.h"

extern char **environ;

typedef void (*writer)(FILE *f, const struct analyze_options *o, const struct analysis *all, int n, const int *group);

static kd_status write_file(const char *directory, const char *name, writer write, const struct analyze_options *o,
                            const struct analysis *all, int n, const int *group)
{
    char path[PATH_MAX];
    struct commit c;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    TRY(commit_open(path, &c));
    write(c.file, o, all, n, group);
    return commit_finish(&c);
}

/* One block per formula: n_Si n_O mean share, spread. */
static void coordination_data(FILE *f, const struct analyze_options *o, const struct analysis *all, int n, const int *group)
{
    fprintf(f, "# share of Si sites with n_Si and n_O neighbours; cutoffs Si-Si %g, Si-O %g angstrom; mean and spread over frames\n",
            analyze_cutoff_of(o, 14, 14), analyze_cutoff_of(o, 14, 8));
    for (int g = 0; g < n; g++) {
        if (group[g] != g)
            continue;
        fprintf(f, "%s# formula n_si n_o mean sd\n", g ? "\n\n" : "");
        for (int cell = 0; cell < (COORDINATION_MAX + 1) * (COORDINATION_MAX + 1); cell++) {
            int n_si = cell / (COORDINATION_MAX + 1), n_o = cell % (COORDINATION_MAX + 1), members = 0;
            double value[1024], mean, sd;
            for (int m = g; m < n && members < 1024; m++)
                if (group[m] == g && all[m].n_site)
                    value[members++] = all[m].site_histogram[n_si][n_o] / all[m].n_site;
            analysis_spread(members, value, &mean, &sd);
            if (mean > 0)
                fprintf(f, "%s %d %d %.6f %.6f\n", all[g].formula, n_si, n_o, mean, sd);
        }
    }
}

static void coordination_script(FILE *f, const struct analyze_options *o, const struct analysis *all, int n, const int *group)
{
    (void)o;
    int blocks = 0;
    for (int g = 0; g < n; g++)
        blocks += group[g] == g;
    fprintf(f, "set terminal svg size 1000,%d\nset output 'coordination.svg'\nset multiplot layout %d,3\n", 260 * ((blocks + 2) / 3),
            (blocks + 2) / 3);
    fprintf(f, "set style fill solid 0.6\nset boxwidth 0.8\nset yrange [0:1]\nset xtics rotate by -60 font ',9'\nset key off\n");
    for (int g = 0, block = 0; g < n; g++)
        if (group[g] == g)
            fprintf(f, "set title '%s'\nplot 'coordination.dat' index %d using 0:4:5:xtic(sprintf('Si%%dO%%d', int($2), int($3))) with boxerrorbars\n",
                    all[g].formula, block++);
    fprintf(f, "unset multiplot\n");
}

/* One block per formula: r, total, then the partials of the formula's elements; means over frames. */
static void rdf_data(FILE *f, const struct analyze_options *o, const struct analysis *all, int n, const int *group)
{
    for (int g = 0; g < n; g++) {
        const struct analysis *first = &all[g];
        if (group[g] != g)
            continue;
        fprintf(f, "%s# %s: r (angstrom), total g(r)", g ? "\n\n" : "", first->formula);
        for (int e = 0; e < first->n_element; e++)
            for (int p = e; p < first->n_element; p++)
                fprintf(f, ", %s-%s", element_symbol(first->number[p]), element_symbol(first->number[e]));
        fprintf(f, "\n");
        for (int b = 0; b < o->axis.n_bin; b++) {
            fprintf(f, "%.4f", rdf_radius(&o->axis, b));
            for (int pair = -1; pair < first->n_element * (first->n_element + 1) / 2; pair++) {
                double sum = 0;
                int members = 0;
                for (int m = g; m < n; m++)
                    if (group[m] == g) {
                        sum += pair < 0 ? all[m].total[b] : all[m].partial[(size_t)pair * (size_t)o->axis.n_bin + (size_t)b];
                        members++;
                    }
                fprintf(f, " %.6g", sum / members);
            }
            fprintf(f, "\n");
        }
    }
}

static void rdf_script(FILE *f, const struct analyze_options *o, const struct analysis *all, int n, const int *group)
{
    (void)o;
    fprintf(f, "set terminal svg size 900,600\nset output 'rdf.svg'\nset xlabel 'r (angstrom)'\nset ylabel 'g(r), shifted'\nplot ");
    for (int g = 0, block = 0; g < n; g++)
        if (group[g] == g) {
            fprintf(f, "%s'rdf.dat' index %d using 1:($2 + %d) with lines title '%s'", block ? ", " : "", block, 4 * block, all[g].formula);
            block++;
        }
    fprintf(f, "\n");
}

/* Draws where gnuplot is installed; says so where not. */
static void run_gnuplot(const char *directory, const char *script)
{
    char command[PATH_MAX + 64];
    snprintf(command, sizeof command, "cd \"$0\" && exec gnuplot %s", script);
    char *const argv[] = {"sh", "-c", command, (char *)directory, NULL};
    pid_t child;
    int result = -1;
    if (posix_spawnp(&child, "sh", NULL, NULL, argv, environ) != 0 || waitpid(child, &result, 0) < 0 || result != 0)
        log_warning("%s/%s: gnuplot did not draw it (is gnuplot installed?)", directory, script);
}

kd_status analysis_pictures(const char *directory, const struct analyze_options *o, const struct analysis *all, int n)
{
    static const struct {
        const char *name;
        writer write;
    } file[] = {{"coordination.dat", coordination_data}, {"coordination.gp", coordination_script}, {"rdf.dat", rdf_data}, {"rdf.gp", rdf_script}};
    if (mkdir(directory, 0777) != 0 && errno != EEXIST)
        FAIL(KD_EIO, "%s: cannot make the directory, %s", directory, strerror(errno));
    int *group = malloc((size_t)n * sizeof *group);
    if (!group)
        FAIL(KD_ENOMEM, "%s: no host memory", directory);
    analysis_groups(all, n, group);
    kd_status status = KD_OK;
    for (size_t f = 0; status == KD_OK && f < sizeof file / sizeof *file; f++)
        status = write_file(directory, file[f].name, file[f].write, o, all, n, group);
    free(group);
    TRY(status);
    run_gnuplot(directory, "coordination.gp");
    run_gnuplot(directory, "rdf.gp");
    return KD_OK;
}
