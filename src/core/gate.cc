#include "core/gate.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

namespace tandem::core {

Task<Gate::Place> Gate::enter() {
  if (free_ > 0) {
    --free_;
    co_return Place(this);
  }
  Waiter waiter(co_await asio::this_coro::executor);
  const auto at = waiting_.insert(waiting_.end(), &waiter);
  boost::system::error_code woken;
  co_await waiter.turn.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  // Both the turn and a cancellation end the wait; whoever was given a place has it all the same.
  if (waiter.has_place) co_return Place(this);
  waiting_.erase(at);
  throw boost::system::system_error(asio::error::operation_aborted);
}

void Gate::leave() {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  Waiter* next = waiting_.front();
  waiting_.pop_front();
  next->has_place = true;
  next->turn.cancel();
}

}  // namespace tandem::core
