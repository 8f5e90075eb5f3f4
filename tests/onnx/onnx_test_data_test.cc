// SPDX-License-Identifier: Apache-2.0
// ONNX's own node models, where the package that holds them is installed: each loads or says why not, and
// what loads is the same network after saving.
#include <filesystem>

#include "base/file.h"
#include "dnntune/onnx.h"
#include "onnx/reading.h"

using namespace dnntune;
using namespace dnntune::onnx;
namespace fs = std::filesystem;

TEST_CASE("ONNX's test models load or give a reason") {
  const fs::path root = "/usr/share/libonnx-testdata/data";
  if (!fs::is_directory(root)) {
    MESSAGE("no test data at " << root.string() << " (Debian: libonnx-testdata)");
    return;
  }
  int models = 0, loaded = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const fs::path& path = entry.path();
    if (path.filename() != "model.onnx") continue;
    ++models;
    CAPTURE(path.parent_path().filename().string());
    try {
      const Graph graph = load_onnx(path);
      ++loaded;
      CHECK(parse_onnx(serialize_onnx(graph)).hash() == graph.hash());
    } catch (const Error& error) {
      CAPTURE(error.what());
      CHECK(error.code() == ErrorCode::unsupported);
    }
    // Nothing in them is so strange that it cannot at least be kept and written.
    const LoadOptions all{.dims = {}, .input_shapes = {}, .allow_unsupported = true};
    const Graph graph = load_onnx(path, all);
    CHECK(parse_onnx(serialize_onnx(graph), all).hash() == graph.hash());
  }
  MESSAGE(loaded << " of " << models << " models load");
  CHECK(loaded > models / 2);
}
