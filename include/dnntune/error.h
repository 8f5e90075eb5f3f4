// SPDX-License-Identifier: Apache-2.0
// The one exception type of the library.
#pragma once

#include <stdexcept>
#include <string>

#include "dnntune/export.h"

namespace dnntune {

/// What went wrong, in the words a caller can act on. The numbers are stable: the C API uses them too.
enum class ErrorCode : int {
  invalid_argument = 1,  ///< An argument the caller can correct: a wrong name, shape, type or range.
  invalid_model = 2,     ///< The model file is damaged or breaks the ONNX rules.
  unsupported = 3,       ///< Valid, but this build cannot run it; the message lists every reason.
  not_found = 4,         ///< A file, model, processor or link of that name does not exist.
  io = 5,                ///< The operating system refused to read or write.
  network = 6,           ///< The peer could not be reached, closed, or answered nonsense.
  timeout = 7,           ///< A deadline passed.
  out_of_memory = 8,     ///< An allocation failed.
  limit_exceeded = 9,    ///< A size from a file, socket or argument is beyond a stated limit.
  internal = 10,         ///< A defect of this library: please report it.
};

/// Short stable name of a code, such as "invalid_argument".
DNNTUNE_API const char* to_string(ErrorCode code) noexcept;

/// Thrown by every function of the library that fails. `what()` names the culprit (layer, value, file,
/// argument) and the rule it broke. After a throw, the object the call was made on is unchanged.
class DNNTUNE_API Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message);
  ~Error() override;
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace dnntune
