#include "core/timer.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <set>
#include <vector>

#include "core/task.h"

namespace tandem::core {
namespace {

using namespace std::chrono_literals;

/// Moves to the earliest expiry when there is nothing else to do.
class MadeUpTime final : public TimeSource {
 public:
  TimePoint now() const noexcept override { return now_; }
  void timer_set(TimePoint expiry) override { expiries_.insert(expiry); }
  void run(asio::io_context& loop) {
    for (;;) {
      loop.restart();
      while (loop.poll() > 0) loop.restart();
      if (loop.stopped() || expiries_.empty()) return;
      now_ = std::max(now_, *expiries_.begin());
      expiries_.erase(expiries_.begin());
    }
  }

 private:
  TimePoint now_{};
  std::multiset<TimePoint> expiries_;
};

Task<void> note_times(int id, std::chrono::milliseconds pause, std::vector<int>* order) {
  for (int i = 0; i < 3; ++i) {
    co_await sleep_for(pause);
    order->push_back(id);
  }
}

TEST(SimulatedTime, MovesByTheTimersAndInTheirOrder) {
  MadeUpTime time;
  const ScopedTimeSource scope(time);
  asio::io_context loop;
  std::vector<int> order;
  asio::co_spawn(loop, note_times(1, 24h, &order), [](const std::exception_ptr&) {});
  asio::co_spawn(loop, note_times(2, 30h, &order), [](const std::exception_ptr&) {});
  time.run(loop);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 1, 2, 1, 2}));
  EXPECT_EQ(time.now(), TimePoint{} + 90h);
}

TEST(SimulatedTime, ACancelledTimerHasNotExpired) {
  MadeUpTime time;
  const ScopedTimeSource scope(time);
  asio::io_context loop;
  Timer timer(loop.get_executor(), 1h);
  boost::system::error_code seen;
  timer.async_wait([&](boost::system::error_code error) { seen = error; });
  Timer sooner(loop.get_executor(), 1min);
  sooner.async_wait([&](boost::system::error_code error) {
    EXPECT_FALSE(error);
    timer.cancel();
  });
  time.run(loop);
  EXPECT_EQ(seen, asio::error::operation_aborted);
}

TEST(SimulatedTime, IsTheThreadsOnlyWhileItsScopeLasts) {
  {
    MadeUpTime time;
    const ScopedTimeSource scope(time);
    EXPECT_EQ(TimerClock::now(), TimePoint{});
  }
  EXPECT_GT(TimerClock::now(), TimePoint{});
}

}  // namespace
}  // namespace tandem::core
