// SPDX-License-Identifier: Apache-2.0
// What Highway's instruction sets do not tell apart.
#pragma once

namespace dnntune::kernels::simd {

/// Whether this is an Arm processor with dot products of bytes (FEAT_DotProd).
bool has_arm_dot_product() noexcept;

}  // namespace dnntune::kernels::simd
