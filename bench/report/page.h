// SPDX-License-Identifier: Apache-2.0
// Page: one self-contained HTML file of facts, tables and charts. It needs no network to be looked at.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dnntune::report {

/// A column of a table. Numbers are flush right.
struct Column {
  std::string title;
  bool number = false;
};

struct Table {
  std::string title;
  std::string note = {};  ///< Below the title, in plain words; "": none.
  std::vector<Column> columns = {};
  std::vector<std::vector<std::string>> rows = {};  ///< Cells as shown; a short row is filled up with empty ones.
};

/// `spans` are bars to the right that begin where they are told, rows without gaps: a map of what holds where.
enum class ChartKind { bars, stacked_bars, lines, scatter, spans };

/// A value that is not there: nothing is drawn.
inline constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

/// One colour of a chart. Series of one name have one colour on the whole page.
struct Series {
  std::string name;
  /// Of bars: one a category. Of lines and scatter: one a point. Where it is not finite nothing is drawn.
  std::vector<double> values = {};
  std::vector<double> x = {};           ///< Of lines and scatter: where each value stands; as many as `values`.
  std::vector<double> from = {};        ///< Of spans: where each begins; it ends at its value.
  std::vector<std::string> hover = {};  ///< What hovering shows in place of each value; empty: the values.
  std::string stack = {};               ///< Of stacked bars: series of one stack lie on each other, stacks beside each other.
};

struct Chart {
  std::string title;
  std::string note = {};  ///< Below the title, in plain words; "": none.
  ChartKind kind = ChartKind::bars;
  /// Of bars and spans. Under many vertical bars only the first word of some is shown, and all of it where one hovers.
  std::vector<std::string> categories = {};
  std::vector<Series> series = {};
  std::string value_title = {};     ///< Of the axis of values, with the unit: "latency, ms".
  std::string x_title = {};         ///< Of the other axis.
  bool logarithmic = false;         ///< The axis of values; values of 0 and less are then not drawn.
  bool x_logarithmic = false;       ///< Of lines and scatter.
  bool horizontal = false;          ///< Bars go to the right, categories down: for many or long names.
  std::optional<double> most = {};  ///< The axis of values ends here, and longer bars are cut; default: the largest.
  std::optional<std::size_t> marked = {};  ///< Of vertical bars: this category is pointed at,
  std::string marked_text = {};            ///< with these words.
  std::optional<double> base = {};  ///< Bars start here, and a line marks it; default: 0, of a logarithmic axis its end.
};

/// Puts a page together; things appear in the order in which they were added. A plain value. All text is data: what
/// looks like HTML in it is shown, not interpreted.
class Page {
 public:
  explicit Page(std::string title);

  /// A line "name  text" below the title.
  Page& fact(std::string name, std::string text);
  /// A heading over what follows.
  Page& heading(std::string text);
  /// A paragraph.
  Page& paragraph(std::string text);
  Page& table(Table table);
  /// Throws dnntune::Error invalid_argument, naming chart and series, where `values`, `x`, `from` or `hover` have another number
  /// of elements than there are categories or points.
  Page& chart(Chart chart);
  /// One chart at a time, the first to begin with; the reader picks by their titles. Throws as `chart`, and invalid_argument for none.
  Page& choice(std::string title, std::vector<Chart> charts);

  /// The page, with the chart library that the build found inlined (see chart_library.h).
  std::string html() const;
  /// The same with another text of that library; with none, charts are shown as tables of their numbers, and the page
  /// says so.
  std::string html(std::string_view chart_library) const;

 private:
  enum class Kind { heading, paragraph, table, chart, choice };
  struct Part {
    Kind kind;
    std::string text;      ///< Of a heading, paragraph or choice.
    std::size_t index = 0;  ///< Into tables_ or charts_; of a choice, the first.
    std::size_t count = 1;  ///< Of a choice: charts.
  };
  void add(Chart chart);

  std::string title_;
  std::vector<std::pair<std::string, std::string>> facts_;
  std::vector<Part> parts_;
  std::vector<Table> tables_;
  std::vector<Chart> charts_;
};

}  // namespace dnntune::report
