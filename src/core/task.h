// Coroutines: their type, how roots are started and awaited, and how blocking work is kept off
// the loop's thread.
//
// One thread runs all logic of a process. A Task suspends only for I/O; pure code is never a
// coroutine. Coroutine parameters are taken by value; lambda coroutines capture nothing.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <list>
#include <string>
#include <utility>

namespace tandem {

namespace asio = boost::asio;

template <class T>
using Task = asio::awaitable<T>;

namespace core {

/// Starts root coroutines and waits for them. What escapes a root is logged under its name, except
/// the cancellation that stop() itself causes. Lives on the loop's thread. stop() must have been
/// awaited before destruction if anything was spawned.
class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor executor);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  void spawn(std::string name, Task<void> task);
  /// Cancels what runs and returns when the last root has ended. Later spawns are dropped.
  Task<void> stop();
  std::size_t size() const { return roots_.size(); }

 private:
  struct Root {
    std::string name;
    asio::cancellation_signal cancel;
  };
  asio::any_io_executor executor_;
  std::list<Root> roots_;
  asio::steady_timer ended_;
  bool stopping_ = false;
};

/// Waits without blocking; throws boost::system::system_error(operation_aborted) when cancelled.
Task<void> sleep_for(std::chrono::milliseconds duration);

/// Runs function on pool and resumes on the caller's loop with its result or exception.
template <class Function>
Task<std::invoke_result_t<Function>> run_blocking(asio::thread_pool& pool, Function function) {
  using Result = std::invoke_result_t<Function>;
  // The coroutine's argument is a copy in its own frame, so nothing dangles.
  constexpr auto body = [](Function work) -> Task<Result> { co_return work(); };
  co_return co_await asio::co_spawn(pool, body(std::move(function)), asio::use_awaitable);
}

}  // namespace core
}  // namespace tandem
