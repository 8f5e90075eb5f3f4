// SPDX-License-Identifier: Apache-2.0
// Cast, CastLike and Dropout.
#include "kernels/reference/cast.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "kernels/reference/copy.h"

namespace dnntune::backends::cpu {

std::unique_ptr<PreparedLayer> reference::prepare_cast(const LayerSpec& layer) {
  require_operands(layer, 1, 1);
  const TensorSpec& x = input(layer, 0);
  require_same_count(layer, x, output(layer, 0));
  const auto kernel = require_kernel(layer, kernels::reference::cast_kernel(x.type, output(layer, 0).type));
  return make_layer({.kernel = "reference.cast"}, [kernel, count = elements(x.shape)](const Buffers& buffers, base::ThreadPool& pool) {
    const kernels::reference::CastArgs args{in<void>(buffers, 0), out<void>(buffers, 0)};
    run_parallel(pool, count, kernel, args);
  });
}

namespace {

// Training with ratio 0 drops nothing; any other ratio draws random numbers.
bool drops_nothing(const LayerSpec& layer) {
  const TensorSpec& training = input(layer, 2);
  if (!training.present()) return true;
  if (!training.constant.defined()) throw_unsupported(layer, "input 2 (training_mode) must be constant");
  require(training.type == DataType::boolean && training.constant.element_count() == 1, layer, "training_mode must be a boolean scalar");
  if (static_cast<const std::uint8_t*>(training.constant.data())[0] == 0) return true;
  const TensorSpec& ratio = input(layer, 1);
  if (!ratio.present()) return false;  // the default is 0.5
  if (!ratio.constant.defined()) throw_unsupported(layer, "input 1 (ratio) must be constant");
  require(ratio.constant.element_count() == 1, layer, "ratio must be a scalar");
  const auto to_double = require_kernel(layer, kernels::reference::cast_kernel(ratio.type, DataType::float64));
  double value = 1.0;
  to_double({ratio.constant.data(), &value}, {0, 1});
  return value == 0.0;
}

}  // namespace

std::unique_ptr<PreparedLayer> reference::prepare_dropout(const LayerSpec& layer) {
  require_operands(layer, 1, 1);
  const TensorSpec& x = input(layer, 0);
  require_same_type(layer, x, output(layer, 0));
  require_same_count(layer, x, output(layer, 0));
  const TensorSpec& mask = output(layer, 1);
  if (mask.present()) {
    require(mask.type == DataType::boolean, layer, "the mask must be boolean");
    require_same_count(layer, x, mask);
  }
  if (!drops_nothing(layer)) throw_unsupported(layer, "training_mode is true");
  const std::int64_t count = elements(x.shape);
  const std::int64_t bytes = bytes_of(x);
  return make_layer({.kernel = "reference.copy", .in_place = true}, [count, bytes](const Buffers& buffers, base::ThreadPool& pool) {
    const kernels::reference::CopyBytesArgs copy{in<void>(buffers, 0), out<void>(buffers, 0)};
    if (copy.from != copy.to) run_parallel(pool, bytes, kernels::reference::copy_bytes, copy);
    if (void* kept = out<void>(buffers, 1); kept != nullptr) {
      constexpr std::uint8_t yes = 1;
      run_parallel(pool, count, kernels::reference::fill_kernel(1), {&yes, kept});
    }
  });
}

}  // namespace dnntune::backends::cpu
