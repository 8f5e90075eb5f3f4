// SPDX-License-Identifier: Apache-2.0
// The server's side of one connection: reads a request, has it answered, writes the answer.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "split/body_pool.h"
#include "split/http_server.h"

namespace dnntune::split {

class HttpExchange {
 public:
  /// Both outlive it.
  HttpExchange(Descriptor socket, const HttpServerOptions& options, BodyPool& bodies)
      : options_(options), bodies_(bodies), client_(peer_address(socket.get())), transport_(options.tls ? options.tls->accept(std::move(socket)) : plain_transport(std::move(socket))), reader_(*transport_) {}

  /// One request and its answer. False when the connection is of no more use. `received` is called when the
  /// request is complete: from then on it is in hand. `may_keep` is asked when its answer is there.
  bool serve(HttpHandler& handler, const std::function<void()>& received, const std::function<bool()>& may_keep);
  /// The next request, or its beginning, is here already.
  bool buffered() const noexcept { return reader_.buffered(); }
  int fd() const noexcept { return transport_->fd(); }

 private:
  std::optional<HttpReply> receive(HttpHandler& handler, HttpRequest& request, bool& ended);
  void receive_body(HttpRequest& request);
  void receive_plain_body(HttpRequest& request, std::size_t length, Patience& patience);
  bool send(const HttpReply& reply, bool keep, bool with_body) noexcept;
  void linger() noexcept;

  const HttpServerOptions& options_;
  BodyPool& bodies_;
  const std::string client_;
  const std::unique_ptr<Transport> transport_;
  HttpReader reader_;
};

}  // namespace dnntune::split
