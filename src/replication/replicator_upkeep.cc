// What the replicator does over time rather than on an event: loading, persisting, trimming.
#include <algorithm>

#include "core/check.h"
#include "replication/keys.h"
#include "replication/replicator.h"

namespace tandem::replication {
namespace {

constexpr std::size_t kTombstonesPerTick = 4096;

/// Bytes from disk get an error, never a CHECK.
store::StoreError damaged(const std::string& what) {
  return store::StoreError(what + " is damaged in the store of replication");
}

}  // namespace

std::string Replicator::random_id() {
  std::string id;
  put_u64(id, random_.next());
  put_u64(id, random_.next());
  return id;
}

void Replicator::load() {
  const auto log_id = store_.get(keys::kLogId);
  if (log_id && log_id->size() != kIdBytes) throw damaged("the id of the log");
  log_id_ = log_id ? *log_id : random_id();
  if (!log_id) store_.put(keys::kLogId, log_id_);
  load_peers();
  load_groups();
}

/// Only what is stored: connections and what goes with them stay as they are.
void Replicator::load_peers() {
  for (const auto& [region, peer] : peers_) load_peer(region);
}

void Replicator::load_peer(const std::string& region) {
  const auto stored = store_.get(keys::peer(region));
  if (!stored) return;
  ByteReader reader(*stored);
  Peer& peer = *find_peer(region);
  peer.log = reader.bytes(kIdBytes);
  peer.position.number = reader.u64();
  peer.closed = reader.u64();
  peer.low_water = reader.u64();
  // What 0.1.0 wrote ends here.
  if (reader.left() > 0) {
    peer.position.time = reader.u64();
    peer.acknowledged_stored = reader.u64();
    peer.acknowledged = std::max(peer.acknowledged, peer.acknowledged_stored);
  }
  // And what came before the log's end was sent along, here.
  if (reader.left() > 0) {
    peer.reached.number = reader.u64();
    peer.reached.time = reader.u64();
  }
  if (!reader.at_end()) throw damaged("what is known of " + region);
  records_.applied(region, peer.closed);
}

void Replicator::add_peer(const std::string& region) {
  CHECK(peers_.try_emplace(region).second);
  try {
    load_peer(region);
  } catch (const store::StoreError&) {
    // Of one that is half known less would be believed than is true.
    peers_.erase(region);
    throw;
  }
  work();
}

void Replicator::remove_peer(std::string_view region) {
  const auto found = peers_.find(region);
  if (found != peers_.end()) peers_.erase(found);
  judge_clock();
}

void Replicator::load_groups() {
  store::for_each(store_, "g", [&](std::string_view, std::string_view value) {
    ByteReader reader(value);
    LocalGroup local;
    auto group = decode_group(reader);
    if (!group.ok()) throw damaged("a replica group (" + group.error().message + ")");
    local.group = std::move(group).value();
    local.collection = reader.u32();
    const std::size_t snapshots = reader.u8();
    for (std::size_t at = 0; at < snapshots && reader.ok(); ++at) {
      local.snapshots_owed.emplace(reader.bytes(kMaxRegionBytes), ++changes_);
    }
    if (reader.left() > 0 && !decode_refills(reader, local.group)) {
      throw damaged("replica group " + local.group.name);
    }
    if (!reader.at_end()) throw damaged("replica group " + local.group.name);
    local.change = ++changes_;
    if (local.collection != 0) {
      by_collection_[local.collection] = local.group.id;
      records_.set_replicated(local.collection, RecordStore::Replicated::kYes);
      count_applied(local);
    }
    const Member* self = local.group.find(options_.region);
    if (self != nullptr && self->state == MemberState::kDeleting) {
      leaving_[local.group.id] = {records_.log().end(),
                                  clock_.steady_ns() + options_.leave_timeout_ns};
    }
    groups_.emplace(local.group.id, std::move(local));
    return true;
  });
}

/// The store has refused a change: what it holds is what is true.
void Replicator::reload() {
  for (const auto& [collection, id] : by_collection_) {
    records_.set_replicated(collection, RecordStore::Replicated::kNo);
  }
  by_collection_.clear();
  groups_.clear();
  leaving_.clear();
  load_peers();
  load_groups();
  ++changes_;
  reconcile_due_ = true;
}

void Replicator::put(store::WriteBatch& batch, const LocalGroup& local) const {
  std::string value;
  encode(local.group, value);
  put_u32(value, local.collection);
  put_u8(value, static_cast<std::uint8_t>(local.snapshots_owed.size()));
  for (const auto& [region, debt] : local.snapshots_owed) put_bytes(value, region);
  encode_refills(local.group, value);
  batch.put(keys::group(local.group.id), value);
}

void Replicator::persist(const LocalGroup& local) {
  store::WriteBatch batch;
  put(batch, local);
  records_.commit(std::move(batch));
}

void Replicator::persist(store::WriteBatch& batch, std::string_view region,
                         const Peer& peer) const {
  std::string value;
  put_bytes(value, peer.log);
  put_u64(value, peer.position.number);
  put_u64(value, peer.closed);
  put_u64(value, peer.low_water);
  put_u64(value, peer.position.time);
  put_u64(value, peer.acknowledged);
  put_u64(value, peer.reached.number);
  put_u64(value, peer.reached.time);
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

std::size_t Replicator::snapshots_owed(std::string_view region) const {
  std::size_t owed = 0;
  for (const auto& [id, local] : groups_) {
    owed += local.snapshots_owed.contains(std::string(region)) ? 1 : 0;
  }
  return owed;
}

std::int64_t Replicator::oldest_pending_us(std::string_view region) const {
  const auto peer = peers_.find(region);
  if (peer == peers_.end() || pending(region) == 0) return 0;
  const Log& log = records_.log();
  const auto entries = log.read(std::max(peer->second.acknowledged, log.trimmed()), 1);
  return entries.empty() ? 0 : wall_us_since(entries.front().time);
}

void Replicator::tick() {
  if (reconcile_due_) {
    host_->reconcile();
    reconcile_due_ = false;
  }
  durably([&] { finish_leaving(); });
  store::WriteBatch batch;
  for (const auto& [region, peer] : peers_) {
    if (peer.acknowledged != peer.acknowledged_stored) persist(batch, region, peer);
  }
  records_.commit(std::move(batch));
  for (auto& [region, peer] : peers_) peer.acknowledged_stored = peer.acknowledged;
  trim_log();
  const std::set<std::uint32_t> collections = records_.with_tombstones();
  std::size_t left = kTombstonesPerTick;
  for (const std::uint32_t collection : collections) {
    left -= records_.collect_tombstones(collection, collectable(collection), left);
    if (left == 0) break;
  }
}

/// INVARIANT(log-until-acknowledged): an entry stays until every region that is to have it has said
/// that it has. Who is told less jumps, and is owed whole copies.
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
