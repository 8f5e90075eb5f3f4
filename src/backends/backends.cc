// SPDX-License-Identifier: Apache-2.0
#include "backends/backend.h"

#include <array>

#include "backends/cpu/cpu_backend.h"
#ifdef DNNTUNE_HAVE_OPENCL
#include "backends/opencl/opencl_backend.h"
#endif

namespace dnntune::backends {
namespace {

#ifdef DNNTUNE_HAVE_OPENCL
constexpr std::size_t kCount = 3;
#else
constexpr std::size_t kCount = 2;
#endif

std::array<const Backend*, kCount> all_backends() noexcept {
  return {
      &cpu::cpu_backend(),
      &cpu::reference_backend(),
#ifdef DNNTUNE_HAVE_OPENCL
      &opencl::opencl_backend(),
#endif
  };
}

}  // namespace

const Backend* find_backend(std::string_view name) noexcept {
  for (const Backend* backend : all_backends())
    if (backend->name() == name) return backend;
  return nullptr;
}

std::vector<std::string_view> backend_names() {
  std::vector<std::string_view> names;
  for (const Backend* backend : all_backends()) names.push_back(backend->name());
  return names;
}

}  // namespace dnntune::backends
