// SPDX-License-Identifier: Apache-2.0
// A relay that follows a trace in real time, from any point of it on.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include <dnntune/split.h>
#include <dnntune/trace.h>

namespace dnntune::drive {

/// Owns a relay to `target_url`. Between `play` and `pause` the relay's link is the trace's, second by second; an outage lets nothing pass, and what
/// is on its way waits for its end.
class Conductor {
 public:
  Conductor(const LinkTrace& trace, const std::string& target_url);
  ~Conductor();
  Conductor(const Conductor&) = delete;
  Conductor& operator=(const Conductor&) = delete;

  std::string url() const { return shaper_.url(); }
  /// From `time_s` of the trace on; the link has changed when this returns.
  void play(double time_s);
  /// The link stays as it is now. The trace's time.
  double pause();
  double time_s() const;
  /// As fast as loopback is, while nothing plays.
  void open();

 private:
  void follow();
  /// With the mutex held: sets the link and says when it changes next, in seconds from `time_s`.
  double set_link(double time_s);
  double elapsed_s() const;

  const LinkTrace trace_;
  LinkShaper shaper_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool playing_ = false, stopping_ = false;
  double from_s_ = 0.0;     ///< The trace's time at `began_`.
  std::int64_t began_ns_ = 0;
  std::thread thread_;
};

}  // namespace dnntune::drive
