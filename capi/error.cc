// SPDX-License-Identifier: Apache-2.0
// Status, last error, version.
#include <algorithm>
#include <exception>

#include "handles.h"

static_assert(DNNTUNE_INVALID_ARGUMENT == static_cast<int>(dnntune::ErrorCode::invalid_argument));
static_assert(DNNTUNE_INTERNAL == static_cast<int>(dnntune::ErrorCode::internal));

namespace {

/// Per thread, and plain data, so that it needs no dynamic initialisation.
struct LastError {
  char text[2048];
  dnntune_error_callback callback;
  void* user;
};
thread_local LastError last_error;

/// Bytes of the character that `text` begins with; 0 when it is none.
std::size_t utf8_length(const char* text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return 1;
  const std::size_t length = byte(0) >= 0xc2 && byte(0) < 0xe0 ? 2 : byte(0) >= 0xe0 && byte(0) < 0xf0 ? 3 : byte(0) >= 0xf0 && byte(0) < 0xf5 ? 4 : 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if (length == 3 && ((byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) >= 0xa0))) return 0;
  if (length == 4 && ((byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) >= 0x90))) return 0;
  return length;
}

}  // namespace

namespace dnntune::capi {

/// Text of a file that is quoted in a message need not be UTF-8: what is not becomes '?'.
dnntune_status fail(dnntune_status status, const char* message) noexcept {
  std::size_t i = 0;
  while (*message != '\0') {
    const std::size_t length = utf8_length(message);
    if (i + std::max<std::size_t>(length, 1) >= sizeof last_error.text) break;
    if (length == 0) {
      last_error.text[i++] = '?';
      ++message;
    }
    for (std::size_t k = 0; k < length; ++k) last_error.text[i++] = *message++;
  }
  last_error.text[i] = '\0';
  if (last_error.callback != nullptr) last_error.callback(status, last_error.text, last_error.user);
  return status;
}

}  // namespace dnntune::capi

extern "C" {

const char* dnntune_last_error(void) { return last_error.text; }

const char* dnntune_status_name(dnntune_status status) {
  if (status == DNNTUNE_OK) return "ok";
  return dnntune::to_string(static_cast<dnntune::ErrorCode>(status));
}

const char* dnntune_version(void) { return dnntune::version(); }

void dnntune_set_error_callback(dnntune_error_callback callback, void* user) {
  last_error.callback = callback;
  last_error.user = user;
}

}  // extern "C"
