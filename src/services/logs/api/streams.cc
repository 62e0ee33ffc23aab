#include <algorithm>
#include <fmt/format.h>

#include "services/logs/api/operations.h"
#include "services/logs/errors.h"

namespace tandem::logs::api {
namespace {

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
  return out;
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
  const auto key_of = [&](const Named& each) {
    if (!by_time) return each.name;
    return service::sortable(json::int_or(each.stream, "lastEventTimestamp", 0)) + '/' + each.name;
  };
  std::sort(streams.begin(), streams.end(), [&](const Named& a, const Named& b) {
    return descending ? key_of(b) < key_of(a) : key_of(a) < key_of(b);
  });
  service::Page page(
      kPages, input, "logStreams",
      descending ? service::Page::Order::kDescending : service::Page::Order::kAscending);
  for (const Named& each : streams) {
    if (!page.add(key_of(each), [&] { return describe(scope, group, each); })) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::logs::api
