// SPDX-License-Identifier: Apache-2.0
// Profiles as a table for people.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "dnntune/profile.h"

namespace dnntune {
namespace {

using base::column_count;

constexpr std::size_t kLeastWidth = 20;
constexpr std::size_t kLeastNameWidth = 12;

struct Column {
  std::string header;
  std::vector<std::string> cells;
  bool flexible = false;  ///< Text on the left, which may be shortened; else a number on the right.
  int importance = 0;     ///< The least important columns are left out when the table is too wide.
  std::size_t width = 0;

  std::size_t natural_width() const {
    std::size_t widest = column_count(header);
    for (const std::string& cell : cells) widest = std::max(widest, column_count(cell));
    return widest;
  }
};

enum ColumnIndex { kNumber, kLayer, kKernel, kMs, kSpread, kShare, kMflop, kGflops, kMemory, kColumnCount };

const char* mark_of(Provenance provenance) {
  switch (provenance) {
    case Provenance::measured: return "";
    case Provenance::predicted: return "~";
    case Provenance::published: return "*";
    case Provenance::unknown: return "?";
  }
  return "?";
}

/// Milliseconds with four significant digits at most, so that the columns stay narrow.
std::string ms_text(double nanoseconds) {
  const double ms = nanoseconds / 1e6;
  const double size = ms < 0 ? -ms : ms;
  return fmt::format("{:.{}f}", ms, size < 10 ? 4 : size < 100 ? 3 : size < 1000 ? 2 : 1);
}

std::string cost_text(const Cost& cost) { return mark_of(cost.provenance) + ms_text(cost.value); }

std::string share_text(double part, double whole) { return whole > 0.0 ? fmt::format("{:.1f}", 100.0 * part / whole) : "-"; }

std::string kb_text(std::int64_t bytes) { return fmt::format("{:.{}f}", static_cast<double>(bytes) / 1024.0, bytes < 102400 ? 1 : 0); }

/// Indices of the layers to show: all, or the slowest `max_layers`, in layer order.
std::vector<std::size_t> chosen_layers(const std::vector<LayerProfile>& layers, int max_layers) {
  std::vector<std::size_t> chosen(layers.size());
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  if (max_layers <= 0 || chosen.size() <= static_cast<std::size_t>(max_layers)) return chosen;
  std::stable_sort(chosen.begin(), chosen.end(),
                   [&](std::size_t a, std::size_t b) { return layers[a].latency_ns.value > layers[b].latency_ns.value; });
  chosen.resize(static_cast<std::size_t>(max_layers));
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

class Table {
 public:
  Table(const Profile& profile, std::size_t width, int max_layers) : profile_(profile), width_(width) {
    columns_.resize(kColumnCount);
    const char* headers[kColumnCount] = {"#", "layer", "kernel", "ms", "±", "%", "MFLOP", "GFLOP/s", "KB"};
    const int importance[kColumnCount] = {7, 9, 4, 9, 5, 6, 2, 3, 1};
    for (int c = 0; c < kColumnCount; ++c) {
      columns_[static_cast<std::size_t>(c)].header = headers[c];
      columns_[static_cast<std::size_t>(c)].importance = importance[c];
    }
    column(kLayer).flexible = column(kKernel).flexible = true;
    add_layers(max_layers);
    add_summary();
    fit();
  }

  std::string text() const {
    std::string out = base::shortened(fmt::format("{} on {}, {}, {} thread{}, {}", profile_.model, profile_.device, profile_.processor,
                                                  profile_.threads, profile_.threads == 1 ? "" : "s", profile_.date),
                                      width_) + "\n";
    out += line([](const Column& c) { return c.header; });
    const std::string rule = base::shortened(std::string(total_width(), '-'), width_) + "\n";
    out += rule;
    for (std::size_t row = 0; row < summary_begin_; ++row) out += line([row](const Column& c) { return c.cells[row]; });
    out += rule;
    for (std::size_t row = summary_begin_; row < columns_.front().cells.size(); ++row) out += summary_line(row);
    for (const std::string& note : footer()) out += base::shortened(note, width_) + "\n";
    return out;
  }

 private:
  Column& column(ColumnIndex index) { return columns_[static_cast<std::size_t>(index)]; }
  const Column& column(ColumnIndex index) const { return columns_[static_cast<std::size_t>(index)]; }

  void add_row(const std::vector<std::string>& cells) {
    for (std::size_t c = 0; c < columns_.size(); ++c) columns_[c].cells.push_back(c < cells.size() ? cells[c] : "");
  }

  void add_layers(int max_layers) {
    const double whole = profile_.layers_ns().value;
    const std::vector<std::size_t> chosen = chosen_layers(profile_.layers, max_layers);
    double shown = 0.0;
    for (const std::size_t i : chosen) {
      const LayerProfile& layer = profile_.layers[i];
      shown += layer.latency_ns.value;
      add_row({fmt::to_string(i), base::printable(layer.name), base::printable(layer.kernel), cost_text(layer.latency_ns),
               ms_text(layer.latency_ns.spread), share_text(layer.latency_ns.value, whole),
               fmt::format("{:.2f}", static_cast<double>(layer.flops) / 1e6), fmt::format("{:.1f}", layer.gflops_per_s()),
               kb_text(layer.memory_bytes)});
    }
    const std::size_t hidden = profile_.layers.size() - chosen.size();
    if (hidden > 0)
      add_row({"", fmt::format("{} others", hidden), "", ms_text(whole - shown), "", share_text(whole - shown, whole)});
    summary_begin_ = columns_.front().cells.size();
  }

  /// The label takes the place of the columns before "ms".
  void add_summary_row(const char* label, const Cost& cost) {
    add_row({label, "", "", cost_text(cost), ms_text(cost.spread), share_text(cost.value, profile_.run_ns.value)});
  }

  void add_summary() {
    Cost conversions{0.0, 0.0, Provenance::measured};
    for (const LayerProfile& layer : profile_.layers) conversions = conversions + layer.conversion_ns;
    add_summary_row("sum of layers", profile_.layers_ns());
    add_summary_row("  of which layout", conversions);
    add_summary_row("input and output", profile_.input_output_ns);
    add_row({"unattributed", "", "", ms_text(profile_.unattributed_ns()), "", share_text(profile_.unattributed_ns(), profile_.run_ns.value)});
    add_summary_row("plain run", profile_.run_ns);
    add_summary_row("profiled run", profile_.profiled_run_ns);
  }

  std::size_t total_width() const {
    std::size_t sum = columns_.size() - 1;
    for (const Column& c : columns_) sum += c.width;
    return sum;
  }

  /// Gives every column its width: numbers what they need, texts what is left. Columns go, the least
  /// important first, until the rest fits.
  void fit() {
    for (std::size_t row = summary_begin_; row < columns_.front().cells.size(); ++row) {
      labels_.push_back(columns_.front().cells[row]);
      columns_.front().cells[row].clear();
    }
    for (Column& c : columns_) c.width = c.natural_width();
    for (;;) {
      if (total_width() <= width_) return;
      const std::size_t over = total_width() - width_;
      std::size_t slack = 0;
      for (const Column& c : columns_)
        if (c.flexible) slack += c.width - std::min(c.width, kLeastNameWidth);
      if (slack >= over || columns_.size() <= 2) {
        shrink_texts(over);
        return;
      }
      columns_.erase(std::min_element(columns_.begin(), columns_.end(),
                                      [](const Column& a, const Column& b) { return a.importance < b.importance; }));
    }
  }

  /// Takes columns from the widest text until `over` are gone.
  void shrink_texts(std::size_t over) {
    for (; over > 0; --over) {
      Column* widest = nullptr;
      for (Column& c : columns_)
        if (c.flexible && (widest == nullptr || c.width > widest->width)) widest = &c;
      if (widest == nullptr || widest->width <= 1) return;
      --widest->width;
    }
  }

  template <typename CellOf>
  std::string line(CellOf&& cell_of) const {
    std::string out;
    for (const Column& c : columns_) {
      if (&c != &columns_.front()) out += ' ';
      const std::string cell = cell_of(c);
      out += c.flexible ? base::left_aligned(cell, c.width, c.header == "layer") : base::right_aligned(cell, c.width);
    }
    return base::shortened(trimmed(std::move(out)), width_) + "\n";
  }

  std::string summary_line(std::size_t row) const {
    std::size_t label_width = 0;
    std::string numbers;
    bool before_ms = true;
    for (const Column& c : columns_) {
      if (c.header == "ms") before_ms = false;
      if (before_ms)
        label_width += c.width + 1;
      else
        numbers += (numbers.empty() ? "" : " ") + base::right_aligned(c.cells[row], c.width);
    }
    return base::shortened(trimmed(base::left_aligned(labels_[row - summary_begin_], label_width) + numbers), width_) + "\n";
  }

  static std::string trimmed(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  }

  std::vector<std::string> footer() const {
    std::vector<std::string> lines;
    const MemorySource source = profile_.memory_source;
    const char* const exact = source == MemorySource::planned ? " (planned: exact)" : "";
    const bool bound = source == MemorySource::lower_bound;
    lines.push_back(fmt::format("arena {}{} KB, {} {} KB{}", bound ? "at least " : "", kb_text(profile_.arena_bytes), bound ? "weights" : "packed weights",
                                kb_text(profile_.weight_bytes), exact));
    const Cost energy = profile_.energy_uj();
    if (energy.provenance != Provenance::unknown)
      lines.push_back(fmt::format("energy of the layers {:.3f} ± {:.3f} mJ ({})", energy.value / 1e3, energy.spread / 1e3, to_string(energy.provenance)));
    if (const Cost& run = profile_.run_energy_uj; run.provenance != Provenance::unknown)
      lines.push_back(fmt::format("energy of the run {:.3f} ± {:.3f} mJ ({}: {})", run.value / 1e3, run.spread / 1e3, to_string(run.provenance),
                                  base::printable(profile_.energy_source)));
    std::string legend;
    for (const Provenance p : {Provenance::predicted, Provenance::published, Provenance::unknown}) {
      const bool used = profile_.run_ns.provenance == p || std::any_of(profile_.layers.begin(), profile_.layers.end(),
                                                                       [p](const LayerProfile& l) { return l.latency_ns.provenance == p; });
      if (used) legend += fmt::format("{}{} {}", legend.empty() ? "" : ", ", mark_of(p), to_string(p));
    }
    lines.push_back(legend.empty() ? "times are measured: median ± median absolute deviation" : "times: " + legend + ", others measured");
    return lines;
  }

  const Profile& profile_;
  std::size_t width_;
  std::vector<Column> columns_;
  std::vector<std::string> labels_;
  std::size_t summary_begin_ = 0;
};

}  // namespace

std::string Profile::table(int width, int max_layers) const {
  return Table(*this, std::max(kLeastWidth, static_cast<std::size_t>(std::max(width, 0))), max_layers).text();
}

}  // namespace dnntune
