// The lines Lambda itself writes into a function's log, to the letter (text log format).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::lambda {

std::string init_start_line(std::string_view runtime, std::string_view runtime_version,
                            std::string_view region);
std::string start_line(std::string_view request_id, std::string_view version);
std::string end_line(std::string_view request_id);

struct Report {
  std::string request_id;
  double duration_ms = 0;
  std::optional<double> init_duration_ms;  ///< of a cold start
  int memory_size_mb = 0;
  int max_memory_used_mb = 0;
  std::string status;      ///< "", "timeout" or "error"
  std::string error_type;  ///< with status "error"
};
std::string report_line(const Report& report);

struct InitReport {
  double duration_ms = 0;
  std::string phase;   ///< "init" or "invoke"
  std::string status;  ///< "timeout" or "error"
  std::string error_type;
};
std::string init_report_line(const InitReport& report);

/// "2026/11/24/[$LATEST]<32 hex>".
std::string log_stream_name(std::int64_t epoch_ms, std::string_view version, std::string_view hex);

}  // namespace tandem::lambda
