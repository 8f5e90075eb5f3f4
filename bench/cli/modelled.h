// SPDX-License-Identifier: Apache-2.0
// A processor with the model that predicts on it, from a device file or a file of the model alone.
#pragma once

#include <string>

#include "cli/command.h"

namespace dnntune::cli {

struct Modelled {
  Device device;  ///< That of the file; this machine where the file has a model alone.
  Processor processor;
  CostModel model;
};

/// Whether the text is a device file: JSON whose schema is the device's.
bool is_device_file(const std::string& text);

/// From `path`, made by dnntune calibrate: the processor is picked from the file's device.
Modelled read_modelled(const std::string& path, const ProcessorOptions& processor);

/// The predicted profile, with memory as planned where this machine has the device's instruction set.
Profile predict(const Modelled& modelled, const Graph& graph);

/// A profile from a file: read, or predicted with a device file's model of `processor`.
Profile read_profile(const std::string& path, const Graph& graph, const ProcessorOptions& processor);

}  // namespace dnntune::cli
