// Functions' log lines of a region, as CloudWatch Logs has them.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "aws/api.h"
#include "cli/log_lines.h"
#include "core/task.h"

namespace tandem::cli {

/// Asks one region's logs.
class LogReader {
 public:
  /// Borrows api. function: its name or logical id; empty: all.
  LogReader(aws::Api& api, std::string region, std::string function, std::int64_t since_ms)
      : api_(api),
        region_(std::move(region)),
        function_(std::move(function)),
        since_ms_(since_ms) {}

  /// Throws ApiError.
  Task<std::vector<LogLine>> read();
  /// All that have a log group.
  const std::set<std::string>& functions() const { return functions_; }

 private:
  Task<json::object> call(std::string operation, json::object input);
  Task<std::vector<std::string>> names_of_groups();
  Task<std::vector<LogLine>> lines_of(LogLine like);

  aws::Api& api_;
  std::string region_;
  std::string function_;
  std::int64_t since_ms_;
  std::set<std::string> functions_;
};

}  // namespace tandem::cli
