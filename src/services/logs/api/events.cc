#include <algorithm>
#include <charconv>

#include "services/logs/api/operations.h"
#include "services/logs/errors.h"

namespace tandem::logs::api {
namespace {

constexpr std::int64_t kPageEvents = 10'000;
constexpr std::size_t kPageBytes = 1'048'576;

/// "f/<56 digits>/s" and "b/<56 digits>/s": the position of the event the page ended with.
std::string position_token(char direction, Position position) {
  return fmt::format("{}/{:028d}{:028d}/s", direction, position.timestamp_ms, position.sequence);
}

struct PageToken {
  char direction;
  Position position;
};

PageToken read_token(std::string_view text) {
  const bool shaped = text.size() == 60 && (text[0] == 'f' || text[0] == 'b') && text[1] == '/' &&
                      text.substr(58) == "/s";
  if (!shaped) throw errors::invalid_next_token();
  PageToken token{text[0], {}};
  const char* digits = text.data() + 2;
  const auto time = std::from_chars(digits, digits + 28, token.position.timestamp_ms);
  const auto sequence = std::from_chars(digits + 28, digits + 56, token.position.sequence);
  if (time.ptr != digits + 28 || sequence.ptr != digits + 56) throw errors::invalid_next_token();
  return token;
}

struct Window {
  std::int64_t start_ms = 0;
  std::int64_t end_ms = INT64_MAX;  ///< exclusive
  std::size_t limit = kPageEvents;
};

/// A page in order of time. Reads away from `from`, which itself is left out when exclusive.
std::vector<StoredEvent> read_page(const Scope& scope, const std::string& group,
                                   const std::string& stream, const Window& window,
                                   LogStore::Direction direction, Position from, bool exclusive) {
  std::vector<StoredEvent> events;
  std::size_t bytes = 0;
  const bool forward = direction == LogStore::Direction::kForward;
  scope.logs.each_event(group, stream, from, direction, [&](StoredEvent event) {
    if (exclusive && event.position == from) return true;
    const std::int64_t at = event.position.timestamp_ms;
    if (at < window.start_ms) return forward;
    if (at >= window.end_ms) return !forward;
    bytes += event.message.size() + kEventOverheadBytes;
    if (events.size() == window.limit || (bytes > kPageBytes && !events.empty())) return false;
    events.push_back(std::move(event));
    return true;
  });
  if (!forward) std::reverse(events.begin(), events.end());
  return events;
}

json::object render_page(const std::vector<StoredEvent>& events, Position fallback) {
  json::array rendered;
  rendered.reserve(events.size());
  for (const StoredEvent& event : events) {
    rendered.push_back(json::object{{"timestamp", event.position.timestamp_ms},
                                    {"message", event.message},
                                    {"ingestionTime", event.ingestion_ms}});
  }
  const Position first = events.empty() ? fallback : events.front().position;
  const Position last = events.empty() ? fallback : events.back().position;
  return {{"events", std::move(rendered)},
          {"nextForwardToken", position_token('f', last)},
          {"nextBackwardToken", position_token('b', first)}};
}

std::vector<LogEvent> read_events(const json::object& input) {
  std::vector<LogEvent> events;
  const json::array* given = json::find_array(input, "logEvents");
  if (given == nullptr) return events;
  events.reserve(given->size());
  for (const json::value& each : *given) {
    const json::object& event = each.as_object();
    events.push_back({json::int_or(event, "timestamp", 0), json::string_or(event, "message")});
  }
  return events;
}

}  // namespace

json::object put_log_events(const Scope& scope, const json::object& input) {
  const std::string group_id = json::string_or(input, "logGroupName");
  const std::string stream_id = json::string_or(input, "logStreamName");
  json::object group = require_group(scope, group_id);
  json::object stream = require_stream(scope, group_id, stream_id);
  std::vector<LogEvent> events = read_events(input);
  const Admission admission = admit(events, scope.now_ms(), retention(scope, group));
  events.resize(admission.end);
  events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(admission.first));

  const std::int64_t expiry = expiry_ms(scope, group);
  const std::uint64_t next = scope.logs.add(group_id, std::move(group), stream_id,
                                            std::move(stream), events, scope.now_ms());
  if (expiry > 0) scope.logs.expire(group_id, stream_id, expiry);
  // "The sequence token is now ignored in PutLogEvents actions", but still returned.
  json::object output = {{"nextSequenceToken", fmt::format("{:056d}", next)}};
  json::object rejected;
  if (admission.too_new_start) rejected["tooNewLogEventStartIndex"] = *admission.too_new_start;
  if (admission.too_old_end) rejected["tooOldLogEventEndIndex"] = *admission.too_old_end;
  if (admission.expired_end) rejected["expiredLogEventEndIndex"] = *admission.expired_end;
  if (!rejected.empty()) output["rejectedLogEventsInfo"] = std::move(rejected);
  return output;
}

json::object get_log_events(const Scope& scope, const json::object& input) {
  const std::string group_id = group_name(scope, input);
  const std::string stream_id = json::string_or(input, "logStreamName");
  const json::object group = require_group(scope, group_id);
  require_stream(scope, group_id, stream_id);
  const std::int64_t expiry = expiry_ms(scope, group);
  if (expiry > 0) scope.logs.expire(group_id, stream_id, expiry);
  Window window;
  window.start_ms = std::max(json::int_or(input, "startTime", 0), expiry);
  window.end_ms = json::int_or(input, "endTime", INT64_MAX);
  window.limit = static_cast<std::size_t>(json::int_or(input, "limit", kPageEvents));

  using Direction = LogStore::Direction;
  if (const auto text = json::find_string(input, "nextToken")) {
    const PageToken token = read_token(*text);
    const auto direction = token.direction == 'f' ? Direction::kForward : Direction::kBackward;
    return render_page(
        read_page(scope, group_id, stream_id, window, direction, token.position, true),
        token.position);
  }
  const bool from_head = json::bool_or(input, "startFromHead", false);
  const Position start{window.start_ms, 0};
  const Position end{window.end_ms == INT64_MAX ? INT64_MAX : window.end_ms - 1, UINT64_MAX};
  const auto events = read_page(scope, group_id, stream_id, window,
                                from_head ? Direction::kForward : Direction::kBackward,
                                from_head ? start : end, false);
  return render_page(events, start);
}

}  // namespace tandem::logs::api
