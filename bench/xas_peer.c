// SPDX-License-Identifier: BSD-3-Clause
/* xas_peer.c - writes input of pw.x and xspectra.x into a scratch directory, runs them, reads spectra. */
#include "bench/xas_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "bench/pw_peer.h"
#include "host/base/clock.h"
#include "host/structure/element.h"

static kd_status open_input(const char *name, FILE **f)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", pw_peer_folder(), name);
    *f = fopen(path, "w");
    return *f ? KD_OK : kd_fail(KD_EIO, "%s: cannot be written", path);
}

static kd_status close_input(FILE *f, const char *name)
{
    return fclose(f) == 0 ? KD_OK : kd_fail(KD_EIO, "%s: cannot be written", name);
}

static kd_status write_density(const struct structure *s, const int mesh[3])
{
    FILE *f;
    bool oxygen = false;
    TRY(open_input("hole.in", &f));
    for (int i = 0; i < s->n_atom; i++)
        oxygen = oxygen || s->number[i] == 8;
    fprintf(f, "&control\n calculation='scf', prefix='hole', outdir='./tmp/', pseudo_dir='./', disk_io='low'\n/\n"
               "&system\n ibrav=0, nat=%d, ntyp=%d, ecutwfc=50, tot_charge=1\n/\n&electrons\n conv_thr=1.d-8, mixing_beta=0.5\n/\n"
               "ATOMIC_SPECIES\nSih 28.086 Sih.upf\nSi 28.086 Si.upf\n%sCELL_PARAMETERS angstrom\n", s->n_atom, oxygen ? 3 : 2,
            oxygen ? "O 15.999 O.upf\n" : "");
    for (int a = 0; a < 3; a++)
        fprintf(f, "%.12f %.12f %.12f\n", s->cell[a][0], s->cell[a][1], s->cell[a][2]);
    fprintf(f, "ATOMIC_POSITIONS angstrom\n");
    for (int i = 0; i < s->n_atom; i++)
        fprintf(f, "%s %.14f %.14f %.14f\n", i == 0 ? "Sih" : element_symbol(s->number[i]), s->position[i][0], s->position[i][1], s->position[i][2]);
    fprintf(f, "K_POINTS automatic\n%d %d %d 0 0 0\n", mesh[0], mesh[1], mesh[2]);
    return close_input(f, "hole.in");
}

static kd_status write_spectrum(int axis)
{
    FILE *f;
    TRY(open_input("xs.in", &f));
    fprintf(f, "&input_xspectra\n calculation='xanes_dipole', prefix='hole', outdir='./tmp/', xonly_plot=.false.\n"
               " xniter=2000, xcheck_conv=10, xerror=0.001, xiabs=1, xcoordcrys=.false.\n xepsilon(1)=%d, xepsilon(2)=%d, xepsilon(3)=%d\n"
               " x_save_file='%c.sav'\n/\n&plot\n xnepoint=%d, xgamma=0.8, xemin=-10, xemax=50, terminator=.true., cut_occ_states=.true.,"
               " xanes_file='%c.dat'\n/\n&pseudos\n filecore='./core.wfc'\n/\n&cut_occ\n cut_desmooth=0.1\n/\n2 2 2 0 0 0\n",
            axis == 0, axis == 1, axis == 2, 'x' + axis, XAS_PEER_POINTS, 'x' + axis);
    return close_input(f, "xs.in");
}

static double children_cpu(void)
{
    struct rusage u;
    getrusage(RUSAGE_CHILDREN, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* Runs `command` in the folder; wall seconds are added up. */
static kd_status run(const char *command, double *seconds)
{
    char line[1024];
    snprintf(line, sizeof line, "cd %s && %s", pw_peer_folder(), command);
    double started = clock_seconds();
    if (system(line) != 0)
        FAIL(KD_EDEVICE, "bench_xas: failed: %s", line);
    *seconds += clock_seconds() - started;
    return KD_OK;
}

static kd_status read_spectrum(int axis, struct xas_peer *out)
{
    char path[128], line[256];
    int n = 0;
    snprintf(path, sizeof path, "%s/%c.dat", pw_peer_folder(), 'x' + axis);
    FILE *f = fopen(path, "r");
    while (f && n < XAS_PEER_POINTS && fgets(line, sizeof line, f))
        n += sscanf(line, "%lf %lf", &out->x_ev[axis][n], &out->sigma[axis][n]) == 2;
    if (f)
        fclose(f);
    return n == XAS_PEER_POINTS ? KD_OK : kd_fail(KD_EDEVICE, "%s: %d energies, expected %d", path, n, XAS_PEER_POINTS);
}

/* The 1s of the ground-state file on its mesh, as upf2plotcore.sh of XSpectra writes it. */
static const char core_orbital[] =
    "awk '/<PP_R[ >]/{on=1;next} /<.PP_R>/{on=0} /<PP_GIPAW_CORE_ORBITAL.1[ >]/{on=2;next} /<.PP_GIPAW_CORE_ORBITAL.1>/{on=0} "
    "on==1{for(i=1;i<=NF;i++)r[nr++]=$i} on==2{for(i=1;i<=NF;i++)u[nu++]=$i} "
    "END{print \"# number of core states 1 =  1 0;\"; for(i=0;i<nu;i++)print r[i],u[i]; exit nu==0||nu!=nr}' Si.upf >core.wfc";

kd_status xas_peer_run(const struct structure *s, const int mesh[3], int n_rank, struct xas_peer *out)
{
    char command[512], pools[32] = "";
    double ignored = 0;
    if (!pw_peer_folder())
        FAIL(KD_EDEVICE, "bench_xas: no pseudopotentials");
    out->density = out->spectra = 0;
    TRY(run(core_orbital, &ignored));
    double cpu = children_cpu();
    TRY(write_density(s, mesh));
    if (mesh[0] * mesh[1] * mesh[2] > 1)
        snprintf(pools, sizeof pools, "-nk %d", n_rank);
    static const char mpi[] = "OMP_NUM_THREADS=1 mpirun --allow-run-as-root --oversubscribe";
    snprintf(command, sizeof command, "%s -np %d pw.x %s -in hole.in >hole.out 2>&1", mpi, n_rank, pools);
    TRY(run(command, &out->density));
    for (int axis = 0; axis < 3; axis++) {
        TRY(write_spectrum(axis));
        snprintf(command, sizeof command, "%s -np %d xspectra.x -nk %d -in xs.in >xs_%c.out 2>&1", mpi, n_rank, n_rank, 'x' + axis);
        TRY(run(command, &out->spectra));
        TRY(read_spectrum(axis, out));
    }
    out->cpu = (children_cpu() - cpu) / n_rank;
    return KD_OK;
}
