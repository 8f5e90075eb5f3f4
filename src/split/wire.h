// SPDX-License-Identifier: Apache-2.0
// Messages of the Open Inference Protocol (KServe V2 REST) with its binary tensor extension: JSON first,
// then the tensors' bytes in order, little-endian and row-major. Reads what anybody may have sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "dnntune/tensor.h"

namespace dnntune::split {

/// Name of the header that says how many bytes of a body are JSON.
inline constexpr const char* kHeaderLength = "Inference-Header-Content-Length";

/// Name of the header that says, beside Retry-After, how long a busy server wants to be left alone, in milliseconds.
inline constexpr const char* kRetryAfterMs = "Retry-After-Ms";

/// Limits on what a peer may claim; beyond them a message is refused before anything is allocated.
inline constexpr std::size_t kMaxJsonBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxTensors = 4096;
inline constexpr std::size_t kMaxRank = 16;

/// "FP32" and so on; throws invalid_argument for a name that does not exist.
const char* wire_type(DataType type);
DataType type_from_wire(std::string_view name, std::string_view tensor);

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// What is sent: JSON, and then the bytes of the binary tensors in their order, which are not copied. When there are any, the length of the JSON
/// goes into kHeaderLength.
struct Message {
  std::string json;
  std::vector<Tensor> tensors;
  bool binary() const noexcept { return !tensors.empty(); }
  std::size_t size() const noexcept;
};

/// What follows a message's JSON, taken in order.
class BinaryPart {
 public:
  explicit BinaryPart(std::size_t bytes) : left_(bytes) {}
  virtual ~BinaryPart() = default;
  std::size_t left() const noexcept { return left_; }
  /// The next `bytes` as a tensor; they are there, and as many as type and shape take.
  Tensor take(DataType type, const Shape& shape, std::size_t bytes) {
    left_ -= bytes;
    return next(type, shape, bytes);
  }

 protected:
  virtual Tensor next(DataType type, const Shape& shape, std::size_t bytes) = 0;

 private:
  std::size_t left_;
};

/// Bytes in memory. Tensors refer to them, and keep `owner` alive, where they are aligned for their type; without an owner, and elsewhere, they
/// are copies.
class BytesInMemory final : public BinaryPart {
 public:
  explicit BytesInMemory(std::string_view bytes, std::shared_ptr<const void> owner = nullptr) : BinaryPart(bytes.size()), rest_(bytes), owner_(std::move(owner)) {}

 private:
  Tensor next(DataType type, const Shape& shape, std::size_t bytes) override;
  std::string_view rest_;
  std::shared_ptr<const void> owner_;
};

/// A request as read.
struct Request {
  std::string id;
  std::vector<NamedTensor> inputs;
  std::vector<std::string> outputs;     ///< Wanted outputs; empty = all.
  std::vector<bool> output_binary;      ///< One an entry of `outputs`.
  bool binary_by_default = false;       ///< For outputs that are not listed.
};

struct Response {
  std::string model_name;
  std::string id;
  std::vector<NamedTensor> outputs;
  double compute_ns = 0.0;              ///< Parameter "dnntune.compute_ns"; 0 when absent.
  double wait_ns = 0.0;                 ///< "dnntune.wait_ns": from the request's arrival to its computing, the suffix's preparing included.
};

/// `binary` false writes elements as JSON (float16 and bfloat16 then throw unsupported).
Message encode_request(std::span<const NamedTensor> inputs, std::span<const std::string> outputs, bool binary, std::string_view id);
/// `binary` has an entry for each output.
Message encode_response(const Response& response, const std::vector<bool>& binary);

/// Throws invalid_argument naming the tensor or field that is wrong, limit_exceeded for sizes beyond the limits, and what `binary` throws.
Request decode_request(std::string_view json, BinaryPart& binary);
Response decode_response(std::string_view json, BinaryPart& binary);
/// The same of a body in memory. `json_bytes` unset: all of it is JSON. Tensors keep `owner` alive as BytesInMemory says.
Request decode_request(std::string_view body, std::optional<std::size_t> json_bytes, std::shared_ptr<const void> owner = nullptr);
Response decode_response(std::string_view body, std::optional<std::size_t> json_bytes);

/// The value of kHeaderLength; throws invalid_argument when it is no length or longer than the body.
std::optional<std::size_t> parse_header_length(std::string_view text, std::size_t body_bytes);

}  // namespace dnntune::split
