// SPDX-License-Identifier: Apache-2.0
#include "backends/backend.h"
#include "backends/cpu/cpu_backend.h"

namespace dnntune::backends {

const Backend* find_backend(std::string_view name) noexcept {
  for (const Backend* backend : {&cpu::cpu_backend(), &cpu::reference_backend()})
    if (backend->name() == name) return backend;
  return nullptr;
}

std::vector<std::string_view> backend_names() { return {cpu::cpu_backend().name(), cpu::reference_backend().name()}; }

}  // namespace dnntune::backends
