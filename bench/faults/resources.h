// SPDX-License-Identifier: Apache-2.0
// What a process holds, as Linux tells it.
#pragma once

#include <sys/types.h>

namespace dnntune::faults {

struct Held {
  double resident_mb = 0.0;  ///< 1 MB = 1e6 bytes.
  int descriptors = 0;
  int threads = 0;
};
/// Zeros for a process that is not there.
Held held_by(pid_t pid);

/// No file can be written while one of these lives, as on a disk that is full; nor by the processes that are started meanwhile.
class FullDisk {
 public:
  FullDisk();
  ~FullDisk();
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  unsigned long long before_ = 0;
};

/// Seconds for which the calling thread was ready to run and no processor was given to it, since it began; 0 on a system that does not tell.
double unserved_s();

}  // namespace dnntune::faults
