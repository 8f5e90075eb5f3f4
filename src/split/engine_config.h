// SPDX-License-Identifier: Apache-2.0
// What other inference servers want to read beside a suffix.
#pragma once

#include <string>
#include <vector>

#include "dnntune/model_repository.h"

namespace dnntune::split {

/// Throws unsupported naming the input or output of `suffix` that the engine cannot take.
void check_engine_takes(const Graph& suffix, Engine engine);

/// Triton's model configuration, in protobuf's text format.
std::string triton_config(const std::string& name, const Graph& suffix);
/// An InferenceService that has KServe's Triton runtime serve the models at `options.storage_uri`.
std::string kserve_manifest(const Graph& graph, const RepositoryOptions& options);
/// OpenVINO Model Server's list of models: `existing` (empty, or such a list, which is kept) and `names`. Throws invalid_argument when `existing`
/// is something else.
std::string ovms_config(const std::string& existing, const std::vector<std::string>& names);

}  // namespace dnntune::split
