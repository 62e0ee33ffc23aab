#include "cli/log_reader.h"

namespace tandem::cli {
namespace {

constexpr std::size_t kMaxPages = 100;

}  // namespace

Task<std::vector<LogLine>> LogReader::read() {
  std::vector<LogLine> lines;
  const std::vector<std::string> groups = co_await names_of_groups();
  for (const std::string& group : groups) {
    LogLine like{.region = region_, .group = group};
    functions_.emplace(like.function());
    if (!function_.empty() && !names_function(function_, like.function())) continue;
    const std::vector<LogLine> more = co_await lines_of(std::move(like));
    lines.insert(lines.end(), more.begin(), more.end());
  }
  co_return lines;
}

Task<json::object> LogReader::call(std::string operation, json::object input) {
  aws::ApiCall call{region_, "logs", std::move(operation), std::move(input), ""};
  aws::ApiResult result = co_await api_.call(std::move(call));
  co_return std::move(result.output);
}

Task<std::vector<std::string>> LogReader::names_of_groups() {
  std::vector<std::string> names;
  std::string token;
  for (std::size_t page = 0; page < kMaxPages; ++page) {
    json::object input{{"logGroupNamePrefix", "/aws/lambda/"}};
    if (!token.empty()) input["nextToken"] = token;
    const json::object answer = co_await call("DescribeLogGroups", std::move(input));
    const auto* groups = json::find_array(answer, "logGroups");
    for (std::size_t i = 0; groups != nullptr && i < groups->size(); ++i) {
      names.push_back(json::string_or((*groups)[i].as_object(), "logGroupName"));
    }
    token = json::string_or(answer, "nextToken");
    if (token.empty()) break;
  }
  co_return names;
}

Task<std::vector<LogLine>> LogReader::lines_of(LogLine like) {
  std::vector<LogLine> lines;
  std::string token;
  for (std::size_t page = 0; page < kMaxPages; ++page) {
    json::object input{{"logGroupName", like.group}, {"startTime", since_ms_}};
    if (!token.empty()) input["nextToken"] = token;
    const json::object answer = co_await call("FilterLogEvents", std::move(input));
    const auto* events = json::find_array(answer, "events");
    for (std::size_t i = 0; events != nullptr && i < events->size(); ++i) {
      const json::object& event = (*events)[i].as_object();
      LogLine line = like;
      line.timestamp_ms = json::int_or(event, "timestamp", 0);
      line.stream = json::string_or(event, "logStreamName");
      line.id = json::string_or(event, "eventId");
      line.message = json::string_or(event, "message");
      lines.push_back(std::move(line));
    }
    token = json::string_or(answer, "nextToken");
    if (token.empty()) break;
  }
  co_return lines;
}

}  // namespace tandem::cli
