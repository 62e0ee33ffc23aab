// Counts of what was asked, by operation, for Prometheus.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::service {

/// One operation's counters. Buckets are upper bounds in microseconds, cumulated when printed.
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

/// The HELP and TYPE lines, before any sample.
void append_request_header(std::string& out);
void append_request_samples(std::string_view service, std::string_view operation,
                            const CallStats& stats, std::string& out);
void append_latency_header(std::string& out);
void append_latency_samples(std::string_view service, std::string_view operation,
                            const CallStats& stats, std::string& out);
/// This process's resident memory.
void append_process_samples(std::string& out);

}  // namespace tandem::service
