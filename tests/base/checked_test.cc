// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <limits>

#include "base/aligned.h"
#include "base/checked.h"
#include "throws.h"

using namespace dnntune;

TEST_CASE("checked arithmetic: exact where it fits, an error that names the size where it does not") {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK(base::checked_mul(1 << 20, 1 << 20, "x") == std::int64_t{1} << 40);
  CHECK(base::checked_mul(most, 1, "x") == most);
  CHECK(base::checked_mul(-3, 5, "x") == -15);
  CHECK(base::checked_add(most - 1, 1, "x") == most);
  CHECK_ERROR(base::checked_mul(std::int64_t{1} << 32, std::int64_t{1} << 31, "bytes of 'w'"), ErrorCode::limit_exceeded, "bytes of 'w'");
  CHECK_ERROR(base::checked_add(most, 1, "arena"), ErrorCode::limit_exceeded, "arena");
  CHECK_ERROR(base::checked_add(std::numeric_limits<std::int64_t>::min(), -1, "arena"), ErrorCode::limit_exceeded, "arena");
}

TEST_CASE("element_count") {
  CHECK(base::element_count({}, "x") == 1);
  CHECK(base::element_count({2, 3, 4}, "x") == 24);
  CHECK(base::element_count({2, 0, 4}, "x") == 0);
  CHECK_ERROR(base::element_count({2, -1}, "weight 'w'"), ErrorCode::invalid_argument, "weight 'w'");
  CHECK_ERROR(base::element_count({std::int64_t{1} << 40, std::int64_t{1} << 40}, "weight 'w'"), ErrorCode::limit_exceeded, "weight 'w'");
}

TEST_CASE("AlignedBuffer: aligned, movable, and an error for a size that cannot be") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{1000}, std::size_t{2} << 20,
                                 (std::size_t{5} << 20) + 3}) {
    base::AlignedBuffer buffer(size);
    CHECK(buffer.size() == size);
    CHECK(buffer.data() != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % base::kAlignment == 0);
    std::memset(buffer.data(), 1, size);  // all of it is there
  }
  base::AlignedBuffer a(10);
  const std::byte* data = a.data();
  base::AlignedBuffer b = std::move(a);
  CHECK(b.data() == data);
  CHECK(b.size() == 10);
  CHECK_ERROR(base::AlignedBuffer(std::numeric_limits<std::size_t>::max()), ErrorCode::out_of_memory, "18446744073709551615");
  CHECK_ERROR(base::AlignedBuffer(std::numeric_limits<std::size_t>::max() / 2), ErrorCode::out_of_memory, "bytes");
}
