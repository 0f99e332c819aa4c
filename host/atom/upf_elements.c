// SPDX-License-Identifier: BSD-3-Clause
/* upf_elements.c - what each element of a UPF v2 file means. */
#include "host/atom/upf_reader.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "host/structure/element.h"

enum { MAX_L = 4, MAX_MESH = 100000 };

const char *upf_attribute(const char **list, const char *name)
{
    for (int i = 0; list[i]; i += 2)
        if (!strcasecmp(list[i], name))
            return list[i + 1];
    return NULL;
}

/* Copies without blanks at the ends, at most size - 1 bytes. */
static void copy_word(const char *from, char *to, size_t size)
{
    while (isspace((unsigned char)*from))
        from++;
    size_t n = strlen(from);
    while (n && isspace((unsigned char)from[n - 1]))
        n--;
    if (n >= size)
        n = size - 1;
    memcpy(to, from, n);
    to[n] = 0;
}

static double attribute_number(const char **list, const char *name, double absent)
{
    char word[64];
    double value;
    const char *text = upf_attribute(list, name);
    if (!text)
        return absent;
    copy_word(text, word, sizeof word);
    return number_fortran(word, &value) ? value : NAN;
}

/* An integer in [low, high]; absent -> `absent`; INT_MIN-like -1000000 for nonsense. */
static int attribute_int(const char **list, const char *name, int absent, int low, int high)
{
    double value = attribute_number(list, name, absent);
    if (!(value >= low && value <= high) || value != floor(value))
        return value == absent ? absent : -1000000;
    return (int)value;
}

static bool attribute_true(const char **list, const char *name)
{
    const char *text = upf_attribute(list, name);
    while (text && (isspace((unsigned char)*text) || *text == '.'))
        text++;
    return text && (*text == 't' || *text == 'T');
}

static void refuse_kind(struct reader *rd, const char **list)
{
    char type[16] = "";
    const char *text = upf_attribute(list, "pseudo_type");
    if (text)
        copy_word(text, type, sizeof type);
    if (attribute_true(list, "is_paw") || !strcasecmp(type, "PAW"))
        REFUSE(rd, "a PAW set: its overlap is not the unit matrix, Kedge works with norm-conserving sets (make one: kedge pseudo)");
    if (attribute_true(list, "is_ultrasoft") || !strncasecmp(type, "US", 2))
        REFUSE(rd, "an ultrasoft set: its overlap is not the unit matrix, Kedge works with norm-conserving sets (make one: kedge pseudo)");
    if (attribute_true(list, "has_so"))
        REFUSE(rd, "a spin-orbit set, expected a scalar-relativistic one");
    if (attribute_true(list, "is_coulomb") || !strcmp(type, "1/r"))
        REFUSE(rd, "a bare Coulomb potential, expected a norm-conserving set");
    if (strcasecmp(type, "NC") && strcasecmp(type, "SL"))
        REFUSE(rd, "pseudo_type \"%.12s\", expected NC", type);
}

void upf_header(struct reader *rd, const char **list)
{
    struct pseudo *p = rd->p;
    const char *text = upf_attribute(list, "element");
    refuse_kind(rd, list);
    if (rd->status != KD_OK)
        return;
    copy_word(text ? text : "", p->element, sizeof p->element);
    p->z = element_number(p->element);
    if (!p->z)
        REFUSE(rd, "PP_HEADER element=\"%.20s\", expected a chemical symbol", text ? text : "");
    p->z_valence = attribute_number(list, "z_valence", NAN);
    if (!(p->z_valence > 0 && p->z_valence <= p->z))
        REFUSE(rd, "PP_HEADER z_valence, expected a number above 0 and at most %d", p->z);
    p->n = attribute_int(list, "mesh_size", -1, 16, MAX_MESH);
    if (p->n < 0)
        REFUSE(rd, "PP_HEADER mesh_size, expected 16 to %d", MAX_MESH);
    if ((size_t)p->n > rd->text->length / 2) /* so that a small file cannot ask for much memory */
        REFUSE(rd, "PP_HEADER mesh_size is %d, but the file has only %zu bytes", p->n, rd->text->length);
    p->n_projector = attribute_int(list, "number_of_proj", 0, 0, PSEUDO_MAX_PROJECTOR);
    p->n_orbital = attribute_int(list, "number_of_wfc", 0, 0, PSEUDO_MAX_ORBITAL);
    if (p->n_projector < 0 || p->n_orbital < 0)
        REFUSE(rd, "PP_HEADER number_of_proj or number_of_wfc, expected 0 to %d", PSEUDO_MAX_PROJECTOR);
    text = upf_attribute(list, "functional");
    copy_word(text ? text : "", p->functional, sizeof p->functional);
    p->xc_known = xc_parse(p->functional, &p->xc) == KD_OK;
    text = upf_attribute(list, "relativistic");
    p->relativistic = text && strncasecmp(text, "no", 2) != 0;
    text = upf_attribute(list, "generated");
    copy_word(text ? text : "", p->generated, sizeof p->generated);
    text = upf_attribute(list, "comment");
    copy_word(text ? text : "", p->comment, sizeof p->comment);
    p->energy_ps = 0.5 * attribute_number(list, "total_psenergy", 0);
    p->ecut_ry = attribute_number(list, "wfc_cutoff", 0);
    if (!isfinite(p->energy_ps) || !isfinite(p->ecut_ry))
        REFUSE(rd, "PP_HEADER total_psenergy or wfc_cutoff, expected numbers");
    rd->core_correction = attribute_true(list, "core_correction");
    rd->header = true;
}

/* From here to the end of the element numbers are read into a new array of p. */
static void expect(struct reader *rd, double **array, size_t n, double unit)
{
    if (*array)
        REFUSE(rd, "%s is there twice", rd->element);
    kd_status status = pseudo_array(rd->p, n, array);
    if (status != KD_OK) {
        rd->status = status;
        XML_StopParser(rd->parser, XML_FALSE);
        return;
    }
    rd->target = *array;
    rd->n_expected = n;
    rd->n_read = 0;
    rd->unit = unit;
    rd->n_token = 0;
}

/* "PP_BETA.3" with stem "PP_BETA" -> 2; -1 when the name has another stem; -2 when the number is not 1..count. */
static int numbered(const char *name, const char *stem, int count)
{
    size_t n = strlen(stem);
    if (strncmp(name, stem, n) || name[n] != '.')
        return -1;
    int k = 0;
    if (!number_int(name + n + 1, &k) || k < 1 || k > count)
        return -2;
    return k - 1;
}

static void read_beta(struct reader *rd, int k, const char **list)
{
    struct pseudo_projector *b = &rd->p->projector[k];
    b->l = attribute_int(list, "angular_momentum", -1, 0, MAX_L);
    b->n_cutoff = attribute_int(list, "cutoff_radius_index", rd->p->n, 0, MAX_MESH);
    b->radius = attribute_number(list, "cutoff_radius", 0);
    if (b->l < 0)
        REFUSE(rd, "%s angular_momentum, expected 0 to %d", rd->element, MAX_L);
    if (b->n_cutoff <= 0 || b->n_cutoff > rd->p->n)
        b->n_cutoff = rd->p->n;
    if (!(b->radius >= 0))
        b->radius = 0;
    expect(rd, &b->beta, (size_t)rd->p->n, 1);
}

static void read_chi(struct reader *rd, int k, const char **list)
{
    struct pseudo_orbital *o = &rd->p->orbital[k];
    const char *label = upf_attribute(list, "label");
    copy_word(label ? label : "", o->label, sizeof o->label);
    o->l = attribute_int(list, "l", -1, 0, MAX_L);
    o->occupation = attribute_number(list, "occupation", 0);
    o->energy = 0.5 * attribute_number(list, "pseudo_energy", 0);
    if (o->l < 0 || !isfinite(o->occupation) || !isfinite(o->energy))
        REFUSE(rd, "%s l, occupation or pseudo_energy, expected l from 0 to %d and numbers", rd->element, MAX_L);
    expect(rd, &o->chi, (size_t)rd->p->n, 1);
}

static void read_core_orbital(struct reader *rd, int k, const char **list)
{
    struct pseudo_core_orbital *o = &rd->p->core[k];
    const char *label = upf_attribute(list, "label");
    copy_word(label ? label : "", o->label, sizeof o->label);
    o->n = attribute_int(list, "n", -1, 1, 9);
    o->l = attribute_int(list, "l", -1, 0, MAX_L);
    if (o->n < 0 || o->l < 0)
        REFUSE(rd, "%s n or l, expected quantum numbers", rd->element);
    expect(rd, &o->psi, (size_t)rd->p->n, 1);
    if (k >= rd->p->n_core)
        rd->p->n_core = k + 1;
}

static void open_partial(struct reader *rd, int k, const char **list)
{
    struct pseudo_partial *w = &rd->p->partial[k];
    const char *label = upf_attribute(list, "label");
    copy_word(label ? label : "", w->label, sizeof w->label);
    w->l = attribute_int(list, "l", -1, 0, MAX_L);
    double radius = attribute_number(list, "cutoff_radius", NAN);
    w->radius = attribute_number(list, "ultrasoft_cutoff_radius", radius);
    w->energy = 0.5 * attribute_number(list, "energy", 0);
    if (w->l < 0 || !(w->radius > 0) || !isfinite(w->energy))
        REFUSE(rd, "%s l, cutoff_radius or energy, expected l from 0 to %d, a radius above 0 and a number", rd->element,
               MAX_L);
    rd->partial = k;
    if (k >= rd->p->n_partial)
        rd->p->n_partial = k + 1;
}

static void read_kedge(struct reader *rd, const char **list)
{
    struct pseudo *p = rd->p;
    const char *text = upf_attribute(list, "configuration");
    copy_word(text ? text : "", p->configuration, sizeof p->configuration);
    text = upf_attribute(list, "recipe");
    copy_word(text ? text : "", p->recipe, sizeof p->recipe);
    p->energy_ae = 0.5 * attribute_number(list, "energy_ae", NAN);
    p->energy_ps = 0.5 * attribute_number(list, "energy_ps", NAN);
    if (!isfinite(p->energy_ae) || !isfinite(p->energy_ps))
        REFUSE(rd, "PP_KEDGE energy_ae or energy_ps, expected numbers (Ry)");
    p->has_atom = true;
}

/* Elements named by a number: true when name was one of them. */
static bool read_numbered(struct reader *rd, const char *name, const char **list)
{
    static const struct {
        const char *stem;
        void (*read)(struct reader *, int, const char **);
    } kind[] = {{"PP_BETA", read_beta},
                {"PP_CHI", read_chi},
                {"PP_GIPAW_CORE_ORBITAL", read_core_orbital},
                {"PP_GIPAW_ORBITAL", open_partial}};
    const int count[] = {rd->p->n_projector, rd->p->n_orbital, PSEUDO_MAX_CORE, PSEUDO_MAX_PARTIAL};
    for (int i = 0; i < 4; i++) {
        int k = numbered(name, kind[i].stem, count[i]);
        if (k >= 0)
            kind[i].read(rd, k, list);
        else if (k == -2 && rd->status == KD_OK) {
            rd->status = text_error(rd->text, "%.30s, expected a number from 1 to %d after the dot", name, count[i]);
            XML_StopParser(rd->parser, XML_FALSE);
        }
        if (k != -1)
            return true;
    }
    return false;
}

void upf_element(struct reader *rd, const char *name, const char **list)
{
    struct pseudo *p = rd->p;
    size_t n = (size_t)p->n, square = (size_t)p->n_projector * (size_t)p->n_projector;
    struct pseudo_partial *w = rd->partial >= 0 ? &p->partial[rd->partial] : NULL;
    snprintf(rd->element, sizeof rd->element, "%s", name);
    if (!strcmp(name, "PP_R"))
        expect(rd, &p->r, n, 1);
    else if (!strcmp(name, "PP_RAB"))
        expect(rd, &p->rab, n, 1);
    else if (!strcmp(name, "PP_LOCAL"))
        expect(rd, &p->v_local, n, 0.5);
    else if (!strcmp(name, "PP_DIJ"))
        expect(rd, &p->d, square, 0.5);
    else if (!strcmp(name, "PP_RHOATOM"))
        expect(rd, &p->charge, n, 1);
    else if (!strcmp(name, "PP_NLCC"))
        expect(rd, &p->model_core, n, 1);
    else if (!strcmp(name, "PP_GIPAW_WFS_AE") && w)
        expect(rd, &w->ae, n, 1);
    else if (!strcmp(name, "PP_GIPAW_WFS_PS") && w)
        expect(rd, &w->ps, n, 1);
    else if (!strcmp(name, "PP_GIPAW_VLOCAL_AE"))
        expect(rd, &p->v_ae, n, 0.5);
    else if (!strcmp(name, "PP_GIPAW_VLOCAL_PS"))
        expect(rd, &p->v_ps, n, 0.5);
    else if (!strcmp(name, "PP_KEDGE"))
        read_kedge(rd, list);
    else if (!strcmp(name, "PP_KEDGE_CORE_CHARGE"))
        expect(rd, &p->core_charge, n, 1);
    else
        read_numbered(rd, name, list);
}
