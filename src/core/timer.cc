#include "core/timer.h"

#include "core/check.h"

namespace tandem::core {
namespace {

thread_local TimeSource* source_of_thread = nullptr;

}  // namespace

TimePoint TimerClock::now() noexcept {
  if (source_of_thread != nullptr) return source_of_thread->now();
  return TimePoint(std::chrono::steady_clock::now().time_since_epoch());
}

ScopedTimeSource::ScopedTimeSource(TimeSource& source) {
  CHECK(source_of_thread == nullptr);
  source_of_thread = &source;
}

ScopedTimeSource::~ScopedTimeSource() { source_of_thread = nullptr; }

TimeSource* ScopedTimeSource::current() noexcept { return source_of_thread; }

}  // namespace tandem::core
