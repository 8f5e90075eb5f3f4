// SPDX-License-Identifier: Apache-2.0
#include "runtime/random_network.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "dnntune/builder.h"
#include "runtime/naive.h"

namespace naive {
namespace {

using namespace dnntune;
using Ints = std::vector<std::int64_t>;

class NetworkMaker {
 public:
  explicit NetworkMaker(std::uint32_t seed) : random_(seed), builder_("random " + std::to_string(seed)) {}

  Graph make() {
    const std::int64_t batch = pick(1, 2);
    for (int i = pick(1, 2); i > 0; --i)
      add(builder_.input("input" + std::to_string(i), DataType::float32, {batch, pick(1, 6), pick(3, 9), pick(3, 9)}));
    for (int n = pick(4, 16); n > 0; --n) add_layer();
    // What nobody read is an output, and now and then something in the middle.
    for (const std::string& value : values_)
      if (!std::count(used_.begin(), used_.end(), value) || pick(0, 9) == 0) output(value);
    if (outputs_ == 0) output(values_.back());
    return builder_.build();
  }

 private:
  int pick(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
  template <typename T>
  const T& one_of(const std::vector<T>& list) {
    return list[static_cast<std::size_t>(pick(0, static_cast<int>(list.size()) - 1))];
  }

  void add(const std::string& value) { values_.push_back(value); }
  void output(const std::string& value) {
    if (value.starts_with("input")) return;
    builder_.output(value);
    ++outputs_;
  }
  Shape shape(const std::string& value) const { return builder_.shape_of(value); }
  static std::int64_t count(const Shape& shape) { return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()); }

  /// A value, newer ones more likely; "" when none has the rank (0 = any).
  std::string value(std::size_t rank) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      const int last = static_cast<int>(values_.size()) - 1;
      const std::string& candidate = values_[static_cast<std::size_t>(std::max(pick(0, last), pick(0, last)))];
      if (rank == 0 || shape(candidate).size() == rank) return used(candidate);
    }
    return "";
  }
  std::string used(const std::string& name) {
    used_.push_back(name);
    return name;
  }
  std::string weight(Shape dims, float scale) {
    Tensor tensor = random_tensor(std::move(dims), static_cast<unsigned>(random_()));
    for (float& v : tensor.as_mutable<float>()) v *= scale;
    return builder_.constant("w", tensor);
  }
  std::string ints(const Ints& values) { return builder_.constant("i", Tensor::from(Shape{static_cast<std::int64_t>(values.size())}, values)); }
  std::string scalar(float v) { return builder_.constant("s", Tensor::from(Shape{}, std::vector<float>{v})); }
  std::string node(const std::string& op, const std::vector<std::string>& inputs, const NodeAttributes& attributes = {}) {
    const std::string result = builder_.node(op, inputs, attributes);
    add(result);
    return result;
  }

  void add_layer() {
    static const std::vector<std::function<void(NetworkMaker&)>> kinds = {
        &NetworkMaker::conv, &NetworkMaker::conv, &NetworkMaker::conv, &NetworkMaker::unary, &NetworkMaker::unary, &NetworkMaker::with_constant, &NetworkMaker::with_constant, &NetworkMaker::with_value,
        &NetworkMaker::with_value, &NetworkMaker::concat, &NetworkMaker::concat, &NetworkMaker::softmax, &NetworkMaker::reduce, &NetworkMaker::reduce, &NetworkMaker::pad, &NetworkMaker::slice, &NetworkMaker::split,
        &NetworkMaker::transpose, &NetworkMaker::transpose, &NetworkMaker::reshape, &NetworkMaker::flatten_dense, &NetworkMaker::matmul, &NetworkMaker::pool, &NetworkMaker::normalise, &NetworkMaker::resize,
        &NetworkMaker::shuffle, &NetworkMaker::squeeze_excite, &NetworkMaker::squeeze};
    const std::size_t before = values_.size();
    for (int attempt = 0; attempt < 10 && values_.size() == before; ++attempt) one_of(kinds)(*this);
  }

  void conv() {
    const std::string x = value(4);
    if (x.empty()) return;
    const Shape s = shape(x);
    const bool depthwise = pick(0, 3) == 0;
    const std::int64_t k = pick(1, 3), out = depthwise ? s[1] : pick(1, 8), group = depthwise ? s[1] : 1;
    const float scale = 1.0f / std::sqrt(static_cast<float>(s[1] / group * k * k));
    const std::int64_t stride = pick(1, 2), p = k / 2;
    if (s[2] < k || s[3] < k) return;
    std::vector<std::string> inputs = {x, weight({out, s[1] / group, k, k}, scale)};
    if (pick(0, 1) == 0) inputs.push_back(weight({out}, 0.5f));
    node("Conv", inputs, {{"kernel_shape", Ints{k, k}}, {"strides", Ints{stride, stride}}, {"pads", Ints{p, p, p, p}}, {"group", group}});
    if (pick(0, 2) == 0) node("Relu", {used(values_.back())});
  }

  void unary() { node(one_of<std::string>({"Relu", "Sigmoid", "Tanh", "LeakyRelu", "HardSwish", "Neg", "Abs", "Erf", "Elu", "Softplus"}), {value(0)}); }

  void with_constant() {
    const std::string x = value(0);
    const Shape s = shape(x);
    Shape c = s;
    const int kind = pick(0, 4);
    for (std::size_t d = 0; d < c.size(); ++d)
      if (kind == 0 || (kind == 1 && d != 1) || (kind == 2 && d + 1 != c.size()) || (kind == 3 && pick(0, 1) == 0)) c[d] = 1;
    while (c.size() > 1 && c.front() == 1 && pick(0, 2) != 0) c.erase(c.begin());
    const std::string op = one_of<std::string>({"Add", "Sub", "Mul", "Max", "Min", "PRelu"});
    std::vector<std::string> inputs = {x, weight(c, 1.0f)};
    if (op != "PRelu" && pick(0, 1) == 0) std::swap(inputs[0], inputs[1]);
    node(op, inputs);
  }

  /// Two values, broadcast against each other where they fit.
  void with_value() {
    const std::string a = value(0), b = value(0);
    const Shape x = shape(a), y = shape(b);
    for (std::size_t d = 1; d <= std::min(x.size(), y.size()); ++d) {
      const std::int64_t p = x[x.size() - d], q = y[y.size() - d];
      if (p != q && p != 1 && q != 1) return;
    }
    if (count(x) * count(y) > 100000) return;
    node(one_of<std::string>({"Add", "Mul", "Sub", "Max"}), {a, b});
  }

  void concat() {
    const std::string a = value(0);
    const Shape x = shape(a);
    std::vector<std::string> inputs = {a};
    const auto axis = static_cast<std::size_t>(pick(0, static_cast<int>(x.size()) - 1));
    for (int i = pick(1, 2); i > 0; --i) {
      const std::string b = value(x.size());
      if (b.empty()) continue;
      const Shape y = shape(b);
      bool fits = true;
      for (std::size_t d = 0; d < x.size(); ++d) fits = fits && (d == axis || x[d] == y[d]);
      if (fits) inputs.push_back(b);
    }
    if (pick(0, 3) == 0) {
      Shape c = x;
      c[axis] = pick(1, 3);
      inputs.push_back(weight(c, 1.0f));
    }
    const auto signed_axis = static_cast<std::int64_t>(axis) - (pick(0, 1) == 0 ? static_cast<std::int64_t>(x.size()) : 0);
    node("Concat", inputs, {{"axis", signed_axis}});
  }

  void softmax() {
    const std::string x = value(0);
    const int rank = static_cast<int>(shape(x).size());
    node(one_of<std::string>({"Softmax", "LogSoftmax"}), {x}, {{"axis", std::int64_t{pick(-rank, rank - 1)}}});
  }

  void reduce() {
    const std::string x = value(0);
    const int rank = static_cast<int>(shape(x).size());
    Ints axes;
    if (rank >= 3 && pick(0, 1) == 0)
      for (int d = 2; d < rank; ++d) axes.push_back(d);
    else
      for (int d = 0; d < rank; ++d)
        if (pick(0, 2) == 0) axes.push_back(d - (pick(0, 1) == 0 ? rank : 0));
    if (axes.empty()) axes = {rank - 1};
    if (pick(0, 1) == 0) std::reverse(axes.begin(), axes.end());
    const std::int64_t keep = pick(0, 1);
    if (keep == 0 && static_cast<int>(axes.size()) == rank) return;
    node(one_of<std::string>({"ReduceSum", "ReduceMean", "ReduceMax", "ReduceL2"}), {x, ints(axes)}, {{"keepdims", keep}});
  }

  void pad() {
    const std::string x = value(0);
    const Shape s = shape(x);
    Ints pads(2 * s.size(), 0);
    for (std::int64_t& p : pads) p = pick(0, 3) == 0 ? 1 : 0;
    const bool edge = pick(0, 2) == 0;
    std::vector<std::string> inputs = {x, ints(pads)};
    if (!edge && pick(0, 1) == 0) inputs.push_back(scalar(0.5f));
    node("Pad", inputs, {{"mode", std::string(edge ? "edge" : "constant")}});
  }

  void slice() {
    const std::string x = value(0);
    const Shape s = shape(x);
    Ints starts, ends, axes, steps;
    for (std::size_t d = 0; d < s.size(); ++d) {
      if (s[d] < 2 || pick(0, 1) == 0) continue;
      axes.push_back(static_cast<std::int64_t>(d) - (pick(0, 1) == 0 ? static_cast<std::int64_t>(s.size()) : 0));
      starts.push_back(pick(0, 1));
      ends.push_back(pick(0, 1) == 0 ? s[d] : -1 + (s[d] == 2 && starts.back() == 1 ? 1 : 0) * s[d]);
      if (ends.back() == 1) ends.back() = s[d];
      steps.push_back(pick(1, 2));
    }
    if (axes.empty()) return;
    for (std::size_t i = 0; i < axes.size(); ++i)
      if (ends[i] < 0) ends[i] = s[static_cast<std::size_t>(axes[i] < 0 ? axes[i] + static_cast<std::int64_t>(s.size()) : axes[i])];
    node("Slice", {x, ints(starts), ints(ends), ints(axes), ints(steps)});
  }

  void split() {
    const std::string x = value(0);
    const Shape s = shape(x);
    const auto axis = static_cast<std::size_t>(pick(0, static_cast<int>(s.size()) - 1));
    if (s[axis] < 2) return;
    const std::int64_t first = pick(1, static_cast<int>(s[axis]) - 1);
    for (const std::string& part :
         builder_.node_multi("Split", {x, ints({first, s[axis] - first})}, 2, {{"axis", static_cast<std::int64_t>(axis)}}))
      add(part);
  }

  void transpose() {
    const std::string x = value(0);
    const std::size_t rank = shape(x).size();
    Ints perm(rank);
    std::iota(perm.begin(), perm.end(), 0);
    if (rank == 4 && pick(0, 1) == 0)
      perm = pick(0, 1) == 0 ? Ints{0, 2, 3, 1} : Ints{0, 3, 1, 2};
    else
      std::shuffle(perm.begin(), perm.end(), random_);
    node("Transpose", {x}, {{"perm", perm}});
  }

  void reshape() {
    const std::string x = value(0);
    const Shape s = shape(x);
    Ints target;
    switch (pick(0, 3)) {
      case 0:  // merge two neighbours
        if (s.size() < 2) return;
        target = s;
        {
          const auto d = static_cast<std::size_t>(pick(0, static_cast<int>(s.size()) - 2));
          target[d] *= target[d + 1];
          target.erase(target.begin() + static_cast<std::ptrdiff_t>(d) + 1);
        }
        break;
      case 1:  // split one
        target = s;
        for (std::size_t d = 0; d < s.size() && s.size() < 5; ++d)
          if (s[d] % 2 == 0) {
            target[d] = s[d] / 2;
            target.insert(target.begin() + static_cast<std::ptrdiff_t>(d), 2);
            break;
          }
        break;
      case 2: target = {s.empty() ? 1 : s[0], -1}; break;
      default: {  // to an image again
        const std::int64_t n = count(s);
        for (const std::int64_t c : {4, 3, 2, 1})
          if (n % (c * 3) == 0) {
            target = {1, c, 3, n / c / 3};
            break;
          }
        if (target.empty()) target = {1, 1, 1, n};
      }
    }
    node("Reshape", {x, ints(target)});
  }

  void flatten_dense() {
    const std::string x = value(4);
    if (x.empty()) return;
    const std::string flat = node("Flatten", {x}, {{"axis", std::int64_t{1}}});
    const Shape s = shape(flat);
    const std::int64_t out = pick(1, 7);
    node("Gemm", {used(flat), weight({out, s[1]}, 1.0f / std::sqrt(static_cast<float>(s[1]))), weight({out}, 1.0f)}, {{"transB", std::int64_t{1}}});
  }

  void matmul() {
    const std::string x = value(0);
    const Shape s = shape(x);
    if (s.size() < 2) return;
    node("MatMul", {x, weight({s.back(), pick(1, 5)}, 1.0f / std::sqrt(static_cast<float>(s.back())))});
  }

  void pool() {
    const std::string x = value(4);
    if (x.empty()) return;
    const Shape s = shape(x);
    if (s[2] < 2 || s[3] < 2) return;
    if (pick(0, 2) == 0)
      node("GlobalAveragePool", {x});
    else
      node(one_of<std::string>({"MaxPool", "AveragePool"}), {x}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{pick(1, 2), pick(1, 2)}}});
  }

  void normalise() {
    const std::string x = value(4);
    if (x.empty()) return;
    const std::int64_t c = shape(x)[1];
    Tensor variance = random_tensor({c}, static_cast<unsigned>(random_()));
    for (float& v : variance.as_mutable<float>()) v = v * v + 0.5f;
    node("BatchNormalization", {x, weight({c}, 1.0f), weight({c}, 1.0f), weight({c}, 1.0f), builder_.constant("v", variance)});
  }

  void resize() {
    const std::string x = value(4);
    if (x.empty() || count(shape(x)) > 2000) return;
    const std::vector<float> scales = pick(0, 3) == 0 ? std::vector<float>{1, 2, 1, 1} : std::vector<float>{1, 1, 2, 1.5f};
    const bool linear = scales[1] == 1.0f && pick(0, 1) == 0;
    node("Resize", {x, "", builder_.constant("scales", Tensor::from(Shape{4}, scales))},
         {{"mode", std::string(linear ? "linear" : "nearest")}, {"coordinate_transformation_mode", std::string(linear ? "half_pixel" : "asymmetric")}});
  }

  void shuffle() {
    const std::string x = value(4);
    if (x.empty()) return;
    const Shape s = shape(x);
    if (s[1] % 2 != 0) return;
    const std::string split = node("Reshape", {x, ints({s[0], 2, s[1] / 2, s[2], s[3]})});
    const std::string swapped = node("Transpose", {used(split)}, {{"perm", Ints{0, 2, 1, 3, 4}}});
    node("Reshape", {used(swapped), ints(s)});
  }

  void squeeze_excite() {
    const std::string x = value(4);
    if (x.empty()) return;
    const std::int64_t c = shape(x)[1];
    const std::string mean = node("ReduceMean", {x, ints({2, 3})}, {{"keepdims", std::int64_t{1}}});
    const std::string gate = node("Conv", {used(mean), weight({c, c, 1, 1}, 1.0f / std::sqrt(static_cast<float>(c)))});
    node("Mul", {used(x), used(node("Sigmoid", {used(gate)}))});
  }

  void squeeze() {
    const std::string x = value(0);
    const Shape s = shape(x);
    const auto one = std::find(s.begin(), s.end(), 1);
    if (one != s.end() && s.size() > 2 && pick(0, 1) == 0)
      node("Squeeze", {x, ints({one - s.begin()})});
    else if (s.size() < 4)
      node("Unsqueeze", {x, ints({pick(0, static_cast<int>(s.size()))})});
  }

  std::mt19937 random_;
  GraphBuilder builder_;
  std::vector<std::string> values_, used_;
  int outputs_ = 0;
};

}  // namespace

Graph random_network(std::uint32_t seed) { return NetworkMaker(seed).make(); }

}  // namespace naive
