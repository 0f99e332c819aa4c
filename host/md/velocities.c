// SPDX-License-Identifier: BSD-3-Clause
/* velocities.c - Maxwell velocities. */
#include <math.h>

#include "host/base/rng.h"
#include "host/base/units.h"
#include "host/md/dynamics.h"
#include "host/structure/element.h"

kd_status dynamics_velocities(struct structure *s, uint64_t seed, double temperature_k)
{
    double momentum[3] = {0, 0, 0}, total = 0, twice_kinetic = 0;
    TRY(structure_add_velocity(s));
    for (int a = 0; a < s->n_atom; a++) {
        double z[4], mass = element_mass(s->number[a]);
        if (!(mass > 0))
            FAIL(KD_EINPUT, "velocities: %s has no atomic weight", element_symbol(s->number[a]));
        philox_normals(seed, RNG_VELOCITY, 0, (uint32_t)a, z);
        philox_normals(seed, RNG_VELOCITY, 1, (uint32_t)a, z + 2);
        total += mass;
        for (int x = 0; x < 3; x++) {
            s->velocity[a][x] = sqrt(ev_from_kelvin(temperature_k) / (mass * KD_AMU_A2_FS2_EV)) * z[x];
            momentum[x] += mass * s->velocity[a][x];
        }
    }
    for (int a = 0; a < s->n_atom; a++)
        for (int x = 0; x < 3; x++) {
            s->velocity[a][x] -= momentum[x] / total;
            twice_kinetic += element_mass(s->number[a]) * KD_AMU_A2_FS2_EV * s->velocity[a][x] * s->velocity[a][x];
        }
    const double wanted = (3 * s->n_atom - 3) * ev_from_kelvin(temperature_k);
    const double factor = twice_kinetic > 0 ? sqrt(wanted / twice_kinetic) : 0;
    for (int a = 0; a < s->n_atom; a++)
        for (int x = 0; x < 3; x++)
            s->velocity[a][x] *= factor;
    return KD_OK;
}
