// SPDX-License-Identifier: BSD-3-Clause
/* element.h - symbols and standard atomic weights (IUPAC 2021, conventional values). */
#ifndef KD_ELEMENT_H
#define KD_ELEMENT_H

enum { ELEMENT_LAST = 118 };

/* "Si" for 14; NULL outside 1..118. */
const char *element_symbol(int number);

/* 14 for "Si"; 0 when there is no such element. Case does not matter: "si" and "SI" are accepted. */
int element_number(const char *symbol);

/* Standard atomic weight, amu (Prohaska et al., Pure Appl. Chem. 94, 573 (2022); the conventional value where
 * an interval is given). 0 for elements without a standard weight (Tc, Pm, Po to Ac, Np and beyond) and
 * outside 1..118. */
double element_mass(int number);

/* The element whose weight is nearest, 0 when none is within 0.1 amu (LAMMPS data files name types by mass).
 */
int element_from_mass(double amu);

#endif
