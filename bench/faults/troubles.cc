// SPDX-License-Identifier: Apache-2.0
#include "faults/troubles.h"

#include <algorithm>
#include <string_view>

#include "faults/lies.h"

namespace dnntune::faults {
namespace {

enum class On : int { any, plain, tls };

struct Kind {
  const char* row;
  On on;
  Trouble (*make)(Draw& draw);
};

Trouble cut(Draw& draw, Way way) {
  const auto kind = draw.share() < 0.5 ? Spoil::Kind::reset : Spoil::Kind::close;
  return {.spoil = {.kind = kind, .way = way, .after_bytes = draw.below(draw.bytes[static_cast<int>(way)] + 1)}};
}
Trouble stall(Draw& draw, Way way) {
  return {.spoil = {.kind = Spoil::Kind::stall, .way = way, .after_bytes = draw.below(draw.bytes[static_cast<int>(way)] + 1), .resume = draw.share() < 0.5}};
}
Trouble whole(Spoil::Kind kind) { return {.spoil = {.kind = kind}}; }
Trouble renewed(NameState name, std::optional<Host> host = std::nullopt) { return {.spoil = {.kind = Spoil::Kind::renew}, .name = name, .host = host}; }

constexpr Kind kKinds[] = {
    {"cut while the request goes up", On::any, [](Draw& d) { return cut(d, Way::up); }},
    {"cut while the answer comes", On::any, [](Draw& d) { return cut(d, Way::down); }},
    {"stalls while the request goes up", On::any, [](Draw& d) { return stall(d, Way::up); }},
    {"stalls while the answer comes", On::any, [](Draw& d) { return stall(d, Way::down); }},
    {"a byte a millisecond", On::any,
     [](Draw& d) {
       const Way way = d.share() < 0.5 ? Way::up : Way::down;
       return Trouble{.spoil = {.kind = Spoil::Kind::trickle, .way = way, .after_bytes = d.below(d.bytes[static_cast<int>(way)] + 1)}};
     }},
    {"slow: up to two deadlines", On::any, [](Draw& d) { return Trouble{.spoil = {.kind = Spoil::Kind::slow, .delay_s = 2.0 * d.deadline_s * d.share()}}; }},
    {"connection refused", On::any, [](Draw&) { return whole(Spoil::Kind::refuse); }},
    {"connection taken, never read", On::any, [](Draw&) { return whole(Spoil::Kind::ignore); }},
    {"connection lost while idle", On::any, [](Draw&) { return whole(Spoil::Kind::renew); }},
    {"host name unknown", On::any, [](Draw&) { return renewed(NameState::unknown); }},
    {"name server away", On::any, [](Draw&) { return renewed(NameState::no_server); }},
    {"name found late", On::any, [](Draw&) { return renewed(NameState::slow); }},
    {"wrong token", On::plain, [](Draw&) { return renewed(NameState::found, Host::other_token); }},
    {"wrong certificate", On::tls, [](Draw&) { return renewed(NameState::found, Host::other_name); }},
    {"no TLS where it should be", On::tls, [](Draw&) { return renewed(NameState::found, Host::other_token); }},
};

/// Rows of lies: the groups.
std::vector<std::string> lie_rows() {
  std::vector<std::string> found;
  for (const Lie& lie : lies())
    if (const std::string row = lie.group; std::find(found.begin(), found.end(), row) == found.end()) found.push_back(row);
  return found;
}

Trouble lying(std::string_view group, Draw& draw) {
  std::vector<const Lie*> choice;
  for (const Lie& lie : lies())
    if (lie.group == group) choice.push_back(&lie);
  const Lie* const lie = choice[draw.below(choice.size())];
  Trouble trouble{.row = lie->group, .spoil = {.kind = Spoil::Kind::lie}};
  trouble.spoil.lie = [lie, &earlier = draw.earlier, random = std::mt19937_64(draw.random())](const std::string& answer) mutable {
    const std::string told = lie->tell({answer, earlier}, random);
    earlier = answer;
    return told;
  };
  return trouble;
}

bool meets(On on, bool tls) { return on == On::any || (on == On::tls) == tls; }

}  // namespace

Trouble draw(Draw& draw) {
  if (draw.share() < 0.5) return {};
  std::vector<const Kind*> kinds;
  for (const Kind& kind : kKinds)
    if (meets(kind.on, draw.tls)) kinds.push_back(&kind);
  const std::vector<std::string> groups = draw.tls ? std::vector<std::string>() : lie_rows();  // the relay does not look into TLS
  const std::size_t pick = draw.below(kinds.size() + groups.size());
  if (pick >= kinds.size()) return lying(groups[pick - kinds.size()], draw);
  Trouble trouble = kinds[pick]->make(draw);
  trouble.row = kinds[pick]->row;
  return trouble;
}

std::vector<std::string> rows(bool with_tls) {
  std::vector<std::string> found = {"none"};
  for (const Kind& kind : kKinds)
    if (with_tls || kind.on != On::tls) found.emplace_back(kind.row);
  for (std::string& row : lie_rows()) found.push_back(std::move(row));
  return found;
}

}  // namespace dnntune::faults
