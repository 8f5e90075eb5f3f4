# SPDX-License-Identifier: Apache-2.0
message(STATUS "dnntune ${PROJECT_VERSION}, ${CMAKE_BUILD_TYPE}, dependencies:${DNNTUNE_FOUND_TEXT}")
message(STATUS "  XNNPACK found: ${DNNTUNE_HAVE_XNNPACK}   OpenCL headers found: ${DNNTUNE_HAVE_OPENCL}")
