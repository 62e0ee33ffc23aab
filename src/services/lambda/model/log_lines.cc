#include "services/lambda/model/log_lines.h"

#include <cmath>
#include <fmt/format.h>

#include "core/bytes.h"
#include "core/clock.h"

namespace tandem::lambda {
namespace {

std::string status_text(const std::string& status, const std::string& error_type) {
  if (status.empty()) return "";
  if (status != "error" || error_type.empty()) return fmt::format("\tStatus: {}", status);
  return fmt::format("\tStatus: {}\tError Type: {}", status, error_type);
}

}  // namespace

std::string init_start_line(std::string_view runtime, std::string_view runtime_version,
                            std::string_view region) {
  // nodejs20.x is nodejs:20.v1, python3.12 python:3.12.v1, provided.al2023 provided:al2023.v1.
  std::string name(runtime);
  if (name.ends_with(".x")) name.resize(name.size() - 2);
  if (const auto dot = name.find(".al"); dot != std::string::npos) {
    name[dot] = ':';
  } else if (const auto digit = name.find_first_of("0123456789"); digit != std::string::npos) {
    name.insert(digit, ":");
  }
  const std::string version = fmt::format("{}.{}", name, runtime_version);
  return fmt::format(
      "INIT_START Runtime Version: {}\tRuntime Version ARN: arn:aws:lambda:{}::runtime:{}", version,
      region, core::hex_encode(core::sha256(version)));
}

std::string start_line(std::string_view request_id, std::string_view version) {
  return fmt::format("START RequestId: {} Version: {}", request_id, version);
}

std::string end_line(std::string_view request_id) {
  return fmt::format("END RequestId: {}", request_id);
}

std::string report_line(const Report& report) {
  // The init phase is billed too, for all functions, since August 2025.
  const double billed = std::ceil(report.duration_ms + report.init_duration_ms.value_or(0));
  std::string line = fmt::format(
      "REPORT RequestId: {}\tDuration: {:.2f} ms\tBilled Duration: {:.0f} ms\tMemory Size: {} MB\t"
      "Max Memory Used: {} MB\t",
      report.request_id, report.duration_ms, billed, report.memory_size_mb,
      report.max_memory_used_mb);
  if (report.init_duration_ms) {
    line += fmt::format("Init Duration: {:.2f} ms\t", *report.init_duration_ms);
  }
  const std::string status = status_text(report.status, report.error_type);
  if (!status.empty()) line += status.substr(1);
  return line;
}

std::string init_report_line(const InitReport& report) {
  return fmt::format("INIT_REPORT Init Duration: {:.2f} ms\tPhase: {}{}", report.duration_ms,
                     report.phase, status_text(report.status, report.error_type));
}

std::string log_stream_name(std::int64_t epoch_ms, std::string_view version, std::string_view hex) {
  const std::string day = core::iso8601_ms(epoch_ms).substr(0, 10);
  return fmt::format("{}/{}/{}/[{}]{}", day.substr(0, 4), day.substr(5, 2), day.substr(8, 2),
                     version, hex);
}

}  // namespace tandem::lambda
