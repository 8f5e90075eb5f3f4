# SPDX-License-Identifier: Apache-2.0
# What can be chosen, and the compiler settings every target shares.

set(DNNTUNE_DEVELOPER_DEFAULT OFF)
if(PROJECT_IS_TOP_LEVEL OR CMAKE_SOURCE_DIR STREQUAL PROJECT_SOURCE_DIR)
  set(DNNTUNE_DEVELOPER_DEFAULT ON)
endif()

option(BUILD_SHARED_LIBS "Build libdnntune as a shared library" ON)
option(DNNTUNE_BUILD_TESTS "Build the tests" ${DNNTUNE_DEVELOPER_DEFAULT})
option(DNNTUNE_BUILD_BENCH "Build the zoo and the dnntune command" ${DNNTUNE_DEVELOPER_DEFAULT})
option(DNNTUNE_BUILD_EXAMPLES "Build the examples" ${DNNTUNE_DEVELOPER_DEFAULT})
option(DNNTUNE_BUILD_FUZZERS "Build libFuzzer targets (needs clang)" OFF)
option(DNNTUNE_WERROR "Treat warnings as errors" OFF)
option(DNNTUNE_WITH_TLS "https in client and server (OpenSSL)" ON)
set(DNNTUNE_WITH_XNNPACK AUTO CACHE STRING "XNNPACK backend: AUTO (when found), ON (required) or OFF")
set(DNNTUNE_WITH_OPENCL AUTO CACHE STRING "OpenCL backend: AUTO (when found), ON (required) or OFF")
set(DNNTUNE_SANITIZE "" CACHE STRING "Sanitizers, such as address,undefined or thread")
set(DNNTUNE_SKIPPED_TARGETS "" CACHE STRING "Instruction sets, by Highway's names, that kernels of floats are not built for, such as HWY_SSE4|HWY_AVX2")
if(DNNTUNE_SKIPPED_TARGETS)
  add_compile_definitions("DNNTUNE_SKIPPED_TARGETS=(${DNNTUNE_SKIPPED_TARGETS})")
endif()
set_property(CACHE DNNTUNE_WITH_XNNPACK DNNTUNE_WITH_OPENCL PROPERTY STRINGS AUTO ON OFF)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 99)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

find_program(DNNTUNE_CCACHE ccache)
if(DNNTUNE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${DNNTUNE_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${DNNTUNE_CCACHE})
endif()

add_library(dnntune_options INTERFACE)
target_compile_options(dnntune_options INTERFACE -Wall -Wextra
  $<$<COMPILE_LANGUAGE:CXX>:-Wpedantic -Wshadow -Wnon-virtual-dtor>
  $<$<BOOL:${DNNTUNE_WERROR}>:-Werror>)
# GCC 12 warns of overlapping copies inside std::string where there are none (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(dnntune_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
# Floating point as written: no contraction that would differ between a kernel's main loop and its tail.
target_compile_options(dnntune_options INTERFACE -ffp-contract=off)
if(DNNTUNE_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "DNNTUNE_BUILD_FUZZERS needs clang, which brings libFuzzer")
  endif()
  # Counts covered edges everywhere; only the fuzz programs themselves link libFuzzer's main.
  target_compile_options(dnntune_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(DNNTUNE_SANITIZE)
  target_compile_options(dnntune_options INTERFACE -fsanitize=${DNNTUNE_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(dnntune_options INTERFACE -fsanitize=${DNNTUNE_SANITIZE})
endif()
