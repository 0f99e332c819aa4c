# KEDGE_FAULTS: the calls that tests/faults/faults.c can let fail.
set(wrapped malloc calloc realloc aligned_alloc strdup kd_device_open fopen fflush fclose fsync rename
    H5Fcreate H5Fopen H5Fflush H5Pcreate H5Tcopy H5Screate H5Screate_simple H5Gcreate2 H5Dcreate2 H5Dopen2 H5Dget_space
    H5Dget_type H5Dwrite H5Dread H5Dset_extent H5Acreate_by_name H5Awrite H5Aopen_by_name H5Aread H5Aget_type H5Aget_space)
list(TRANSFORM wrapped PREPEND "-Wl,--wrap=")
target_sources(libkedge PRIVATE ${CMAKE_CURRENT_LIST_DIR}/faults.c)
target_link_options(libkedge PRIVATE ${wrapped})
target_link_options(kedge PRIVATE ${wrapped})
