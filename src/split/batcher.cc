// SPDX-License-Identifier: Apache-2.0
#include "split/batcher.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <utility>

#include "base/clock.h"
#include "dnntune/error.h"
#include "graph/independent_rows.h"
#include "split/deadline.h"

namespace dnntune::split {
namespace {

Shape row_shape(const Tensor& tensor) { return Shape(tensor.shape().begin() + 1, tensor.shape().end()); }

/// `rows` of a tensor from number `first` on, in its memory.
Tensor slice(const std::shared_ptr<const Tensor>& whole, std::int64_t first, std::int64_t rows) {
  Shape shape = whole->shape();
  const std::size_t row_bytes = whole->size_bytes() / static_cast<std::size_t>(shape.front());
  shape.front() = rows;
  return Tensor::borrow(whole->type(), std::move(shape), static_cast<const char*>(whole->data()) + static_cast<std::size_t>(first) * row_bytes, whole);
}

}  // namespace

Batcher::Batcher(const Graph& graph, const Batching& batching, Turns& turns, Run run)
    : graph_(graph), batching_(batching), turns_(turns), run_(std::move(run)),
      why_not_(batching.max_rows > 1 ? graph::why_rows_depend(graph.impl()) : "requests are not joined here") {}

bool Batcher::takes(const Tensors& inputs) const {
  if (!why_not_.empty()) return false;
  const std::int64_t rows = inputs.begin()->second.shape().front();
  return rows >= 1 && rows < batching_.max_rows &&
         std::all_of(inputs.begin(), inputs.end(), [&](const auto& input) { return input.second.shape().front() == rows; });
}

Tensors Batcher::run(const Tensors& inputs, const std::string& client, LoadMeter::Request& request, double& compute_ns) {
  Member me{inputs, request, inputs.begin()->second.shape().front()};
  std::unique_lock lock(mutex_);
  const std::shared_ptr<Group> group = group_for(me);
  group->members.push_back(&me);
  group->rows += me.rows;
  if (group->rows >= batching_.max_rows) close(group);
  if (group->members.front() == &me) {
    group->full.wait_for(lock, std::chrono::nanoseconds(whole_ns(batching_.delay_s)), [&] { return group->closed; });
    lock.unlock();
    lead(group, client);
  } else {
    me.ended.wait(lock, [&] { return me.done; });
  }
  if (me.failure) std::rethrow_exception(me.failure);
  compute_ns = me.compute_ns;
  return std::move(me.outputs);
}

/// With the mutex held: one that has room, else a new one.
std::shared_ptr<Batcher::Group> Batcher::group_for(const Member& member) {
  std::vector<Shape> rows_shapes;
  for (const auto& [name, tensor] : member.inputs) rows_shapes.push_back(row_shape(tensor));
  for (const std::shared_ptr<Group>& group : open_)
    if (group->rows_shapes == rows_shapes && group->rows + member.rows <= batching_.max_rows) return group;
  const auto group = std::make_shared<Group>();
  group->rows_shapes = std::move(rows_shapes);
  open_.push_back(group);
  return group;
}

/// With the mutex held.
void Batcher::close(const std::shared_ptr<Group>& group) {
  if (std::exchange(group->closed, true)) return;
  open_.remove(group);
  group->full.notify_one();
}

/// Others may join until it is the group's turn. Whatever happens, all its members end.
void Batcher::lead(const std::shared_ptr<Group>& group, const std::string& client) {
  std::exception_ptr failure;
  try {
    const Turn turn(turns_, client);
    {
      const std::lock_guard lock(mutex_);
      close(group);
    }
    compute(*group);
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  close(group);
  for (Member* member : group->members) {
    if (failure && !member->failure) member->failure = failure;
    member->done = true;
    member->ended.notify_one();  // while locked: `member` lives until it can lock
  }
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
