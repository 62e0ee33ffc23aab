#include "service/call_metrics.h"

#include <fstream>
#include <unistd.h>

namespace tandem::service {

void CallStats::record(int status, std::int64_t elapsed_ns) {
  ++requests;
  if (status >= 500) {
    ++server_errors;
  } else if (status >= 400) {
    ++client_errors;
  }
  const auto elapsed = static_cast<std::uint64_t>(elapsed_ns < 0 ? 0 : elapsed_ns);
  nanoseconds += elapsed;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    if (elapsed <= kBounds_us[i] * 1'000ull) {
      ++buckets[i];
      return;
    }
  }
}

void describe_calls(std::string_view service, std::string_view operation, const CallStats& stats,
                    core::MetricSet& metrics) {
  const core::MetricFamily::Labels labels{{"service", std::string(service)},
                                          {"operation", std::string(operation)}};
  auto& requests = metrics.counter("tandem_requests_total", "AWS API requests answered.");
  const auto add = [&](const char* outcome, std::uint64_t count) {
    core::MetricFamily::Labels all = labels;
    all.emplace_back("outcome", outcome);
    requests.add(count, std::move(all));
  };
  add("ok", stats.requests - stats.client_errors - stats.server_errors);
  if (stats.client_errors > 0) add("client_error", stats.client_errors);
  if (stats.server_errors > 0) add("server_error", stats.server_errors);

  core::Histogram histogram{.counts = {stats.buckets.begin(), stats.buckets.end()},
                            .sum = static_cast<double>(stats.nanoseconds) / 1e9,
                            .count = stats.requests};
  for (const std::uint32_t bound_us : CallStats::kBounds_us) {
    histogram.bounds.push_back(bound_us / 1e6);
  }
  metrics.histogram("tandem_request_seconds", "Time from a request's last byte to its answer.")
      .add(std::move(histogram), labels);
}

void describe_process(core::MetricSet& metrics) {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t whole = 0;
  std::uint64_t resident = 0;
  if (!(statm >> whole >> resident)) return;
  metrics.gauge("process_resident_memory_bytes", "Resident memory.")
      .add(resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
}

}  // namespace tandem::service
