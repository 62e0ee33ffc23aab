#include "services/logs/store/log_store.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "store/store_failure.h"

namespace tandem::logs {
namespace {

constexpr std::size_t kExpiredPerCall = 10'000;
constexpr std::size_t kDroppedPerStep = 10'000;

std::string group_key(std::string_view group) { return "g/" + std::string(group); }

std::string stream_prefix(std::string_view group) {
  std::string key = "s/" + std::string(group);
  key += '\0';
  return key;
}

std::string stream_key(std::string_view group, std::string_view stream) {
  return stream_prefix(group) + std::string(stream);
}

std::string event_group_prefix(std::string_view group) {
  std::string key = "e/" + std::string(group);
  key += '\0';
  return key;
}

std::string event_prefix(std::string_view group, std::string_view stream) {
  std::string key = event_group_prefix(group) + std::string(stream);
  key += '\0';
  return key;
}

void append_u64(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

std::uint64_t read_u64(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

std::string event_key(const std::string& prefix, Position position) {
  std::string key = prefix;
  append_u64(key, static_cast<std::uint64_t>(position.timestamp_ms));
  append_u64(key, position.sequence);
  return key;
}

store::StoreFailure damaged(std::string_view what) {
  return {store::StoreFailure::Kind::kCorrupt, fmt::format("the record of {} is damaged", what)};
}

StoredEvent read_event(std::string_view suffix, std::string_view value) {
  if (suffix.size() != 16 || value.size() < 8) throw damaged("a log event");
  StoredEvent event;
  event.position.timestamp_ms = static_cast<std::int64_t>(read_u64(suffix));
  event.position.sequence = read_u64(suffix.substr(8));
  event.ingestion_ms = static_cast<std::int64_t>(read_u64(value));
  event.message = value.substr(8);
  return event;
}

json::object read_document(std::string_view text) {
  auto parsed = json::parse_text(text);
  if (!parsed || !parsed.value().is_object()) throw damaged("a log group or stream");
  return std::move(std::move(parsed).value().as_object());
}

void each_document(const store::Store& store, const std::string& scope, std::string_view prefix,
                   std::string_view after,
                   const std::function<bool(std::string name, json::object)>& visit) {
  const std::string begin = scope + std::string(prefix);
  auto cursor = store.cursor(begin, store::prefix_end(begin));
  std::string from = begin;
  if (!after.empty()) from = std::max(begin, scope + std::string(after) + '\0');
  for (cursor->seek(from); cursor->valid(); cursor->next()) {
    std::string name(cursor->key().substr(scope.size()));
    if (!visit(std::move(name), read_document(cursor->value()))) return;
  }
}

}  // namespace

std::optional<json::object> LogStore::group(std::string_view group) const {
  const auto text = store_.get(group_key(group));
  if (!text) return std::nullopt;
  return read_document(*text);
}

void LogStore::put_group(std::string_view group, const json::object& document) {
  store_.put(group_key(group), json::to_text(document));
}

void LogStore::erase_group(std::string_view group) {
  store::WriteBatch batch;
  batch.erase(group_key(group));
  const std::string streams = stream_prefix(group);
  batch.erase_range(streams, store::prefix_end(streams));
  const std::string events = event_group_prefix(group);
  batch.erase_range(events, store::prefix_end(events));
  store_.write(std::move(batch));
}

void LogStore::each_group(std::string_view prefix, std::string_view after,
                          const std::function<bool(std::string, json::object)>& visit) const {
  each_document(store_, "g/", prefix, after, visit);
}

std::optional<json::object> LogStore::stream(std::string_view group,
                                             std::string_view stream) const {
  const auto text = store_.get(stream_key(group, stream));
  if (!text) return std::nullopt;
  return read_document(*text);
}

void LogStore::put_stream(std::string_view group, std::string_view stream,
                          const json::object& document) {
  store_.put(stream_key(group, stream), json::to_text(document));
}

void LogStore::erase_stream(std::string_view group, std::string_view stream) {
  store::WriteBatch batch;
  // Counted on, what is gone would make room at the cost of what is there.
  std::int64_t bytes = 0;
  each_event(group, stream, {}, Direction::kForward, [&bytes](const StoredEvent& event) {
    bytes += static_cast<std::int64_t>(event.message.size() + kEventOverheadBytes);
    return true;
  });
  if (auto document = this->group(group)) {
    (*document)["storedBytes"] =
        std::max<std::int64_t>(0, json::int_or(*document, "storedBytes", 0) - bytes);
    batch.put(group_key(group), json::to_text(*document));
  }
  batch.erase(stream_key(group, stream));
  const std::string events = event_prefix(group, stream);
  batch.erase_range(events, store::prefix_end(events));
  store_.write(std::move(batch));
}

void LogStore::each_stream(std::string_view group, std::string_view prefix, std::string_view after,
                           const std::function<bool(std::string, json::object)>& visit) const {
  each_document(store_, stream_prefix(group), prefix, after, visit);
}

std::uint64_t LogStore::add(std::string_view group, json::object group_document,
                            std::string_view stream, json::object stream_document,
                            const std::vector<LogEvent>& events, std::int64_t now_ms) {
  auto sequence = static_cast<std::uint64_t>(json::int_or(stream_document, "nextSequence", 1));
  std::int64_t first = json::int_or(stream_document, "firstEventTimestamp", INT64_MAX);
  std::int64_t last = json::int_or(stream_document, "lastEventTimestamp", 0);
  std::int64_t bytes = json::int_or(group_document, "storedBytes", 0);
  store::WriteBatch batch;
  const std::string prefix = event_prefix(group, stream);
  std::string value;
  for (const LogEvent& event : events) {
    value.clear();
    append_u64(value, static_cast<std::uint64_t>(now_ms));
    value += event.message;
    batch.put(event_key(prefix, {event.timestamp_ms, sequence++}), value);
    first = std::min(first, event.timestamp_ms);
    last = std::max(last, event.timestamp_ms);
    bytes += static_cast<std::int64_t>(event.message.size() + kEventOverheadBytes);
  }
  stream_document["nextSequence"] = sequence;
  if (!events.empty()) {
    stream_document["firstEventTimestamp"] = first;
    stream_document["lastEventTimestamp"] = last;
    stream_document["lastIngestionTime"] = now_ms;
  }
  group_document["storedBytes"] = bytes;
  batch.put(stream_key(group, stream), json::to_text(stream_document));
  batch.put(group_key(group), json::to_text(group_document));
  store_.write(std::move(batch));
  if (bytes > most_group_bytes_) drop_oldest(group, most_group_bytes_ - most_group_bytes_ / 8);
  return sequence;
}

namespace {

/// A stream that may have the oldest event: its document says so, which may be too early.
struct Candidate {
  std::int64_t first_ms;
  std::string stream;
};

/// The oldest of them, kMerged at most, and from when on others have their turn.
struct Candidates {
  std::vector<Candidate> oldest;
  std::int64_t until_ms = INT64_MAX;
};

/// A stream that is read from its beginning.
struct Head {
  std::string stream;
  std::string prefix;
  std::unique_ptr<store::Cursor> cursor;
  std::size_t dropped = 0;

  bool valid() const { return cursor->valid(); }
  StoredEvent event() const {
    return read_event(cursor->key().substr(prefix.size()), cursor->value());
  }
  std::int64_t time_ms() const { return event().position.timestamp_ms; }
};

Candidates candidates_of(const LogStore& logs, std::string_view group) {
  constexpr std::size_t kMerged = 256;
  Candidates candidates;
  logs.each_stream(group, "", "", [&](const std::string& stream, const json::object& document) {
    const std::int64_t first = json::int_or(document, "firstEventTimestamp", INT64_MAX);
    if (first != INT64_MAX) candidates.oldest.push_back({first, stream});
    return true;
  });
  std::ranges::sort(candidates.oldest, {}, &Candidate::first_ms);
  if (candidates.oldest.size() > kMerged) {
    candidates.until_ms = candidates.oldest[kMerged].first_ms;
    candidates.oldest.resize(kMerged);
  }
  return candidates;
}

}  // namespace

void LogStore::drop_oldest(std::string_view group, std::int64_t until_bytes) {
  constexpr std::size_t kRounds = 2;
  std::size_t events = 0;
  for (std::size_t round = 0;; ++round) {
    auto document = this->group(group);
    if (!document) return;
    const std::int64_t held = json::int_or(*document, "storedBytes", 0);
    const bool enough = round >= kRounds || events >= kDroppedPerStep;
    if (held <= (enough ? most_group_bytes_ : until_bytes)) return;
    store::WriteBatch batch;
    const Dropped dropped = drop_round(group, held - until_bytes, batch);
    events += dropped.events;
    // What is held is counted; should the count be off, it is set right here.
    (*document)["storedBytes"] =
        dropped.nothing_left ? 0 : std::max<std::int64_t>(0, held - dropped.bytes);
    batch.put(group_key(group), json::to_text(*document));
    store_.write(std::move(batch));
  }
}

/// Streams of functions that run side by side are as many as their instances, and their events
/// alternate: they are merged, since looking for the oldest event before each of them takes as long
/// as there are streams, and a range that is erased for each makes every later look slower.
LogStore::Dropped LogStore::drop_round(std::string_view group, std::int64_t most_bytes,
                                       store::WriteBatch& batch) {
  const Candidates candidates = candidates_of(*this, group);
  Dropped dropped;
  dropped.nothing_left = candidates.oldest.empty();
  std::vector<Head> heads;
  for (const Candidate& candidate : candidates.oldest) {
    Head head{candidate.stream, "", nullptr};
    head.prefix = event_prefix(group, head.stream);
    head.cursor = store_.cursor(head.prefix, store::prefix_end(head.prefix));
    head.cursor->seek(head.prefix);
    heads.push_back(std::move(head));
  }
  using Turn = std::pair<std::int64_t, std::size_t>;  // when, and whose
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    if (heads[i].valid()) turns.emplace(heads[i].time_ms(), i);
  }
  while (!turns.empty() && dropped.bytes < most_bytes && dropped.events < kDroppedPerStep) {
    const auto [time_ms, index] = turns.top();
    if (time_ms > candidates.until_ms) break;
    turns.pop();
    Head& head = heads[index];
    dropped.bytes += static_cast<std::int64_t>(head.event().message.size() + kEventOverheadBytes);
    ++dropped.events;
    ++head.dropped;
    head.cursor->next();
    if (head.valid()) turns.emplace(head.time_ms(), index);
  }
  for (const Head& head : heads) {
    auto document = stream(group, head.stream);
    if (!document) continue;
    const std::int64_t said = json::int_or(*document, "firstEventTimestamp", INT64_MAX);
    const std::int64_t first = head.valid() ? head.time_ms() : INT64_MAX;
    if (head.dropped > 0) {
      const std::string end = head.valid() ? event_key(head.prefix, head.event().position)
                                           : store::prefix_end(head.prefix);
      batch.erase_range(head.prefix, end);
    }
    if (said == first) continue;
    if (head.valid()) {
      (*document)["firstEventTimestamp"] = first;
    } else {
      document->erase("firstEventTimestamp");
    }
    batch.put(stream_key(group, head.stream), json::to_text(*document));
  }
  return dropped;
}

void LogStore::each_event(std::string_view group, std::string_view stream, Position from,
                          Direction direction,
                          const std::function<bool(StoredEvent)>& visit) const {
  const std::string prefix = event_prefix(group, stream);
  auto cursor = store_.cursor(prefix, store::prefix_end(prefix));
  const bool forward = direction == Direction::kForward;
  if (forward) {
    cursor->seek(event_key(prefix, from));
  } else {
    cursor->seek_backward(event_key(prefix, from));
  }
  while (cursor->valid()) {
    if (!visit(read_event(cursor->key().substr(prefix.size()), cursor->value()))) return;
    if (forward) {
      cursor->next();
    } else {
      cursor->previous();
    }
  }
}

void LogStore::expire(std::string_view group, std::string_view stream, std::int64_t cutoff_ms) {
  const std::string prefix = event_prefix(group, stream);
  auto cursor = store_.cursor(prefix, event_key(prefix, {cutoff_ms, 0}));
  std::int64_t bytes = 0;
  std::size_t count = 0;
  store::WriteBatch batch;
  for (cursor->seek(prefix); cursor->valid() && count < kExpiredPerCall; cursor->next()) {
    bytes += static_cast<std::int64_t>(cursor->value().size() - 8 + kEventOverheadBytes);
    batch.erase(cursor->key());
    ++count;
  }
  if (count == 0) return;
  if (auto document = this->group(group)) {
    (*document)["storedBytes"] =
        std::max<std::int64_t>(0, json::int_or(*document, "storedBytes", 0) - bytes);
    batch.put(group_key(group), json::to_text(*document));
  }
  store_.write(std::move(batch));
}

}  // namespace tandem::logs
