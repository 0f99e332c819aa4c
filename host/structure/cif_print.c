// SPDX-License-Identifier: BSD-3-Clause
/* cif_print.c - CIF in P 1, all atoms listed. Orientation, velocities, forces and energy have no place in it.
 */
#include "host/structure/cell.h"
#include "host/structure/element.h"
#include "host/structure/format.h"

kd_status cif_print(FILE *out, const struct structure *s)
{
    static const char *name[] = {"_cell_length_a",    "_cell_length_b",   "_cell_length_c",
                                 "_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma"};
    double parameter[6], inverse[3][3], frac[3];
    int label[ELEMENT_LAST + 1] = {0};
    char formula[256], number[3][32];
    structure_formula(s, formula, sizeof formula);
    cell_parameters((const double(*)[3])s->cell, parameter, parameter + 3);
    cell_inverse((const double(*)[3])s->cell, inverse);
    fprintf(out, "data_%s\n", formula);
    for (int i = 0; i < 6; i++)
        fprintf(out, "%-18s %.12g\n", name[i], parameter[i]);
    fputs("_space_group_name_H-M_alt 'P 1'\n_space_group_IT_number "
          "1\n\nloop_\n_space_group_symop_operation_xyz\n'x, y, z'\n\n"
          "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_"
          "site_fract_z\n"
          "_atom_site_occupancy\n",
          out);
    for (int i = 0; i < s->n_atom; i++) {
        const char *symbol = element_symbol(s->number[i]);
        cell_frac((const double(*)[3])inverse, s->position[i], frac);
        fprintf(out, "%s%d %s %s %s %s 1\n", symbol, ++label[s->number[i]], symbol,
                number_write(number[0], frac[0]), number_write(number[1], frac[1]),
                number_write(number[2], frac[2]));
    }
    return KD_OK;
}
