// SPDX-License-Identifier: BSD-3-Clause
/* ranks.c - the launcher's environment, and MPI where it was there at build time. */
#include "host/farm/ranks.h"

#include <stdlib.h>
#ifdef KEDGE_MPI
#include <mpi.h>
#endif

#include "host/base/text.h"

static int number(const char *const *names, int otherwise)
{
    int n;
    for (; *names; names++) {
        const char *value = getenv(*names);
        if (value && number_int(value, &n) && n >= 0)
            return n;
    }
    return otherwise;
}

/* Open MPI, PMI (MPICH, Intel), Slurm */
static bool from_environment(struct ranks *r)
{
    static const char *const rank[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID", NULL};
    static const char *const size[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS", NULL};
    static const char *const local[] = {"OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID", NULL};
    static const char *const local_size[] = {"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", NULL};
    r->size = number(size, 1);
    r->rank = number(rank, 0);
    if (r->size < 1 || r->rank >= r->size)
        r->size = 1, r->rank = 0;
    r->local = number(local, r->size > 1 ? r->rank : 0);
    r->local_size = number(local_size, r->size > 1 ? r->size : 1);
    return r->size > 1;
}

kd_status ranks_begin(struct ranks *r)
{
    *r = (struct ranks){0, 1, 0, 1, false};
    if (!from_environment(r))
        return KD_OK;
#ifdef KEDGE_MPI
    /* srun alone is no MPI launcher unless it offers PMI; Open MPI ends the program when it finds none. */
    if (!getenv("OMPI_COMM_WORLD_SIZE") && !getenv("PMI_SIZE") && !getenv("PMIX_RANK"))
        return KD_OK;
    int provided;
    MPI_Comm node;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
        FAIL(KD_EDEVICE, "MPI: cannot start");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &r->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &r->size);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, r->rank, MPI_INFO_NULL, &node);
    MPI_Comm_rank(node, &r->local);
    MPI_Comm_size(node, &r->local_size);
    MPI_Comm_free(&node);
    r->mpi = true;
#endif
    return KD_OK;
}

void ranks_barrier(const struct ranks *r)
{
#ifdef KEDGE_MPI
    if (r->mpi)
        MPI_Barrier(MPI_COMM_WORLD);
#else
    (void)r;
#endif
}

void ranks_end(struct ranks *r)
{
#ifdef KEDGE_MPI
    if (r->mpi)
        MPI_Finalize();
#endif
    r->mpi = false;
}
