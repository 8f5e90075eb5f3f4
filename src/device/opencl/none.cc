// SPDX-License-Identifier: Apache-2.0
// Device::add_accelerators of a build without OpenCL.
#include "dnntune/device.h"

namespace dnntune {

void Device::add_accelerators() { notes.push_back("this build has no OpenCL backend (DNNTUNE_WITH_OPENCL)"); }

}  // namespace dnntune
