#include "service/group_sync.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

namespace tandem::service {

Task<void> GroupSync::wait() {
  const auto mine = ++requested_;
  if (!done_) {
    done_.emplace(co_await asio::this_coro::executor);
    done_->expires_at(core::kNever);
  }
  while (synced_ < mine) {
    if (!running_) {
      co_await run();
      continue;
    }
    // Woken by cancel(); whoever finds no sync running starts the next one.
    boost::system::error_code woken;
    co_await done_->async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

Task<void> GroupSync::run() {
  /// Wakes the others however the sync ends, failure and cancellation included.
  struct Finish {
    GroupSync& sync;
    ~Finish() {
      sync.running_ = false;
      sync.done_->cancel();
    }
  };
  running_ = true;
  Finish finish{*this};
  const auto covers = requested_;
  auto* store = &store_;
  co_await core::run_blocking(pool_, [store] { store->sync(); });
  synced_ = covers;
  ++syncs_;
}

}  // namespace tandem::service
