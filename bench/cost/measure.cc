// SPDX-License-Identifier: Apache-2.0
#include "measure.h"

namespace dnntune::bench {

Profile measure(Session& session, const Measuring& measuring, const Roofline& roofline) {
  ProfileOptions options;
  options.warmup_runs = 2;
  options.min_samples = 5;
  options.min_sample_s = 0.001;
  options.max_total_s = measuring.seconds;
  options.calm_flops = 0.95 * roofline.peak_flops;
  options.calm_wait_s = measuring.calm_wait_s;
  options.energy.meter = "model";
  return session.profile(options);
}

}  // namespace dnntune::bench
