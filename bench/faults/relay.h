// SPDX-License-Identifier: Apache-2.0
// A relay on loopback that spoils one request at a time: cuts, stalls, delays or changes what passes, at a byte that the caller chooses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace dnntune::faults {

enum class Way : int { up = 0, down = 1 };

/// What happens to the bytes of a request.
struct Spoil {
  enum class Kind : int {
    none,
    reset,    ///< After `after_bytes` of `way` both connections are reset.
    close,    ///< The same, by an orderly end.
    stall,    ///< After `after_bytes` of `way` nothing passes that way until the request is over.
    trickle,  ///< From there on a byte a millisecond.
    slow,     ///< What comes from the server is held for `delay_s`.
    refuse,   ///< Every connection is reset, new ones at once.
    ignore,   ///< Every connection is reset; new ones are accepted and lead nowhere.
    renew,    ///< Connections are reset before the request; new ones pass.
    lie       ///< The server's answer to the inference becomes what `lie` makes of it.
  };
  Kind kind = Kind::none;
  Way way = Way::up;
  std::size_t after_bytes = 0;
  double delay_s = 0.0;
  bool resume = false;  ///< After a stall: what was held passes, late; else the connections are reset.
  std::function<std::string(const std::string& answer)> lie = {};
};

/// Thread-safe; meant for one request at a time, over plain HTTP or TLS (which it does not look into: `lie` needs plain HTTP).
class Relay {
 public:
  /// Passes connections on to 127.0.0.1:`target_port`. Throws Error(io).
  explicit Relay(int target_port);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  int port() const noexcept;
  /// For connections to come.
  void set_target(int port);
  /// For the request to come; counts its bytes from here.
  void begin(Spoil spoil);
  /// The request is over: everything passes again.
  void end();
  /// Bytes that have passed since `begin`.
  std::size_t passed(Way way) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dnntune::faults
