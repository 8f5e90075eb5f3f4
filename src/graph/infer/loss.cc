// SPDX-License-Identifier: Apache-2.0
// Losses over classes: scores [N, C, d...], wanted classes [N, d...].
#include <fmt/format.h>

#include "graph/infer/infer.h"

namespace dnntune::graph::infer {

void infer_loss(Context& c) {
  const Shape *scores = c.shape(0), *target = c.shape(1);
  if (scores != nullptr && scores->size() < 2) c.fail("input 0 must have rank 2 or more");
  c.require_rank(2, 1);
  if (scores != nullptr && target != nullptr) {
    Shape wanted = *scores;
    wanted.erase(wanted.begin() + 1);
    c.require_rank(1, wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
      c.require_equal(wanted[i], (*target)[i], "the target must have the shape of input 0 without its second dimension");
  }
  if (scores != nullptr && c.shape(2) != nullptr) c.require_equal((*scores)[1], (*c.shape(2))[0], "there must be one weight a class");
  const std::string reduction = c.attributes().text("reduction", "mean");
  if (reduction != "none" && reduction != "sum" && reduction != "mean")
    c.fail(fmt::format("reduction '{}' is none of none, sum, mean", reduction));
  if (reduction != "none") {
    c.output(0, c.type(0), Shape{});
  } else if (target != nullptr) {
    c.output(0, c.type(0), *target);
  } else {
    c.output(0, c.type(0));
  }
  if (scores != nullptr) return c.output(1, c.type(0), *scores);
  c.output(1, c.type(0));
}

}  // namespace dnntune::graph::infer
