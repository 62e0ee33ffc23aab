#include <algorithm>
#include <fmt/format.h>

#include "services/logs/api/operations.h"
#include "services/logs/errors.h"

namespace tandem::logs::api {
namespace {

constexpr std::int64_t kPage = 50;

struct Named {
  std::string name;
  json::object stream;
};

json::object describe(const Scope& scope, const std::string& group, const Named& named) {
  json::object out = {
      {"logStreamName", named.name},
      {"creationTime", json::int_or(named.stream, "creationTime", 0)},
      {"arn", scope.group_arn(group) + ":log-stream:" + named.name},
      {"storedBytes", 0}};  // "From June 17, 2019, this parameter … is always zero."
  for (const auto* member : {"firstEventTimestamp", "lastEventTimestamp", "lastIngestionTime"}) {
    if (const auto value = json::find_int(named.stream, member)) out[member] = *value;
  }
  out["uploadSequenceToken"] =
      fmt::format("{:056d}", json::int_or(named.stream, "nextSequence", 1));
  return out;
}

bool before(const Named& a, const Named& b, bool by_time) {
  if (by_time) {
    const std::int64_t left = json::int_or(a.stream, "lastEventTimestamp", 0);
    const std::int64_t right = json::int_or(b.stream, "lastEventTimestamp", 0);
    if (left != right) return left < right;
  }
  return a.name < b.name;
}

void check_name(const std::string& name) {
  if (name.find('\0') != std::string::npos) {
    throw errors::invalid_parameter("The specified log stream name is invalid.");
  }
}

}  // namespace

json::object create_log_stream(const Scope& scope, const json::object& input) {
  const std::string group = json::string_or(input, "logGroupName");
  const std::string name = json::string_or(input, "logStreamName");
  check_name(name);
  require_group(scope, group);
  if (scope.logs.stream(group, name)) throw errors::stream_exists();
  scope.logs.put_stream(group, name, new_stream(scope.now_ms()));
  return {};
}

json::object delete_log_stream(const Scope& scope, const json::object& input) {
  const std::string group = json::string_or(input, "logGroupName");
  const std::string name = json::string_or(input, "logStreamName");
  require_group(scope, group);
  require_stream(scope, group, name);
  scope.logs.erase_stream(group, name);
  return {};
}

json::object describe_log_streams(const Scope& scope, const json::object& input) {
  const std::string group = group_name(scope, input);
  require_group(scope, group);
  const std::string prefix = json::string_or(input, "logStreamNamePrefix");
  const bool by_time = json::string_or(input, "orderBy") == "LastEventTime";
  const bool descending = json::bool_or(input, "descending", false);
  if (by_time && !prefix.empty()) {
    throw errors::invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  std::vector<Named> streams;
  scope.logs.each_stream(group, prefix, "", [&](std::string name, json::object stream) {
    streams.push_back({std::move(name), std::move(stream)});
    return true;
  });
  std::sort(streams.begin(), streams.end(), [&](const Named& a, const Named& b) {
    return descending ? before(b, a, by_time) : before(a, b, by_time);
  });
  auto from = streams.begin();
  if (const std::string after = read_name_token(input); !after.empty()) {
    from = std::find_if(streams.begin(), streams.end(),
                        [&](const Named& each) { return each.name == after; });
    if (from == streams.end()) throw errors::invalid_next_token();
    ++from;
  }
  const auto limit = static_cast<std::size_t>(json::int_or(input, "limit", kPage));
  json::array found;
  for (; from != streams.end() && found.size() < limit; ++from) {
    found.push_back(describe(scope, group, *from));
  }
  json::object output = {{"logStreams", std::move(found)}};
  if (from != streams.end()) output["nextToken"] = name_token(std::prev(from)->name);
  return output;
}

}  // namespace tandem::logs::api
