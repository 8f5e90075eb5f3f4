// SPDX-License-Identifier: Apache-2.0
// What a backend is: it says which layers it can run, and prepares them once.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.h"
#include "dnntune/device.h"
#include "dnntune/tensor.h"
#include "graph/ir.h"

namespace dnntune::backends {

class WeightStore;

/// An input or output of a layer, in the *physical* dimension order the executor chose: operators of
/// Layout::channels_last get their activations (input 0, output 0) of rank >= 3 as N, spatial..., C;
/// all else is as ONNX says, with node attributes rewritten to match. Storage is dense and row-major.
struct TensorSpec {
  DataType type = DataType::undefined;  ///< undefined: absent optional input or output.
  Shape shape;
  Tensor constant;                      ///< Defined when the contents are known now, unless `weights` are.
  graph::Weights weights = {};          ///< Large float32 contents: whoever packs them reads them piece by piece.
  std::size_t readable_behind = 0;      ///< Bytes behind it that may be read, whatever they hold and whoever writes them.
  bool present() const noexcept { return type != DataType::undefined; }
  bool is_constant() const noexcept { return constant.defined() || weights.defined(); }
};

/// The memory and the command queue of a processor that has memory of its own (a GPU). Commands run in the order in
/// which they were given, while the host goes on; `finish` waits for them. Belongs to one session; one thread at a time.
/// A *handle* is what Buffers have in place of a pointer for a value in this memory.
class DeviceQueue {
 public:
  virtual ~DeviceQueue() = default;
  /// Of the offsets of values in the arena: a power of two.
  virtual std::size_t alignment() const noexcept = 0;
  /// Makes the arena at least `bytes` large. Handles of its parts are void then. Throws out_of_memory.
  virtual void reserve(std::size_t bytes) = 0;
  /// A handle of [offset, offset + bytes) of the arena; the queue owns it.
  virtual void* part(std::size_t offset, std::size_t bytes) = 0;
  /// A handle of a copy of `data`, which the queue keeps. Throws out_of_memory.
  virtual void* constant(std::span<const std::byte> data) = 0;
  /// Copies that are queued: `from` and `to` must stay until `finish`. Elements become those of the other type on
  /// the way (float32 and float16); equal types are copied as they are.
  virtual void upload(const void* from, DataType from_type, void* to_handle, DataType to_type, std::int64_t elements) = 0;
  virtual void download(const void* from_handle, DataType from_type, void* to, DataType to_type, std::int64_t elements) = 0;
  /// Waits for all that was queued. Throws Error when a command failed.
  virtual void finish() = 0;
  /// From here on the time that each command takes on the device is added to `device_ns[step]`, `step` being that of
  /// the last `mark`; complete after `finish`. An empty span ends it.
  virtual void record(std::span<std::int64_t> device_ns) = 0;
  virtual void mark(std::size_t step) noexcept = 0;
};

/// What a backend keeps for one session: a queue, a thread pool of its own kind. Outlives the layers prepared with it.
class Context {
 public:
  virtual ~Context() = default;
  /// Null where layers work in the host's memory.
  virtual DeviceQueue* queue() noexcept { return nullptr; }
  /// For people, in a profile's notes: how long programs took to compile, which files could not be used.
  virtual std::vector<std::string> notes() const { return {}; }
  /// False when a thread of its own does not run on the core that the processor names for it.
  virtual bool pinned() const noexcept { return true; }
  /// Sends its own threads to sleep, which else look for work for a while after each layer. For the executor, before
  /// other threads compute and after a run. Costs about as much as a job of the threads.
  virtual void rest() noexcept {}
};

/// One layer as the executor gives it to a backend. Borrowed during the call.
struct LayerSpec {
  const graph::Node& node;
  std::span<const TensorSpec> inputs;
  std::span<const TensorSpec> outputs;
  int threads = 1;
  /// How products of one row and recurrences of one sequence may store their weights: float32, float16 or
  /// bfloat16. Arithmetic is on float32 in any case.
  DataType weights = DataType::float32;
  /// bfloat16: products of more than one row, convolutions included, may be multiplied in bfloat16 with sums in
  /// float32, where the processor does that and it is faster. float32: they are not.
  DataType math = DataType::float32;
  /// One of Backend::kernels for this layer; empty: the backend chooses.
  std::string_view kernel = {};
  /// What Backend::open returned for this session; null where that is null.
  Context* context = nullptr;
  /// Where layers find weights that another plan of the session has packed; null: each packs its own.
  WeightStore* store = nullptr;
  /// Where set, a backend that returns null says here why.
  std::string* refusal = nullptr;
};

/// Pointers of one run, or handles for values in the memory of a DeviceQueue; null for absent operands. Inputs may
/// overlap an output only where PreparedLayer::in_place says so. Aligned to 64 bytes, except that graph inputs, constants and
/// parts of other values are aligned to their element.
struct Buffers {
  std::span<const void* const> inputs;
  std::span<void* const> outputs;
  std::byte* scratch;  ///< scratch_bytes() of it, 64-byte aligned.
  /// Elements from one row of an operand to the next, a row being its innermost dimension; 0 or beyond the list:
  /// dense. Others than dense come only where PreparedLayer::pitched_inputs and pitched_output say so.
  std::span<const std::int64_t> input_pitches = {};
  std::int64_t output_pitch = 0;  ///< Of output 0.
};

/// How the rows of a layer's output depend on those of its input; both are images: [images, rows, ...].
struct RowShape {
  std::int64_t images = 1;
  std::int64_t in_rows = 1, out_rows = 1;              ///< Of an image.
  std::int64_t in_row_floats = 0, out_row_floats = 0;
  std::int64_t in_pixels = 1, out_pixels = 1;          ///< Of a row; a pixel is what Buffers call a row.
  /// Output row y reads input rows [y * stride - pad, y * stride - pad + extent), those that there are.
  std::int64_t extent = 1, stride = 1, pad = 0;
  /// It has another input, of the output's shape, of which output row y needs row y. Either input may be the
  /// one that is described here.
  bool reads_other = false;
  std::size_t scratch_bytes = 0;                       ///< Of one thread.
  std::int64_t row_macs = 0;                           ///< Multiply-adds of an output row.
  std::int64_t block_rows = 1;                         ///< Output rows that are computed together: fewer at a time take longer.
};

/// Pointers to where row 0 of an image would lie; not all of its rows need be there.
struct RowBuffers {
  const float* input = nullptr;
  base::Range readable;            ///< Rows of the input that are there: at least those that are needed.
  const float* other = nullptr;    ///< See RowShape::reads_other.
  bool other_first = false;        ///< `other` is the layer's input 0, and `input` its input 1.
  float* output = nullptr;         ///< Only the rows to be computed are there.
  std::byte* scratch = nullptr;    ///< RowShape::scratch_bytes of it.
  std::int64_t input_pitch = 0, output_pitch = 0;  ///< Floats from pixel to pixel; 0: dense. See Buffers.
};

/// A layer from one image to another that can compute any rows, with the bits that a whole run gives them.
/// The executor runs such layers in turns, so that rows between them stay in the caches.
class RowwiseLayer {
 public:
  virtual ~RowwiseLayer() = default;
  virtual RowShape row_shape() const noexcept = 0;
  /// Computes output rows [rows.begin, rows.end).
  virtual void run_rows(const RowBuffers& buffers, base::Range rows) const noexcept = 0;
};

/// What a layer does that only copies, between a wide value and narrow ones that are parts of its rows. The executor
/// may let the parts be the wide value's own memory: what lies in its place already is not copied.
struct PartCopies {
  struct Part {
    std::size_t operand;            ///< Number of the narrow input or output.
    std::int64_t offset, elements;  ///< Within each row.
  };
  bool joins = false;               ///< Inputs become parts of output 0; else parts of input 0 become outputs.
  std::int64_t rows = 0, row_elements = 0;  ///< Of the wide value.
  bool innermost = false;           ///< The rows are those of the innermost dimension, so they may have a pitch.
  std::vector<Part> parts;          ///< In the order of the operands, without empty ones.
};

class PreparedLayer {
 public:
  virtual ~PreparedLayer() = default;
  /// Computes the outputs. Throws invalid_argument when the *contents* of an input are out of range
  /// (an index, say); else nothing. Reads and writes nothing but the given buffers; allocates nothing.
  virtual void run(const Buffers& buffers, base::ThreadPool& pool) const = 0;
  virtual std::size_t scratch_bytes() const noexcept { return 0; }
  /// Bytes of weights held in the backend's own form.
  virtual std::size_t weight_bytes() const noexcept { return 0; }
  /// Those of them that lie in the WeightStore, if there is one.
  virtual std::size_t shared_weight_bytes() const noexcept { return 0; }
  /// The constant input is in the layer's own form: `run` does not read it, and may be given null for it.
  virtual bool holds([[maybe_unused]] std::size_t input) const noexcept { return false; }
  /// Output 0 may share its buffer with input 0.
  virtual bool in_place() const noexcept { return false; }
  /// How many of its first inputs may have a pitch (see Buffers); row by row, input 0 if that is not 0.
  virtual std::size_t pitched_inputs() const noexcept { return 0; }
  /// Whether output 0 may.
  virtual bool pitched_output() const noexcept { return false; }
  /// Null for a layer that does more than that, or copies something else.
  virtual const PartCopies* part_copies() const noexcept { return nullptr; }
  /// This layer row by row; null when it cannot.
  virtual const RowwiseLayer* rowwise() const noexcept { return nullptr; }
  /// What ran, for profiles: "simd.conv_igemm", "reference.lstm".
  virtual std::string_view kernel() const noexcept = 0;
};

/// Stateless; all members may be called from any thread.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const noexcept = 0;
  /// For one session on `processor`, which is of this backend; null when the backend needs nothing. Throws not_found
  /// when there is no such processor, naming what there is, and out_of_memory.
  virtual std::unique_ptr<Context> open([[maybe_unused]] const Processor& processor) const { return nullptr; }
  /// Null when the backend has no kernel for this layer (the executor then takes the CPU backend's);
  /// throws unsupported or invalid_model naming the node when nobody could run it.
  virtual std::unique_ptr<PreparedLayer> prepare(const LayerSpec& layer) const = 0;
  /// The kernels among which a tuner may choose for this layer, the backend's own choice first. They
  /// differ in speed and in rounding. Empty when there is nothing to choose.
  virtual std::vector<std::string_view> kernels(const LayerSpec&) const { return {}; }
};

/// Backends built in, by name: "cpu" always. Null when there is none of that name.
const Backend* find_backend(std::string_view name) noexcept;
std::vector<std::string_view> backend_names();

}  // namespace dnntune::backends
