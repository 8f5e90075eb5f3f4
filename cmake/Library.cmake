# SPDX-License-Identifier: Apache-2.0
# libdnntune: every room and the C API in one library; how it is installed and found.
include(CMakePackageConfigHelpers)

get_property(rooms GLOBAL PROPERTY DNNTUNE_ROOMS)
get_property(room_libs GLOBAL PROPERTY DNNTUNE_ROOM_LIBS)
list(REMOVE_DUPLICATES room_libs)

set(objects "")
foreach(room IN LISTS rooms)
  list(APPEND objects $<TARGET_OBJECTS:dnntune_${room}_objects>)
endforeach()
add_library(dnntune ${objects})
add_library(dnntune::dnntune ALIAS dnntune)
target_include_directories(dnntune PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                          $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(dnntune PUBLIC cxx_std_20)
# BUILD_LOCAL_INTERFACE would need CMake 3.26; what a static archive needs is named in the config file.
foreach(lib IN LISTS room_libs)
  target_link_libraries(dnntune PRIVATE $<BUILD_INTERFACE:${lib}>)
endforeach()
target_link_libraries(dnntune PRIVATE $<BUILD_INTERFACE:dnntune_options>)
set_target_properties(dnntune PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
if(BUILD_SHARED_LIBS AND CMAKE_SYSTEM_NAME STREQUAL "Linux" AND NOT DNNTUNE_SANITIZE)
  target_link_options(dnntune PRIVATE "LINKER:--no-undefined" "LINKER:--gc-sections" "LINKER:-z,max-page-size=16384"
                      "LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/exports.map")
  set_target_properties(dnntune PROPERTIES LINK_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/exports.map")
endif()

install(TARGETS dnntune EXPORT dnntuneTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/dnntune DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT dnntuneTargets NAMESPACE dnntune:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/dnntune)
configure_package_config_file(cmake/dnntuneConfig.cmake.in "${PROJECT_BINARY_DIR}/dnntuneConfig.cmake"
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/dnntune)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/dnntuneConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/dnntuneConfig.cmake" "${PROJECT_BINARY_DIR}/dnntuneConfigVersion.cmake"
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/dnntune)
# Relative, so that the installed tree can be moved.
file(RELATIVE_PATH DNNTUNE_PC_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(cmake/dnntune.pc.in "${PROJECT_BINARY_DIR}/dnntune.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/dnntune.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
