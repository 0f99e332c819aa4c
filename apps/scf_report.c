// SPDX-License-Identifier: BSD-3-Clause
/* scf_report.c - a ground state in the lines of pw.x: bands, energies and their terms, forces, stress. */
#include "apps/scf_report.h"

#include <math.h>

#include "host/base/units.h"

static void print_bands(struct app *app, const struct scf *s)
{
    for (int i = 0; i < s->n_k; i++) {
        const struct scf_k *k = &s->k[i];
        app_print(app, "\n     k = %.6f %.6f %.6f (fractions)  weight %.6f  %d plane waves, bands (eV):\n", k->point.frac[0],
                  k->point.frac[1], k->point.frac[2], k->point.weight, k->sphere.n);
        for (int j = 0; j < s->n_wanted; j++)
            app_print(app, "%s%10.4f%s", j % 8 == 0 ? "  " : "", ev_from_ha(k->eps[j]), j % 8 == 7 || j == s->n_wanted - 1 ? "\n" : "");
    }
}

static void print_forces(struct app *app, const struct scf *s)
{
    app_print(app, "\n     Forces acting on atoms (Ry/bohr):\n");
    for (int i = 0; i < s->crystal->n_atom; i++)
        app_print(app, "     atom %4d  %-2s  force = %13.8f %13.8f %13.8f\n", i, s->crystal->pseudo[s->crystal->species[i]]->element,
                  ry_from_ha(s->force[i][0]), ry_from_ha(s->force[i][1]), ry_from_ha(s->force[i][2]));
    app_print(app, "\n     stress (GPa, positive under tension)  xx %.4f  yy %.4f  zz %.4f  yz %.4f  xz %.4f  xy %.4f\n",
              gpa_from_ha_bohr3(s->stress[0]), gpa_from_ha_bohr3(s->stress[1]), gpa_from_ha_bohr3(s->stress[2]),
              gpa_from_ha_bohr3(s->stress[3]), gpa_from_ha_bohr3(s->stress[4]), gpa_from_ha_bohr3(s->stress[5]));
}

void scf_report(struct app *app, const struct scf *s, bool forces)
{
    const struct scf_energies *e = &s->energy;
    print_bands(app, s);
    if (s->options.smearing != SMEARING_FIXED)
        app_print(app, "\n     the Fermi energy is %10.4f ev\n", ev_from_ha(s->occupations.fermi));
    else if (isfinite(s->occupations.lumo))
        app_print(app, "\n     highest occupied, lowest unoccupied level (ev): %10.4f %10.4f\n", ev_from_ha(s->occupations.homo),
                  ev_from_ha(s->occupations.lumo));
    app_print(app, "\n!    total energy              = %17.8f Ry\n", ry_from_ha(e->total));
    app_print(app, "     estimated scf accuracy    < %17.2e Ry\n\n", ry_from_ha(s->estimate));
    app_print(app, "     one-electron contribution = %17.8f Ry\n", ry_from_ha(e->one_electron));
    app_print(app, "     hartree contribution      = %17.8f Ry\n", ry_from_ha(e->hartree));
    app_print(app, "     xc contribution           = %17.8f Ry\n", ry_from_ha(e->xc));
    app_print(app, "     ewald contribution        = %17.8f Ry\n", ry_from_ha(e->ewald));
    if (s->options.smearing != SMEARING_FIXED)
        app_print(app, "     smearing contrib. (-TS)   = %17.8f Ry\n", ry_from_ha(e->smearing));
    app_print(app, "\n     convergence has %sbeen achieved in %d iterations, %ld applications of H to a band\n",
              s->converged ? "" : "NOT ", s->n_iteration, s->h_applications);
    if (forces)
        print_forces(app, s);
}
