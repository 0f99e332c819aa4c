// SPDX-License-Identifier: BSD-3-Clause
/* fleet_files.c - logs of every replica, and the structures at the end. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/base/text.h"
#include "host/base/units.h"
#include "host/md/fleet.h"
#include "host/structure/cell.h"

static kd_status make_folder(const char *path)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        FAIL(KD_EIO, "%s: cannot be made, %s", path, strerror(errno));
    return KD_OK;
}

static void path_of(const struct fleet *f, int r, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s/%s", f->o->directory, f->result[r].name, name);
}

/* A file cut to `bytes` and open at its end; bytes < 0: a new one that begins with `header`. */
static kd_status open_log(const char *path, const char *header, long bytes, FILE **file)
{
    *file = fopen(path, bytes < 0 ? "w" : "r+");
    if (!*file)
        FAIL(KD_EIO, "%s: cannot be written, %s", path, strerror(errno));
    if (bytes < 0) {
        fputs(header, *file);
        return KD_OK;
    }
    if (ftruncate(fileno(*file), bytes) != 0 || fseek(*file, 0, SEEK_END) != 0 || ftell(*file) != bytes)
        FAIL(KD_EIO, "%s: cannot be cut to the %ld bytes of the checkpoint", path, bytes);
    return KD_OK;
}

kd_status fleet_open_logs(struct fleet *f, bool restart)
{
    char path[PATH_MAX];
    if (!f->o->directory)
        return KD_OK;
    TRY(make_folder(f->o->directory));
    for (int r = 0; r < f->n; r++) {
        path_of(f, r, ".", path);
        path[strlen(path) - 2] = '\0';
        TRY(make_folder(path));
        path_of(f, r, "thermo.log", path);
        TRY(open_log(path,
                     "        Step         Time         Temp         PotEng         KinEng         TotEng        Press       Volume"
                     "      Density           Lx           Ly           Lz      Conserved\n",
                     restart ? f->log_bytes[r] : -1, &f->log[r]));
        path_of(f, r, "thermo.csv", path);
        TRY(open_log(path, "step,time_fs,temp_k,pot_ev,kin_ev,tot_ev,press_bar,volume_a3,density_gcc,conserved_ev\n",
                     restart ? f->csv_bytes[r] : -1, &f->csv[r]));
    }
    return KD_OK;
}

static bool close_log(FILE *file)
{
    return !file || fclose(file) == 0;
}

kd_status fleet_close_logs(struct fleet *f)
{
    bool fine = true;
    for (int r = 0; f->log && f->csv && r < f->n; r++) {
        fine = close_log(f->log[r]) && fine;
        fine = close_log(f->csv[r]) && fine;
        f->log[r] = f->csv[r] = NULL;
    }
    if (!fine)
        FAIL(KD_EIO, "%s: a thermo log cannot be written, %s", f->o->directory, strerror(errno));
    return KD_OK;
}

/* Lengths of the lattice vectors: the cell of the last download, scaled to the present volume unless it is anisotropic. */
static void edges(const struct fleet *f, int r, double length[3])
{
    double cell[3][3], angle[3];
    memcpy(cell, f->cell[r], sizeof cell);
    cell_parameters((const double(*)[3])cell, length, angle);
    const double scale = cbrt(f->state[r].volume / fabs(cell_volume((const double(*)[3])cell)));
    for (int k = 0; k < 3; k++)
        length[k] *= scale;
}

kd_status fleet_log_row(struct fleet *f, int r)
{
    const struct md_replica *s = &f->state[r];
    const double kinetic = fleet_kinetic_ev(f, r), time = fleet_time_fs(f, r), temperature = fleet_temperature_k(f, r);
    const double pressure = fleet_pressure_bar(f, r), density = fleet_density_gcc(f, r), conserved = fleet_conserved_ev(f, r);
    double length[3];
    if (!f->log[r])
        return KD_OK;
    if (f->phase[r].anisotropic)
        TRY(kd_download(f->dev, f->dev->stream, f->cell[r], f->run.cell_d + 9 * (size_t)r, sizeof f->cell[r]));
    edges(f, r, length);
    const double value[9] = {time,     temperature, s->energy, kinetic,  s->energy + kinetic,
                             pressure, s->volume,   density,   conserved};
    fprintf(f->log[r], "%12" PRId64 " %12.10g %12.8g %14.10g %14.10g %14.10g %12.6g %12.8g %12.8g %12.8g %12.8g %12.8g %14.10g\n",
            s->step, time, temperature, s->energy, kinetic, s->energy + kinetic, pressure, s->volume, density, length[0], length[1],
            length[2], conserved);
    fprintf(f->csv[r], "%" PRId64, s->step);
    for (int v = 0; v < 9; v++)
        fprintf(f->csv[r], ",%.17g", value[v]);
    fputc('\n', f->csv[r]);
    if (ferror(f->log[r]) || ferror(f->csv[r]))
        FAIL(KD_EIO, "%s/%s: the thermo log cannot be written, %s", f->o->directory, f->result[r].name, strerror(errno));
    return KD_OK;
}

/* One structure's comment: what it came from, and how. */
static kd_status describe(struct fleet *f, int r)
{
    struct structure *s = &f->frame[r];
    char text[4096];
    int used = snprintf(text, sizeof text, "%s%sprotocol=%s md_seed=%" PRIu64 " dt_fs=%g", s->info ? s->info : "", s->info && s->info[0] ? " " : "",
                        f->o->what, f->plan[r].seed, f->plan[r].stage[f->plan[r].n_stage > 1 ? 1 : 0].dt_fs);
    for (int k = 0; k < f->plan[r].n_stage && used > 0 && used < (int)sizeof text; k++) {
        const struct dynamics_stage *stage = &f->plan[r].stage[k];
        if (!MD_IS_RELAXATION(stage))
            used += snprintf(text + used, sizeof text - (size_t)used, " %s=\"%g K to %g K in %g fs\"", stage->name, stage->temperature_k[0],
                             stage->temperature_k[1], stage->dt_fs * (double)stage->n_step);
    }
    if (f->failed[r] && used > 0 && used < (int)sizeof text)
        snprintf(text + used, sizeof text - (size_t)used, " failed=T");
    char *copy = strdup(text);
    if (!copy)
        FAIL(KD_ENOMEM, "%s: no host memory", f->o->what);
    free(s->info);
    s->info = copy;
    return KD_OK;
}

kd_status fleet_write_finals(struct fleet *f)
{
    char path[PATH_MAX];
    for (int r = 0; r < f->n; r++) {
        TRY(describe(f, r));
        path_of(f, r, "final.xyz", path);
        TRY(structures_write(path, &f->frame[r], 1));
    }
    snprintf(path, sizeof path, "%s/final.xyz", f->o->directory);
    return structures_write(path, f->frame, f->n);
}
