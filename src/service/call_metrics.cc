#include "service/call_metrics.h"

#include <fmt/format.h>
#include <fstream>
#include <iterator>
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

void append_request_header(std::string& out) {
  out +=
      "# HELP tandem_requests_total AWS API requests answered.\n"
      "# TYPE tandem_requests_total counter\n";
}

void append_request_samples(std::string_view service, std::string_view operation,
                            const CallStats& stats, std::string& out) {
  const auto sample = [&](std::string_view outcome, std::uint64_t count) {
    fmt::format_to(std::back_inserter(out),
                   "tandem_requests_total{{service=\"{}\",operation=\"{}\",outcome=\"{}\"}} {}\n",
                   service, operation, outcome, count);
  };
  sample("ok", stats.requests - stats.client_errors - stats.server_errors);
  if (stats.client_errors > 0) sample("client_error", stats.client_errors);
  if (stats.server_errors > 0) sample("server_error", stats.server_errors);
}

void append_latency_header(std::string& out) {
  out +=
      "# HELP tandem_request_seconds Time from a request's last byte to its answer.\n"
      "# TYPE tandem_request_seconds histogram\n";
}

void append_latency_samples(std::string_view service, std::string_view operation,
                            const CallStats& stats, std::string& out) {
  const auto labels = fmt::format("service=\"{}\",operation=\"{}\"", service, operation);
  auto to = std::back_inserter(out);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < stats.buckets.size(); ++i) {
    below += stats.buckets[i];
    fmt::format_to(to, "tandem_request_seconds_bucket{{{},le=\"{}\"}} {}\n", labels,
                   CallStats::kBounds_us[i] / 1e6, below);
  }
  fmt::format_to(to, "tandem_request_seconds_bucket{{{},le=\"+Inf\"}} {}\n", labels,
                 stats.requests);
  fmt::format_to(to, "tandem_request_seconds_sum{{{}}} {}\n", labels,
                 static_cast<double>(stats.nanoseconds) / 1e9);
  fmt::format_to(to, "tandem_request_seconds_count{{{}}} {}\n", labels, stats.requests);
}

void append_process_samples(std::string& out) {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t whole = 0;
  std::uint64_t resident = 0;
  if (!(statm >> whole >> resident)) return;
  fmt::format_to(std::back_inserter(out),
                 "# HELP process_resident_memory_bytes Resident memory.\n"
                 "# TYPE process_resident_memory_bytes gauge\n"
                 "process_resident_memory_bytes {}\n",
                 resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
}

}  // namespace tandem::service
