// SPDX-License-Identifier: BSD-3-Clause
/* settings.c - the tables of study.ini. */
#include "host/farm/settings.h"

#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct study_settings, member)
#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

static const char *const rules[] = {"sites", "random", NULL};
static const char *const smearings[] = {"fixed", "gauss", "mp", "cold", "fermi", NULL};
static const char *const final_states[] = {"xch", "fch", "none", NULL};

static const struct conf_key study_keys[] = {
    {"title", CONF_STRING, "", "A study of amorphous silicon suboxides", .at = AT(study.title), .help = "heading of the report"},
    {"formulas", CONF_STRING, "", "paper", .at = AT(study.formulas), .help = "compositions, \"Si8O16 Si12O12\"; paper: its nine cells"},
    {"replicas", CONF_INT, "", "5", 1, 100000, .at = AT(study.replicas), .help = "structures per composition; may grow with --restart"},
    {"first_replica", CONF_INT, "", "0", 0, 100000, .at = AT(study.first_replica),
     .help = "number of the first: parts of one study on machines that share no directory"},
    {"seed", CONF_INT, "", "1", 0, 2147483647, .at = AT(study.seed), .help = "of all random numbers"},
    {"directory", CONF_STRING, "", "", .at = AT(study.directory), .help = "where everything goes; empty: the INI's name without .ini"},
};
static const struct conf_key generate_keys[] = {
    {"rule", CONF_CHOICE, "", "random", .choice = rules, .at = AT(generate.rule), .help = "crystal sites or hard-core insertion"},
    {"density_gcc", CONF_DOUBLE, "g/cm^3", "0", 0, 25, .at = AT(generate.density_gcc), .help = "of the start; 0: the rule's own"},
};
static const struct conf_key quench_keys[] = {
    {"potential", CONF_STRING, "", "SiO.tersoff", .at = AT(quench.potential), .help = "Tersoff file"},
    {"melt_k", CONF_DOUBLE, "K", "5000", 1, 20000, .at = AT(quench.melt_k), .help = "temperature of the melt"},
    {"melt_ps", CONF_DOUBLE, "ps", "1000", 0, 1e6, .at = AT(quench.melt_ps), .help = "time in the melt"},
    {"cool_ps", CONF_DOUBLE, "ps", "3000", 0, 1e6, .at = AT(quench.cool_ps), .help = "linear cooling to 0 K"},
    {"dt_fs", CONF_DOUBLE, "fs", "0.5", 0.01, 5, .at = AT(quench.dt_fs), .help = "time step"},
    {"pressure_bar", CONF_DOUBLE, "bar", "1.01325", -1e6, 1e6, .at = AT(quench.pressure_bar), .help = "pressure throughout"},
};
static const struct conf_key pseudo_keys[] = {
    {"directory", CONF_STRING, "", "", .at = AT(pseudo.directory), .help = "folder of EL.upf; empty: Kedge's own sets"},
    {"si", CONF_STRING, "", "", .at = AT(pseudo.si), .help = "UPF file of silicon"},
    {"o", CONF_STRING, "", "", .at = AT(pseudo.o), .help = "UPF file of oxygen"},
    {"core_hole", CONF_STRING, "", "", .at = AT(pseudo.core_hole), .help = "UPF file of silicon with a 1s hole; empty: own set"},
};
static const struct conf_key scf_keys[] = {
    {"ecut_ry", CONF_DOUBLE, "Ry", "50", 5, 500, .at = AT(scf.ecut_ry), .help = "plane-wave cutoff; the density has four times that"},
    {"kpoints", CONF_INTS, "", "1 1 1", 1, 32, .count = 3, .at = AT(scf.kpoints), .help = "mesh of the ground state"},
    {"smearing", CONF_CHOICE, "", "gauss", .choice = smearings, .at = AT(scf.smearing), .help = "occupations"},
    {"width_ev", CONF_DOUBLE, "eV", "0.1", 1e-4, 5, .at = AT(scf.width_ev), .help = "of the smearing"},
    {"conv_ry", CONF_DOUBLE, "Ry", "1e-8", 1e-14, 1e-3, .at = AT(scf.conv_ry), .help = "estimated error of the energy at the end"},
    {"mixing", CONF_DOUBLE, "", "0.7", 0.001, 1, .at = AT(scf.mixing), .help = "fraction of the new density; a second try takes half"},
    {"max_iterations", CONF_INT, "", "100", 1, 10000, .at = AT(scf.max_iterations), .help = "then it has failed"},
};
static const struct conf_key xanes_keys[] = {
    {"kpoints", CONF_INTS, "", "2 2 2", 1, 32, .count = 3, .at = AT(xanes.kpoints), .help = "mesh of the spectra"},
    {"sites", CONF_INT, "", "0", 0, 100000, .at = AT(xanes.sites), .help = "Si sites per structure, evenly spread; 0: all"},
    {"block", CONF_INT, "", "16", 1, 100000, .at = AT(xanes.block), .help = "sites of a structure in a row, before the next composition's"},
    {"final_state", CONF_CHOICE, "", "xch", .choice = final_states, .at = AT(xanes.final_state),
     .help = "excited electron in the lowest state, removed, or no core hole"},
    {"gamma_ev", CONF_DOUBLE, "eV", "0.8", 0.01, 10, .at = AT(xanes.gamma_ev), .help = "half width of the Lorentzian"},
    {"conv_ry", CONF_DOUBLE, "Ry", "3e-6", 1e-14, 1e-3, .at = AT(xanes.conv_ry), .help = "error of the core-hole energy at the end"},
};
static const struct conf_key calibration_keys[] = {
    {"structure", CONF_STRING, "", "structures/quartz-alpha-9.xyz", .at = AT(calibration.structure), .help = "alpha-quartz"},
    {"silicon", CONF_STRING, "", "structures/silicon-8.xyz", .at = AT(calibration.silicon), .help = "for Fig. S1; empty: none"},
    {"repeat", CONF_INTS, "", "2 2 1", 1, 8, .count = 3, .at = AT(calibration.repeat), .help = "supercell of both: core holes keep apart"},
    {"kpoints", CONF_INTS, "", "1 1 2", 1, 32, .count = 3, .at = AT(calibration.kpoints), .help = "mesh of their ground states"},
    {"peak_ev", CONF_DOUBLE, "eV", "1846", 1000, 3000, .at = AT(calibration.peak_ev), .help = "where the main peak of quartz is"},
};
static const struct conf_key dataset_keys[] = {
    {"emin_ev", CONF_DOUBLE, "eV", "1830", 1000, 3000, .at = AT(dataset.emin_ev), .help = "first energy"},
    {"emax_ev", CONF_DOUBLE, "eV", "1880", 1000, 3000, .at = AT(dataset.emax_ev), .help = "last energy"},
    {"points", CONF_INT, "", "256", 16, 4096, .at = AT(dataset.points), .help = "energies"},
    {"rmax_angstrom", CONF_DOUBLE, "angstrom", "5", 2, 20, .at = AT(dataset.rmax_angstrom), .help = "g(R) up to here"},
    {"rdf_points", CONF_INT, "", "256", 16, 4096, .at = AT(dataset.rdf_points), .help = "bins of g(R)"},
};
static const struct conf_key train_keys[] = {
    {"epochs_charge", CONF_INT, "", "271", 1, 100000, .at = AT(train.epochs_charge), .help = "of the charge network"},
    {"epochs_rdf", CONF_INT, "", "583", 1, 100000, .at = AT(train.epochs_rdf), .help = "of the RDF network"},
    {"ensemble", CONF_INT, "", "1", 1, 256, .at = AT(train.ensemble), .help = "networks per target (their spread is the interval)"},
    {"folds", CONF_INT, "", "5", 0, 50, .at = AT(train.folds), .help = "of the cross validation; 0: none"},
    {"test_fraction", CONF_DOUBLE, "", "0.2", 0.01, 0.9, .at = AT(train.test_fraction), .help = "rows that are never trained on"},
    {"windows", CONF_BOOL, "", "yes", .at = AT(train.windows), .help = "also one network per energy window (Fig. 5, 6)"},
    {"by_structure", CONF_BOOL, "", "yes", .at = AT(train.by_structure), .help = "also split by structure, not only by site"},
};
static const struct conf_key farm_keys[] = {
    {"stale_s", CONF_DOUBLE, "s", "600", 1, 1e6, .at = AT(farm.stale_s), .help = "silence after which another machine's claim is void"},
    {"checkpoint_s", CONF_DOUBLE, "s", "60", 0, 1e6, .at = AT(farm.checkpoint_s), .help = "between checkpoints inside a ground state or a site"},
    {"last_stage", CONF_STRING, "", "", .at = AT(farm.last_stage), .help = "go no further than this stage (scf, ...); empty: all"},
    {"page", CONF_BOOL, "", "yes", .at = AT(farm.page), .help = "write progress.html and progress.json"},
};

kd_status settings_create(struct study_settings *s, struct conf_section sections[SETTINGS_SECTIONS], struct conf **conf)
{
    const struct conf_section table[SETTINGS_SECTIONS] = {
        {"study", "which structures", study_keys, COUNT(study_keys), s},
        {"generate", "the atoms before the melt", generate_keys, COUNT(generate_keys), s},
        {"quench", "melt and quench", quench_keys, COUNT(quench_keys), s},
        {"pseudo", "pseudopotentials", pseudo_keys, COUNT(pseudo_keys), s},
        {"scf", "ground state of every structure", scf_keys, COUNT(scf_keys), s},
        {"xanes", "core-hole spectrum of every site", xanes_keys, COUNT(xanes_keys), s},
        {"calibration", "one shift of all energies", calibration_keys, COUNT(calibration_keys), s},
        {"dataset", "axes of the dataset", dataset_keys, COUNT(dataset_keys), s},
        {"train", "networks", train_keys, COUNT(train_keys), s},
        {"farm", "how the work is shared", farm_keys, COUNT(farm_keys), s},
    };
    memcpy(sections, table, sizeof table);
    memset(s, 0, sizeof *s);
    return conf_create(sections, SETTINGS_SECTIONS, conf);
}

/* ---- may the study go on? ---- */

static bool may_change(const char *section, const char *key)
{
    static const char *const free_keys[] = {"study.title", "study.formulas", "study.replicas", "study.directory", NULL};
    char full[128];
    snprintf(full, sizeof full, "%s.%s", section, key);
    for (int i = 0; free_keys[i]; i++)
        if (strcmp(full, free_keys[i]) == 0)
            return true;
    return strcmp(section, "farm") == 0 || strcmp(section, "train") == 0;
}

void settings_words(const struct js *value, char *words, size_t size)
{
    double x;
    bool truth;
    size_t n = 0;
    if (js_value_double(value, &x))
        snprintf(words, size, "%.10g", x);
    else if (js_value_bool(value, &truth))
        snprintf(words, size, "%s", truth ? "yes" : "no");
    else if (js_value_string(value))
        snprintf(words, size, "%s", js_value_string(value));
    else
        snprintf(words, size, "%s", js_kind(value) == JS_ARRAY ? "" : "nothing");
    for (size_t i = 0; i < js_size(value) && n < size; i++)
        if (js_value_double(js_item(value, i), &x))
            n += (size_t)snprintf(words + n, size - n, "%s%.10g", i ? " " : "", x);
}

static kd_status compare(const char *section, const char *key, const struct js *before, const struct js *now, const char *directory)
{
    char old[256], new[256];
    settings_words(before, old, sizeof old);
    settings_words(now, new, sizeof new);
    if (strcmp(old, new) != 0)
        FAIL(KD_EINPUT, "%s.%s: %s, but %s was begun with %s; expected the same, or another directory", section, key, new, directory,
             old);
    return KD_OK;
}

/* Somebody has chosen this value; it is not the table's. */
static bool given(const struct js *settings, const char *section, const char *key)
{
    const struct js *list = js_get(settings, "given");
    char full[128];
    snprintf(full, sizeof full, "%s.%s", section, key);
    for (size_t i = 0; i < js_size(list); i++) {
        const char *one = js_value_string(js_item(list, i));
        if (one && strcmp(one, full) == 0)
            return true;
    }
    return false;
}

kd_status settings_agree(const struct js *before, const struct js *now, const char *directory)
{
    for (size_t s = 0; s < js_size(now); s++) {
        const char *section = js_key(now, s);
        const struct js *keys = js_get(now, section), *old = js_get(before, section);
        if (js_kind(keys) != JS_OBJECT)
            continue;
        for (size_t k = 0; k < js_size(keys); k++) {
            const char *key = js_key(keys, k);
            bool later = !js_get(old, key) && !given(now, section, key); /* a key that Kedge did not have yet, at its default */
            if (!may_change(section, key) && !later)
                TRY(compare(section, key, js_get(old, key), js_get(keys, key), directory));
        }
    }
    return KD_OK;
}
