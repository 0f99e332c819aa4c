// SPDX-License-Identifier: BSD-3-Clause
/* units.h - every conversion of Kedge, as named functions. CODATA 2018 (NIST). */
#ifndef KD_UNITS_H
#define KD_UNITS_H

#define KD_PI               3.14159265358979323846
#define KD_HARTREE_EV       27.211386245988
#define KD_BOHR_ANGSTROM    0.529177210903
#define KD_BOLTZMANN_EV_K   8.617333262e-5
#define KD_ATOMIC_TIME_FS   0.024188843265857
#define KD_AMU_ELECTRON     1822.888486209 /* atomic mass unit in electron masses */
#define KD_EV_A3_GPA        160.2176634    /* eV/angstrom^3 in GPa */
#define KD_BAR_PER_EV_A3    1602176.634
#define KD_AMU_A2_FS2_EV    103.642696526805 /* amu (angstrom/fs)^2 in eV: 1.66053906660e-27 1e10 / 1.602176634e-19 */
#define KD_AMU_A3_GCC       1.66053906660  /* amu/angstrom^3 in g/cm^3 */
#define KD_FINE_STRUCTURE   7.2973525693e-3
#define KD_BOHR2_MB         28.0028520539078 /* bohr^2 in megabarn (1e-22 m^2) */

static inline double ha_from_ev(double ev)
{
    return ev / KD_HARTREE_EV;
}
static inline double ev_from_ha(double ha)
{
    return ha * KD_HARTREE_EV;
}
static inline double ha_from_ry(double ry)
{
    return 0.5 * ry;
}
static inline double ry_from_ha(double ha)
{
    return 2.0 * ha;
}
static inline double bohr_from_angstrom(double angstrom)
{
    return angstrom / KD_BOHR_ANGSTROM;
}
static inline double angstrom_from_bohr(double bohr)
{
    return bohr * KD_BOHR_ANGSTROM;
}
static inline double ev_a_from_ha_bohr(double force)
{
    return force * (KD_HARTREE_EV / KD_BOHR_ANGSTROM);
}
static inline double gpa_from_ev_a3(double pressure)
{
    return pressure * KD_EV_A3_GPA;
}
static inline double bar_from_ev_a3(double pressure)
{
    return pressure * KD_BAR_PER_EV_A3;
}
static inline double ev_a3_from_bar(double bar)
{
    return bar / KD_BAR_PER_EV_A3;
}
static inline double gpa_from_ha_bohr3(double pressure)
{
    return pressure * (KD_HARTREE_EV / (KD_BOHR_ANGSTROM * KD_BOHR_ANGSTROM * KD_BOHR_ANGSTROM) * KD_EV_A3_GPA);
}
static inline double ev_from_kelvin(double kelvin)
{
    return kelvin * KD_BOLTZMANN_EV_K;
}
static inline double kelvin_from_ev(double ev)
{
    return ev / KD_BOLTZMANN_EV_K;
}
static inline double gcc_from_amu_a3(double density)
{
    return density * KD_AMU_A3_GCC;
}
static inline double mb_from_bohr2(double area)
{
    return area * KD_BOHR2_MB;
}

#endif
