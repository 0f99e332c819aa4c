// SPDX-License-Identifier: BSD-3-Clause
/* element.h - symbols and standard atomic weights (IUPAC 2021, conventional values). */
#ifndef KD_ELEMENT_H
#define KD_ELEMENT_H

enum { ELEMENT_LAST = 118 };

/* "Si" for 14; NULL outside 1..118. */
const char *element_symbol(int number);
/* 14 for "Si"; 0 when there is no such element. Case matters only in the obvious way: "si" and "SI" are accepted. */
int element_number(const char *symbol);
/* amu; 0 for elements without a stable mass in the table. */
double element_mass(int number);
/* The element whose mass is nearest, 0 when none is within 0.1 amu (LAMMPS data files name types by mass). */
int element_from_mass(double amu);

#endif
