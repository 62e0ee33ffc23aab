#include "services/logs/service.h"

#include <algorithm>
#include <utility>

#include "service/table.h"
#include "services/logs/api/operations.h"
#include "services/logs/errors.h"

namespace tandem::logs {
namespace {

using Function = json::object (*)(const api::Scope&, const json::object&);

constexpr std::size_t kLongestName = 512;

/// In UTF-16 units, as the model's constraints count.
bool is_longer(const json::value* name) {
  if (name == nullptr || !name->is_string()) return false;
  std::size_t units = 0;
  for (const char c : json::view(name->get_string())) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units > kLongestName;
}

/// The one limit of the model that has words of its own here (measured).
void check_names(const json::object& input) {
  bool longer = false;
  for (const std::string_view member :
       {"logGroupName", "logStreamName", "logGroupNamePrefix", "logStreamNamePrefix"}) {
    longer = longer || is_longer(json::find(input, member));
  }
  if (const json::array* names = json::find_array(input, "logStreamNames")) {
    longer = longer || std::any_of(names->begin(), names->end(),
                                   [](const json::value& name) { return is_longer(&name); });
  }
  if (!longer) return;
  throw errors::invalid_parameter(
      "Invalid LogGroup or LogStream, both must have length less than or equal to 512.");
}

service::Operation row(std::string_view name, Function function,
                       const service::Environment& environment, LogStore& logs,
                       std::vector<std::string_view> accepts) {
  return service::row(
      name,
      [function, &environment, &logs](service::RequestContext& context, const json::object& input) {
        check_names(input);
        return function(api::Scope{environment, logs, service::tag_source(context)}, input);
      },
      std::move(accepts));
}

/// "unmask" has nothing to reveal: data protection policies, which mask, cannot be made here.
std::vector<service::Operation> table(const service::Environment& e, LogStore& l) {
  return {
      row("CreateLogGroup", api::create_log_group, e, l,
          {"logGroupName", "tags", "logGroupClass=STANDARD", "deletionProtectionEnabled=false"}),
      row("DeleteLogGroup", api::delete_log_group, e, l, {"logGroupName"}),
      row("DescribeLogGroups", api::describe_log_groups, e, l,
          {"logGroupNamePrefix", "logGroupNamePattern", "nextToken", "limit",
           "logGroupClass=STANDARD"}),
      row("PutRetentionPolicy", api::put_retention_policy, e, l,
          {"logGroupName", "retentionInDays"}),
      row("DeleteRetentionPolicy", api::delete_retention_policy, e, l, {"logGroupName"}),
      row("CreateLogStream", api::create_log_stream, e, l, {"logGroupName", "logStreamName"}),
      row("DeleteLogStream", api::delete_log_stream, e, l, {"logGroupName", "logStreamName"}),
      row("DescribeLogStreams", api::describe_log_streams, e, l,
          {"logGroupName", "logGroupIdentifier", "logStreamNamePrefix", "orderBy", "descending",
           "nextToken", "limit"}),
      row("PutLogEvents", api::put_log_events, e, l,
          {"logGroupName", "logStreamName", "logEvents", "sequenceToken"}),
      row("GetLogEvents", api::get_log_events, e, l,
          {"logGroupName", "logGroupIdentifier", "logStreamName", "startTime", "endTime",
           "nextToken", "limit", "startFromHead", "unmask"}),
      row("FilterLogEvents", api::filter_log_events, e, l,
          {"logGroupName", "logGroupIdentifier", "logStreamNames", "logStreamNamePrefix",
           "startTime", "endTime", "filterPattern", "nextToken", "limit", "interleaved", "unmask"}),
      row("TagLogGroup", api::tag_log_group, e, l, {"logGroupName", "tags"}),
      row("UntagLogGroup", api::untag_log_group, e, l, {"logGroupName", "tags"}),
      row("ListTagsLogGroup", api::list_tags_log_group, e, l, {"logGroupName"}),
      row("TagResource", api::tag_resource, e, l, {"resourceArn", "tags"}),
      row("UntagResource", api::untag_resource, e, l, {"resourceArn", "tagKeys"}),
      row("ListTagsForResource", api::list_tags_for_resource, e, l, {"resourceArn"}),
  };
}

/// Cuts at a character's start, so that the text stays UTF-8.
void cut(std::string& message) {
  std::size_t size = kEventBytes - kEventOverheadBytes;
  if (message.size() <= size) return;
  while (size > 0 && (static_cast<unsigned char>(message[size]) & 0xc0) == 0x80) --size;
  message.resize(size);
}

}  // namespace

LogsService::LogsService(service::Environment environment)
    : environment_(std::move(environment)),
      logs_(environment_.store),
      operations_(table(environment_, logs_)) {}

// Groups, streams and events are read from the store each time.
std::function<void()> LogsService::forgetting() {
  return [] {};
}

void LogsService::append(std::string_view group, std::string_view stream,
                         std::vector<LogEvent> events) {
  if (events.empty()) return;
  const std::int64_t now = environment_.clock.now_ms();
  for (LogEvent& event : events) cut(event.message);
  json::object group_document = logs_.group(group).value_or(api::new_group(now));
  json::object stream_document = logs_.stream(group, stream).value_or(api::new_stream(now));
  const api::Scope scope{environment_, logs_};
  const std::int64_t expiry = api::expiry_ms(scope, group_document);
  logs_.add(group, std::move(group_document), stream, std::move(stream_document), events, now);
  if (expiry > 0) logs_.expire(group, stream, expiry);
}

void LogsService::append(std::string_view group, std::string_view stream, std::int64_t timestamp_ms,
                         std::string message) {
  std::vector<LogEvent> events;
  events.push_back({timestamp_ms, std::move(message)});
  append(group, stream, std::move(events));
}

}  // namespace tandem::logs
