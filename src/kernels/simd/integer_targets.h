// SPDX-License-Identifier: Apache-2.0
// Which instruction sets products of 8-bit integers are built for. Include it before anything of Highway's, in
// place of targets.h.
#pragma once

// AVX3_DL has dot products of four bytes (VNNI). AVX3 without them computes as AVX2 does.
#define HWY_WANT_AVX3_DL 1
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#define DNNTUNE_VNNI (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3_DL)
#define DNNTUNE_NEON HWY_ARCH_ARM_A64
