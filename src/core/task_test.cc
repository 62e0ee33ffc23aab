#include "core/task.h"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <future>
#include <gtest/gtest.h>
#include <stdexcept>
#include <thread>

#include "core/discard.h"

namespace tandem::core {
namespace {

Task<void> count_on_pool(core::Workers* pool, std::atomic<int>* count) {
  for (;;) {
    const int now = co_await run_blocking(*pool, [count] { return ++*count; });
    if (now < 0) co_return;
  }
}

Task<void> stop_group(TaskGroup* group) { co_await group->stop(); }

TEST(RunBlocking, ReturnsResultsAndExceptionsToTheLoopsThread) {
  asio::io_context loop;
  core::WorkerThreads pool(2);
  const auto loop_thread = std::this_thread::get_id();
  std::string seen;
  constexpr auto body = [](core::Workers* on, std::thread::id loop_id,
                           std::string* out) -> Task<void> {
    const auto worker = co_await run_blocking(*on, [] { return std::this_thread::get_id(); });
    if (worker != loop_id && std::this_thread::get_id() == loop_id) *out += "threads ";
    try {
      co_await run_blocking(*on, []() -> int { throw std::runtime_error("boom"); });
    } catch (const std::runtime_error& error) {
      *out += error.what();
    }
  };
  TaskGroup group(loop.get_executor());
  group.spawn("test", body(&pool, loop_thread, &seen));
  loop.run();
  EXPECT_EQ(seen, "threads boom");
}

/// Says on which thread it goes.
struct Traced {
  std::promise<std::thread::id>* gone;
  ~Traced() { gone->set_value(std::this_thread::get_id()); }
};

TEST(Discarded, GoesOnThePoolHoweverItsHolderEnds) {
  core::WorkerThreads pool(1);
  std::promise<std::thread::id> gone;
  try {
    Discarded<Traced> held(pool);
    held.set(std::make_unique<Traced>(&gone));
    throw std::runtime_error("refused");
  } catch (const std::runtime_error&) {
  }
  EXPECT_NE(gone.get_future().get(), std::this_thread::get_id());
  { const Discarded<Traced> empty(pool); }
  pool.join();
}

// A cancelled caller waits for work under way; nothing is touched from two threads.
TEST(RunBlocking, SurvivesCancellationAtAnyMoment) {
  core::WorkerThreads pool(2);
  for (int round = 0; round < 300; ++round) {
    asio::io_context loop;
    std::atomic<int> count = 0;
    TaskGroup group(loop.get_executor());
    for (int i = 0; i < 4; ++i) group.spawn("test", count_on_pool(&pool, &count));
    while (count < 8) loop.run_one();
    asio::co_spawn(loop, stop_group(&group),
                   [](const std::exception_ptr& escaped) { EXPECT_FALSE(escaped); });
    loop.run();
    EXPECT_EQ(group.size(), 0U);
  }
}

}  // namespace
}  // namespace tandem::core
