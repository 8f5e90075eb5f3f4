// SPDX-License-Identifier: Apache-2.0
// Which instruction sets our kernels are built for. Include it before anything of Highway's.
#pragma once

// Arithmetic on floats gains nothing from SSSE3 or from AVX3_DL over the sets below them, and SVE's
// vectors have no size at compile time, so that a register tile cannot be an array of them.
#ifndef DNNTUNE_SKIPPED_TARGETS  // what a build leaves out besides, to be done sooner
#define DNNTUNE_SKIPPED_TARGETS 0
#endif
#define HWY_DISABLED_TARGETS (DNNTUNE_SKIPPED_TARGETS | HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

// What an instruction set has, newer relatives included; Highway numbers the better ones lower. For use in #if
// where HWY_TARGET is known.
#define DNNTUNE_AVX3 (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)
#define DNNTUNE_AVX2 (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2)
#define DNNTUNE_X86_VECTORS (HWY_ARCH_X86 && HWY_TARGET < HWY_EMU128)
#define DNNTUNE_NEON HWY_ARCH_ARM_A64
// Where relatives of this instruction set multiply bfloat16; whether the processor at hand does is another question.
#define DNNTUNE_BFLOAT16 (DNNTUNE_AVX3 || DNNTUNE_NEON)
