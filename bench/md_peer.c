// SPDX-License-Identifier: BSD-3-Clause
/* md_peer.c - writes LAMMPS input into a scratch directory, runs lmp, reads its timing table. */
#include "bench/md_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/structure/element.h"

static const double WANTED_ATOM_STEPS = 2e6; /* one or two seconds of LAMMPS */

/* Types in the order of first appearance; their symbols for pair_coeff. */
static int types_of(const struct structure *s, int type[ELEMENT_LAST + 1], char *symbols, size_t size)
{
    int n = 0;
    memset(type, 0, (ELEMENT_LAST + 1) * sizeof *type);
    symbols[0] = '\0';
    for (int a = 0; a < s->n_atom; a++)
        if (!type[s->number[a]]) {
            type[s->number[a]] = ++n;
            snprintf(symbols + strlen(symbols), size - strlen(symbols), " %s", element_symbol(s->number[a]));
        }
    return n;
}

/* The cell must have a along x and b in the xy plane, as those of the benchmark cases have. */
static kd_status write_data(const char *path, const struct structure *s, const int *type, int n_type)
{
    FILE *f = fopen(path, "w");
    if (!f)
        FAIL(KD_EIO, "%s: cannot be written", path);
    fprintf(f, "benchmark\n\n%d atoms\n%d atom types\n0 %.17g xlo xhi\n0 %.17g ylo yhi\n0 %.17g zlo zhi\n%.17g %.17g %.17g xy xz yz\n\nMasses\n\n",
            s->n_atom, n_type, s->cell[0][0], s->cell[1][1], s->cell[2][2], s->cell[1][0], s->cell[2][0], s->cell[2][1]);
    for (int z = 1; z <= ELEMENT_LAST; z++)
        if (type[z])
            fprintf(f, "%d %g\n", type[z], element_mass(z));
    fprintf(f, "\nAtoms\n\n");
    for (int a = 0; a < s->n_atom; a++)
        fprintf(f, "%d %d %.17g %.17g %.17g\n", a + 1, type[s->number[a]], s->position[a][0], s->position[a][1], s->position[a][2]);
    if (fclose(f) != 0)
        FAIL(KD_EIO, "%s: cannot be written", path);
    return KD_OK;
}

static kd_status write_input(const char *path, const char *potential, const char *symbols, double temperature_k, double skin,
                             int n_step)
{
    FILE *f = fopen(path, "w");
    if (!f)
        FAIL(KD_EIO, "%s: cannot be written", path);
    fprintf(f, "units metal\natom_style atomic\nbox tilt large\nread_data start.dat\npair_style tersoff\npair_coeff * * %s%s\n"
               "neighbor %g bin\nneigh_modify delay 0 every 1 check yes\ntimestep 0.0005\nfix 1 all nve\nthermo 100000\n"
               "velocity all create %g 4711 mom yes dist gaussian\nrun %d\nrun %d\n", potential, symbols, skin, temperature_k,
            n_step < 50 ? 5 : 50, n_step);
    if (fclose(f) != 0)
        FAIL(KD_EIO, "%s: cannot be written", path);
    return KD_OK;
}

/* The last "Pair    | min | avg | max | ..." and "Loop time of s on" of a log, in seconds, times the share of the processor that LAMMPS
 * says it had ("99.8% CPU use"): the times of Kedge do not suffer from a busy machine either. */
static void log_seconds(const char *path, double *pair, double *loop)
{
    double least, average, whole, share = 100, percent;
    char line[512];
    FILE *f = fopen(path, "r");
    *pair = *loop = 0;
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "Pair | %lf | %lf", &least, &average) == 2)
            *pair = average;
        else if (sscanf(line, "Loop time of %lf on", &whole) == 1)
            *loop = whole;
        else if (sscanf(line, "%lf%% CPU use", &percent) == 1)
            share = percent;
    if (f)
        fclose(f);
    *pair *= share / 100;
    *loop *= share / 100;
}

kd_status md_peer_rate(const struct structure *s, const char *potential, double temperature_k, double skin, int n_rank, struct md_peer *out)
{
    char place[] = "/tmp/kedge-bench-XXXXXX", path[64], symbols[64], command[512], absolute[4096];
    int type[ELEMENT_LAST + 1], n_step = (int)(WANTED_ATOM_STEPS / s->n_atom) + 5;
    if (!realpath(potential, absolute) || !mkdtemp(place))
        FAIL(KD_EIO, "%s: cannot be made", place);
    int n_type = types_of(s, type, symbols, sizeof symbols);
    snprintf(path, sizeof path, "%s/start.dat", place);
    TRY(write_data(path, s, type, n_type));
    snprintf(path, sizeof path, "%s/in", place);
    TRY(write_input(path, absolute, symbols, temperature_k, skin, n_step));
    snprintf(command, sizeof command,
             "cd %s && OMP_NUM_THREADS=1 mpirun --allow-run-as-root --oversubscribe -np %d lmp -in in -log log -screen none >out 2>&1",
             place, n_rank);
    int failed = system(command);
    snprintf(path, sizeof path, "%s/log", place);
    double pair, loop;
    log_seconds(path, &pair, &loop);
    snprintf(command, sizeof command, "rm -rf %s", place);
    if (failed == 0 && system(command) != 0)
        fprintf(stderr, "bench_md: %s is left behind\n", place);
    if (failed != 0 || !(pair > 0 && loop > 0))
        FAIL(KD_EDEVICE, "bench_md: lmp failed, its output is in %s", place);
    out->forces = 1e-6 * s->n_atom * (double)n_step / pair;
    out->steps = 1e-6 * s->n_atom * (double)n_step / loop;
    return KD_OK;
}
