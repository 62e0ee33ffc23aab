// Something that happens once (or again after clear()) and that coroutines wait for. Loop thread.
#pragma once

#include <boost/asio/redirect_error.hpp>

#include "core/task.h"

namespace tandem::lambda {

class Event {
 public:
  explicit Event(const asio::any_io_executor& executor) : timer_(executor, core::kNever) {}

  void set() {
    set_ = true;
    timer_.cancel();
  }
  void clear() { set_ = false; }
  bool is_set() const { return set_; }

  /// Returns when it is set; throws operation_aborted when the waiting coroutine is cancelled. The
  /// event must outlive the wait.
  Task<void> wait() {
    while (!set_) {
      boost::system::error_code ignored;
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }
  /// The same for at most duration. For an event that one coroutine waits for.
  Task<void> wait_for(std::chrono::milliseconds duration) {
    if (set_) co_return;
    timer_.expires_after(duration);
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    timer_.expires_at(core::kNever);
  }

 private:
  core::Timer timer_;
  bool set_ = false;
};

}  // namespace tandem::lambda
