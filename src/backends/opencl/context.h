// SPDX-License-Identifier: Apache-2.0
// What the OpenCL backend keeps for a session.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/backend.h"
#include "backends/opencl/programs.h"
#include "backends/opencl/queue.h"
#include "backends/opencl/work_groups.h"

namespace dnntune::backends::opencl {

struct ContextOptions {
  std::filesystem::path cache_folder = default_cache_folder();  ///< Of programs and work-group sizes; empty: none.
  /// Kernels as for a GPU, whatever the device says it is: for tests.
  bool as_gpu = false;
  /// With kernels for a GPU: the sizes of work-groups are measured; else a rule of thumb gives them.
  bool measure = true;
};

class OpenClContext final : public Context {
 public:
  explicit OpenClContext(const Processor& processor, const ContextOptions& options = {});

  DeviceQueue* queue() noexcept override { return &commands; }
  std::vector<std::string> notes() const override;

  Kernel kernel(std::string_view definitions, std::span<const std::string_view> texts, const char* name) {
    return {programs.kernel(definitions, texts, name), name};
  }

  DeviceContext device;
  bool is_gpu;
  Programs programs;
  Queue commands;
  WorkGroups work_groups;
};

}  // namespace dnntune::backends::opencl
