#include "core/task.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/redirect_error.hpp>
#include <exception>

#include "core/check.h"
#include "core/log.h"

namespace tandem::core {
namespace {

void log_escaped(const std::string& name, const std::exception_ptr& escaped, bool stopping) {
  try {
    std::rethrow_exception(escaped);
  } catch (const boost::system::system_error& error) {
    if (stopping && error.code() == asio::error::operation_aborted) return;
    log::error("{}: {}", name, error.what());
  } catch (const std::exception& error) {
    log::error("{}: {}", name, error.what());
  } catch (...) {
    log::error("{}: unknown exception", name);
  }
}

}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : executor_(executor), ended_(executor, core::kNever) {}

TaskGroup::~TaskGroup() { CHECK(roots_.empty() || stopping_); }

void TaskGroup::spawn(std::string name, Task<void> task) {
  if (stopping_) return;
  const auto root = roots_.emplace(roots_.end());
  root->name = std::move(name);
  asio::co_spawn(executor_, std::move(task),
                 asio::bind_cancellation_slot(root->cancel.slot(),
                                              [this, root](const std::exception_ptr& escaped) {
                                                if (escaped)
                                                  log_escaped(root->name, escaped, stopping_);
                                                roots_.erase(root);
                                                if (roots_.empty()) ended_.cancel();
                                              }));
}

Task<void> TaskGroup::stop() {
  stopping_ = true;
  for (auto root = roots_.begin(); root != roots_.end();) {
    // Emitting may end the root and erase it.
    const auto next = std::next(root);
    root->cancel.emit(asio::cancellation_type::terminal);
    root = next;
  }
  while (!roots_.empty()) {
    boost::system::error_code ignored;
    co_await ended_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

Task<void> sleep_for(std::chrono::milliseconds duration) {
  core::Timer timer(co_await asio::this_coro::executor, duration);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace tandem::core
