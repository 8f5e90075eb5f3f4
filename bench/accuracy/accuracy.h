// SPDX-License-Identifier: Apache-2.0
// What the wire's encodings cost in accuracy: the trained digit networks, cut at every place, on the images that they were not trained on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dnntune/dnntune.h"

namespace dnntune::accuracy {

/// One encoding at one cut.
struct Outcome {
  int right = 0;           ///< Images classified as they are labelled.
  std::int64_t bytes = 0;  ///< That cross for one image: elements, and scale and zero point where there are such.
};

/// One cut of one network; an outcome for each of `encodings()`.
struct Row {
  std::string network, values;  ///< What crosses, and its shape.
  std::vector<Outcome> outcomes;
};

struct Table {
  int images = 0;
  std::vector<Row> rows;
};

const std::vector<WireEncoding>& encodings();

/// Runs every image of the folder `digits` through every cut with every encoding. FP32, FP16 and 8 bits go through a SplitSession and a Server; no
/// SplitSession carries 4 bits: there the values are rounded in between, to 16 levels that spread the range of the value, 0 in it. Throws Error.
Table measure(const std::filesystem::path& digits);

/// In Markdown: "right (bytes)" for each encoding.
std::string markdown(const Table& table);

/// The rows of the table of a Markdown file that begins as `markdown` does; empty when it has none. Throws Error(not_found, io).
std::vector<std::string> table_in(const std::filesystem::path& file);

/// Why two lines of a table say other things; "" when they do not. Numbers of images right may differ by `allowance`: another processor rounds otherwise.
std::string difference(const std::string& line, const std::string& other, int allowance);

}  // namespace dnntune::accuracy
