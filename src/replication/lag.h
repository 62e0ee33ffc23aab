// How long writes took from here to a peer's acknowledgement, as a histogram. AWS shows the same as
// ReplicationLatency (Amazon DynamoDB Developer Guide, "Metrics and dimensions").
#pragma once

#include <array>
#include <cstdint>

namespace tandem::replication {

struct Lag {
  static constexpr std::array<std::uint32_t, 10> kBounds_us = {
      1'000, 2'000, 5'000, 10'000, 20'000, 50'000, 100'000, 500'000, 1'000'000, 10'000'000};

  std::int64_t last_us = 0;
  std::uint64_t writes = 0;
  double sum_us = 0;
  std::array<std::uint64_t, kBounds_us.size()> buckets{};  ///< not cumulative

  /// The writes of one batch. They count with the age of the oldest, so the figures are an upper
  /// bound.
  void record(std::uint64_t count, std::int64_t lag_us) {
    last_us = lag_us;
    writes += count;
    sum_us += static_cast<double>(count) * static_cast<double>(lag_us);
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      if (lag_us > static_cast<std::int64_t>(kBounds_us[i])) continue;
      buckets[i] += count;
      return;
    }
  }
};

}  // namespace tandem::replication
