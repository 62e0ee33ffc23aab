#include "replication/log.h"

#include <algorithm>

#include "core/check.h"
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

LogEntry parse_entry(std::string_view key, std::string_view value) {
  ByteReader reader(value);
  LogEntry entry{sequence_of(key), reader.u32(), reader.u64(), std::string(reader.rest())};
  CHECK(reader.ok());
  return entry;
}

}  // namespace

Log::Log(store::Store& store) : store_(store) {
  if (const auto trimmed = store.get(keys::kLogTrimmed)) trimmed_ = ByteReader(*trimmed).u64();
  const auto newest = store.cursor(keys::log_entry(trimmed_), store::prefix_end("l"));
  newest->seek_backward(store::prefix_end("l"));
  end_ = newest->valid() ? sequence_of(newest->key()) : trimmed_;
}

void Log::append(store::WriteBatch& batch, std::uint32_t collection, Timestamp time,
                 std::string_view key) {
  ++end_;
  batch.put(keys::log_entry(end_), value_of(collection, time, key));
  tail_.push_back({end_, collection, time, std::string(key)});
  if (tail_.size() > kTailEntries) tail_.pop_front();
}

std::vector<LogEntry> Log::read(std::uint64_t after, std::size_t limit) const {
  std::vector<LogEntry> entries;
  if (after >= end_) return entries;
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
  through = std::min({through, end_, trimmed_ + kTrimLimit});
  if (through <= trimmed_) return;
  store::WriteBatch batch;
  for (std::uint64_t sequence = trimmed_ + 1; sequence <= through; ++sequence) {
    batch.erase(keys::log_entry(sequence));
  }
  std::string value;
  put_u64(value, through);
  batch.put(keys::kLogTrimmed, value);
  store_.write(std::move(batch));
  trimmed_ = through;
  while (!tail_.empty() && tail_.front().sequence <= through) tail_.pop_front();
}

void Log::skip_to(std::uint64_t sequence, Timestamp time) {
  if (sequence <= end_) return;
  // Collection 0 is nobody's: an entry that stands for nothing but keeps the number taken.
  end_ = sequence - 1;
  store::WriteBatch batch;
  append(batch, 0, time, "");
  store_.write(std::move(batch));
}

void Log::clear() {
  store::WriteBatch batch;
  batch.erase_range("l", store::prefix_end("l"));
  batch.erase(keys::kLogTrimmed);
  store_.write(std::move(batch));
  end_ = trimmed_ = 0;
  tail_.clear();
}

}  // namespace tandem::replication
