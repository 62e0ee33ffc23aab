#include "services/codebuild/engine/build_queue.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>

namespace tandem::codebuild {

Task<std::optional<BuildQueue::Place>> BuildQueue::enter(Ticket* ticket, core::TimePoint till) {
  if (ticket->given_up_) co_return std::nullopt;
  if (free_ > 0) {
    --free_;
    co_return Place(this);
  }
  const auto at = waiting_.insert(waiting_.end(), ticket);
  ticket->turn_.expires_at(till);
  boost::system::error_code woken;
  co_await ticket->turn_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  // Whoever was given a place has it, whatever else has ended the wait.
  if (ticket->has_place_) co_return Place(this);
  waiting_.erase(at);
  if (woken && !ticket->given_up_) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return std::nullopt;
}

void BuildQueue::leave() {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  Ticket* next = waiting_.front();
  waiting_.pop_front();
  next->has_place_ = true;
  next->turn_.cancel();
}

}  // namespace tandem::codebuild
