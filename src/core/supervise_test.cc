#include "core/supervise.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <stdexcept>

namespace tandem::core {
namespace {

Task<void> stop_group(TaskGroup* group) { co_await group->stop(); }

void stop(asio::io_context& loop, TaskGroup& group) {
  asio::co_spawn(loop, stop_group(&group),
                 [](const std::exception_ptr& escaped) { EXPECT_FALSE(escaped); });
}

/// Fails its first times, then waits until it is cancelled.
struct Moody {
  int failures = 0;
  int starts = 0;
  int let_go = 0;
  std::function<void()> well;

  Task<void> run() {
    ++starts;
    co_await sleep_for(std::chrono::milliseconds(0));
    if (starts <= failures) throw std::runtime_error("boom");
    well();
    core::Timer forever(co_await asio::this_coro::executor, core::kNever);
    co_await forever.async_wait(asio::use_awaitable);
  }
};

TEST(Supervise, StartsAgainWhatFailedAndStopsWhenAsked) {
  asio::io_context loop;
  TaskGroup group(loop.get_executor());
  Moody moody{.failures = 5};
  moody.well = [&] { stop(loop, group); };
  supervise(group, "moody", [&moody] { return moody.run(); },
            {.first_delay = std::chrono::milliseconds(1),
             .longest_delay = std::chrono::milliseconds(4),
             .let_go = [&moody] { ++moody.let_go; }});
  loop.run();
  EXPECT_EQ(moody.starts, 6);
  EXPECT_EQ(moody.let_go, 5);
  EXPECT_EQ(group.size(), 0U);
}

TEST(Supervise, StopsWhileItWaitsToStartAgain) {
  asio::io_context loop;
  TaskGroup group(loop.get_executor());
  Moody moody{.failures = 1'000'000};
  supervise(group, "moody", [&moody] { return moody.run(); },
            {.first_delay = std::chrono::hours(1),
             .longest_delay = std::chrono::hours(1),
             .let_go = [&] { stop(loop, group); }});
  loop.run();
  EXPECT_EQ(moody.starts, 1);
  EXPECT_EQ(group.size(), 0U);
}

TEST(Supervise, ARootThatReturnsIsDone) {
  asio::io_context loop;
  TaskGroup group(loop.get_executor());
  int starts = 0;
  constexpr auto once = [](int* count) -> Task<void> {
    ++*count;
    co_return;
  };
  supervise(group, "once", [&] { return once(&starts); });
  loop.run();
  EXPECT_EQ(starts, 1);
  EXPECT_EQ(group.size(), 0U);
}

}  // namespace
}  // namespace tandem::core
