// SPDX-License-Identifier: Apache-2.0
// TLS through OpenSSL's memory buffers: the socket stays ours, so deadlines hold during the handshake too and
// no write can raise SIGPIPE.
#include <memory>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "split/transport.h"

namespace dnntune::split {
namespace {

struct Free {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, Free>;
using ContextPtr = std::unique_ptr<SSL_CTX, Free>;

/// The oldest error of this thread's queue, which is emptied.
std::string last_problem() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "the peer broke the protocol" : reason;
}

class TlsTransport final : public Transport {
 public:
  TlsTransport(Descriptor socket, SslPtr ssl) : plain_(plain_transport(std::move(socket))), ssl_(std::move(ssl)) {
    incoming_ = BIO_new(BIO_s_mem());
    outgoing_ = BIO_new(BIO_s_mem());
    if (incoming_ == nullptr || outgoing_ == nullptr) {
      BIO_free(incoming_);
      BIO_free(outgoing_);
      throw Error(ErrorCode::out_of_memory, "TLS: no memory for a connection");
    }
    SSL_set_bio(ssl_.get(), incoming_, outgoing_);  // which owns them now
  }

  void shake_hands(DeadlineNs deadline) {
    while (!step([&] { return SSL_do_handshake(ssl_.get()); }, deadline)) receive(deadline, "TLS: the peer closed during the handshake");
  }

  std::size_t read(char* data, std::size_t size, DeadlineNs deadline) override {
    for (;;) {
      std::size_t n = 0;
      ERR_clear_error();
      const int result = SSL_read_ex(ssl_.get(), data, size, &n);
      const int problem = SSL_get_error(ssl_.get(), result);
      flush(deadline);
      if (result == 1) return n;
      if (problem == SSL_ERROR_ZERO_RETURN) return 0;
      if (problem != SSL_ERROR_WANT_READ) throw Error(ErrorCode::network, fmt::format("TLS: {}", last_problem()));
      receive(deadline, "TLS: the peer closed without saying so");
    }
  }

  void write(std::string_view bytes, const Until& until) override {
    while (!bytes.empty()) {
      std::size_t n = 0;
      while (!step([&] { return SSL_write_ex(ssl_.get(), bytes.data(), std::min(bytes.size(), kPieceBytes), &n); }, until))
        receive(until(), "TLS: the peer closed while we sent");
      bytes.remove_prefix(n);
    }
  }

  std::uint64_t written() const noexcept override { return plain_->written(); }
  std::uint64_t taken() const noexcept override { return plain_->taken(); }
  bool buffered() const noexcept override { return SSL_has_pending(ssl_.get()) == 1 || BIO_ctrl_pending(incoming_) > 0; }

  void finish() noexcept override {
    try {
      ERR_clear_error();
      SSL_shutdown(ssl_.get());
      flush(base::now_ns() + 1);  // what fits the socket now: a goodbye is not worth waiting for
    } catch (const std::exception&) {
      // The peer is gone already.
    }
    plain_->finish();
  }

  int fd() const noexcept override { return plain_->fd(); }

 private:
  /// What is encrypted at once lies in memory until it is sent.
  static constexpr std::size_t kPieceBytes = 64 << 10;

  /// True when `call` is done, false when it needs more from the peer.
  template <typename Call>
  bool step(Call call, const Until& until) {
    ERR_clear_error();
    const int result = call();
    const int problem = SSL_get_error(ssl_.get(), result);
    if (result != 1 && problem != SSL_ERROR_WANT_READ) {
      const long verified = SSL_get_verify_result(ssl_.get());
      const std::string text = verified != X509_V_OK ? fmt::format("the certificate is not trusted: {}", X509_verify_cert_error_string(verified)) : last_problem();
      try {
        flush(until);  // the alert that tells the peer why
      } catch (const Error&) {
        // It is gone: our own reason is the one to report.
      }
      throw Error(ErrorCode::network, fmt::format("TLS: {}", text));
    }
    flush(until);
    return result == 1;
  }

  void flush(const Until& until) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(outgoing_, &data);
    if (size <= 0) return;
    plain_->write({data, static_cast<std::size_t>(size)}, until);
    (void)BIO_reset(outgoing_);
  }

  void receive(DeadlineNs deadline, const char* if_closed) {
    char bytes[16 << 10];
    const std::size_t n = plain_->read(bytes, sizeof bytes, deadline);
    if (n == 0) throw Error(ErrorCode::network, if_closed);
    if (BIO_write(incoming_, bytes, static_cast<int>(n)) != static_cast<int>(n)) throw Error(ErrorCode::out_of_memory, "TLS: no memory for what was received");
  }

  std::unique_ptr<Transport> plain_;
  SslPtr ssl_;
  BIO* incoming_ = nullptr;  ///< Owned by ssl_, as the next.
  BIO* outgoing_ = nullptr;
};

class OpenSsl final : public Tls {
 public:
  explicit OpenSsl(const SSL_METHOD* method) : context_(SSL_CTX_new(method)) {
    if (!context_) throw Error(ErrorCode::out_of_memory, "TLS: no memory for its settings");
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  }
  SSL_CTX* context() const { return context_.get(); }

  std::unique_ptr<Transport> connect(Descriptor socket, const std::string& host, DeadlineNs deadline) const override {
    SslPtr ssl = make();
    X509_VERIFY_PARAM* verify = SSL_get0_param(ssl.get());
    const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) == 1;
    if (!is_address) {
      SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      if (SSL_set1_host(ssl.get(), host.c_str()) != 1 || SSL_set_tlsext_host_name(ssl.get(), host.c_str()) != 1)
        throw Error(ErrorCode::network, fmt::format("TLS: '{}' cannot be the name of a server", host));
    }
    SSL_set_connect_state(ssl.get());
    auto transport = std::make_unique<TlsTransport>(std::move(socket), std::move(ssl));
    transport->shake_hands(deadline);
    return transport;
  }

  std::unique_ptr<Transport> accept(Descriptor socket) const override {
    SslPtr ssl = make();
    SSL_set_accept_state(ssl.get());
    return std::make_unique<TlsTransport>(std::move(socket), std::move(ssl));
  }

 private:
  SslPtr make() const {
    SslPtr ssl(SSL_new(context_.get()));
    if (!ssl) throw Error(ErrorCode::out_of_memory, "TLS: no memory for a connection");
    return ssl;
  }

  ContextPtr context_;
};

}  // namespace

std::shared_ptr<const Tls> Tls::client(const std::filesystem::path& ca_file) {
  auto tls = std::make_shared<OpenSsl>(TLS_client_method());
  ERR_clear_error();
  const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(tls->context()) : SSL_CTX_load_verify_locations(tls->context(), ca_file.c_str(), nullptr);
  if (loaded != 1) throw Error(ErrorCode::invalid_argument, fmt::format("trusted certificates '{}' cannot be read: {}", ca_file.string(), last_problem()));
  SSL_CTX_set_verify(tls->context(), SSL_VERIFY_PEER, nullptr);
  return tls;
}

std::shared_ptr<const Tls> Tls::server(const std::filesystem::path& certificate_file, const std::filesystem::path& key_file) {
  auto tls = std::make_shared<OpenSsl>(TLS_server_method());
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(tls->context(), certificate_file.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls->context(), key_file.c_str(), SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(tls->context()) != 1)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("certificate '{}' and key '{}' cannot be used: {}", certificate_file.string(), key_file.string(), last_problem()));
  return tls;
}

}  // namespace dnntune::split
