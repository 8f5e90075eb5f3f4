// SPDX-License-Identifier: Apache-2.0
#include "device/core_kinds.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace dnntune::device {
namespace {

struct Entry {
  int implementer;
  int part;
  const char* name;
  bool efficiency = false;
  int variant = -1;  ///< -1: any.
};

// Implementers: 0x41 Arm, 0x48 HiSilicon, 0x4e NVIDIA, 0x51 Qualcomm, 0x53 Samsung, 0x61 Apple. Numbers as the kernel's
// arch/arm64/include/asm/cputype.h and util-linux's lscpu-arm.c have them. All cores of the first Kryo do the same work a clock
// (capacity-dmips-mhz of msm8996.dtsi).
constexpr Entry kCoreKinds[] = {
    {0x41, 0xc05, "Cortex-A5", true},   {0x41, 0xc07, "Cortex-A7", true},   {0x41, 0xc08, "Cortex-A8"},
    {0x41, 0xc09, "Cortex-A9"},         {0x41, 0xc0d, "Cortex-A12"},        {0x41, 0xc0e, "Cortex-A17"},
    {0x41, 0xc0f, "Cortex-A15"},        {0x41, 0xd01, "Cortex-A32", true},  {0x41, 0xd03, "Cortex-A53", true},
    {0x41, 0xd04, "Cortex-A35", true},  {0x41, 0xd05, "Cortex-A55", true},  {0x41, 0xd07, "Cortex-A57"},
    {0x41, 0xd08, "Cortex-A72"},        {0x41, 0xd09, "Cortex-A73"},        {0x41, 0xd0a, "Cortex-A75"},
    {0x41, 0xd0b, "Cortex-A76"},        {0x41, 0xd0c, "Neoverse-N1"},       {0x41, 0xd0d, "Cortex-A77"},
    {0x41, 0xd0e, "Cortex-A76AE"},      {0x41, 0xd40, "Neoverse-V1"},       {0x41, 0xd41, "Cortex-A78"},
    {0x41, 0xd42, "Cortex-A78AE"},      {0x41, 0xd44, "Cortex-X1"},         {0x41, 0xd46, "Cortex-A510", true},
    {0x41, 0xd47, "Cortex-A710"},       {0x41, 0xd48, "Cortex-X2"},         {0x41, 0xd49, "Neoverse-N2"},
    {0x41, 0xd4b, "Cortex-A78C"},       {0x41, 0xd4c, "Cortex-X1C"},        {0x41, 0xd4d, "Cortex-A715"},
    {0x41, 0xd4e, "Cortex-X3"},         {0x41, 0xd4f, "Neoverse-V2"},       {0x41, 0xd80, "Cortex-A520", true},
    {0x41, 0xd81, "Cortex-A720"},       {0x41, 0xd82, "Cortex-X4"},         {0x41, 0xd85, "Cortex-X925"},
    {0x41, 0xd87, "Cortex-A725"},       {0x48, 0xd01, "TaiShan v110"},
    {0x48, 0xd40, "Cortex-A76"},        {0x48, 0xd41, "Cortex-A77"},        {0x4e, 0x000, "Denver"},
    {0x4e, 0x003, "Denver 2"},          {0x4e, 0x004, "Carmel"},            {0x51, 0x001, "Oryon"},
    {0x51, 0x00f, "Scorpion"},          {0x51, 0x02d, "Scorpion"},          {0x51, 0x04d, "Krait"},
    {0x51, 0x06f, "Krait"},             {0x51, 0x201, "Kryo"},              {0x51, 0x205, "Kryo"},
    {0x51, 0x211, "Kryo"},              {0x51, 0x800, "Kryo 2xx Gold"},     {0x51, 0x801, "Kryo 2xx Silver", true},
    {0x51, 0x802, "Kryo 3xx Gold"},     {0x51, 0x803, "Kryo 3xx Silver", true},
    {0x51, 0x804, "Kryo 4xx Gold"},     {0x51, 0x805, "Kryo 4xx Silver", true},
    {0x53, 0x001, "Exynos M2", false, 4},
    {0x53, 0x001, "Exynos M1"},         {0x53, 0x002, "Exynos M3"},         {0x53, 0x003, "Exynos M4"},
    {0x53, 0x004, "Exynos M5"},         {0x61, 0x022, "Icestorm", true},    {0x61, 0x023, "Firestorm"},
    {0x61, 0x024, "Icestorm Pro", true}, {0x61, 0x025, "Firestorm Pro"},    {0x61, 0x028, "Icestorm Max", true},
    {0x61, 0x029, "Firestorm Max"},     {0x61, 0x032, "Blizzard", true},    {0x61, 0x033, "Avalanche"},
};

}  // namespace

CoreKind core_kind(int implementer, int part, int variant) {
  const auto* const found = std::find_if(std::begin(kCoreKinds), std::end(kCoreKinds), [&](const Entry& e) {
    return e.implementer == implementer && e.part == part && (e.variant < 0 || e.variant == variant);
  });
  if (found == std::end(kCoreKinds)) return {fmt::format("core {:#04x}:{:#05x}", implementer, part), false};
  return {found->name, found->efficiency};
}

}  // namespace dnntune::device
