// SPDX-License-Identifier: Apache-2.0
#include "split/batcher.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include "base/clock.h"
#include "dnntune/error.h"
#include "graph/independent_rows.h"
#include "split/deadline.h"

namespace dnntune::split {
namespace {

/// But for the first dimension.
bool same_rows(const Tensors& a, const Tensors& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    const Shape &p = x.second.shape(), &q = y.second.shape();
    return std::equal(p.begin() + 1, p.end(), q.begin() + 1, q.end());
  });
}

/// `rows` of a tensor from number `first` on, in its memory.
Tensor slice(const std::shared_ptr<const Tensor>& whole, std::int64_t first, std::int64_t rows) {
  Shape shape = whole->shape();
  const std::size_t row_bytes = whole->size_bytes() / static_cast<std::size_t>(shape.front());
  shape.front() = rows;
  return Tensor::borrow(whole->type(), std::move(shape), static_cast<const char*>(whole->data()) + static_cast<std::size_t>(first) * row_bytes, whole);
}

}  // namespace

Batcher::Batcher(const Graph& graph, const Batching& batching, Turns& turns, Arrivals& arrivals, Run run)
    : graph_(graph), batching_(batching), turns_(turns), arrivals_(arrivals), run_(std::move(run)),
      why_not_(batching.max_rows > 1 ? graph::why_rows_depend(graph.impl()) : "requests are not joined here") {}

bool Batcher::takes(const Tensors& inputs) const {
  if (!why_not_.empty()) return false;
  const std::int64_t rows = inputs.begin()->second.shape().front();
  return rows >= 1 && rows < batching_.max_rows &&
         std::all_of(inputs.begin(), inputs.end(), [&](const auto& input) { return input.second.shape().front() == rows; });
}

Tensors Batcher::run(const Tensors& inputs, const Caller& caller, double& compute_ns) {
  Member me{inputs, caller.counted, inputs.begin()->second.shape().front()};
  Group own;
  bool leads = false;
  {
    const std::lock_guard lock(mutex_);
    Group* group = open_group_for(me);
    leads = group == nullptr;
    if (leads) group = &own;
    group->members.push_back(&me);
    group->rows += me.rows;
    if (leads) open_.push_back(group);
    caller.arrival.end();
    if (group->rows >= batching_.max_rows) close(*group);
  }
  if (leads) {
    if (batching_.delay_s > 0.0) arrivals_.wait(deadline_in(batching_.delay_s), [&] { return own.closed.load(); });
    turns_.run(caller.client, {[&] { run_closed(own); }, last_run_ns_});  // others may join until it is the group's turn
  } else {
    me.ended.wait();
  }
  if (me.failure) std::rethrow_exception(me.failure);
  compute_ns = me.compute_ns;
  return std::move(me.outputs);
}

/// With the mutex held: one that has room, or null.
Batcher::Group* Batcher::open_group_for(const Member& member) const {
  const auto fits = std::find_if(open_.begin(), open_.end(), [&](const Group* group) {
    return group->rows + member.rows <= batching_.max_rows && same_rows(group->members.front()->inputs, member.inputs);
  });
  return fits == open_.end() ? nullptr : *fits;
}

/// With the mutex held.
void Batcher::close(Group& group) {
  if (group.closed.exchange(true)) return;
  std::erase(open_, &group);
  arrivals_.look_again();
}

/// In the group's turn. Whatever happens, all members but the first, whose thread waits for this to end, are told.
void Batcher::run_closed(Group& group) {
  {
    const std::lock_guard lock(mutex_);
    close(group);
  }
  const std::int64_t start = base::now_ns();
  try {
    compute(group);
  } catch (...) {
    for (Member* member : group.members)
      if (!member->failure) member->failure = std::current_exception();
  }
  last_run_ns_ = base::now_ns() - start;
  for (std::size_t i = 1; i < group.members.size(); ++i) group.members[i]->ended.set();
}

void Batcher::compute(const Group& group) {
  if (group.members.size() == 1) {
    compute_alone(*group.members.front());
    return;
  }
  try {
    compute_joined(group);
  } catch (const std::exception&) {
    // What one of them brought may be at fault, or there is no memory for all of them.
    for (Member* member : group.members) compute_alone(*member);
  }
}

void Batcher::compute_alone(Member& member) {
  try {
    if (!prepared_.contains(member.rows)) member.request.prepares();
    member.request.starts();
    const std::int64_t start = base::now_ns();
    member.outputs = run_(member.inputs);
    member.compute_ns = static_cast<double>(base::now_ns() - start);
    member.request.computed();
    prepared_.insert(member.rows);
  } catch (...) {
    member.failure = std::current_exception();
  }
}

void Batcher::compute_joined(const Group& group) {
  const bool is_new = !prepared_.contains(group.rows);
  for (Member* member : group.members) {
    if (is_new) member->request.prepares();
    member == group.members.front() ? member->request.starts() : member->request.joins();
  }
  const std::int64_t start = base::now_ns();
  const Tensors outputs = run_(joined_inputs(group));
  const auto compute_ns = static_cast<double>(base::now_ns() - start);
  hand_out(outputs, group);
  prepared_.insert(group.rows);
  for (Member* member : group.members) {
    member->request.computed(static_cast<int>(group.members.size()));
    member->compute_ns = compute_ns;
  }
}

Tensors Batcher::joined_inputs(const Group& group) const {
  Tensors joined;
  for (const TensorInfo& info : graph_.inputs()) {
    Shape shape = group.members.front()->inputs.at(info.name).shape();
    shape.front() = group.rows;
    Tensor whole = Tensor::uninitialized(info.type, std::move(shape));
    char* out = static_cast<char*>(whole.mutable_data());
    for (const Member* member : group.members) {
      const Tensor& part = member->inputs.at(info.name);
      if (part.size_bytes() > 0) std::memcpy(out, part.data(), part.size_bytes());
      out += part.size_bytes();
    }
    joined.emplace(info.name, std::move(whole));
  }
  return joined;
}

/// Throws internal when an output has not the rows of the inputs: then none of it is handed out.
void Batcher::hand_out(const Tensors& outputs, const Group& group) {
  for (const auto& [name, tensor] : outputs)
    if (tensor.shape().empty() || tensor.shape().front() != group.rows) throw Error(ErrorCode::internal, "output '" + name + "' has not one row for each of the inputs");
  for (const auto& [name, tensor] : outputs) {
    const auto whole = std::make_shared<const Tensor>(tensor);
    std::int64_t first = 0;
    for (Member* member : group.members) {
      member->outputs.insert_or_assign(name, slice(whole, first, member->rows));
      first += member->rows;
    }
  }
}

}  // namespace dnntune::split
