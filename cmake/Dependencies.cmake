# SPDX-License-Identifier: Apache-2.0
# Finds every dependency and, when something is missing, says all of it at once with the Debian package.
# Each becomes one INTERFACE target dnntune::<name> that a room links privately.

find_package(PkgConfig REQUIRED)
set(DNNTUNE_MISSING "")
set(DNNTUNE_FOUND_TEXT "")

# dnntune_dependency(<name> <debian package> FOUND <bool> LIBS <...> INCLUDES <...> DEFINES <...> VERSION <text>)
function(dnntune_dependency name package)
  cmake_parse_arguments(D "" "VERSION" "FOUND;LIBS;INCLUDES;DEFINES" ${ARGN})
  if(D_FOUND)
    add_library(dnntune_dep_${name} INTERFACE)
    add_library(dnntune::${name} ALIAS dnntune_dep_${name})
    target_link_libraries(dnntune_dep_${name} INTERFACE ${D_LIBS})
    target_include_directories(dnntune_dep_${name} SYSTEM INTERFACE ${D_INCLUDES})
    target_compile_definitions(dnntune_dep_${name} INTERFACE ${D_DEFINES})
    set(DNNTUNE_FOUND_TEXT "${DNNTUNE_FOUND_TEXT}\n  ${name} ${D_VERSION}" PARENT_SCOPE)
  else()
    set(DNNTUNE_MISSING "${DNNTUNE_MISSING}\n  ${name}  (Debian and Ubuntu: ${package})" PARENT_SCOPE)
  endif()
endfunction()

find_package(Threads REQUIRED)

find_package(Eigen3 3.3 CONFIG QUIET)
dnntune_dependency(eigen libeigen3-dev FOUND ${Eigen3_FOUND} LIBS Eigen3::Eigen VERSION ${Eigen3_VERSION})

find_package(fmt CONFIG QUIET)
dnntune_dependency(fmt libfmt-dev FOUND ${fmt_FOUND} LIBS fmt::fmt VERSION ${fmt_VERSION})

find_package(nlohmann_json CONFIG QUIET)
dnntune_dependency(json nlohmann-json3-dev FOUND ${nlohmann_json_FOUND} LIBS nlohmann_json::nlohmann_json
                   VERSION ${nlohmann_json_VERSION})

# Debian's hwy package has both; Ubuntu 22.04's has only pkg-config.
find_package(hwy CONFIG QUIET)
if(hwy_FOUND)
  dnntune_dependency(highway libhwy-dev FOUND TRUE LIBS hwy::hwy VERSION ${hwy_VERSION})
else()
  pkg_check_modules(HWY QUIET IMPORTED_TARGET libhwy)
  dnntune_dependency(highway libhwy-dev FOUND ${HWY_FOUND} LIBS PkgConfig::HWY VERSION ${HWY_VERSION})
endif()

# Not find_package(cpuinfo): Debian's config file names an archive that does not exist and aborts.
pkg_check_modules(CPUINFO QUIET IMPORTED_TARGET libcpuinfo)
dnntune_dependency(cpuinfo libcpuinfo-dev FOUND ${CPUINFO_FOUND} LIBS PkgConfig::CPUINFO VERSION ${CPUINFO_VERSION})

find_path(PROTOZERO_INCLUDE_DIR protozero/pbf_reader.hpp)
if(PROTOZERO_INCLUDE_DIR)
  set(PROTOZERO_FOUND TRUE)
endif()
dnntune_dependency(protozero libprotozero-dev FOUND ${PROTOZERO_FOUND} INCLUDES ${PROTOZERO_INCLUDE_DIR})

find_path(XXHASH_INCLUDE_DIR xxhash.h)
if(XXHASH_INCLUDE_DIR)
  set(XXHASH_FOUND TRUE)
endif()
dnntune_dependency(xxhash libxxhash-dev FOUND ${XXHASH_FOUND} INCLUDES ${XXHASH_INCLUDE_DIR} DEFINES XXH_INLINE_ALL)

find_package(ZLIB QUIET)
dnntune_dependency(zlib zlib1g-dev FOUND ${ZLIB_FOUND} LIBS ZLIB::ZLIB VERSION ${ZLIB_VERSION_STRING})

pkg_check_modules(ZSTD QUIET IMPORTED_TARGET libzstd)
dnntune_dependency(zstd libzstd-dev FOUND ${ZSTD_FOUND} LIBS PkgConfig::ZSTD VERSION ${ZSTD_VERSION})

if(DNNTUNE_WITH_TLS)
  find_package(OpenSSL 1.1 QUIET)
  dnntune_dependency(openssl libssl-dev FOUND ${OPENSSL_FOUND} LIBS OpenSSL::SSL OpenSSL::Crypto
                     VERSION ${OPENSSL_VERSION})
endif()

if(DNNTUNE_BUILD_BENCH)
  find_package(CLI11 CONFIG QUIET)
  dnntune_dependency(cli11 libcli11-dev FOUND ${CLI11_FOUND} LIBS CLI11::CLI11 VERSION ${CLI11_VERSION})
endif()
if(DNNTUNE_BUILD_TESTS OR DNNTUNE_BUILD_BENCH)
  # An independent HTTP client for the tests of our server, and a server to hold it against.
  pkg_check_modules(HTTPLIB QUIET IMPORTED_TARGET cpp-httplib)
  dnntune_dependency(httplib libcpp-httplib-dev FOUND ${HTTPLIB_FOUND} LIBS PkgConfig::HTTPLIB Threads::Threads
                     VERSION ${HTTPLIB_VERSION})
endif()
if(DNNTUNE_BUILD_TESTS)
  find_package(doctest CONFIG QUIET)
  dnntune_dependency(doctest doctest-dev FOUND ${doctest_FOUND} LIBS doctest::doctest VERSION ${doctest_VERSION})
endif()

# Optional backends: AUTO takes what is there, ON insists.
find_path(XNNPACK_INCLUDE_DIR xnnpack.h)
find_library(XNNPACK_LIBRARY XNNPACK)
find_library(PTHREADPOOL_LIBRARY pthreadpool)
set(DNNTUNE_HAVE_XNNPACK OFF)
if(NOT DNNTUNE_WITH_XNNPACK STREQUAL "OFF" AND XNNPACK_INCLUDE_DIR AND XNNPACK_LIBRARY AND PTHREADPOOL_LIBRARY)
  set(DNNTUNE_HAVE_XNNPACK ON)
  dnntune_dependency(xnnpack libxnnpack-dev FOUND TRUE LIBS ${XNNPACK_LIBRARY} ${PTHREADPOOL_LIBRARY} INCLUDES ${XNNPACK_INCLUDE_DIR})
elseif(DNNTUNE_WITH_XNNPACK STREQUAL "ON")
  string(APPEND DNNTUNE_MISSING "\n  XNNPACK  (Debian and Ubuntu: libxnnpack-dev libpthreadpool-dev)")
endif()
find_path(OPENCL_INCLUDE_DIR CL/cl.h)
set(DNNTUNE_HAVE_OPENCL OFF)
add_library(dnntune_dep_opencl INTERFACE)  # headers only: the library is loaded at run time
add_library(dnntune::opencl ALIAS dnntune_dep_opencl)
if(NOT DNNTUNE_WITH_OPENCL STREQUAL "OFF" AND OPENCL_INCLUDE_DIR)
  set(DNNTUNE_HAVE_OPENCL ON)
  target_include_directories(dnntune_dep_opencl SYSTEM INTERFACE ${OPENCL_INCLUDE_DIR})
  target_compile_definitions(dnntune_dep_opencl INTERFACE DNNTUNE_HAVE_OPENCL=1 CL_TARGET_OPENCL_VERSION=120)
  target_link_libraries(dnntune_dep_opencl INTERFACE ${CMAKE_DL_LIBS})
elseif(DNNTUNE_WITH_OPENCL STREQUAL "ON")
  string(APPEND DNNTUNE_MISSING "\n  OpenCL headers  (Debian and Ubuntu: opencl-headers)")
endif()

if(DNNTUNE_MISSING)
  message(FATAL_ERROR "dnntune needs packages that were not found:${DNNTUNE_MISSING}\n"
                      "cmake/install_packages.sh installs all of them on Debian and Ubuntu.")
endif()
