// SPDX-License-Identifier: Apache-2.0
// The built-in links carry the published figures; a link's JSON is checked.
#include <cmath>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "dnntune/link.h"
#include "throws.h"

using namespace dnntune;
using test::mentions;

namespace {

std::string link_refusal(const std::string& json) {
  try {
    Link::from_json(json);
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::invalid_argument);
    return e.what();
  }
  FAIL("accepted: ", json);
  return "";
}

std::string replaced_in_link(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("every built-in link has a source, positive rates and a unique name") {
  std::set<std::string> names;
  for (const Link& link : Link::all()) {
    CAPTURE(link.name);
    CHECK(names.insert(link.name).second);
    CHECK(!link.source.empty());
    CHECK(link.bandwidth_up_bps > 0.0);
    CHECK(link.bandwidth_down_bps > 0.0);
    CHECK(link.round_trip_s >= 0.0);
    CHECK(link.radio.name.empty() == link.radio.source.empty());
    CHECK(Link::named(link.name).bandwidth_up_bps == link.bandwidth_up_bps);
  }
  CHECK(names.size() >= 20);
}

TEST_CASE("wifi, lte and 3g are Huang et al.'s radios at JointDNN's rates") {
  struct Row {
    const char* name;
    double up_mbps, down_mbps, rtt_ms, up_alpha_mw, down_alpha_mw, beta_mw;
  };
  for (const Row& row : {Row{"wifi", 18.88, 54.97, 4.2, 283.17, 137.01, 132.86}, Row{"lte", 5.85, 13.76, 70, 438.39, 51.97, 1288.04},
                         Row{"3g", 1.1, 2.0275, 300, 868.98, 122.12, 817.88}}) {
    const Link link = Link::named(row.name);
    CAPTURE(row.name);
    CHECK(link.bandwidth_up_bps == doctest::Approx(row.up_mbps * 1e6).epsilon(1e-12));
    CHECK(link.bandwidth_down_bps == doctest::Approx(row.down_mbps * 1e6).epsilon(1e-12));
    CHECK(link.round_trip_s == doctest::Approx(row.rtt_ms * 1e-3).epsilon(1e-12));
    CHECK(link.radio.up_alpha_w_per_mbps == doctest::Approx(row.up_alpha_mw * 1e-3).epsilon(1e-12));
    CHECK(link.radio.down_alpha_w_per_mbps == doctest::Approx(row.down_alpha_mw * 1e-3).epsilon(1e-12));
    CHECK(link.radio.beta_w == doctest::Approx(row.beta_mw * 1e-3).epsilon(1e-12));
  }
  // Power at these rates, worked out by hand from the table of the paper.
  CHECK(Link::named("3g").radio.up_power_w(1.1e6) == doctest::Approx(1.773758));
  CHECK(Link::named("lte").radio.up_power_w(5.85e6) == doctest::Approx(3.8526215));
  CHECK(Link::named("wifi").radio.up_power_w(18.88e6) == doctest::Approx(5.4791096));
}

TEST_CASE("promotion and tail add up to the energy the paper states for one packet") {
  const auto joule = [](const char* name) {
    const Radio radio = Link::named(name).radio;
    return radio.promotion_s * radio.promotion_w + radio.tail_s * radio.tail_w;
  };
  // 12.76, 7.38 and 0.04 J include the packet itself, which matters for LTE's continuous reception.
  CHECK(joule("lte") == doctest::Approx(12.76).epsilon(0.02));
  CHECK(joule("3g") == doctest::Approx(7.38).epsilon(0.001));
  CHECK(joule("wifi") == doctest::Approx(0.04).epsilon(0.06));
}

TEST_CASE("DNNTune's links give back its transfer times and energies") {
  const double image = 150528;  // bytes of a 224 x 224 x 3 input, one an element
  const Link wifi = Link::named("dnntune-wifi");
  CHECK(wifi.round_trip_s + wifi.up_s(image) == doctest::Approx(0.1007).epsilon(0.003));
  CHECK(wifi.round_trip_s + wifi.up_s(25088) == doctest::Approx(0.0203).epsilon(0.003));
  CHECK(wifi.radio.up_power_w(wifi.bandwidth_up_bps) == 1.2);
  const Link lte = Link::named("dnntune-4g");
  CHECK(lte.round_trip_s + lte.up_s(image) == doctest::Approx(0.180).epsilon(0.01));
  CHECK(lte.radio.up_power_w(lte.bandwidth_up_bps) == 2.5);
  const Link umts = Link::named("dnntune-3g");
  CHECK(umts.round_trip_s + umts.up_s(image) == doctest::Approx(0.890));
  CHECK(umts.up_s(image) * umts.radio.up_power_w(umts.bandwidth_up_bps) == doctest::Approx(0.712));
}

TEST_CASE("emulation profiles have the values their tools state") {
  struct Row {
    const char* name;
    double down_kbps, up_kbps, rtt_ms;
  };
  for (const Row& row :
       {Row{"lighthouse-slow-4g", 1638.4, 750, 150}, Row{"devtools-slow-3g", 500, 500, 400}, Row{"devtools-slow-4g", 1600, 750, 150},
        Row{"devtools-fast-4g", 9000, 1500, 60}, Row{"webpagetest-3gslow", 400, 400, 400}, Row{"webpagetest-3g", 1600, 768, 300},
        Row{"webpagetest-3gfast", 1600, 768, 150}, Row{"webpagetest-4g", 9000, 9000, 170}, Row{"webpagetest-lte", 12000, 12000, 70},
        Row{"webpagetest-cable", 5000, 1000, 28}, Row{"webpagetest-dsl", 1500, 384, 50}, Row{"firefox-4g", 4000, 3000, 20},
        Row{"firefox-wifi", 30000, 15000, 2}, Row{"us-2021-lte", 30000, 31200, 89}, Row{"us-2021-5g-low", 71400, 71400, 58},
        Row{"us-2021-5g-mmwave", 1686000, 79100, 48}}) {
    const Link link = Link::named(row.name);
    CAPTURE(row.name);
    CHECK(link.bandwidth_down_bps == doctest::Approx(row.down_kbps * 1e3).epsilon(1e-12));
    CHECK(link.bandwidth_up_bps == doctest::Approx(row.up_kbps * 1e3).epsilon(1e-12));
    CHECK(link.round_trip_s == doctest::Approx(row.rtt_ms * 1e-3).epsilon(1e-12));
  }
}

TEST_CASE("an unknown link is refused with the names there are") {
  try {
    Link::named("carrier-pigeon");
    FAIL("found");
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::not_found);
    CHECK(mentions(e.what(), "carrier-pigeon"));
    CHECK(mentions(e.what(), "dnntune-wifi"));
  }
}

TEST_CASE("a link survives JSON bit for bit") {
  for (const Link& link : Link::all()) {
    const Link copy = Link::from_json(link.to_json());
    CHECK(copy.to_json() == link.to_json());
    CHECK(copy.bandwidth_up_bps == link.bandwidth_up_bps);
    CHECK(copy.round_trip_s == link.round_trip_s);
    CHECK(copy.radio.name == link.radio.name);
    CHECK(copy.radio.beta_w == link.radio.beta_w);
    CHECK(copy.radio.tail_s == link.radio.tail_s);
    CHECK(copy.source == link.source);
  }
}

TEST_CASE("hostile link JSON is refused by name") {
  const std::string good = Link::named("lte").to_json();
  CHECK(mentions(link_refusal(replaced_in_link(good, "\"bandwidth_up_bps\"", "\"up\"")), "bandwidth_up_bps"));
  CHECK(mentions(link_refusal(replaced_in_link(good, "5850000.0", "-1")), "bandwidth_up_bps"));
  CHECK(mentions(link_refusal(replaced_in_link(good, "5850000.0", "0")), "bandwidth_up_bps"));
  CHECK(mentions(link_refusal(replaced_in_link(good, "5850000.0", "\"fast\"")), "bandwidth_up_bps"));
  CHECK(mentions(link_refusal(replaced_in_link(good, "5850000.0", "true")), "bandwidth_up_bps"));
  CHECK(mentions(link_refusal(replaced_in_link(good, "5850000.0", "null")), "bandwidth_up_bps"));
  CHECK(mentions(link_refusal(replaced_in_link(good, "0.07", "-0.07")), "round_trip_s"));
  CHECK(mentions(link_refusal(replaced_in_link(good, "1.28804", "-2")), "beta_w"));
  CHECK(mentions(link_refusal(replaced_in_link(good, "\"radio\": {", "\"radio\": [], \"x\": {")), "radio"));
  CHECK(mentions(link_refusal(replaced_in_link(good, "dnntune.link/1", "dnntune.link/9")), "dnntune.link/9"));
  link_refusal(replaced_in_link(good, "5850000.0", "NaN"));
  link_refusal(replaced_in_link(good, "5850000.0", "1e999"));
  link_refusal(good.substr(0, good.size() / 2));
  link_refusal("");
  link_refusal("[]");
  link_refusal("7");
}
