// SPDX-License-Identifier: Apache-2.0
// How cores fall into clusters of like kind and speed, and the processors these make.
#pragma once

#include <span>
#include <vector>

#include "device/topology.h"
#include "dnntune/device.h"

namespace dnntune::device {

/// The order in which threads should take cores: whole cores before sibling hardware threads, fast before slow,
/// then near ones together (memory, then the farthest cache).
std::vector<Core> in_thread_order(std::span<const Core> cores);

/// Cores of one kind whose speeds differ by at most 15 % make a cluster: turbo differences between equal cores stay
/// below that. Where the slowest cores are more than 15 % slower than the fastest, "cpu:little" are those near
/// the slowest, "cpu:big" the fastest; with others between them these are "cpu:mid", and the fastest "cpu:prime".
/// A second cluster of a name has a 2 behind it. Kinds that differ and are about equally fast have the kind's
/// name: "cpu:cortex-a57". One cluster alone is "cpu:all". Fastest first.
std::vector<Cluster> clusters_of(std::span<const Core> cores);

/// "cpu:all" first; then one a cluster, where there are several; with a "cpu:prime" also "cpu:big": all but the
/// little ones. Threads: the physical cores.
std::vector<Processor> processors_of(std::span<const Core> cores, std::span<const Cluster> clusters);

}  // namespace dnntune::device
