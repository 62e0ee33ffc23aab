#include <algorithm>
#include <fmt/format.h>
#include <queue>

#include "core/bytes.h"
#include "services/logs/api/operations.h"
#include "services/logs/errors.h"
#include "services/logs/model/filter_pattern.h"

namespace tandem::logs::api {
namespace {

constexpr std::int64_t kPageEvents = 10'000;
constexpr std::size_t kPageBytes = 1'048'576;
/// Events looked at by one call. A call that stops here returns a token, perhaps with no event, as
/// the service does.
constexpr std::size_t kExaminedPerCall = 100'000;
constexpr std::size_t kStreamNames = 100;
/// Events read ahead of each stream while merging.
constexpr std::size_t kReadAhead = 64;

struct Query {
  std::string group;
  std::vector<std::string> streams;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = INT64_MAX;  ///< inclusive: "later than this time are not returned"
  FilterPattern pattern;
  std::size_t limit = kPageEvents;
};

/// Where a page ended: events up to and including this one were examined.
struct Mark {
  Position position{-1, 0};
  std::string stream;
};

std::string mark_token(const Mark& mark) {
  const json::array parts = {mark.position.timestamp_ms, mark.position.sequence, mark.stream};
  return core::base64_encode(json::serialize(parts));
}

Mark read_mark(const std::string& token) {
  const auto text = core::base64_decode(token);
  if (!text) throw errors::invalid_next_token();
  const auto parsed = json::parse_text(*text);
  if (!parsed || !parsed.value().is_array()) throw errors::invalid_next_token();
  const json::array& parts = parsed.value().as_array();
  if (parts.size() != 3 || !parts[0].is_int64() || !parts[1].is_int64() || !parts[2].is_string()) {
    throw errors::invalid_next_token();
  }
  return {{parts[0].as_int64(), static_cast<std::uint64_t>(parts[1].as_int64())},
          json::to_std(parts[2])};
}

/// One stream being merged: a short read-ahead buffer, refilled from the store.
class StreamReader {
 public:
  StreamReader(const Scope& scope, const Query& query, std::string stream, Position from)
      : scope_(scope), query_(query), stream_(std::move(stream)), next_(from) {
    refill();
  }
  const std::string& stream() const { return stream_; }
  bool empty() const { return buffer_.empty(); }
  const StoredEvent& front() const { return buffer_.back(); }
  StoredEvent take() {
    StoredEvent event = std::move(buffer_.back());
    buffer_.pop_back();
    if (buffer_.empty()) refill();
    return event;
  }

 private:
  void refill() {
    if (ended_) return;
    scope_.logs.each_event(query_.group, stream_, next_, LogStore::Direction::kForward,
                           [&](StoredEvent event) {
                             if (event.position.timestamp_ms > query_.end_ms) return false;
                             next_ = {event.position.timestamp_ms, event.position.sequence + 1};
                             buffer_.push_back(std::move(event));
                             return buffer_.size() < kReadAhead;
                           });
    ended_ = buffer_.size() < kReadAhead;
    std::reverse(buffer_.begin(), buffer_.end());
  }

  const Scope& scope_;
  const Query& query_;
  std::string stream_;
  Position next_;
  std::vector<StoredEvent> buffer_;  ///< last element first
  bool ended_ = false;
};

bool later(const StreamReader* a, const StreamReader* b) {
  const auto left =
      std::tie(a->front().position.timestamp_ms, a->stream(), a->front().position.sequence);
  const auto right =
      std::tie(b->front().position.timestamp_ms, b->stream(), b->front().position.sequence);
  return right < left;
}

/// The first event of a stream that comes after mark in the order (time, stream, sequence).
Position resume_at(const Query& query, const std::string& stream, const Mark& mark) {
  const Position start{query.start_ms, 0};
  Position from{mark.position.timestamp_ms, 0};
  if (stream < mark.stream) from.timestamp_ms += 1;
  if (stream == mark.stream) from.sequence = mark.position.sequence + 1;
  return std::max(start, from);
}

std::string event_id(const std::string& stream, Position position) {
  return fmt::format("{:017d}{:020d}{:019d}", position.timestamp_ms,
                     std::hash<std::string>{}(stream), position.sequence);
}

json::object render(const std::string& stream, const StoredEvent& event) {
  return {{"logStreamName", stream},
          {"timestamp", event.position.timestamp_ms},
          {"message", event.message},
          {"ingestionTime", event.ingestion_ms},
          {"eventId", event_id(stream, event.position)}};
}

json::object run(const Scope& scope, const Query& query, const Mark& mark) {
  std::vector<std::unique_ptr<StreamReader>> readers;
  std::priority_queue<StreamReader*, std::vector<StreamReader*>, decltype(&later)> heap(later);
  for (const std::string& stream : query.streams) {
    auto reader =
        std::make_unique<StreamReader>(scope, query, stream, resume_at(query, stream, mark));
    if (reader->empty()) continue;
    heap.push(reader.get());
    readers.push_back(std::move(reader));
  }
  json::array events;
  Mark last = mark;
  std::size_t bytes = 0;
  std::size_t examined = 0;
  while (!heap.empty() && events.size() < query.limit && bytes < kPageBytes &&
         examined < kExaminedPerCall) {
    StreamReader* reader = heap.top();
    heap.pop();
    const StoredEvent event = reader->take();
    last = {event.position, reader->stream()};
    ++examined;
    if (query.pattern.matches(event.message)) {
      bytes += event.message.size() + kEventOverheadBytes;
      events.push_back(render(reader->stream(), event));
    }
    if (!reader->empty()) heap.push(reader);
  }
  // "searchedLogStreams" is deprecated: "From June 28, 2019 … this parameter is always empty".
  json::object output = {{"events", std::move(events)}, {"searchedLogStreams", json::array{}}};
  if (!heap.empty()) output["nextToken"] = mark_token(last);
  return output;
}

void choose_streams(const Scope& scope, const json::object& input, Query& query) {
  const json::array* names = json::find_array(input, "logStreamNames");
  const auto prefix = json::find_string(input, "logStreamNamePrefix");
  if (names != nullptr && prefix) {
    throw errors::invalid_parameter(
        "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
  }
  if (names != nullptr) {
    if (names->empty() || names->size() > kStreamNames) {
      throw errors::invalid_parameter("logStreamNames must hold between 1 and 100 names.");
    }
    for (const json::value& name : *names) {
      require_stream(scope, query.group, json::view(name.as_string()));
      query.streams.push_back(json::to_std(name));
    }
    std::sort(query.streams.begin(), query.streams.end());
    query.streams.erase(std::unique(query.streams.begin(), query.streams.end()),
                        query.streams.end());
    return;
  }
  scope.logs.each_stream(query.group, prefix.value_or(""), "",
                         [&](std::string name, const json::object& stream) {
                           if (json::int_or(stream, "lastEventTimestamp", -1) >= query.start_ms) {
                             query.streams.push_back(std::move(name));
                           }
                           return true;
                         });
}

}  // namespace

json::object filter_log_events(const Scope& scope, const json::object& input) {
  Query query;
  query.group = group_name(scope, input);
  const json::object group = require_group(scope, query.group);
  auto pattern = FilterPattern::parse(json::string_or(input, "filterPattern"));
  if (!pattern) throw errors::invalid_parameter(pattern.error().message);
  query.pattern = std::move(pattern).value();
  query.start_ms = std::max(json::int_or(input, "startTime", 0), expiry_ms(scope, group));
  query.end_ms = json::int_or(input, "endTime", INT64_MAX);
  query.limit = static_cast<std::size_t>(json::int_or(input, "limit", kPageEvents));
  choose_streams(scope, input, query);
  Mark mark;
  if (const auto token = json::find_string(input, "nextToken")) mark = read_mark(*token);
  return run(scope, query, mark);
}

}  // namespace tandem::logs::api
