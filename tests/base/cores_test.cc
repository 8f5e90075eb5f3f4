// SPDX-License-Identifier: Apache-2.0
#include "base/cores.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <thread>

using namespace dnntune::base;
using Cores = std::vector<int>;

TEST_CASE("core lists: what the kernel writes, in the order written") {
  CHECK(parse_core_list("0\n") == Cores{0});
  CHECK(parse_core_list("0,2-3\n") == Cores{0, 2, 3});
  CHECK(parse_core_list("7,3-4,0") == Cores{7, 3, 4, 0});
  CHECK(parse_core_list("8191") == Cores{8191});
  CHECK(parse_core_list("") == Cores{});
  CHECK(parse_core_list("\n") == Cores{});
}

TEST_CASE("core lists: anything else is none") {
  const std::string zero_byte("0\0001", 3);
  for (const std::string text : {std::string("x"), std::string("0,"), std::string(",0"), std::string("3-2"), std::string("1-"), std::string("-1"), std::string("0-1-2"),
                                 std::string("0,0"), std::string("0-3,2"), std::string("8192"), std::string("0-99999999999999999999"), std::string("0 1"),
                                 std::string("0x1"), std::string("\xff\xfe"), zero_byte})
    CHECK_MESSAGE(parse_core_list(text) == std::nullopt, text);
}

TEST_CASE("core lists: text of one, order kept, reads back") {
  for (const char* text : {"", "0", "0-1", "0,2-3", "7,3-6,0-2"}) {
    const auto cores = parse_core_list(text);
    REQUIRE(cores.has_value());
    CHECK(core_list_text(*cores) == text);
  }
  CHECK(core_list_text(Cores{3, 2, 1}) == "3,2,1");
}

TEST_CASE("core masks: set, read back, refused") {
  std::thread([] {  // a thread of its own: its mask goes with it
    const auto before = CoreMask::of_thread();
    REQUIRE(before.has_value());
    const Cores cores = before->cores();
    REQUIRE_FALSE(cores.empty());
    const int core = cores.back();
    CHECK(CoreMask::only(core).apply() == 0);
    CHECK(CoreMask::of_thread()->is_only(core));
    CHECK(CoreMask::of_thread()->cores() == Cores{core});
    CHECK(CoreMask::only(kMaxCores - 1).apply() == EINVAL);
    CHECK(CoreMask::only(-1).apply() == EINVAL);
    CHECK(CoreMask::of_thread()->is_only(core));
    CHECK(before->apply() == 0);
    CHECK(CoreMask::of_thread()->cores() == cores);
  }).join();
  CHECK_FALSE(CoreMask::of_thread(0x7ffffff0).has_value());
  CHECK_FALSE(CoreMask::only(3).is_only(4));
  CHECK_FALSE(CoreMask().is_only(-1));
}
