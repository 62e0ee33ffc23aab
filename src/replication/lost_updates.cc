#include "replication/lost_updates.h"

#include <optional>

#include "replication/byte_codec.h"
#include "replication/keys.h"

namespace tandem::replication {
namespace {

constexpr std::uint8_t kLostDelete = 1;
constexpr std::uint8_t kWinnerDelete = 2;

Liveness liveness_of(std::uint8_t flags, std::uint8_t flag) {
  return (flags & flag) != 0 ? Liveness::kTombstone : Liveness::kItem;
}

std::string encode(const LostUpdate& lost) {
  std::string bytes;
  put_u32(bytes, lost.collection);
  put_u8(bytes,
         static_cast<std::uint8_t>((lost.lost_as == Liveness::kTombstone ? kLostDelete : 0) |
                                   (lost.winner_as == Liveness::kTombstone ? kWinnerDelete : 0)));
  put_u64(bytes, lost.lost);
  put_u64(bytes, lost.winner);
  put_bytes(bytes, lost.winner_region);
  put_u64(bytes, static_cast<std::uint64_t>(lost.noticed_us));
  bytes.append(lost.key);
  return bytes;
}

std::optional<LostUpdate> decode(std::string_view bytes) {
  ByteReader reader(bytes);
  LostUpdate lost;
  lost.collection = reader.u32();
  const std::uint8_t flags = reader.u8();
  lost.lost_as = liveness_of(flags, kLostDelete);
  lost.winner_as = liveness_of(flags, kWinnerDelete);
  lost.lost = reader.u64();
  lost.winner = reader.u64();
  lost.winner_region = reader.bytes(kMaxRegionBytes);
  lost.noticed_us = static_cast<std::int64_t>(reader.u64());
  if (!reader.ok()) return std::nullopt;
  lost.key = reader.rest();
  return lost;
}

/// What the record's writer had seen of the region's writes of this item; nothing when nobody can
/// tell.
std::optional<Mark> seen_by(const RecordView& record, std::string_view region) {
  if (!record.marks) return std::nullopt;
  const auto marks = Marks::decode(*record.marks);
  if (!marks) return std::nullopt;
  const Mark* mark = marks->find(region);
  return mark == nullptr ? Mark{} : *mark;
}

}  // namespace

LostUpdates::LostUpdates(std::string region, const store::Store& store, const core::Clock& clock)
    : region_(std::move(region)), store_(store), clock_(clock) {
  reload();
}

void LostUpdates::derive(const Change& change, store::WriteBatch& batch) {
  if (change.origin != Origin::kRemote || change.record == nullptr) return;
  const auto seen = seen_by(*change.record, region_);
  if (!seen) return;
  strike_seen(change.collection, change.key, *seen, batch);
  const RecordView* old = change.old_record;
  // A write that was replaced already has been judged, or had been seen.
  if (old == nullptr || old->version.region != region_) return;
  if (seen->time >= old->version.time) return;
  list({.collection = change.collection,
        .key = std::string(change.key),
        .lost = old->version.time,
        .lost_as = old->liveness,
        .winner = change.record->version.time,
        .winner_region = std::string(change.record->version.region),
        .winner_as = change.record->liveness,
        .noticed_us = clock_.now_us()},
       batch);
}

void LostUpdates::pass_over(std::uint32_t collection, std::string_view key,
                            const RecordView& record, store::WriteBatch& batch) {
  if (by_item_.empty()) return;
  if (const auto seen = seen_by(record, region_)) strike_seen(collection, key, *seen, batch);
}

void LostUpdates::remember(std::uint64_t number, LostUpdate lost) {
  by_item_.emplace(Item{lost.collection, lost.key}, number);
  listed_.emplace(number, std::move(lost));
}

LostUpdate LostUpdates::forget(std::uint64_t number) {
  const auto found = listed_.find(number);
  LostUpdate lost = std::move(found->second);
  const auto [begin, end] = by_item_.equal_range({lost.collection, lost.key});
  for (auto at = begin; at != end; ++at) {
    if (at->second != number) continue;
    by_item_.erase(at);
    break;
  }
  listed_.erase(found);
  return lost;
}

void LostUpdates::list(LostUpdate lost, store::WriteBatch& batch) {
  if (last_ > 0 && !listed_.contains(last_)) batch.erase(keys::lost_update(last_));
  ++last_;
  batch.put(keys::lost_update(last_), encode(lost));
  remember(last_, std::move(lost));
  staged_.push_back({last_, std::nullopt});
  if (listed_.size() > kMost) strike(listed_.begin()->first, batch);
}

void LostUpdates::strike(std::uint64_t number, store::WriteBatch& batch) {
  staged_.push_back({number, forget(number)});
  // The last number says how many there ever were: its entry goes, its number stays.
  if (number == last_) {
    batch.put(keys::lost_update(number), "");
  } else {
    batch.erase(keys::lost_update(number));
  }
}

void LostUpdates::strike_seen(std::uint32_t collection, std::string_view key, const Mark& seen,
                              store::WriteBatch& batch) {
  if (by_item_.empty() || seen.kind != Mark::Kind::kWrite) return;
  const auto [begin, end] = by_item_.equal_range({collection, std::string(key)});
  std::optional<std::uint64_t> number;
  for (auto at = begin; at != end; ++at) {
    if (listed_.at(at->second).lost == seen.time) number = at->second;
  }
  if (number) strike(*number, batch);
}

void LostUpdates::committed() { staged_.clear(); }

void LostUpdates::abandoned() {
  while (!staged_.empty()) {
    Step step = std::move(staged_.back());
    staged_.pop_back();
    if (step.struck) {
      remember(step.number, std::move(*step.struck));
    } else {
      forget(step.number);
      --last_;  // numbers are given out one by one
    }
  }
}

void LostUpdates::reload() {
  std::map<std::uint64_t, LostUpdate> listed;
  std::uint64_t last = 0;
  store::for_each(store_, "c", [&](std::string_view key, std::string_view value) {
    ByteReader name(key.substr(1));
    last = name.u64();
    if (value.empty()) return true;
    auto lost = decode(value);
    if (!name.at_end() || !lost) {
      throw store::StoreError("an entry of the lost updates is damaged on disk");
    }
    listed.emplace(last, std::move(*lost));
    return true;
  });
  listed_.clear();
  by_item_.clear();
  staged_.clear();
  last_ = last;
  for (auto& [number, lost] : listed) remember(number, std::move(lost));
}

void LostUpdates::forget(std::uint32_t collection, store::WriteBatch& batch) const {
  for (const auto& [number, lost] : listed_) {
    if (lost.collection != collection) continue;
    if (number == last_) {
      batch.put(keys::lost_update(number), "");
    } else {
      batch.erase(keys::lost_update(number));
    }
  }
}

}  // namespace tandem::replication
