#include "tests/sim/whole/time.h"

#include <algorithm>

namespace tandem::sim {

bool Time::advance(core::TimePoint end) {
  core::TimePoint next = end;
  if (!expiries_.empty()) next = std::min(next, expiries_.top().first);
  if (!events_.empty()) next = std::min(next, std::max(now_, events_.begin()->first.first));
  const bool moved = next < end || (!events_.empty() && events_.begin()->first.first <= end);
  now_ = std::max(now_, next);
  while (!expiries_.empty() && expiries_.top().first <= now_) {
    expiries_.top().second->due = true;
    expiries_.pop();
  }
  while (!events_.empty() && events_.begin()->first.first <= now_) {
    auto event = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    event();
  }
  return moved;
}

}  // namespace tandem::sim
