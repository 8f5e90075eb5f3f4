// SPDX-License-Identifier: Apache-2.0
// A connection that bytes go through, plain or TLS, every call under a deadline. An interrupted call leaves
// the connection unusable. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "split/socket.h"

namespace dnntune::split {

class Transport {
 public:
  virtual ~Transport() = default;
  /// 1 to `size` bytes, or 0 when the peer has ended. Throws timeout, or network when the connection broke.
  virtual std::size_t read(char* data, std::size_t size, DeadlineNs deadline) = 0;
  /// All of `bytes`. Throws timeout or network.
  virtual void write(std::string_view bytes, const Until& until) = 0;
  /// Some of `pieces`, none of which is empty, in their order, without joining large ones: how many bytes, at least 1. Throws as `write`.
  virtual std::size_t write_some(std::span<const std::string_view> pieces, const Until& until);
  /// Bytes that this system has been given, and those of them that the peer's has taken: the others lie in the buffers on this side. Of TLS, as they go
  /// over the wire.
  virtual std::uint64_t written() const noexcept { return 0; }
  virtual std::uint64_t taken() const noexcept { return 0; }
  /// Bytes are decoded already and would not show on the socket.
  virtual bool buffered() const noexcept { return false; }
  /// Tells the peer that nothing more will be written. Does not wait.
  virtual void finish() noexcept = 0;
  virtual int fd() const noexcept = 0;
};

std::unique_ptr<Transport> plain_transport(Descriptor socket);

/// Certificates and settings shared by many connections. Thread-safe once made. In a build without TLS the
/// constructors throw unsupported.
class Tls {
 public:
  /// Verifies servers against `ca_file`, or the system's certificates when it is empty. Throws
  /// invalid_argument when they cannot be read.
  static std::shared_ptr<const Tls> client(const std::filesystem::path& ca_file);
  /// Throws invalid_argument when the pair cannot be used.
  static std::shared_ptr<const Tls> server(const std::filesystem::path& certificate_file, const std::filesystem::path& key_file);
  virtual ~Tls() = default;

  /// Shakes hands; throws network when the peer's certificate is not trusted or not for `host`.
  virtual std::unique_ptr<Transport> connect(Descriptor socket, const std::string& host, DeadlineNs deadline) const = 0;
  /// The handshake comes with the first read.
  virtual std::unique_ptr<Transport> accept(Descriptor socket) const = 0;
};

}  // namespace dnntune::split
