# SPDX-License-Identifier: Apache-2.0
# aarch64 cross-build against the sysroot that cmake/toolchains/make_sysroot.sh fills; tests run under
# qemu-user. DNNTUNE_SYSROOT overrides the sysroot's place.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(triple aarch64-linux-gnu)

if(NOT DNNTUNE_SYSROOT)
  get_filename_component(DNNTUNE_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../../build/sysroot-aarch64" ABSOLUTE)
endif()
set(DNNTUNE_SYSROOT "${DNNTUNE_SYSROOT}" CACHE PATH "Root of the aarch64 libraries")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES DNNTUNE_SYSROOT)

set(CMAKE_C_COMPILER ${triple}-gcc)
set(CMAKE_CXX_COMPILER ${triple}-g++)
# The compiler brings its own C library; the sysroot adds the other libraries, so it is searched by CMake
# and the linker but is not a --sysroot.
set(CMAKE_FIND_ROOT_PATH "${DNNTUNE_SYSROOT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_LIBRARY_ARCHITECTURE ${triple})
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${DNNTUNE_SYSROOT}")
set(ENV{PKG_CONFIG_LIBDIR} "${DNNTUNE_SYSROOT}/usr/lib/${triple}/pkgconfig:${DNNTUNE_SYSROOT}/usr/share/pkgconfig")
# Debian keeps headers that differ by architecture (openssl/opensslconf.h) in a folder of its own, which the
# compiler searches only under its own root.
foreach(language C CXX)
  set(CMAKE_${language}_FLAGS_INIT "-isystem ${DNNTUNE_SYSROOT}/usr/include/${triple}")
endforeach()
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,-rpath-link,${DNNTUNE_SYSROOT}/usr/lib/${triple}")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-Wl,-rpath-link,${DNNTUNE_SYSROOT}/usr/lib/${triple}")
set(CMAKE_CROSSCOMPILING_EMULATOR
    "qemu-aarch64;-cpu;max;-L;/usr/${triple};-E;LD_LIBRARY_PATH=${DNNTUNE_SYSROOT}/usr/lib/${triple}")
