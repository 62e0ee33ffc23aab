#include "replication/log.h"

#include <algorithm>
#include <fmt/format.h>

#include "replication/keys.h"

namespace tandem::replication {
namespace {

constexpr std::size_t kTailEntries = 4096;

std::uint64_t sequence_of(std::string_view key) { return ByteReader(key.substr(1)).u64(); }

std::string value_of(std::uint32_t collection, Timestamp time, std::string_view key) {
  std::string value;
  value.reserve(12 + key.size());
  put_u32(value, collection);
  put_u64(value, time);
  value.append(key);
  return value;
}

/// Bytes from disk get an error, never a CHECK.
LogEntry parse_entry(std::string_view key, std::string_view value) {
  ByteReader reader(value);
  LogEntry entry{sequence_of(key), reader.u32(), reader.u64(), std::string(reader.rest())};
  if (!reader.ok()) {
    throw store::StoreError(
        fmt::format("entry {} of the replication log is damaged", entry.sequence));
  }
  return entry;
}

std::string position_value(const Position& position) {
  std::string value;
  put_u64(value, position.number);
  put_u64(value, position.time);
  return value;
}

}  // namespace

Log::Log(store::Store& store) : store_(store) { reload(); }

void Log::reload() {
  staged_.clear();
  tail_.clear();
  trimmed_ = {};
  if (const auto trimmed = store_.get(keys::kLogTrimmed)) {
    ByteReader reader(*trimmed);
    trimmed_.number = reader.u64();
    if (reader.left() > 0) trimmed_.time = reader.u64();
    if (!reader.at_end()) throw store::StoreError("the start of the replication log is damaged");
  }
  const auto newest = store_.cursor(keys::log_entry(trimmed_.number), store::prefix_end("l"));
  newest->seek_backward(store::prefix_end("l"));
  end_ = trimmed_;
  if (!newest->valid()) return;
  const LogEntry last = parse_entry(newest->key(), newest->value());
  end_ = {last.sequence, last.time};
}

void Log::append(store::WriteBatch& batch, std::uint32_t collection, Timestamp time,
                 std::string_view key) {
  const std::uint64_t number = end_.number + staged_.size() + 1;
  batch.put(keys::log_entry(number), value_of(collection, time, key));
  staged_.push_back({number, collection, time, std::string(key)});
}

bool Log::committed() {
  if (staged_.empty()) return false;
  end_ = {staged_.back().sequence, staged_.back().time};
  for (LogEntry& entry : staged_) tail_.push_back(std::move(entry));
  staged_.clear();
  while (tail_.size() > kTailEntries) tail_.pop_front();
  return true;
}

std::vector<LogEntry> Log::read(std::uint64_t after, std::size_t limit) const {
  std::vector<LogEntry> entries;
  if (after >= end_.number) return entries;
  const bool in_tail = !tail_.empty() && tail_.front().sequence <= after + 1;
  if (in_tail) {
    const auto from = std::upper_bound(
        tail_.begin(), tail_.end(), after,
        [](std::uint64_t value, const LogEntry& entry) { return value < entry.sequence; });
    const auto count = std::min<std::size_t>(limit, static_cast<std::size_t>(tail_.end() - from));
    entries.assign(from, from + static_cast<std::ptrdiff_t>(count));
    return entries;
  }
  // Gaps are rare and small, so a window of numbers is as good as a count of entries.
  const std::string begin = keys::log_entry(after + 1);
  const auto cursor = store_.cursor(begin, store::prefix_end("l"));
  for (cursor->seek(begin); cursor->valid() && entries.size() < limit; cursor->next()) {
    entries.push_back(parse_entry(cursor->key(), cursor->value()));
  }
  return entries;
}

void Log::trim(std::uint64_t through) {
  through = std::min({through, end_.number, trimmed_.number + kTrimLimit});
  if (through <= trimmed_.number) return;
  Position last{through, 0};
  store::WriteBatch batch;
  const auto cursor = store_.cursor(keys::log_entry(0), keys::log_entry(through + 1));
  cursor->seek_backward(keys::log_entry(through));
  if (cursor->valid()) last.time = parse_entry(cursor->key(), cursor->value()).time;
  for (std::uint64_t sequence = trimmed_.number + 1; sequence <= through; ++sequence) {
    batch.erase(keys::log_entry(sequence));
  }
  batch.put(keys::kLogTrimmed, position_value(last));
  store_.write(std::move(batch));
  trimmed_ = last;
  while (!tail_.empty() && tail_.front().sequence <= through) tail_.pop_front();
}

void Log::skip_to(std::uint64_t sequence, Timestamp time) {
  if (sequence <= end_.number) return;
  // Collection 0 is nobody's: an entry that stands for nothing but keeps the number taken.
  store::WriteBatch batch;
  batch.put(keys::log_entry(sequence), value_of(0, time, ""));
  store_.write(std::move(batch));
  end_ = {sequence, time};
  tail_.push_back({sequence, 0, time, ""});
}

Log::Holds Log::holds(const Position& position) const {
  if (position.number > end_.number) return Holds::kNo;
  if (position.number < trimmed_.number) return Holds::kTrimmed;
  if (position.number == 0 || position.time == 0) return Holds::kYes;
  Timestamp ours = 0;
  if (position.number == trimmed_.number) {
    ours = trimmed_.time;
    if (ours == 0) return Holds::kYes;
  } else if (const auto value = store_.get(keys::log_entry(position.number))) {
    ours = parse_entry(keys::log_entry(position.number), *value).time;
  }
  return ours == position.time ? Holds::kYes : Holds::kNo;
}

void Log::clear(store::WriteBatch& batch) {
  batch.erase_range("l", store::prefix_end("l"));
  batch.erase(keys::kLogTrimmed);
}

void Log::clear() {
  store::WriteBatch batch;
  clear(batch);
  store_.write(std::move(batch));
  end_ = trimmed_ = {};
  staged_.clear();
  tail_.clear();
}

}  // namespace tandem::replication
