// Timers, and the time they run by: the machine's, or a simulator's.
//
// Code that waits uses a Timer or sleep_for(), and code that measures how long something took asks
// TimerClock. Under a simulator both follow its time, and nothing else has to change.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>

namespace tandem {

namespace asio = boost::asio;

namespace core {

/// Never steps back; only differences mean anything.
struct TimerClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<TimerClock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};
using TimePoint = TimerClock::time_point;

/// The expiry of a timer that only cancel() ends.
inline constexpr TimePoint kNever = TimePoint::max();

/// A time that somebody else moves.
class TimeSource {
 public:
  virtual ~TimeSource() = default;
  virtual TimePoint now() const noexcept = 0;
  /// A timer was set to this moment; it may be set anew or cancelled before.
  virtual void timer_set(TimePoint expiry) = 0;
};

/// While it lives, the timers of this thread run by source, which is borrowed. The source is a
/// variable of the thread, the only one there is: Asio asks a timer's clock by a static call.
class ScopedTimeSource {
 public:
  explicit ScopedTimeSource(TimeSource& source);
  ~ScopedTimeSource();
  ScopedTimeSource(const ScopedTimeSource&) = delete;
  ScopedTimeSource& operator=(const ScopedTimeSource&) = delete;
  /// Null: the machine's time.
  static TimeSource* current() noexcept;
};

/// For how long the loop may rest before it looks at its timers again. A simulated time moves only
/// when the loop has nothing left to do, so it is looked at on every turn.
struct TimerWait {
  static TimerClock::duration to_wait_duration(const TimerClock::duration& left) {
    return ScopedTimeSource::current() != nullptr ? TimerClock::duration(0) : left;
  }
  static TimerClock::duration to_wait_duration(const TimePoint& expiry) {
    if (expiry == kNever) return TimerClock::duration::max();
    return to_wait_duration(expiry - TimerClock::now());
  }
};

/// asio::steady_timer by TimerClock.
class Timer : private asio::basic_waitable_timer<TimerClock, TimerWait> {
  using Base = asio::basic_waitable_timer<TimerClock, TimerWait>;

 public:
  explicit Timer(const asio::any_io_executor& executor) : Base(executor) {}
  explicit Timer(asio::io_context& loop) : Base(loop) {}
  Timer(const asio::any_io_executor& executor, TimePoint expiry) : Timer(executor) {
    expires_at(expiry);
  }
  Timer(const asio::any_io_executor& executor, TimerClock::duration after) : Timer(executor) {
    expires_after(after);
  }

  std::size_t expires_at(TimePoint expiry) {
    if (TimeSource* source = ScopedTimeSource::current()) source->timer_set(expiry);
    return Base::expires_at(expiry);
  }
  std::size_t expires_after(TimerClock::duration after) {
    return expires_at(TimerClock::now() + after);
  }
  using Base::async_wait;
  using Base::cancel;
  using Base::expiry;
  using Base::get_executor;
};

}  // namespace core
}  // namespace tandem
