#include "core/supervise.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

#include "core/log.h"
#include "core/what_of.h"

namespace tandem::core {
namespace {

/// What a root has gone through. Shared with the timer that notices that it is well.
struct Recovery {
  std::string name;
  std::chrono::milliseconds delay{};
  std::string reason;  ///< of the last failure; empty when it runs well

  void failed(std::string why) {
    if (why != reason) log::error("{}: {}; it starts again by itself", name, why);
    reason = std::move(why);
  }
  void recovered(std::chrono::milliseconds first_delay) {
    log::info("{} runs again", name);
    reason.clear();
    delay = first_delay;
  }
};

Task<void> keep_running(std::string name, std::function<Task<void>()> start, Supervision how) {
  const auto recovery = std::make_shared<Recovery>();
  recovery->name = std::move(name);
  recovery->delay = how.first_delay;
  core::Timer well(co_await asio::this_coro::executor);
  for (;;) {
    if (!recovery->reason.empty()) {
      well.expires_after(how.longest_delay);
      well.async_wait([recovery, first = how.first_delay](boost::system::error_code cancelled) {
        if (!cancelled) recovery->recovered(first);
      });
    }
    std::exception_ptr escaped;
    try {
      Task<void> running = start();
      co_await std::move(running);
    } catch (...) {
      escaped = std::current_exception();
    }
    well.cancel();
    if (!escaped) co_return;
    // The group's stop() ends it by a cancellation, which is no failure.
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) std::rethrow_exception(escaped);
    recovery->failed(what_of(escaped));
    if (how.let_go) how.let_go();
    const auto delay = recovery->delay;
    recovery->delay = std::min(delay * 2, how.longest_delay);
    co_await sleep_for(delay);
  }
}

}  // namespace

void supervise(TaskGroup& group, std::string name, std::function<Task<void>()> start,
               Supervision how) {
  std::string root = name;
  group.spawn(std::move(root), keep_running(std::move(name), std::move(start), std::move(how)));
}

}  // namespace tandem::core
