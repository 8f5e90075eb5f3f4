// SPDX-License-Identifier: Apache-2.0
#include "dnntune/graph.h"

#include <fmt/format.h>

#include "dnntune/error.h"
#include "graph/extract.h"
#include "graph/graph_impl.h"
#include "graph/hash.h"

namespace dnntune {

Graph::Graph(std::shared_ptr<const graph::GraphImpl> impl) : impl_(std::move(impl)) {
  if (impl_ == nullptr) throw Error(ErrorCode::invalid_argument, "a Graph needs an implementation");
}
Graph::Graph(const Graph&) = default;
Graph& Graph::operator=(const Graph&) = default;
// A moved-from Graph stays usable: it shares like a copy, which costs one atomic increment.
Graph::Graph(Graph&& other) noexcept : impl_(other.impl_) {}
Graph& Graph::operator=(Graph&& other) noexcept {
  impl_ = other.impl_;
  return *this;
}
Graph::~Graph() = default;

const std::string& Graph::name() const noexcept { return impl_->source.name; }

const std::string& Graph::hash() const {
  std::call_once(impl_->hash_once, [this] {
    impl_->hash = graph::hash_graph(impl_->source);
    impl_->storage.release_pages();
  });
  return impl_->hash;
}

int Graph::opset() const noexcept { return static_cast<int>(impl_->model.opset); }
const std::vector<TensorInfo>& Graph::inputs() const noexcept { return impl_->inputs; }
const std::vector<TensorInfo>& Graph::outputs() const noexcept { return impl_->outputs; }
const std::vector<LayerInfo>& Graph::layers() const noexcept { return impl_->layers; }

int Graph::layer_index(const std::string& name) const {
  const auto it = impl_->layer_ids.find(name);
  if (it == impl_->layer_ids.end())
    throw Error(ErrorCode::not_found, fmt::format("graph '{}' has no layer '{}'", impl_->source.name, name));
  return it->second;
}

const TensorInfo& Graph::value(const std::string& name) const {
  const auto it = impl_->values.find(name);
  if (it == impl_->values.end())
    throw Error(ErrorCode::not_found, fmt::format("graph '{}' has no value '{}' between layers", impl_->source.name, name));
  return it->second;
}

const std::vector<CutPoint>& Graph::cut_points() const noexcept { return impl_->cut_points; }
std::int64_t Graph::mac_count() const noexcept { return impl_->macs; }
std::int64_t Graph::parameter_count() const noexcept { return impl_->parameters; }
std::size_t Graph::node_count() const noexcept { return impl_->source.nodes.size(); }
const std::vector<std::string>& Graph::unsupported() const noexcept { return impl_->unsupported; }

Graph Graph::extract(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) const {
  return Graph(graph::extract(*impl_, inputs, outputs));
}

}  // namespace dnntune
