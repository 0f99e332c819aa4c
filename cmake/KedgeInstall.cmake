# What `cmake --install` leaves: program, library, headers, plug-ins, data, pkg-config and CMake package.
include(CMakePackageConfigHelpers)
install(TARGETS libkedge EXPORT kedge-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
                                              ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS kedge RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY kernels host DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/kedge FILES_MATCHING PATTERN "*.h"
        PATTERN "cpu" EXCLUDE PATTERN "cuda" EXCLUDE)
install(DIRECTORY data/ DESTINATION ${CMAKE_INSTALL_DATADIR}/kedge)
install(EXPORT kedge-targets NAMESPACE kedge:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/kedge)
configure_file(cmake/kedge.pc.in kedge.pc @ONLY)
configure_file(cmake/kedge-config.cmake.in kedge-config.cmake @ONLY)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/kedge-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/kedge.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_BINARY_DIR}/kedge-config.cmake ${PROJECT_BINARY_DIR}/kedge-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/kedge)
