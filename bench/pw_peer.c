// SPDX-License-Identifier: BSD-3-Clause
/* pw_peer.c - writes pw.x input into a scratch directory, runs it, reads energy and clock; counts for large cells. */
#include "bench/pw_peer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/base/clock.h"
#include "host/structure/element.h"

static char place[] = "/tmp/kedge-bench-XXXXXX";
static bool made;

const char *pw_peer_folder(void)
{
    static bool tried;
    char command[4096];
    if (tried)
        return made ? place : NULL;
    tried = true;
    if (!mkdtemp(place))
        return NULL;
    snprintf(command, sizeof command,
             "cd %s && ld1.x <%s/O.ld1.in >O.out && ld1.x <%s/Si.ld1.in >Si.out && ld1.x <%s/Sih.ld1.in >Sih.out && mv O_PBE_TM_2pj.UPF O.upf && "
             "mv Si_PBE_TM_2pj.UPF Si.upf && mv Sih_PBE_TM_2pj.UPF Sih.upf",
             place, PW_CASE_FILES, PW_CASE_FILES, PW_CASE_FILES);
    made = system(command) == 0;
    return made ? place : NULL;
}

void pw_peer_clean(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", place);
    if (made && system(command) != 0)
        fprintf(stderr, "bench_pw: %s is left behind\n", place);
}

static kd_status write_input(const char *path, const struct structure *s, const int mesh[3], const int *grid)
{
    bool gamma = mesh[0] == 1 && mesh[1] == 1 && mesh[2] == 1, oxygen = false;
    FILE *f = fopen(path, "w");
    if (!f)
        FAIL(KD_EIO, "%s: cannot be written", path);
    for (int i = 0; i < s->n_atom; i++)
        oxygen = oxygen || s->number[i] == 8;
    fprintf(f, "&control\n calculation='scf', outdir='./tmp/', pseudo_dir='./', disk_io='none', tprnfor=.true., tstress=.true.\n/\n"
               "&system\n ibrav=0, nat=%d, ntyp=%d, ecutwfc=50\n", s->n_atom, oxygen ? 2 : 1);
    if (grid)
        fprintf(f, " nr1=%d, nr2=%d, nr3=%d\n", grid[0], grid[1], grid[2]);
    fprintf(f, "/\n&electrons\n conv_thr=1.d-8, mixing_beta=0.5\n/\nATOMIC_SPECIES\nSi 28.086 Si.upf\n%sCELL_PARAMETERS angstrom\n",
            oxygen ? "O 15.999 O.upf\n" : "");
    for (int a = 0; a < 3; a++)
        fprintf(f, "%.12f %.12f %.12f\n", s->cell[a][0], s->cell[a][1], s->cell[a][2]);
    fprintf(f, "ATOMIC_POSITIONS angstrom\n");
    for (int i = 0; i < s->n_atom; i++)
        fprintf(f, "%s %.14f %.14f %.14f\n", element_symbol(s->number[i]), s->position[i][0], s->position[i][1], s->position[i][2]);
    if (gamma)
        fprintf(f, "K_POINTS gamma\n");
    else
        fprintf(f, "K_POINTS automatic\n%d %d %d 0 0 0\n", mesh[0], mesh[1], mesh[2]);
    return fclose(f) == 0 ? KD_OK : kd_fail(KD_EIO, "%s: cannot be written", path);
}

kd_status pw_peer_run(const struct structure *s, const int mesh[3], const int *grid, int n_rank, double *energy, double *seconds)
{
    char path[128], command[512], line[512];
    const char *folder = pw_peer_folder();
    if (!folder)
        FAIL(KD_EDEVICE, "bench_pw: no pseudopotentials");
    snprintf(path, sizeof path, "%s/in", folder);
    TRY(write_input(path, s, mesh, grid));
    snprintf(command, sizeof command,
             "cd %s && OMP_NUM_THREADS=1 mpirun --allow-run-as-root --oversubscribe -np %d pw.x -in in >out 2>&1", folder, n_rank);
    double started = clock_seconds();
    int failed = system(command);
    *seconds = clock_seconds() - started;
    *energy = 0;
    snprintf(path, sizeof path, "%s/out", folder);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        double ry, minutes = 0, wall;
        if (sscanf(line, "! total energy = %lf Ry", &ry) == 1)
            *energy = 0.5 * ry;
        const char *clock = strstr(line, "PWSCF") && strstr(line, "CPU") ? strstr(line, "CPU") + 3 : NULL;
        if (clock && sscanf(clock, "%lfm%lfs WALL", &minutes, &wall) == 2)
            *seconds = 60 * minutes + wall;
        else if (clock && sscanf(clock, "%lfs WALL", &wall) == 1)
            *seconds = wall;
    }
    if (f)
        fclose(f);
    return failed == 0 && *energy < 0 ? KD_OK : kd_fail(KD_EDEVICE, "bench_pw: pw.x failed, its output was in %s", path);
}

/* ---- counts ---- */

static double sphere_count(double length, double energy) /* plane waves below an energy (Ha) in a cubic cell */
{
    int most = (int)(sqrt(2 * energy) * length / (2 * M_PI)) + 1;
    double n = 0;
    for (int x = -most; x <= most; x++)
        for (int y = -most; y <= most; y++)
            for (int z = -most; z <= most; z++)
                n += 0.5 * (x * x + y * y + z * z) * pow(2 * M_PI / length, 2) <= energy;
    return n;
}

void pw_model_print(FILE *to)
{
    const double length = 14.4 / 0.529177210903, n_band = 608, n_proj = 1750, point = 128.0 * 128 * 128, mib = 1024 * 1024;
    double n_pw = sphere_count(length, 25), n_g = sphere_count(length, 100) / 2, vector = 4 * n_pw; /* real orbitals, FP32 */
    double blocks = 6 * n_band * vector, beta = n_proj * vector, grid = 8 * point, mixing = 2 * 9 * 16 * n_g, small = 2 * 8 * n_band * n_band;
    double device = blocks + beta + 12 * grid + mixing + small, fft = 199e6 * n_band / 2, nonlocal = 4 * n_proj * n_pw * n_band;
    fprintf(to, "# Si72O144, 14.4 A, 50 Ry, Gamma, mixed: counted\n"
                "plane waves %.0f, density %.0f, grid 128^3, bands %.0f, projectors %.0f\n", n_pw, n_g, n_band, n_proj);
    fprintf(to, "memory, MiB: orbital blocks %.0f, projectors %.0f, grid arrays %.0f, mixing %.0f, sum %.0f (limits: device 24 GB, host 16 GB)\n",
            blocks / mib, beta / mib, 12 * grid / mib, mixing / mib, device / mib);
    fprintf(to, "H on the block: transforms %.1f GFLOP, nonlocal %.1f GFLOP; one n_band^2 product %.1f GFLOP\n", 1e-9 * fft, 1e-9 * nonlocal,
            2e-9 * n_band * n_band * n_pw);
    fprintf(to, "RTX 4090 (MODEL, not measured: 55 TFLOP/s products, 13.7 us per pair of transforms): H on the block %.1f ms\n",
            1e3 * (nonlocal / 55e12 + 13.7e-6 * n_band / 2));
}
