#include "services/logs/store/log_store.h"

#include <algorithm>
#include <fmt/format.h>

#include "store/store_failure.h"

namespace tandem::logs {
namespace {

constexpr std::size_t kExpiredPerCall = 10'000;
constexpr std::size_t kDroppedPerStep = 5'000;

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

void LogStore::drop_oldest(std::string_view group, std::int64_t until_bytes) {
  for (;;) {
    auto document = this->group(group);
    if (!document) return;
    const std::int64_t held = json::int_or(*document, "storedBytes", 0);
    if (held <= until_bytes) return;
    // The stream whose first event is the oldest, and when the next one's turn comes.
    std::string oldest;
    std::int64_t first_ms = INT64_MAX;
    std::int64_t second_ms = INT64_MAX;
    each_stream(group, "", "", [&](const std::string& stream, const json::object&) {
      each_event(group, stream, {}, Direction::kForward, [&](const StoredEvent& event) {
        second_ms = std::min(second_ms, std::max(first_ms, event.position.timestamp_ms));
        if (event.position.timestamp_ms < first_ms) {
          first_ms = event.position.timestamp_ms;
          oldest = stream;
        }
        return false;
      });
      return true;
    });
    store::WriteBatch batch;
    std::int64_t dropped = 0;
    if (!oldest.empty())
      dropped = drop_first(group, oldest, {held - until_bytes, second_ms}, batch);
    // What is held is counted; should the count be off, it is set right here.
    (*document)["storedBytes"] = dropped == 0 ? 0 : std::max<std::int64_t>(0, held - dropped);
    batch.put(group_key(group), json::to_text(*document));
    store_.write(std::move(batch));
  }
}

std::int64_t LogStore::drop_first(std::string_view group, std::string_view stream, Cut cut,
                                  store::WriteBatch& batch) const {
  const std::string prefix = event_prefix(group, stream);
  std::int64_t bytes = 0;
  std::size_t count = 0;
  std::optional<Position> next;
  each_event(group, stream, {}, Direction::kForward, [&](const StoredEvent& event) {
    const bool enough = bytes >= cut.bytes || event.position.timestamp_ms > cut.latest_ms;
    if (count == kDroppedPerStep || (count > 0 && enough)) {
      next = event.position;
      return false;
    }
    bytes += static_cast<std::int64_t>(event.message.size() + kEventOverheadBytes);
    ++count;
    return true;
  });
  batch.erase_range(prefix, next ? event_key(prefix, *next) : store::prefix_end(prefix));
  if (auto document = this->stream(group, stream)) {
    if (next) {
      (*document)["firstEventTimestamp"] = next->timestamp_ms;
    } else {
      document->erase("firstEventTimestamp");
    }
    batch.put(stream_key(group, stream), json::to_text(*document));
  }
  return bytes;
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
