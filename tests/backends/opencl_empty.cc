// SPDX-License-Identifier: Apache-2.0
// A library that is no OpenCL library.
extern "C" int nothing_of_opencl() { return 0; }
