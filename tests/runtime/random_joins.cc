// SPDX-License-Identifier: Apache-2.0
#include "runtime/random_joins.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "dnntune/builder.h"
#include "runtime/naive.h"

namespace naive {
namespace {

using namespace dnntune;
using Ints = std::vector<std::int64_t>;
constexpr std::int64_t kMostChannels = 70;

class JoinMaker {
 public:
  explicit JoinMaker(std::uint32_t seed) : random_(seed), builder_("joins " + std::to_string(seed)) {}

  Graph make() {
    const bool small = pick(0, 3) == 0;
    values_.push_back(builder_.input("x", DataType::float32, {pick(1, 4) == 1 ? 2 : 1, pick(2, 20), small ? 1 : pick(4, 15), small ? 1 : pick(4, 15)}));
    // A wide beginning, so that what comes then is not the most memory that is needed at once.
    if (pick(0, 3) != 0) {
      const std::int64_t channels = pick(2, 20);
      const std::string wide = read(convolve(read(values_[0]), 300, 1));
      values_ = {values_[0], node("Add", {read(convolve(wide, channels, 1)), read(convolve(wide, channels, 1))})};
    }
    for (int n = pick(5, 20); n > 0; --n) layer();
    int outputs = 0;
    for (std::size_t i = 1; i < values_.size(); ++i)
      if (i + 1 == values_.size() || read_.count(values_[i]) == 0 || pick(0, 14) == 0) {
        builder_.output(values_[i]);
        ++outputs;
      }
    if (outputs == 0) builder_.output(builder_.node("Relu", {values_[0]}));
    return builder_.build();
  }

 private:
  int pick(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
  Shape shape(const std::string& value) const { return builder_.shape_of(value); }
  /// Newer values are more likely.
  std::string value() {
    const int last = static_cast<int>(values_.size()) - 1;
    return read(values_[static_cast<std::size_t>(std::max(pick(0, last), pick(0, last)))]);
  }
  std::string read(const std::string& name) {
    read_.insert(name);
    return name;
  }
  /// Another value of that shape but for dimension `axis`; "" when none is found.
  std::string beside(const Shape& wanted, std::size_t axis) {
    for (int attempt = 0; attempt < 10; ++attempt) {
      const int last = static_cast<int>(values_.size()) - 1;
      const std::string& candidate = values_[static_cast<std::size_t>(pick(0, last))];
      Shape s = shape(candidate);
      s[axis] = wanted[axis];
      if (s == wanted) return read(candidate);
    }
    return "";
  }
  std::string weight(Shape dims, float scale) {
    Tensor tensor = random_tensor(std::move(dims), static_cast<unsigned>(random_()));
    for (float& v : tensor.as_mutable<float>()) v *= scale;
    return builder_.constant("w", tensor);
  }
  std::string ints(const Ints& values) { return builder_.constant("i", Tensor::from(Shape{static_cast<std::int64_t>(values.size())}, values)); }
  std::string node(const std::string& op, const std::vector<std::string>& inputs, const NodeAttributes& attributes = {}) {
    values_.push_back(builder_.node(op, inputs, attributes));
    return values_.back();
  }

  void layer() {
    static const std::vector<std::function<void(JoinMaker&)>> kinds = {
        &JoinMaker::conv, &JoinMaker::conv, &JoinMaker::conv, &JoinMaker::conv, &JoinMaker::pool, &JoinMaker::unary, &JoinMaker::unary, &JoinMaker::with_constant, &JoinMaker::normalise,
        &JoinMaker::add, &JoinMaker::concat, &JoinMaker::concat, &JoinMaker::concat, &JoinMaker::concat_elsewhere, &JoinMaker::dense_block, &JoinMaker::all_before, &JoinMaker::branches,
        &JoinMaker::split, &JoinMaker::split, &JoinMaker::slice, &JoinMaker::slice, &JoinMaker::shuffle_unit};
    kinds[static_cast<std::size_t>(pick(0, static_cast<int>(kinds.size()) - 1))](*this);
  }

  std::string convolve(const std::string& x, std::int64_t out, std::int64_t k) {
    const std::int64_t in = shape(x)[1];
    std::vector<std::string> inputs = {x, weight({out, in, k, k}, 1.0f / std::sqrt(static_cast<float>(in * k * k)))};
    if (pick(0, 1) == 0) inputs.push_back(weight({out}, 0.5f));
    const std::string y = node("Conv", inputs, {{"kernel_shape", Ints{k, k}}, {"pads", Ints{k / 2, k / 2, k / 2, k / 2}}});
    switch (pick(0, 3)) {
      case 0: return node("Relu", {read(y)});
      case 1: return node("HardSwish", {read(y)});
      default: return y;
    }
  }
  void conv() {
    const std::string x = value();
    if (pick(0, 3) != 0) {
      convolve(x, pick(1, 24), 2 * pick(0, 2) + 1);
      return;
    }
    const std::int64_t c = shape(x)[1], k = 2 * pick(1, 3) + 1;
    node("Conv", {x, weight({c, 1, k, k}, 1.0f / static_cast<float>(k))},
         {{"kernel_shape", Ints{k, k}}, {"pads", Ints{k / 2, k / 2, k / 2, k / 2}}, {"group", c}});
    if (pick(0, 1) == 0) node("Sigmoid", {read(values_.back())});
  }
  void pool() { node(pick(0, 1) == 0 ? "MaxPool" : "AveragePool", {value()}, {{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}}); }
  void unary() {
    static const std::vector<std::string> ops = {"Relu", "Sigmoid", "Tanh", "LeakyRelu", "HardSwish", "Neg", "Softplus"};
    node(ops[static_cast<std::size_t>(pick(0, static_cast<int>(ops.size()) - 1))], {value()});
  }
  void with_constant() {
    const std::string x = value();
    const std::string w = weight({shape(x)[1], 1, 1}, 1.0f);
    node(pick(0, 1) == 0 ? "Add" : "Mul", pick(0, 1) == 0 ? std::vector<std::string>{x, w} : std::vector<std::string>{w, x});
  }
  void normalise() {
    const std::string x = value();
    const std::int64_t c = shape(x)[1];
    Tensor variance = random_tensor({c}, static_cast<unsigned>(random_()));
    for (float& v : variance.as_mutable<float>()) v = v * v + 0.5f;
    node("BatchNormalization", {x, weight({c}, 1.0f), weight({c}, 1.0f), weight({c}, 1.0f), builder_.constant("v", variance)});
  }
  void add() {
    const std::string x = value();
    std::string y = beside(shape(x), 0);
    if (y.empty() || shape(y) != shape(x) || y == x) y = read(convolve(read(x), shape(x)[1], 1));
    node("Add", {x, y});
  }

  void concat_along(std::vector<std::string> values, std::size_t axis) {
    std::int64_t size = 0;
    for (const std::string& each : values) size += shape(each)[axis];
    if (size > kMostChannels) return;
    node("Concat", values, {{"axis", static_cast<std::int64_t>(axis)}});
  }
  void concat_any(std::size_t axis) {
    const std::string x = value();
    std::vector<std::string> values = {x};
    for (int i = pick(1, 3); i > 0; --i)
      if (const std::string y = beside(shape(x), axis); !y.empty()) values.push_back(y);
    if (pick(0, 5) == 0) {
      Shape c = shape(x);
      c[axis] = pick(1, 3);
      values.insert(values.begin() + pick(0, static_cast<int>(values.size())), weight(c, 1.0f));
    }
    if (pick(0, 1) == 0) std::reverse(values.begin(), values.end());
    concat_along(values, axis);
  }
  void concat() { concat_any(1); }
  void concat_elsewhere() { concat_any(static_cast<std::size_t>(pick(0, 1) * 2)); }
  /// Each layer reads a Concat of the one before and what came then.
  void dense_block() {
    std::string x = value();
    for (int i = pick(1, 3); i > 0 && shape(x)[1] < 40; --i) {
      const std::string y = read(convolve(x, pick(1, 12), 2 * pick(0, 1) + 1));
      x = read(node("Concat", pick(0, 3) == 0 ? std::vector<std::string>{y, x} : std::vector<std::string>{x, y}, {{"axis", std::int64_t{1}}}));
    }
  }
  /// The same with a Concat of all that came before.
  void all_before() {
    std::vector<std::string> all = {value()};
    std::string x = all[0];
    for (int i = pick(2, 4); i > 0 && shape(x)[1] < 40; --i) {
      all.push_back(read(convolve(x, pick(1, 12), 2 * pick(0, 1) + 1)));
      x = read(node("Concat", all, {{"axis", std::int64_t{1}}}));
    }
  }
  void branches() {
    const std::string x = value();
    std::vector<std::string> all;
    for (int i = pick(2, 4); i > 0; --i) all.push_back(read(convolve(x, pick(1, 16), 2 * pick(0, 1) + 1)));
    concat_along(all, 1);
  }
  std::vector<std::string> cut_in_two(const std::string& x, std::size_t axis, std::int64_t first) {
    const std::vector<std::string> parts =
        builder_.node_multi("Split", {x, ints({first, shape(x)[axis] - first})}, 2, {{"axis", static_cast<std::int64_t>(axis)}});
    values_.insert(values_.end(), parts.begin(), parts.end());
    return parts;
  }
  void split() {
    const std::string x = value();
    const auto axis = static_cast<std::size_t>(pick(0, 4) == 0 ? 2 : 1);
    if (shape(x)[axis] > 1) cut_in_two(x, axis, pick(1, static_cast<int>(shape(x)[axis]) - 1));
  }
  void slice() {
    const std::string x = value();
    const auto axis = static_cast<std::size_t>(pick(0, 4) == 0 ? 2 : 1);
    const int size = static_cast<int>(shape(x)[axis]);
    if (size < 2) return;
    const int begin = pick(0, size - 1), end = pick(begin + 1, size);
    node("Slice", {x, ints({pick(0, 1) == 0 ? begin : begin - size}), ints({end}), ints({static_cast<std::int64_t>(axis)})});
  }
  /// As ShuffleNet V2 has them.
  void shuffle_unit() {
    const std::string x = value();
    const Shape s = shape(x);
    if (s[1] % 2 != 0) return;
    const std::vector<std::string> halves = cut_in_two(x, 1, s[1] / 2);
    const std::string right = read(convolve(read(halves[1]), s[1] / 2, 1));
    const std::string joined = node("Concat", {read(halves[0]), right}, {{"axis", std::int64_t{1}}});
    const std::string groups = builder_.node("Reshape", {read(joined), ints({s[0], 2, s[1] / 2, s[2], s[3]})});
    const std::string swapped = builder_.node("Transpose", {groups}, {{"perm", Ints{0, 2, 1, 3, 4}}});
    node("Reshape", {swapped, ints(s)});
  }

  std::mt19937 random_;
  GraphBuilder builder_;
  std::vector<std::string> values_;
  std::set<std::string> read_;
};

}  // namespace

Graph random_joins(std::uint32_t seed) { return JoinMaker(seed).make(); }

}  // namespace naive
