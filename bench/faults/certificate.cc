// SPDX-License-Identifier: Apache-2.0
#include "faults/certificate.h"

#include <cstdio>
#include <memory>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <unistd.h>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::faults {
namespace {

std::filesystem::path file(const std::string& label, const char* ending) {
  return std::filesystem::temp_directory_path() / fmt::format("dnntune_tls_{}_{}.{}", ::getpid(), label, ending);
}

void require(bool done) {
  if (!done) throw Error(ErrorCode::io, "cannot make a certificate");
}

template <typename Write>
void write(const std::filesystem::path& path, Write write_to) {
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> opened(std::fopen(path.c_str(), "w"), std::fclose);
  require(opened != nullptr && write_to(opened.get()) == 1);
}

}  // namespace

Certificate::Certificate(const std::string& label, const std::string& names) : certificate(file(label, "pem")), key(file(label, "key")) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> maker(EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* made = nullptr;
  require(EVP_PKEY_keygen_init(maker.get()) == 1);
  require(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(maker.get(), NID_X9_62_prime256v1) == 1);
  require(EVP_PKEY_keygen(maker.get(), &made) == 1);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(made, EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
  X509_set_version(x509.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), 24 * 3600);
  X509_set_pubkey(x509.get(), pair.get());
  X509_NAME* subject = X509_get_subject_name(x509.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(label.c_str()), -1, -1, 0);
  X509_set_issuer_name(x509.get(), subject);
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, x509.get(), x509.get(), nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, names.c_str());
  require(extension != nullptr);
  X509_add_ext(x509.get(), extension, -1);
  X509_EXTENSION_free(extension);
  require(X509_sign(x509.get(), pair.get(), EVP_sha256()) > 0);
  write(certificate, [&](std::FILE* to) { return PEM_write_X509(to, x509.get()); });
  write(key, [&](std::FILE* to) { return PEM_write_PrivateKey(to, pair.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

Certificate::~Certificate() {
  std::error_code ignored;
  std::filesystem::remove(certificate, ignored);
  std::filesystem::remove(key, ignored);
}

}  // namespace dnntune::faults
