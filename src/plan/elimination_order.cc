// SPDX-License-Identifier: Apache-2.0
// In which order layers are eliminated: fewest neighbours first (minimum degree, as for sparse matrices).
#include <algorithm>
#include <limits>

#include "plan/at.h"
#include "plan/elimination.h"

namespace dnntune::plan {

/// Writes an Elimination. A variable is a layer, or the farthest or nearest reader of a value; a factor is a table over the
/// variables it depends on.
class Ordering {
 public:
  explicit Ordering(const LineShape& shape) : shape_(shape), stops_(static_cast<std::uint32_t>(shape.stops)) {
    std::size_t entries = stops_;
    while (most_width_ < Elimination::kMostWidth && (entries *= stops_) <= kMostEntries && stops_ > 1) ++most_width_;
  }

  std::optional<Elimination> run() {
    number_variables();
    add_factors();
    if (!order()) return std::nullopt;
    out_.steps_.push_back({-1, static_cast<std::uint32_t>(out_.inputs_.size()), static_cast<std::uint32_t>(out_.neighbours_.size()), 0});
    out_.size_ = static_cast<std::uint32_t>(size_);
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kMostEntries = 4096;  ///< Of one table: it stays in the first-level cache.
  /// Entries for each variable on average; beyond that a minimum cut is no slower.
  static constexpr std::size_t kMostWork = 2048;
  /// Factors of a variable that are looked at to count its neighbours: a value that everybody reads is not counted again and
  /// again, it can wait until they are gone.
  static constexpr std::size_t kMostLooked = 64;
  static constexpr int kUncounted = std::numeric_limits<int>::max();

  struct Factor {
    std::uint32_t first = 0, size = 0;  ///< Of members_.
    std::uint32_t table = 0;
    bool spent = false;
  };

  bool some_return() const { return std::find(shape_.may_return.begin(), shape_.may_return.end(), true) != shape_.may_return.end(); }
  bool all_return() const { return std::find(shape_.may_return.begin(), shape_.may_return.end(), false) == shape_.may_return.end(); }

  void number_variables() {
    out_.stops_ = shape_.stops;
    out_.layer_count_ = out_.variables_ = shape_.layer_count;
    out_.shared_order_ = 0;
    out_.shared_never_ = stops_ * stops_;
    out_.first_unary_ = 2 * stops_ * stops_;
    out_.shared_.assign(out_.first_unary_, 0);
    for (int b = 0; b < shape_.stops; ++b)
      for (int a = b + 1; a < shape_.stops; ++a) {
        const std::size_t entry = at(a) + stops_ * at(b);
        out_.shared_[out_.shared_order_ + entry] = Elimination::kNever;
        for (int k = b; k < a; ++k)
          if (!shape_.may_return[at(k)]) out_.shared_[out_.shared_never_ + entry] = Elimination::kNever;
      }
    for (const LineValue& value : shape_.values) {
      Elimination::Value& parts = out_.values_.emplace_back();
      if (value.consumers.size() < 2) continue;
      parts.farthest = out_.variables_++;
      if (some_return()) parts.nearest = out_.variables_++;
    }
    size_ = out_.first_unary_ + at(out_.variables_) * stops_;
    factors_of_.resize(at(out_.variables_));
    live_.assign(at(out_.variables_), 0);
  }

  void add_factors() {
    for (std::size_t v = 0; v < shape_.values.size(); ++v) {
      const LineValue& value = shape_.values[v];
      Elimination::Value& parts = out_.values_[v];
      const bool made = value.producer >= 0;
      if (value.consumers.size() == 1 && made) parts.outward = add_pair(value.producer, value.consumers.front());
      if (value.consumers.size() < 2) continue;
      if (made) parts.outward = add_pair(value.producer, parts.farthest);
      if (made && parts.nearest >= 0) parts.homeward = add_pair(value.producer, parts.nearest);
      for (const int reader : value.consumers) {
        add_factor({reader, parts.farthest}, out_.shared_order_);
        if (parts.nearest >= 0) add_factor({parts.nearest, reader}, out_.shared_order_);
        if (made && !all_return()) add_factor({value.producer, reader}, out_.shared_never_);
      }
    }
  }

  std::uint32_t add_pair(int a, int b) {
    const auto table = static_cast<std::uint32_t>(size_);
    size_ += stops_ * stops_;
    add_factor({a, b}, table);
    return table;
  }

  void add_factor(std::span<const int> variables, std::uint32_t table) {
    const auto factor = static_cast<std::uint32_t>(factors_.size());
    factors_.push_back({static_cast<std::uint32_t>(members_.size()), static_cast<std::uint32_t>(variables.size()), table});
    for (const int variable : variables) {
      members_.push_back(variable);
      factors_of_[at(variable)].push_back(factor);
      ++live_[at(variable)];
    }
  }
  void add_factor(std::initializer_list<int> variables, std::uint32_t table) { add_factor(std::span(variables.begin(), variables.size()), table); }

  std::span<const int> members(const Factor& factor) const { return std::span(members_).subspan(factor.first, factor.size); }

  /// Fills scope_ with the neighbours of a variable; false when they are too many. Forgets factors that are spent.
  bool find_scope(int variable) {
    std::vector<std::uint32_t>& own = factors_of_[at(variable)];
    std::erase_if(own, [&](std::uint32_t factor) { return factors_[factor].spent; });
    scope_.clear();
    for (const std::uint32_t factor : own)
      for (const int other : members(factors_[factor])) {
        if (other == variable || std::find(scope_.begin(), scope_.end(), other) != scope_.end()) continue;
        if (static_cast<int>(scope_.size()) == most_width_) return false;
        scope_.push_back(other);
      }
    return true;
  }

  void count(int variable) {
    int& degree = degree_[at(variable)];
    degree = kUncounted;
    if ((live_[at(variable)] > kMostLooked && !all_counted_) || !find_scope(variable)) return;
    degree = static_cast<int>(scope_.size());
    waiting_[scope_.size()].push_back(variable);
  }

  bool order() {
    degree_.assign(at(out_.variables_), kUncounted);
    done_.assign(at(out_.variables_), false);
    waiting_.resize(at(most_width_) + 1);
    int left = out_.variables_;
    while (left > 0) {
      const auto next = std::find_if(waiting_.begin(), waiting_.end(), [](const auto& list) { return !list.empty(); });
      if (next == waiting_.end()) {
        // At first nobody was counted, at the end those that had too many factors were not.
        if (all_counted_) return false;
        all_counted_ = started_;
        started_ = true;
        for (int x = out_.variables_; x-- > 0;)
          if (!done_[at(x)]) count(x);
        continue;
      }
      const int x = next->back();
      next->pop_back();
      if (done_[at(x)] || degree_[at(x)] != next - waiting_.begin()) continue;
      if (!eliminate(x)) return false;
      --left;
    }
    return true;
  }

  bool eliminate(int variable) {
    find_scope(variable);
    const std::vector<int> scope = scope_;
    std::size_t entries = 1;
    for (std::size_t i = 0; i < scope.size(); ++i) entries *= stops_;
    out_.widest_ = std::max(out_.widest_, entries * stops_);
    const auto message = static_cast<std::uint32_t>(size_);
    out_.steps_.push_back({variable, static_cast<std::uint32_t>(out_.inputs_.size()), static_cast<std::uint32_t>(out_.neighbours_.size()), message});
    out_.neighbours_.insert(out_.neighbours_.end(), scope.begin(), scope.end());
    for (const std::uint32_t index : factors_of_[at(variable)]) {
      Factor& factor = factors_[index];
      factor.spent = true;
      const std::size_t strides = out_.strides_.size();
      out_.inputs_.push_back({factor.table, static_cast<std::uint32_t>(strides)});
      out_.strides_.resize(strides + 1 + scope.size(), 0);
      std::uint32_t stride = 1;
      for (const int member : members(factor)) {
        const auto place = std::find(scope.begin(), scope.end(), member);
        out_.strides_[strides + (member == variable ? 0 : 1 + static_cast<std::size_t>(place - scope.begin()))] = stride;
        stride *= stops_;
        --live_[at(member)];
      }
      work_ += entries * stops_;
    }
    done_[at(variable)] = true;
    size_ += entries;
    if (size_ > std::numeric_limits<std::uint32_t>::max() / 2 || work_ > kMostWork * at(out_.variables_) + (std::size_t{1} << 20)) return false;
    factors_of_[at(variable)] = {};
    if (!scope.empty()) add_factor(scope, message);
    for (const int other : scope) count(other);
    return true;
  }

  const LineShape& shape_;
  const std::uint32_t stops_;
  int most_width_ = 0;
  Elimination out_;
  std::size_t size_ = 0, work_ = 0;
  std::vector<Factor> factors_;
  std::vector<int> members_;
  std::vector<std::vector<std::uint32_t>> factors_of_;  ///< By variable; may have some that are spent.
  std::vector<std::size_t> live_;                       ///< By variable: factors that are not.
  std::vector<int> degree_;                             ///< Neighbours when last counted.
  std::vector<bool> done_;
  std::vector<std::vector<int>> waiting_;               ///< By degree: variables that had it.
  std::vector<int> scope_;
  bool started_ = false, all_counted_ = false;
};

std::optional<Elimination> Elimination::of(const LineShape& shape) { return Ordering(shape).run(); }

}  // namespace dnntune::plan
