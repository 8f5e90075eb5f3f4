// SPDX-License-Identifier: Apache-2.0
// Requests as most clients send them, read without a tree of JSON values, which would take several times as long.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "dnntune/tensor.h"

namespace dnntune::split {

struct PlainTensor {
  std::string_view name, type;
  Shape shape;
  std::int64_t bytes = 0;  ///< "binary_data_size".
};
struct PlainOutput {
  std::string_view name;
  std::optional<bool> binary;
};
struct PlainRequest {
  std::string_view id;
  std::vector<PlainTensor> inputs;
  std::vector<PlainOutput> outputs;
  std::optional<bool> binary_output;  ///< "binary_data_output".
};

/// Nothing for text of any other kind, be it right or wrong: with an escape, a character beyond ASCII, a member that is unknown, missing, null, given
/// twice or of another kind, or with elements as JSON. Views are of `text`.
std::optional<PlainRequest> read_plain_request(std::string_view text);

}  // namespace dnntune::split
