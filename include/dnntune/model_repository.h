// SPDX-License-Identifier: Apache-2.0
// Suffixes as folders that other inference servers host: files, names and configuration as each of them wants.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dnntune/export.h"
#include "dnntune/graph.h"
#include "dnntune/plan.h"

namespace dnntune {

/// Servers of the Open Inference Protocol, by what they read.
enum class Engine : int {
  plain = 0,   ///< NAME.onnx, nothing else: for any engine with a front end of its own.
  triton = 1,  ///< models/NAME/1/model.onnx and models/NAME/config.pbtxt: `tritonserver --model-repository=models`.
  kserve = 2,  ///< As triton, and inference_service.yaml, which has KServe run Triton on the uploaded `models`.
  ovms = 3,    ///< models/NAME/1/model.onnx, and config.json: `ovms --config_path config.json`.
};
DNNTUNE_API const char* to_string(Engine engine) noexcept;
/// Throws not_found listing the names.
DNNTUNE_API Engine engine_named(std::string_view name);

struct RepositoryOptions {
  Engine engine = Engine::plain;
  bool replace = false;  ///< Models and manifests that are there already; else they are an error.
  // For kserve's manifest alone.
  std::string storage_uri = "s3://BUCKET/PATH/models";  ///< Where the operator uploads `models`.
  int min_replicas = 1;
  int max_replicas = 8;
  int requests_per_replica = 2;  ///< That the autoscaler aims at: more of them in hand, and it starts another replica.
};

/// One suffix that was written.
struct RepositoryModel {
  std::string name;            ///< suffix_name: what a SplitSession asks the server for.
  std::filesystem::path file;  ///< The ONNX file.
};

/// Writes the suffix of each deployment below `folder`, which is made when it is missing; deployments with the same suffix are written once.
/// Each model's folder, and each file of configuration, takes its place by rename when all of them are complete; when something fails,
/// what was there before is there still and nothing else, but for folders without files. config.json keeps the models that it lists already.
///
/// Throws invalid_argument for deployments that are not of this graph, for options without sense and, naming it, for what is there already;
/// unsupported for a value that the engine cannot take: one without dimensions, or of bfloat16; io for the files. May be called by any
/// thread; two calls at a time for one folder need a lock around them.
DNNTUNE_API std::vector<RepositoryModel> write_model_repository(const Graph& graph, std::span<const Deployment> deployments, const std::filesystem::path& folder,
                                                                const RepositoryOptions& options = {});

}  // namespace dnntune
