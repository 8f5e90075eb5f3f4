// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/scatter.h"

#include "kernels/reference/values.h"

namespace dnntune::kernels::reference {
namespace {

using IndexTypes = Types<std::int32_t, std::int64_t>;

struct Replace {
  template <typename T>
  static T apply(T, T update) noexcept { return update; }
};
struct Add {
  template <typename T>
  static T apply(T old, T update) noexcept { return element<T>(wrap_add(value_of(old), value_of(update))); }
};
struct Mul {
  template <typename T>
  static T apply(T old, T update) noexcept { return element<T>(wrap_mul(value_of(old), value_of(update))); }
};
struct Max {
  template <typename T>
  static T apply(T old, T update) noexcept { return value_of(update) > value_of(old) || is_nan(value_of(update)) ? update : old; }
};
struct Min {
  template <typename T>
  static T apply(T old, T update) noexcept { return value_of(update) < value_of(old) || is_nan(value_of(update)) ? update : old; }
};

template <typename I, typename T, typename R>
struct Elements {
  static void run(const ScatterElementsArgs& args, Range range) noexcept {
    const I* indices = static_cast<const I*>(args.indices);
    const T* updates = static_cast<const T*>(args.updates);
    T* y = static_cast<T*>(args.y);
    for_runs(*args.walk, range, [&](std::int64_t, const std::array<std::int64_t, 2>& at, std::int64_t length) {
      for (std::int64_t lane = 0; lane < length; ++lane) {
        const std::int64_t from = at[0] + lane * args.walk->inner_stride(0);
        const std::int64_t to = at[1] + lane * args.walk->inner_stride(1);
        for (std::int64_t j = 0; j < args.count; ++j) {
          std::int64_t index = indices[from + j * args.index_stride];
          if (index < 0) index += args.axis_dim;
          T& place = y[to + index * args.axis_stride];
          place = R::apply(place, updates[from + j * args.index_stride]);
        }
      }
    });
  }
};

template <typename I, typename T, typename R>
struct Nd {
  static void run(const ScatterNdArgs& args, Range range) noexcept {
    const I* indices = static_cast<const I*>(args.indices);
    for (std::int64_t t = 0; t < args.tuples; ++t) {
      std::int64_t start = 0;
      for (int k = 0; k < args.tuple_length; ++k) {
        const std::int64_t index = indices[t * args.tuple_length + k];
        start += (index < 0 ? index + args.dims[k] : index) * args.strides[k];
      }
      T* y = static_cast<T*>(args.y) + start;
      const T* update = static_cast<const T*>(args.updates) + t * args.slice;
      for (std::int64_t i = range.begin; i < range.end; ++i) y[i] = R::apply(y[i], update[i]);
    }
  }
};

// Kernel K<I, T, R> by index type, element type and reduction; replacing needs the element's size only.
template <typename Fn, template <typename, typename, typename> class K>
Fn choose(DataType index_type, DataType type, ScatterReduction reduction) noexcept {
  return pick<Fn>(IndexTypes{}, index_type, [&](auto index_tag) {
    using I = typename decltype(index_tag)::type;
    if (reduction == ScatterReduction::none)
      return pick_size<Fn>(size_of(type), [](auto tag) -> Fn { return K<I, typename decltype(tag)::type, Replace>::run; });
    return pick<Fn>(Numbers{}, type, [&](auto tag) -> Fn {
      using T = typename decltype(tag)::type;
      switch (reduction) {
        case ScatterReduction::none: break;
        case ScatterReduction::add: return K<I, T, Add>::run;
        case ScatterReduction::mul: return K<I, T, Mul>::run;
        case ScatterReduction::max: return K<I, T, Max>::run;
        case ScatterReduction::min: return K<I, T, Min>::run;
      }
      return nullptr;
    });
  });
}

}  // namespace

ScatterElementsKernel scatter_elements_kernel(DataType index_type, DataType type, ScatterReduction reduction) noexcept {
  return choose<ScatterElementsKernel, Elements>(index_type, type, reduction);
}

ScatterNdKernel scatter_nd_kernel(DataType index_type, DataType type, ScatterReduction reduction) noexcept {
  return choose<ScatterNdKernel, Nd>(index_type, type, reduction);
}

}  // namespace dnntune::kernels::reference
