#include "cli/log_lines.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "core/text.h"

namespace tandem::cli {
namespace {

constexpr std::string_view kGroups = "/aws/lambda/";
/// "2026-11-29T03:00:00.000", as core/log.h begins its lines.
constexpr std::string_view kTimeForm = "dddd-dd-ddTdd:dd:dd.ddd";

bool has_form(std::string_view text, std::string_view form) {
  if (text.size() < form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == 'd' ? !digit : text[i] != form[i]) return false;
  }
  return true;
}

bool starts_one(std::string_view message) { return message.starts_with("START RequestId"); }
bool ends_one(std::string_view message) { return message.starts_with("REPORT RequestId"); }
/// Lambda's REPORT says so of an invocation that timed out or failed.
bool tells_failure(std::string_view message) {
  return message.find("\tStatus: ") != std::string_view::npos;
}

/// Lambda's own words for a crash or a timeout; what follows them says less.
bool says_error(std::string_view message) {
  return message.starts_with("RequestId: ") && message.find(" Error: ") != std::string_view::npos;
}

/// Whether the path stands there whole: /todos is no part of /todos/1.
bool names_path(std::string_view text, std::string_view path) {
  const auto is_part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("/._~-%").find(c) != std::string_view::npos;
  };
  for (auto at = text.find(path); at != std::string_view::npos; at = text.find(path, at + 1)) {
    const std::size_t end = at + path.size();
    const bool begins = at == 0 || !is_part(text[at - 1]);
    if (begins && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

/// The lines of one invocation, by their place in the list.
struct Invocation {
  std::vector<std::size_t> lines;
  bool probe = false;
  bool failed = false;
};

}  // namespace

std::string_view LogLine::function() const {
  const std::string_view name = group;
  return name.starts_with(kGroups) ? name.substr(kGroups.size()) : name;
}

json::object to_json(const LogLine& line) {
  return {{"timestamp", line.timestamp_ms},
          {"region", line.region},
          {"logGroup", line.group},
          {"function", line.function()},
          {"message", line.message}};
}

bool is_platform_line(std::string_view message) {
  constexpr std::array<std::string_view, 5> kStarts{
      "START RequestId", "END RequestId", "REPORT RequestId", "INIT_START", "INIT_REPORT"};
  if (tells_failure(message)) return false;
  return std::ranges::any_of(kStarts,
                             [&](std::string_view start) { return message.starts_with(start); });
}

std::vector<LogLine> without_noise(std::vector<LogLine> lines, std::string_view health_path) {
  std::stable_sort(lines.begin(), lines.end(), [](const LogLine& a, const LogLine& b) {
    return a.timestamp_ms < b.timestamp_ms;
  });
  std::vector<bool> hidden(lines.size(), false);
  std::map<std::string, Invocation> current;
  const auto judge = [&](Invocation& one) {
    if (one.probe && !one.failed) {
      for (const std::size_t i : one.lines) hidden[i] = true;
    }
    one = {};
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const LogLine& line = lines[i];
    Invocation& one = current[line.region + '\n' + line.group + '\n' + line.stream];
    if (starts_one(line.message)) judge(one);
    one.lines.push_back(i);
    one.probe |= !health_path.empty() && names_path(line.message, health_path);
    one.failed |= tells_failure(line.message);
    if (ends_one(line.message)) judge(one);
  }
  for (auto& [stream, one] : current) judge(one);
  std::vector<LogLine> shown;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!hidden[i] && !is_platform_line(lines[i].message)) shown.push_back(std::move(lines[i]));
  }
  return shown;
}

std::optional<LogLine> last_failure(std::vector<LogLine> lines) {
  std::stable_sort(lines.begin(), lines.end(), [](const LogLine& a, const LogLine& b) {
    return a.timestamp_ms < b.timestamp_ms;
  });
  std::map<std::string, std::optional<LogLine>> said;  // by stream, in the invocation under way
  std::optional<LogLine> found;
  for (LogLine& line : lines) {
    std::optional<LogLine>& last = said[line.group + '\n' + line.stream];
    if (starts_one(line.message)) last.reset();
    if (ends_one(line.message)) {
      if (tells_failure(line.message)) found = last ? std::move(*last) : std::move(line);
      last.reset();
    } else if (!is_platform_line(line.message) && !(last && says_error(last->message))) {
      last = std::move(line);
    }
  }
  return found;
}

bool names_function(std::string_view wanted, std::string_view function) {
  if (wanted == function) return true;
  const std::string part = "-" + std::string(wanted) + "-";
  return function.find(part) != std::string_view::npos;
}

std::optional<std::int64_t> parse_age_ms(std::string_view text) {
  constexpr std::array<std::pair<char, std::int64_t>, 5> kUnits{
      {{'s', 1000}, {'m', 60'000}, {'h', 3'600'000}, {'d', 86'400'000}, {'w', 604'800'000}}};
  constexpr std::uint64_t kMost = 100'000;
  if (text.empty()) return std::nullopt;
  const auto count = core::parse_uint(text.substr(0, text.size() - 1));
  for (const auto& [unit, ms] : kUnits) {
    if (text.back() == unit && count && *count <= kMost) {
      return static_cast<std::int64_t>(*count) * ms;
    }
  }
  return std::nullopt;
}

std::vector<ProcessLine> merge_by_time(const std::vector<std::vector<ProcessLine>>& logs,
                                       std::size_t limit) {
  std::vector<std::pair<std::string, ProcessLine>> all;
  for (const auto& log : logs) {
    std::string time;
    for (const ProcessLine& line : log) {
      if (has_form(line.text, kTimeForm)) time = line.text.substr(0, kTimeForm.size());
      all.emplace_back(time, line);
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<ProcessLine> merged;
  for (std::size_t i = all.size() > limit ? all.size() - limit : 0; i < all.size(); ++i) {
    merged.push_back(std::move(all[i].second));
  }
  return merged;
}

}  // namespace tandem::cli
