// The hybrid logical clock that orders writes across regions: wall time where possible, never
// backwards, and always ahead of every timestamp this region has seen from others.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/clock.h"

namespace tandem::replication {

/// Microseconds since the epoch in the upper 52 bits, a counter in the lower 12. Orders as a
/// number.
using Timestamp = std::uint64_t;

inline constexpr int kCounterBits = 12;
/// Larger timestamps are refused on the wire, so that no peer can run a clock into overflow.
inline constexpr Timestamp kMaxTimestamp = ~Timestamp{0} - (Timestamp{1} << 40);

constexpr Timestamp timestamp_at(std::int64_t now_us) {
  return now_us <= 0 ? 0 : static_cast<Timestamp>(now_us) << kCounterBits;
}
constexpr std::int64_t wall_us(Timestamp time) {
  return static_cast<std::int64_t>(time >> kCounterBits);
}

/// Regions whose clocks differ by more do not speak to each other, and one that has handed out
/// times so far ahead of its own wall clock takes no writes: a greater time wins, so a clock that
/// is years ahead would decide every conflict for years.
inline constexpr std::int64_t kDefaultMaxDriftUs = 60'000'000;

class HybridClock {
 public:
  /// at_least: what an earlier run may already have handed out.
  HybridClock(const core::Clock& wall, Timestamp at_least) : wall_(wall), current_(at_least) {}

  /// Greater than every timestamp ticked or observed before.
  Timestamp tick() {
    const Timestamp now = timestamp_at(wall_.now_us());
    current_ = now > current_ ? now : current_ + 1;
    return current_;
  }
  void observe(Timestamp seen) {
    if (seen > current_) current_ = seen;
  }
  /// How far what has been handed out or seen is ahead of the wall clock, in microseconds; 0 when
  /// it is not.
  std::int64_t ahead_us() const {
    return std::max<std::int64_t>(0, wall_us(current_) - wall_.now_us());
  }
  /// The wall clock so much later, as a timestamp.
  Timestamp at_wall(std::int64_t later_us) const { return timestamp_at(wall_.now_us() + later_us); }
  /// For a clock that was years ahead: goes on from at_least. The caller has given everything that
  /// bears a later time a new one.
  void restart(Timestamp at_least) { current_ = at_least; }
  /// The newest timestamp ticked or observed: whatever is ticked later is greater. Stands still
  /// while nothing is written, so that an idle region has nothing to say.
  Timestamp current() const { return current_; }

 private:
  const core::Clock& wall_;
  Timestamp current_;
};

}  // namespace tandem::replication
