// SPDX-License-Identifier: Apache-2.0
// A network prepared for one set of input shapes: kernels chosen, weights packed, memory planned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/backend.h"
#include "backends/weight_store.h"
#include "base/thread_pool.h"
#include "graph/ir.h"
#include "runtime/crew.h"
#include "runtime/layout.h"
#include "runtime/row_chain.h"
#include "runtime/storage.h"
#include "runtime/views.h"

namespace dnntune::runtime {

/// What may be computed less exactly than in float32: see SessionOptions.
struct Arithmetic {
  DataType weights = DataType::float32;  ///< float16, bfloat16: how weights for one row are stored.
  DataType math = DataType::float32;     ///< bfloat16: of all other products, and of those too unless `weights` has its own.
  DataType storage = DataType::float32;  ///< float16: of floats in the memory of devices.
};

/// As a session's options have it.
inline Arithmetic arithmetic_of(const SessionOptions& options) noexcept { return {options.weights, options.math, options.storage}; }

/// Not thread-safe: one run at a time.
class Prepared {
 public:
  /// Each layer is prepared for the processor whose duty it is; one for which that has no kernel gets the CPU's.
  /// `alone`: the calling thread does all of it. Throws what Backend::prepare and assign_layout throw. `weights_read` is
  /// called now and then when the weights of some more layers have been packed, and at the end. `store`: see LayerSpec. It and `crew`
  /// must outlive this.
  Prepared(const graph::Ir& lowered, Crew& crew, const Duties& duties, bool alone, const Arithmetic& arithmetic = {},
           const std::function<void()>& weights_read = {}, backends::WeightStore* store = nullptr);

  /// A whole run.
  Tensors run(const Tensors& inputs);

  /// Steps read and write the caller's inputs, the returned outputs, `arena`, of arena_bytes(), 64-byte aligned, and
  /// those of the queues. To be called before each run: does nothing unless one of them has moved.
  void bind_arena(std::byte* arena);

  /// Points the steps at the inputs, which must have the prepared types and shapes and stay until
  /// `finish`, and at new outputs.
  void begin(const Tensors& inputs);
  /// Steps of a chain run with its first; the call for each of the others does nothing.
  void run_step(std::size_t step, Shift& shift) const;
  /// The chain that `step` is the first of, or null.
  const RowChain* chain(std::size_t step) const noexcept;
  /// The step whose call runs `step`.
  std::size_t called_with(std::size_t step) const noexcept { return calls_[step].first; }
  /// Runs the chain that `step` is the first of, and adds the time of each of its layers.
  void run_chain(std::size_t step, Shift& shift, std::span<std::atomic<std::int64_t>> layer_ns) const;
  /// The outputs since `begin`.
  Tensors finish();
  /// Lets go of the tensors of a run that did not finish.
  void release() noexcept;

  const PhysicalGraph& graph() const noexcept { return graph_; }
  const StoragePlan& storage() const noexcept { return storage_; }
  /// Whether calls of `step` do something: not those of a step of a chain but its first, nor a Concat, Split or Slice
  /// whose parts lie in their places.
  bool runs(std::size_t step) const noexcept { return called_with(step) == step && !calls_[step].nothing_to_do; }
  /// What runs `step`: "view" when that is nothing.
  std::string_view kernel(std::size_t step) const noexcept { return calls_[step].nothing_to_do ? "view" : calls_[step].layer->kernel(); }
  const backends::PreparedLayer& layer(std::size_t step) const { return *calls_[step].layer; }
  std::size_t step_count() const noexcept { return calls_.size(); }
  Crew& crew() const noexcept { return crew_; }
  bool alone() const noexcept { return alone_; }
  /// The queue that the step's commands go to; null for one that the host computes.
  backends::DeviceQueue* queue(std::size_t step) const noexcept { return calls_[step].queue; }
  /// Whether the CPU took it because the backend whose duty it was has no kernel for it.
  bool fell_back(std::size_t step) const noexcept { return calls_[step].fell_back; }
  /// Why, if the backend said so.
  const std::string& refusal(std::size_t step) const noexcept { return calls_[step].refusal; }
  /// The kernels among which Duty::kernel may choose, the backend's own choice first.
  std::vector<std::string> kernels(std::size_t step, const Arithmetic& arithmetic) const;
  /// Whether any step has one.
  bool has_queue() const noexcept { return !storage_.device_bytes.empty(); }
  /// The lowered layers of each row chain, in order.
  std::vector<std::vector<int>> chained_layers() const;

  /// The memory that step `step` overwrites with its own result; empty unless it works in place.
  std::span<std::byte> overwritten(std::size_t step) const;

  std::size_t arena_bytes() const noexcept { return static_cast<std::size_t>(storage_.memory.arena_bytes); }
  /// What its layers work with in the backend's own form, and the part of that which is in no WeightStore.
  std::int64_t weight_bytes() const noexcept { return weight_bytes_; }
  std::int64_t own_weight_bytes() const noexcept { return own_weight_bytes_; }
  /// Weights that `step` works with: in the backend's own form, or as the model has them.
  std::int64_t layer_weight_bytes(std::size_t step) const;
  /// Bytes of activations while a step runs: what lives in the arena, and its operands outside of it.
  std::int64_t memory_during(std::size_t step) const;
  std::int64_t bytes_of(int value) const;

 private:
  struct Call {
    std::unique_ptr<backends::PreparedLayer> layer;
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
    std::vector<std::int64_t> input_pitches;  ///< See backends::Buffers.
    std::int64_t output_pitch = 0;
    std::byte* scratch = nullptr;
    bool nothing_to_do = false;  ///< A Concat, Split or Slice whose parts lie in their places.
    std::size_t first = 0;      ///< The step that runs this one: itself, or the first of its chain.
    int chain = -1;             ///< Of the first step of a chain.
    backends::DeviceQueue* queue = nullptr;
    bool fell_back = false;
    std::string refusal;        ///< Why, if the backend said so.
    int in_place_of = -1;       ///< The value whose memory its output takes if the storage plan says so.
  };
  /// An operand that moves from run to run.
  struct Slot {
    std::size_t step, operand;
    bool is_input;
    std::int64_t offset;  ///< Bytes into the input or output.
  };
  struct External {
    std::string name;
    DataType type = DataType::undefined;
    Shape shape;
    std::vector<Slot> slots;
    const void* data = nullptr;  ///< During a run.
    Tensor tensor;               ///< Of an output, during a run.
  };

  void prepare_calls(const graph::Ir& lowered, const Duties& duties, const Arithmetic& arithmetic, const std::function<void()>& weights_read);
  /// The step's layer by the backend whose duty it is, or by the CPU.
  Call prepare_layer(const Step& step, const std::string& kernel, const Arithmetic& arithmetic) const;
  /// Copies between memories become steps of their own.
  void add_transfer_calls(DataType storage);
  int threads_of(const Step& step) const noexcept { return alone_ ? 1 : crew_.engine(step.engine).threads; }
  /// Large weights that a layer reads as it runs become an array.
  void make_whole(int value);
  void plan_memory();
  /// What an upload reads must stay until its queue is next waited for.
  void keep_uploads(PhysicalGraph& planned) const;
  void find_slots();
  StoragePlan plan_with_views(const PhysicalGraph& planned, std::span<const StepNeeds> needs, Views& views) const;
  void find_pitches(const Views& views);
  void point(const std::vector<Slot>& slots, const void* data);
  void* address(int value) const;
  void* handle(int value) const;
  void reserve_devices();

  Crew& crew_;
  bool alone_ = false;
  backends::WeightStore* store_ = nullptr;
  PhysicalGraph graph_;
  StoragePlan storage_;
  std::vector<Call> calls_;
  struct Chain {
    ChainedSteps steps;
    RowChain run;
  };
  std::vector<Chain> chains_;
  std::vector<External> inputs_, outputs_;
  std::byte* arena_ = nullptr;
  std::vector<std::uint64_t> reservations_;  ///< By space - 1: of the queue's arena, when handles were taken; 0: it has no part in this.
  std::int64_t weight_bytes_ = 0, own_weight_bytes_ = 0;
};

}  // namespace dnntune::runtime
