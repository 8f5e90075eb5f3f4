// SPDX-License-Identifier: Apache-2.0
#include "split/wire_plain.h"

#include <charconv>
#include <system_error>
#include <utility>

namespace dnntune::split {
namespace {

/// Reads what it is asked for from the beginning of the text; false when something else is there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool ends() {
    skip_blanks();
    return rest_.empty();
  }
  bool string(std::string_view& text) {
    if (!sign('"')) return false;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == '"') {
        text = rest_.substr(0, i);
        rest_.remove_prefix(i + 1);
        return true;
      }
      if (c < ' ' || c > '~' || c == '\\') return false;
    }
    return false;
  }
  bool integer(std::int64_t& value) {
    skip_blanks();
    const std::size_t first = rest_.starts_with('-') ? 1 : 0;
    if (rest_.size() > first + 1 && rest_[first] == '0' && rest_[first + 1] >= '0' && rest_[first + 1] <= '9') return false;
    const auto [end, failure] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (failure != std::errc()) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return rest_.empty() || (rest_.front() != '.' && rest_.front() != 'e' && rest_.front() != 'E');
  }
  bool boolean(std::optional<bool>& value) {
    skip_blanks();
    for (const bool known : {false, true}) {
      const std::string_view word = known ? "true" : "false";
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      value = known;
      return true;
    }
    return false;
  }
  /// `member` reads the value that belongs to a key.
  template <typename Member>
  bool object(Member&& member) {
    return sequence('{', '}', [&] {
      std::string_view key;
      return string(key) && sign(':') && member(key);
    });
  }
  template <typename Entry>
  bool list(Entry&& entry) {
    return sequence('[', ']', entry);
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n' || rest_.front() == '\r' || rest_.front() == '\t')) rest_.remove_prefix(1);
  }
  bool sign(char wanted) {
    skip_blanks();
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  template <typename Entry>
  bool sequence(char first, char last, Entry&& entry) {
    if (!sign(first)) return false;
    if (sign(last)) return true;
    do {
      if (!entry()) return false;
    } while (sign(','));
    return sign(last);
  }

  std::string_view rest_;
};

/// Which members of an object have come: none may come twice.
class Once {
 public:
  bool operator()(int member) {
    const unsigned bit = 1u << member;
    return (std::exchange(seen_, seen_ | bit) & bit) == 0;
  }
  bool all(int members) const { return seen_ == (1u << members) - 1; }

 private:
  unsigned seen_ = 0;
};

/// {"NAME": flag}
bool read_flag(Scanner& text, std::string_view name, std::optional<bool>& flag) {
  return text.object([&](std::string_view key) { return key == name && !flag && text.boolean(flag); });
}

bool read_tensor(Scanner& text, PlainTensor& tensor) {
  Once once, once_size;
  const auto size = [&](std::string_view key) { return key == "binary_data_size" && once_size(0) && text.integer(tensor.bytes); };
  const bool read = text.object([&](std::string_view key) {
    if (key == "name") return once(0) && text.string(tensor.name);
    if (key == "datatype") return once(1) && text.string(tensor.type);
    if (key == "shape") return once(2) && text.list([&] { return text.integer(tensor.shape.emplace_back()); });
    return key == "parameters" && once(3) && text.object(size);
  });
  return read && once.all(4) && once_size.all(1);
}

bool read_output(Scanner& text, PlainOutput& output) {
  Once once;
  const bool read = text.object([&](std::string_view key) {
    if (key == "name") return once(0) && text.string(output.name);
    return key == "parameters" && once(1) && read_flag(text, "binary_data", output.binary);
  });
  return read && output.name.data() != nullptr;
}

}  // namespace

std::optional<PlainRequest> read_plain_request(std::string_view json) {
  Scanner text(json);
  PlainRequest request;
  Once once;
  bool has_inputs = false;
  const bool read = text.object([&](std::string_view key) {
    if (key == "id") return once(0) && text.string(request.id);
    if (key == "inputs") return once(1) && (has_inputs = text.list([&] { return read_tensor(text, request.inputs.emplace_back()); }));
    if (key == "outputs") return once(2) && text.list([&] { return read_output(text, request.outputs.emplace_back()); });
    return key == "parameters" && once(3) && read_flag(text, "binary_data_output", request.binary_output);
  });
  if (!read || !has_inputs || !text.ends()) return std::nullopt;
  return request;
}

}  // namespace dnntune::split
