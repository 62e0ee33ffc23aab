// What functions and processes logged, as `tandem logs` shows it: which lines are noise, and how
// those of several processes come into one order. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace tandem::cli {

struct LogLine {
  std::int64_t timestamp_ms = 0;
  std::string region;
  std::string group;   ///< "/aws/lambda/todo-app-Function-…"
  std::string stream;  ///< of one instance: its invocations come one after the other
  std::string id;
  std::string message;

  /// The group's name without its prefix.
  std::string_view function() const;
};

json::object to_json(const LogLine& line);

/// START, END, REPORT and the like, which Lambda writes itself; not those that tell of a failure.
bool is_platform_line(std::string_view message);

/// Sorted by time, without the platform's lines and without what was logged during invocations
/// that name the health check's path, unless they failed. health_path may be empty.
std::vector<LogLine> without_noise(std::vector<LogLine> lines, std::string_view health_path);

/// Of the invocation that failed last, what its function said last; Lambda's own line when it said
/// nothing. Nothing when none failed. An invocation that has no REPORT yet is none.
std::optional<LogLine> last_failure(std::vector<LogLine> lines);

/// The name, or the logical id within a name that CloudFormation made ("todo-app-Function-1X2Y").
bool names_function(std::string_view wanted, std::string_view function);

/// "30s", "10m", "5h", "1d", "2w", as `aws logs tail --since` takes them, in milliseconds; nothing
/// when it is none.
std::optional<std::int64_t> parse_age_ms(std::string_view text);

struct ProcessLine {
  std::string process;
  std::string text;
};
/// The last `limit` lines of several logs, each in its own order, by the times they begin with. A
/// line without one stays with the line before it.
std::vector<ProcessLine> merge_by_time(const std::vector<std::vector<ProcessLine>>& logs,
                                       std::size_t limit);

}  // namespace tandem::cli
