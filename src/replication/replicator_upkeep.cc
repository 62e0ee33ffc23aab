// What the replicator does over time rather than on an event: loading, persisting, trimming.
#include <algorithm>

#include "core/check.h"
#include "replication/keys.h"
#include "replication/replicator.h"

namespace tandem::replication {
namespace {

constexpr std::size_t kTombstonesPerTick = 4096;

}  // namespace

std::string Replicator::random_id() {
  std::string id;
  put_u64(id, random_.next());
  put_u64(id, random_.next());
  return id;
}

void Replicator::load() {
  const auto log_id = store_.get(keys::kLogId);
  log_id_ = log_id ? *log_id : random_id();
  if (!log_id) store_.put(keys::kLogId, log_id_);
  store::for_each(store_, "p", [&](std::string_view key, std::string_view value) {
    const auto found = peers_.find(key.substr(1));
    if (found == peers_.end()) return true;  // no longer configured
    ByteReader reader(value);
    found->second.log = reader.bytes(kIdBytes);
    found->second.position = reader.u64();
    found->second.through = reader.u64();
    found->second.seen = reader.u64();
    CHECK(reader.at_end());
    return true;
  });
  store::for_each(store_, "g", [&](std::string_view, std::string_view value) {
    ByteReader reader(value);
    LocalGroup local;
    local.group = decode_group(reader).value();
    local.collection = reader.u32();
    const std::size_t fills = reader.u8();
    for (std::size_t at = 0; at < fills; ++at) {
      local.fills_owed.emplace(reader.bytes(kMaxRegionBytes), ++changes_);
    }
    CHECK(reader.at_end());
    local.change = ++changes_;
    if (local.collection != 0) {
      by_collection_[local.collection] = local.group.id;
      records_.set_replicated(local.collection, RecordStore::Replicated::kYes);
    }
    const Member* self = local.group.find(options_.region);
    if (self != nullptr && self->state == MemberState::kDeleting) {
      leaving_[local.group.id] = {records_.log().end(), clock_.steady_ns() + kLeaveTimeoutNs};
    }
    groups_.emplace(local.group.id, std::move(local));
    return true;
  });
}

void Replicator::persist(const LocalGroup& local) {
  std::string value;
  encode(local.group, value);
  put_u32(value, local.collection);
  put_u8(value, static_cast<std::uint8_t>(local.fills_owed.size()));
  for (const auto& [region, debt] : local.fills_owed) put_bytes(value, region);
  store::WriteBatch batch;
  batch.put(keys::group(local.group.id), value);
  records_.commit(std::move(batch));
}

void Replicator::persist(store::WriteBatch& batch, std::string_view region,
                         const Peer& peer) const {
  std::string value;
  put_bytes(value, peer.log);
  put_u64(value, peer.position);
  put_u64(value, peer.through);
  put_u64(value, peer.seen);
  batch.put(keys::peer(region), value);
}

std::uint64_t Replicator::pending(std::string_view region) const {
  const auto peer = peers_.find(region);
  if (peer == peers_.end() || !receives(region)) return 0;
  const std::uint64_t from = std::max(peer->second.acknowledged, records_.log().trimmed());
  return records_.log().end() - std::min(from, records_.log().end());
}

bool Replicator::receives(std::string_view region) const {
  return std::any_of(groups_.begin(), groups_.end(), [&](const auto& entry) {
    const LocalGroup& local = entry.second;
    const Member* member = local.group.find(region);
    return local.collection != 0 && member != nullptr && member->receives();
  });
}

void Replicator::tick() {
  finish_leaving();
  trim_log();
  const std::set<std::uint32_t> collections = records_.with_tombstones();
  std::size_t left = kTombstonesPerTick;
  for (const std::uint32_t collection : collections) {
    left -= records_.collect_tombstones(collection, collectable(collection), left);
    if (left == 0) break;
  }
}

void Replicator::trim_log() {
  std::uint64_t through = records_.log().end();
  for (const auto& [region, peer] : peers_) {
    if (receives(region)) through = std::min(through, peer.acknowledged);
  }
  records_.log().trim(through);
}

void Replicator::clear() {
  store::WriteBatch batch;
  for (const std::string_view kind : {"g", "p"}) {
    batch.erase_range(kind, store::prefix_end(kind));
  }
  log_id_ = random_id();
  batch.put(keys::kLogId, log_id_);
  records_.commit(std::move(batch));
  records_.clear();
  records_.log().clear();
  groups_.clear();
  by_collection_.clear();
  leaving_.clear();
  for (auto& [region, peer] : peers_) {
    // A connection from before must not be taken for one from after.
    const std::uint64_t receiver = peer.receiver + 1;
    peer = Peer{};
    peer.receiver = receiver;
  }
  ++changes_;
}

}  // namespace tandem::replication
