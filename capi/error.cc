// SPDX-License-Identifier: Apache-2.0
// Status, last error, version.
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

}  // namespace

namespace dnntune::capi {

dnntune_status fail(dnntune_status status, const char* message) noexcept {
  std::size_t i = 0;
  for (; message[i] != '\0' && i + 1 < sizeof last_error.text; ++i) last_error.text[i] = message[i];
  last_error.text[i] = '\0';
  if (last_error.callback != nullptr) last_error.callback(status, message, last_error.user);
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
