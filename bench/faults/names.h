// SPDX-License-Identifier: Apache-2.0
// Host names of this program alone, whose look-up fails when told to. They stand in for a name server: the program has a getaddrinfo of its own,
// which comes before the system's.
#pragma once

#include <string>

namespace dnntune::faults {

enum class NameState : int { found, unknown, no_server, slow };

/// "client3.faults.test": the loopback interface, unless `set_name` says otherwise.
std::string name_of(int client);
/// From now on. `slow` takes `slow_s` and is found then.
void set_name(int client, NameState state, double slow_s = 0.0);

}  // namespace dnntune::faults
