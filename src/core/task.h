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
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/timer.h"
#include "core/workers.h"

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
  core::Timer ended_;
  bool stopping_ = false;
};

/// Waits without blocking; throws boost::system::system_error(operation_aborted) when cancelled.
Task<void> sleep_for(std::chrono::milliseconds duration);

/// What blocking work ended with.
template <class Result>
class Outcome {
 public:
  template <class Function>
  void run(Function& function) {
    try {
      if constexpr (std::is_void_v<Result>) {
        function();
      } else {
        result_.emplace(function());
      }
    } catch (...) {
      failure_ = std::current_exception();
    }
  }
  Result take() {
    if (failure_) std::rethrow_exception(failure_);
    if constexpr (!std::is_void_v<Result>) return std::move(*result_);
  }

 private:
  std::conditional_t<std::is_void_v<Result>, std::monostate, std::optional<Result>> result_;
  std::exception_ptr failure_;
};

/// Runs function on workers and resumes on the caller's loop with its result or exception. Work
/// that has begun cannot be cancelled: a cancelled caller still waits for it (so that what function
/// refers to stays alive) and learns of the cancellation at its next co_await. Spawning on the pool
/// instead would have the pool's thread touch the caller's cancellation state.
template <class Function>
Task<std::invoke_result_t<Function>> run_blocking(Workers& workers, Function function) {
  using Result = std::invoke_result_t<Function>;
  Outcome<Result> outcome;
  const asio::any_io_executor loop = co_await asio::this_coro::executor;
  constexpr auto start = [](auto handler, Workers* on, asio::any_io_executor back, Function* work,
                            Outcome<Result>* out) {
    struct Job {
      decltype(handler) resume;
      asio::executor_work_guard<asio::any_io_executor> guard;
    };
    auto job = std::make_shared<Job>(std::move(handler), asio::make_work_guard(back));
    on->post([job = std::move(job), work, out]() mutable {
      out->run(*work);
      asio::post(job->guard.get_executor(), std::move(job->resume));
      job.reset();
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      start, asio::use_awaitable, &workers, loop, &function, &outcome);
  co_return outcome.take();
}

}  // namespace core
}  // namespace tandem
