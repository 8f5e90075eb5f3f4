// SPDX-License-Identifier: Apache-2.0
#include "split/poller.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include <sys/epoll.h>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::split {

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw Error(ErrorCode::io, fmt::format("cannot watch connections: {}", std::strerror(errno)));
}

void Poller::control(int operation, int fd, std::uint32_t events, Name name) const {
  epoll_event event{};
  event.events = events;
  event.data.u64 = name;
  if (::epoll_ctl(epoll_.get(), operation, fd, &event) != 0) throw Error(ErrorCode::io, fmt::format("cannot watch a connection: {}", std::strerror(errno)));
}

void Poller::add(int fd, Name name) { control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT, name); }
void Poller::add_for_all(int fd, Name name) { control(EPOLL_CTL_ADD, fd, EPOLLIN, name); }

void Poller::arm(int fd, Name name) noexcept {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.u64 = name;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);  // of a descriptor that was added: it cannot fail
}

std::optional<Poller::Name> Poller::wait(DeadlineNs until) const noexcept {
  const std::int64_t left_ns = until - base::now_ns();
  // Rounded up, as a moment too early would have the caller come again at once.
  const std::int64_t left_ms = std::clamp<std::int64_t>((left_ns + 999'999) / 1'000'000, 0, INT_MAX);
  epoll_event event{};
  if (::epoll_wait(epoll_.get(), &event, 1, static_cast<int>(left_ms)) != 1) return std::nullopt;
  return Name{event.data.u64};  // a copy: the structure is packed
}

}  // namespace dnntune::split
