// SPDX-License-Identifier: BSD-3-Clause
/* upf_write.c - a struct pseudo becomes a UPF v2 file that pw.x and xspectra.x read. */
#include "host/atom/upf.h"

#include <math.h>
#include <string.h>

#include "host/base/commit.h"
#include "host/base/units.h"

/* Four numbers a line. Subnormal tails become zero: Fortran readers stumble over three-digit exponents. */
static void put_numbers(FILE *f, size_t n, const double *value, double unit)
{
    for (size_t i = 0; i < n; i++) {
        double v = fabs(value[i] * unit) < 1e-99 ? 0 : value[i] * unit;
        fprintf(f, "%24.16E%s", v, i % 4 == 3 || i + 1 == n ? "\n" : "");
    }
}

static void put_array(FILE *f, const char *name, size_t n, const double *value, double unit)
{
    fprintf(f, "<%s type=\"real\" size=\"%zu\" columns=\"4\">\n", name, n);
    put_numbers(f, n, value, unit);
    fprintf(f, "</%s>\n", name);
}

/* Text inside an attribute. */
static void put_text(FILE *f, const char *name, const char *text)
{
    fprintf(f, " %s=\"", name);
    for (; *text; text++) {
        if (*text == '&')
            fputs("&amp;", f);
        else if (*text == '<')
            fputs("&lt;", f);
        else if (*text == '"')
            fputs("&quot;", f);
        else
            fputc(*text, f);
    }
    fputc('"', f);
}

static void put_info(FILE *f, const struct pseudo *p)
{
    fprintf(f, "<UPF version=\"2.0.1\">\n<PP_INFO>\n");
    fprintf(f, "%s\nElement: %s   Functional: %s   Type: norm-conserving, two projectors per channel\n", p->generated, p->element,
            p->functional);
    fprintf(f, "Reference configuration: %s\n", p->configuration);
    fprintf(f, "Recipe: %s\n", p->recipe);
    if (p->has_atom)
        fprintf(f, "Total energy of the all-electron atom: %.8f Ry; of the pseudo-atom: %.8f Ry\n", ry_from_ha(p->energy_ae),
                ry_from_ha(p->energy_ps));
    fprintf(f, "</PP_INFO>\n");
}

static void put_header(FILE *f, const struct pseudo *p)
{
    fprintf(f, "<PP_HEADER");
    put_text(f, "generated", p->generated);
    put_text(f, "author", "kedge pseudo");
    put_text(f, "date", "");
    put_text(f, "comment", p->comment);
    fprintf(f, " element=\"%s\" pseudo_type=\"NC\" relativistic=\"%s\"\n", p->element, p->relativistic ? "scalar" : "no");
    fprintf(f, " is_ultrasoft=\"F\" is_paw=\"F\" is_coulomb=\"F\" has_so=\"F\" has_wfc=\"F\" has_gipaw=\"%c\" paw_as_gipaw=\"F\"\n",
            p->n_partial ? 'T' : 'F');
    fprintf(f, " core_correction=\"%c\"", p->model_core ? 'T' : 'F');
    put_text(f, "functional", p->functional);
    fprintf(f, " z_valence=\"%.12g\" total_psenergy=\"%.12E\"\n", p->z_valence, ry_from_ha(p->energy_ps));
    fprintf(f, " wfc_cutoff=\"%.6g\" rho_cutoff=\"%.6g\" l_max=\"%d\" l_max_rho=\"%d\" l_local=\"-1\" mesh_size=\"%d\"", p->ecut_ry,
            4 * p->ecut_ry, p->l_max, 2 * p->l_max, p->n);
    fprintf(f, " number_of_wfc=\"%d\" number_of_proj=\"%d\"/>\n", p->n_orbital, p->n_projector);
}

static void put_mesh(FILE *f, const struct pseudo *p)
{
    double dx = log(p->r[p->n - 1] / p->r[1]) / (p->n - 2);
    fprintf(f, "<PP_MESH dx=\"%.16E\" mesh=\"%d\" xmin=\"%.16E\" rmax=\"%.16E\" zmesh=\"%d\">\n", dx, p->n,
            log(p->r[1] * p->z) - dx, p->r[p->n - 1], p->z);
    put_array(f, "PP_R", (size_t)p->n, p->r, 1);
    put_array(f, "PP_RAB", (size_t)p->n, p->rab, 1);
    fprintf(f, "</PP_MESH>\n");
    if (p->model_core)
        put_array(f, "PP_NLCC", (size_t)p->n, p->model_core, 1);
    put_array(f, "PP_LOCAL", (size_t)p->n, p->v_local, 2);
}

static void put_nonlocal(FILE *f, const struct pseudo *p)
{
    fprintf(f, "<PP_NONLOCAL>\n");
    for (int k = 0; k < p->n_projector; k++) {
        const struct pseudo_projector *b = &p->projector[k];
        fprintf(f, "<PP_BETA.%d type=\"real\" size=\"%d\" columns=\"4\" index=\"%d\" angular_momentum=\"%d\"", k + 1, p->n, k + 1,
                b->l);
        fprintf(f, " cutoff_radius_index=\"%d\" cutoff_radius=\"%.16E\" ultrasoft_cutoff_radius=\"%.16E\">\n", b->n_cutoff,
                b->radius, b->radius);
        put_numbers(f, (size_t)p->n, b->beta, 1);
        fprintf(f, "</PP_BETA.%d>\n", k + 1);
    }
    fprintf(f, "<PP_DIJ type=\"real\" size=\"%d\" columns=\"4\" rows=\"%d\">\n", p->n_projector * p->n_projector, p->n_projector);
    put_numbers(f, (size_t)p->n_projector * (size_t)p->n_projector, p->d ? p->d : p->r, 2);
    fprintf(f, "</PP_DIJ>\n</PP_NONLOCAL>\n<PP_PSWFC>\n");
    for (int k = 0; k < p->n_orbital; k++) {
        const struct pseudo_orbital *o = &p->orbital[k];
        fprintf(f, "<PP_CHI.%d type=\"real\" size=\"%d\" columns=\"4\" index=\"%d\" label=\"%s\" l=\"%d\" occupation=\"%.12g\"", k + 1,
                p->n, k + 1, o->label, o->l, o->occupation);
        fprintf(f, " n=\"%d\" pseudo_energy=\"%.12E\" cutoff_radius=\"0\" ultrasoft_cutoff_radius=\"0\">\n", o->l + 1,
                ry_from_ha(o->energy));
        put_numbers(f, (size_t)p->n, o->chi, 1);
        fprintf(f, "</PP_CHI.%d>\n", k + 1);
    }
    fprintf(f, "</PP_PSWFC>\n");
    put_array(f, "PP_RHOATOM", (size_t)p->n, p->charge, 1);
}

static void put_gipaw(FILE *f, const struct pseudo *p)
{
    size_t n = (size_t)p->n;
    fprintf(f, "<PP_GIPAW gipaw_data_format=\"2\">\n<PP_GIPAW_CORE_ORBITALS number_of_core_orbitals=\"%d\">\n", p->n_core);
    for (int k = 0; k < p->n_core; k++) {
        const struct pseudo_core_orbital *o = &p->core[k];
        fprintf(f, "<PP_GIPAW_CORE_ORBITAL.%d type=\"real\" size=\"%d\" columns=\"4\" index=\"%d\" label=\"%s\" n=\"%d\" l=\"%d\">\n",
                k + 1, p->n, k + 1, o->label, o->n, o->l);
        put_numbers(f, n, o->psi, 1);
        fprintf(f, "</PP_GIPAW_CORE_ORBITAL.%d>\n", k + 1);
    }
    fprintf(f, "</PP_GIPAW_CORE_ORBITALS>\n<PP_GIPAW_ORBITALS number_of_valence_orbitals=\"%d\">\n", p->n_partial);
    for (int k = 0; k < p->n_partial; k++) {
        const struct pseudo_partial *w = &p->partial[k];
        fprintf(f, "<PP_GIPAW_ORBITAL.%d index=\"%d\" label=\"%s\" l=\"%d\" cutoff_radius=\"%.12g\"", k + 1, k + 1, w->label, w->l,
                w->radius);
        fprintf(f, " ultrasoft_cutoff_radius=\"%.12g\" energy=\"%.12E\">\n", w->radius, ry_from_ha(w->energy));
        put_array(f, "PP_GIPAW_WFS_AE", n, w->ae, 1);
        put_array(f, "PP_GIPAW_WFS_PS", n, w->ps, 1);
        fprintf(f, "</PP_GIPAW_ORBITAL.%d>\n", k + 1);
    }
    fprintf(f, "</PP_GIPAW_ORBITALS>\n<PP_GIPAW_VLOCAL>\n");
    put_array(f, "PP_GIPAW_VLOCAL_AE", n, p->v_ae, 2);
    put_array(f, "PP_GIPAW_VLOCAL_PS", n, p->v_ps, 2);
    fprintf(f, "</PP_GIPAW_VLOCAL>\n</PP_GIPAW>\n");
}

kd_status upf_write(const struct pseudo *p, const char *path)
{
    struct commit c;
    TRY(commit_open(path, &c));
    put_info(c.file, p);
    put_header(c.file, p);
    put_mesh(c.file, p);
    put_nonlocal(c.file, p);
    if (p->n_partial && p->v_ae && p->v_ps)
        put_gipaw(c.file, p);
    if (p->has_atom) {
        fprintf(c.file, "<PP_KEDGE energy_ae=\"%.16E\" energy_ps=\"%.16E\"", ry_from_ha(p->energy_ae), ry_from_ha(p->energy_ps));
        put_text(c.file, "configuration", p->configuration);
        put_text(c.file, "recipe", p->recipe);
        fprintf(c.file, ">\n");
        if (p->core_charge)
            put_array(c.file, "PP_KEDGE_CORE_CHARGE", (size_t)p->n, p->core_charge, 1);
        fprintf(c.file, "</PP_KEDGE>\n");
    }
    fprintf(c.file, "</UPF>\n");
    return commit_finish(&c);
}

kd_status upf_write_core(const struct pseudo *p, const char *path)
{
    struct commit c;
    if (!p->n_core)
        FAIL(KD_EINPUT, "%s: the set has no core orbital", path);
    TRY(commit_open(path, &c));
    fprintf(c.file, "# number of core states %d =  ", p->n_core);
    for (int k = 0; k < p->n_core; k++)
        fprintf(c.file, "%d %d; ", p->core[k].n, p->core[k].l);
    fputc('\n', c.file);
    for (int k = 0; k < p->n_core; k++) {
        for (int i = 0; i < p->n; i++)
            fprintf(c.file, "%.10E %.16E\n", p->r[i], fabs(p->core[k].psi[i]) < 1e-99 ? 0 : p->core[k].psi[i]);
        fputc('\n', c.file);
    }
    return commit_finish(&c);
}
