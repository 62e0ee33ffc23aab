// Counts of what was asked, by operation.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/metrics.h"

namespace tandem::service {

/// One operation's counters. Buckets have upper bounds in microseconds.
struct CallStats {
  static constexpr std::array<std::uint32_t, 12> kBounds_us = {
      50, 100, 250, 500, 1'000, 2'500, 5'000, 10'000, 50'000, 250'000, 1'000'000, 10'000'000};

  std::uint64_t requests = 0;
  std::uint64_t client_errors = 0;  ///< 4xx
  std::uint64_t server_errors = 0;  ///< 5xx
  std::uint64_t nanoseconds = 0;
  std::array<std::uint64_t, kBounds_us.size()> buckets = {};

  void record(int status, std::int64_t elapsed_ns);
};

void describe_calls(std::string_view service, std::string_view operation, const CallStats& stats,
                    core::MetricSet& metrics);
/// This process's resident memory.
void describe_process(core::MetricSet& metrics);

}  // namespace tandem::service
