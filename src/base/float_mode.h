// SPDX-License-Identifier: Apache-2.0
// Flush-to-zero for the current thread, restored at the end of the scope: a denormal operand costs a
// hundred times a normal one.
#pragma once

#include <cstdint>

#if defined(__x86_64__) || defined(__i386__)
#include <xmmintrin.h>
#endif

namespace dnntune::base {

class FlushDenormals {
 public:
  FlushDenormals() noexcept : saved_(read()) { write(saved_ | kFlushBits); }
  ~FlushDenormals() { write(saved_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

  /// For threads that nobody else uses: without an end.
  static void for_this_thread() noexcept { write(read() | kFlushBits); }

 private:
#if defined(__x86_64__) || defined(__i386__)
  static constexpr std::uint64_t kFlushBits = 0x8040;  // FTZ and DAZ
  static std::uint64_t read() noexcept { return _mm_getcsr(); }
  static void write(std::uint64_t mode) noexcept { _mm_setcsr(static_cast<unsigned>(mode)); }
#elif defined(__aarch64__)
  static constexpr std::uint64_t kFlushBits = std::uint64_t{1} << 24;  // FPCR.FZ
  static std::uint64_t read() noexcept {
    std::uint64_t mode;
    asm volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void write(std::uint64_t mode) noexcept { asm volatile("msr fpcr, %0" : : "r"(mode)); }
#else
  static constexpr std::uint64_t kFlushBits = 0;
  static std::uint64_t read() noexcept { return 0; }
  static void write(std::uint64_t) noexcept {}
#endif
  std::uint64_t saved_;
};

}  // namespace dnntune::base
