// SPDX-License-Identifier: Apache-2.0
#include "backends/backend.h"

#include <array>

#include "backends/cpu/cpu_backend.h"
#if DNNTUNE_HAVE_XNNPACK
#include "backends/xnnpack/xnnpack_backend.h"
#endif
#ifdef DNNTUNE_HAVE_OPENCL
#include "backends/opencl/opencl_backend.h"
#endif

namespace dnntune::backends {
namespace {

auto backends() noexcept {
  return std::to_array<const Backend*>({
      &cpu::cpu_backend(),
      &cpu::reference_backend(),
#if DNNTUNE_HAVE_XNNPACK
      &xnnpack::xnnpack_backend(),
#endif
#ifdef DNNTUNE_HAVE_OPENCL
      &opencl::opencl_backend(),
#endif
  });
}

}  // namespace

const Backend* find_backend(std::string_view name) noexcept {
  for (const Backend* backend : backends())
    if (backend->name() == name) return backend;
  return nullptr;
}

std::vector<std::string_view> backend_names() {
  std::vector<std::string_view> names;
  for (const Backend* backend : backends()) names.push_back(backend->name());
  return names;
}

}  // namespace dnntune::backends
