// SPDX-License-Identifier: Apache-2.0
#include "graph/einsum.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::graph {
namespace {

constexpr std::string_view kEllipsis = "...";

[[noreturn]] void fail(std::string_view equation, const std::string& problem) {
  std::string shown(equation.substr(0, 200));
  // Messages are UTF-8 without control characters, whatever a file holds.
  std::replace_if(shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  throw Error(ErrorCode::invalid_argument, fmt::format("equation '{}': {}", shown, problem));
}

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// One operand's term: its letters, and where among them "..." stands (npos: nowhere).
struct Term {
  std::string letters;
  std::size_t ellipsis = std::string::npos;
};

Term read_term(std::string_view equation, std::string_view text) {
  Term term;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with(kEllipsis)) {
      if (term.ellipsis != std::string::npos) fail(equation, "'...' occurs twice in one term");
      term.ellipsis = term.letters.size();
      i += kEllipsis.size() - 1;
    } else if (is_letter(text[i])) {
      term.letters.push_back(text[i]);
    } else if (text[i] != ' ') {
      fail(equation, fmt::format("byte {:#04x} is no letter", static_cast<unsigned char>(text[i])));
    }
  }
  return term;
}

std::vector<Term> read_terms(std::string_view equation, std::string_view text) {
  std::vector<Term> terms;
  for (;;) {
    const std::size_t comma = text.find(',');
    terms.push_back(read_term(equation, text.substr(0, comma)));
    if (comma == std::string_view::npos) return terms;
    text.remove_prefix(comma + 1);
  }
}

/// What the output is when the equation does not say.
Term implied_output(const std::vector<Term>& inputs) {
  std::string all;
  for (const Term& term : inputs) all += term.letters;
  std::sort(all.begin(), all.end());
  Term output{"", 0};
  for (const char letter : all)
    if (std::count(all.begin(), all.end(), letter) == 1) output.letters.push_back(letter);
  return output;
}

/// Numbers letters in order of first use, after the `hidden` labels of "...".
class Labels {
 public:
  explicit Labels(std::size_t hidden) : hidden_(hidden), next_(static_cast<int>(hidden)) { numbers_.fill(-1); }
  int count() const noexcept { return next_; }
  bool has(char letter) const noexcept { return numbers_[static_cast<unsigned char>(letter)] >= 0; }

  /// Labels of a term in which "..." stands for `width` dimensions.
  std::vector<int> of(const Term& term, std::size_t width) {
    std::vector<int> labels;
    for (std::size_t i = 0; i <= term.letters.size(); ++i) {
      if (i == term.ellipsis)
        for (std::size_t d = hidden_ - width; d < hidden_; ++d) labels.push_back(static_cast<int>(d));
      if (i == term.letters.size()) break;
      int& number = numbers_[static_cast<unsigned char>(term.letters[i])];
      if (number < 0) number = next_++;
      labels.push_back(number);
    }
    return labels;
  }

 private:
  std::size_t hidden_;
  int next_;
  std::array<int, 128> numbers_{};
};

/// The sizes of a number of labels, from the operands' shapes.
Shape sizes_of(std::string_view equation, const std::vector<std::vector<int>>& inputs, std::span<const Shape> shapes, int labels) {
  Shape sizes(static_cast<std::size_t>(labels), 1);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    for (std::size_t d = 0; d < inputs[i].size(); ++d) {
      std::int64_t& size = sizes[static_cast<std::size_t>(inputs[i][d])];
      const std::int64_t dim = shapes[i][d];
      if (dim == size || dim == 1) continue;
      if (size != 1 && size >= 0 && dim >= 0)
        fail(equation, fmt::format("dimension {} of input {} is {}, elsewhere its label stands for {}", d, i, dim, size));
      size = size == 1 ? dim : std::max(size, dim);  // an unknown one must turn out to be 1 or equal
    }
  return sizes;
}

}  // namespace

Einsum parse_einsum(std::string_view equation, std::span<const Shape> shapes) {
  const std::size_t arrow = equation.find("->");
  const std::vector<Term> inputs = read_terms(equation, equation.substr(0, arrow));
  if (inputs.size() != shapes.size()) fail(equation, fmt::format("it has {} terms for {} inputs", inputs.size(), shapes.size()));
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::size_t letters = inputs[i].letters.size(), rank = shapes[i].size();
    const bool open = inputs[i].ellipsis != std::string::npos;
    if (open ? rank < letters : rank != letters)
      fail(equation, fmt::format("input {} has rank {}, its term has {}{} letters", i, rank, open ? "at least " : "", letters));
    widths.push_back(rank - letters);
  }
  const std::size_t hidden = *std::max_element(widths.begin(), widths.end());
  Labels labels(hidden);
  Einsum result;
  for (std::size_t i = 0; i < inputs.size(); ++i) result.inputs.push_back(labels.of(inputs[i], widths[i]));
  const Term output = arrow == std::string_view::npos ? implied_output(inputs) : read_term(equation, equation.substr(arrow + 2));
  for (const char letter : output.letters) {
    if (!labels.has(letter)) fail(equation, fmt::format("'{}' of the output is in no input", letter));
    if (std::count(output.letters.begin(), output.letters.end(), letter) > 1) fail(equation, fmt::format("'{}' occurs twice in the output", letter));
  }
  result.output = labels.of(output, hidden);
  result.sizes = sizes_of(equation, result.inputs, shapes, labels.count());
  return result;
}

}  // namespace dnntune::graph
