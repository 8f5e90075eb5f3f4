// SPDX-License-Identifier: Apache-2.0
// Meters and the energy options of commands.
#pragma once

#include "cli/command.h"

namespace dnntune::cli {

/// --energy and --energy-seconds
void add_energy_options(CLI::App& command, EnergyOptions& energy);
/// A power given by --power is what the user wants, unless --energy asks for something else. Throws invalid_argument
/// for an --energy that names no meter which may be used.
void settle_energy(EnergyOptions& energy, const ProcessorOptions& processor);
/// What each meter covers, or why it cannot be used: lines of at most 80 columns.
std::string meters_text();

}  // namespace dnntune::cli
