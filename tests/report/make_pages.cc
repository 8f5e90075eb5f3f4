// SPDX-License-Identifier: Apache-2.0
// make_pages FOLDER: writes kinds.html (every kind of chart), choice.html, characterization.html, profile.html, tuning.html and plan_NETWORK.html of
// two networks.
// Exits 3 when this build has no chart library.
#include <cmath>
#include <cstdio>
#include <fstream>

#include "cli/pages.h"
#include "cli/plan_page.h"
#include "report/chart_library.h"
#include "report/samples.h"
#include "zoo/zoo.h"

namespace {

using namespace dnntune;
using report::Chart;
using report::ChartKind;
using report::Series;

const std::string kHostile = "</script><script>throw 1</script><img src=http://127.0.0.1:9/x>";

report::Page kinds() {
  report::Page page("Every kind of chart");
  page.fact("hostile", kHostile).paragraph(kHostile);
  Chart bars{.title = "Bars " + kHostile, .note = "Grouped, with a gap.", .kind = ChartKind::bars, .categories = {"a", kHostile, "c"}, .value_title = "ms", .x_title = "network"};
  bars.series = {Series{.name = "one", .values = {1.0, 2.0, std::nan("")}, .hover = {"1 ms", "2 ms", ""}},
                 Series{.name = "two", .values = {1.5, 1.0, 3.0}},
                 Series{.name = kHostile, .values = {0.5, 4.0, 2.0}}};
  page.chart(bars);
  Chart relative = bars;
  relative.title = "Bars from 1, logarithmic, to the right";
  relative.horizontal = relative.logarithmic = true;
  relative.base = 1.0;
  relative.series.resize(2);
  page.chart(relative);
  Chart stacked = bars;
  stacked.title = "Two stacks a category";
  stacked.kind = ChartKind::stacked_bars;
  stacked.horizontal = true;
  stacked.series[0].stack = stacked.series[1].stack = "device";
  stacked.series[2].stack = "host";
  page.chart(stacked);
  Chart lines{.title = "Lines over a logarithmic axis", .kind = ChartKind::lines, .value_title = "ms", .x_title = "Mbps"};
  lines.x_logarithmic = true;
  lines.series = {Series{.name = "split", .values = {9.0, 4.0, 3.0}, .x = {1.0, 10.0, 100.0}},
                  Series{.name = "cloud", .values = {90.0, 14.0, 2.0}, .x = {1.0, 10.0, 100.0}}};
  page.chart(lines);
  Chart scatter = lines;
  scatter.title = "Points";
  scatter.kind = ChartKind::scatter;
  scatter.logarithmic = true;
  page.chart(scatter);
  Chart spans{.title = "A map", .kind = ChartKind::spans, .categories = {"0", "10"}, .value_title = "Mbit/s", .x_title = "ms"};
  spans.logarithmic = true;
  spans.series = {Series{.name = "split", .values = {10.0, 5.0}, .from = {1.0, 2.0}},
                  Series{.name = "cloud", .values = {100.0, std::nan("")}, .from = {10.0, std::nan("")}}};
  page.chart(spans);
  return page;
}

report::Page choice() {
  report::Page page("A choice");
  const std::vector<std::string> places = {"a", "b"};
  Chart first{.title = "First", .categories = places, .series = {Series{.name = "one", .values = {1.0, 2.0}}, Series{.name = "two", .values = {2.0, 1.0}}, Series{.name = "three", .values = {3.0, 1.0}}}};
  Chart second{.title = "Second", .note = "Of the second.", .categories = places, .series = {Series{.name = "one", .values = {1.0, 2.0}}, Series{.name = "two", .values = {2.0, 1.0}}}};
  page.choice("Pick " + kHostile, {first, second});
  return page;
}

report::Page plan_page_of(const char* network) {
  const PlanRequest request = samples::plan_request(zoo::build(network));
  return cli::plan_page(request, make_plan(request));
}

bool write(const std::string& path, const report::Page& page) {
  std::ofstream file(path, std::ios::binary);
  file << page.html();
  return static_cast<bool>(file.flush());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  if (report::chart_library().empty()) {
    std::puts("this build has no chart library (Debian and Ubuntu: libjs-chart.js)");
    return 3;
  }
  const std::string folder = argv[1];
  const bool written = write(folder + "/kinds.html", kinds()) && write(folder + "/choice.html", choice()) && write(folder + "/characterization.html", samples::characterization().page()) &&
                       write(folder + "/profile.html", cli::profile_page(samples::profile(1e6))) &&
                       write(folder + "/tuning.html", cli::tuning_page("sample", samples::characterization().device, samples::tuning())) &&
                       write(folder + "/plan_mobilenet_v2.html", plan_page_of("mobilenet_v2")) && write(folder + "/plan_inception_v1.html", plan_page_of("inception_v1"));
  return written ? 0 : 1;
}
