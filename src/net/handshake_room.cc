#include "net/handshake_room.h"

#include <boost/asio/redirect_error.hpp>

namespace tandem::net {

/// Somebody in the line. A promised place that is not taken goes to the next.
struct HandshakeRoom::Waiter {
  Waiter(HandshakeRoom& given_room, const asio::any_io_executor& executor)
      : room(given_room), timer(executor) {
    position = room.waiting_.insert(room.waiting_.end(), this);
  }
  ~Waiter() {
    if (!promised) room.waiting_.erase(position);
    if (!promised || taken) return;
    --room.promised_;
    room.hand_over();
  }
  void take() {
    taken = true;
    --room.promised_;
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  HandshakeRoom& room;
  core::Timer timer;
  std::list<Waiter*>::iterator position;
  bool promised = false;
  bool taken = false;
};

HandshakeRoom::Place::~Place() {
  if (inside_) room_.leave(*this);
}

Task<bool> HandshakeRoom::Place::enter() {
  if (!room_.full()) {
    room_.admit(*this);
    co_return true;
  }
  const auto executor = co_await asio::this_coro::executor;
  Waiter waiter(room_, executor);
  room_.turn_out_slow();
  while (!waiter.promised) {
    boost::system::error_code ended;
    waiter.timer.expires_after(room_.until_oldest_is_slow());
    co_await waiter.timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    if (guest_.lost()) co_return false;
    if (!waiter.promised) room_.turn_out_slow();
  }
  waiter.take();
  room_.admit(*this);
  co_return true;
}

void HandshakeRoom::admit(Place& place) {
  place.inside_ = true;
  place.since_ns_ = clock_.steady_ns();
  place.position_ = inside_.insert(inside_.end(), &place);
}

void HandshakeRoom::leave(Place& place) {
  inside_.erase(place.position_);
  place.inside_ = false;
  hand_over();
}

void HandshakeRoom::hand_over() {
  while (!waiting_.empty() && !full()) {
    Waiter* newest = waiting_.back();
    waiting_.pop_back();
    newest->promised = true;
    ++promised_;
    newest->timer.cancel();
  }
}

void HandshakeRoom::turn_out_slow() {
  while (!inside_.empty() && until_oldest_is_slow() <= std::chrono::nanoseconds(0)) {
    Place& oldest = *inside_.front();
    leave(oldest);
    oldest.guest_.turn_out();
  }
}

std::chrono::nanoseconds HandshakeRoom::until_oldest_is_slow() const {
  const std::chrono::nanoseconds patience = kPatience;
  if (inside_.empty()) return patience;
  return patience - std::chrono::nanoseconds(clock_.steady_ns() - inside_.front()->since_ns_);
}

}  // namespace tandem::net
