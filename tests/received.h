// SPDX-License-Identifier: Apache-2.0
// What a peer sent, as a connection: for readers of HTTP, without a socket.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "split/transport.h"

namespace dnntune::test {

/// A connection that has received `bytes`, in pieces of at most `most`, and then the end. What is written to it is lost.
class Received final : public split::Transport {
 public:
  explicit Received(std::string_view bytes, std::size_t most = 97) : rest_(bytes), most_(most) {}
  std::size_t read(char* data, std::size_t size, split::DeadlineNs) override {
    const std::size_t n = std::min({size, rest_.size(), 1 + rest_.size() % most_});
    std::copy_n(rest_.data(), n, data);
    rest_.remove_prefix(n);
    return n;
  }
  void write(std::string_view, const split::Until&) override {}
  void finish() noexcept override {}
  int fd() const noexcept override { return -1; }

 private:
  std::string_view rest_;
  const std::size_t most_;
};

}  // namespace dnntune::test
