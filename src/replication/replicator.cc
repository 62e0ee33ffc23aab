#include "replication/replicator.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "replication/keys.h"

namespace tandem::replication {
namespace {

/// 4 ms: enough that two starts from one state hardly meet, too little for restarts to add up.
constexpr std::uint64_t kLargestLeap = std::uint64_t{1} << 24;

}  // namespace

Replicator::Replicator(Options options, const core::Clock& clock, core::Random& random,
                       store::Store& store)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      store_(store),
      records_({.region = options_.region,
                .leap = random.below(kLargestLeap),
                .max_drift_us = options_.max_drift_us},
               clock, store) {
  load();
  records_.on_append([this] { work(); });
}

void Replicator::on_work(std::function<void()> callback) { on_work_ = std::move(callback); }

std::string Replicator::create_group(std::uint32_t collection, std::string_view name,
                                     std::string definition) {
  return durably([&] {
    CHECK(collection != 0 && !by_collection_.contains(collection));
    LocalGroup local;
    local.group.id = random_id();
    local.group.name = name;
    local.group.definition = std::move(definition);
    local.group.defined = records_.clock().tick();
    local.group.defined_by = options_.region;
    local.collection = collection;
    local.change = ++changes_;
    set_state(local, options_.region, MemberState::kActive);
    persist(local);
    count_applied(local);
    std::string id = local.group.id;
    groups_.emplace(id, std::move(local));
    by_collection_[collection] = id;
    records_.set_replicated(collection, RecordStore::Replicated::kYes);
    return id;
  });
}

void Replicator::add_member(std::string_view id, std::string_view region) {
  durably([&] {
    LocalGroup* local = find(id);
    CHECK(local != nullptr && local->collection != 0);
    const Member* old = local->group.find(region);
    CHECK(old == nullptr || !old->live());
    Member& member = local->group.members[std::string(region)];
    member = {};
    member.joined = records_.clock().tick();
    member.added_by = options_.region;
    set_state(*local, std::string(region), MemberState::kCreating);
    owe_snapshot(*local, std::string(region));
    changed(local->group.id);
  });
}

void Replicator::remove_member(std::string_view id, std::string_view region) {
  durably([&] {
    LocalGroup* local = find(id);
    CHECK(local != nullptr && region != options_.region);
    local->snapshots_owed.erase(std::string(region));
    set_state(*local, std::string(region), MemberState::kDeleting);
    changed(local->group.id);
  });
}

void Replicator::leave(std::string_view id) {
  durably([&] {
    LocalGroup* local = find(id);
    CHECK(local != nullptr && local->collection != 0);
    set_state(*local, options_.region, MemberState::kDeleting);
    changed(local->group.id);
  });
}

void Replicator::define(std::string_view id, std::string definition) {
  durably([&] {
    LocalGroup* local = find(id);
    CHECK(local != nullptr);
    local->group.definition = std::move(definition);
    local->group.defined = records_.clock().tick();
    local->group.defined_by = options_.region;
    changed(local->group.id);
  });
}

const Group* Replicator::find_group(std::string_view id) const {
  const auto found = groups_.find(id);
  return found == groups_.end() ? nullptr : &found->second.group;
}

Replicator::LocalGroup* Replicator::find(std::string_view id) {
  const auto found = groups_.find(id);
  return found == groups_.end() ? nullptr : &found->second;
}

Replicator::Peer* Replicator::find_peer(std::string_view region) {
  const auto found = peers_.find(region);
  return found == peers_.end() ? nullptr : &found->second;
}

const Replicator::LocalGroup* Replicator::group_of(std::uint32_t collection) const {
  const auto found = by_collection_.find(collection);
  if (found == by_collection_.end()) return nullptr;
  const auto group = groups_.find(found->second);
  return group == groups_.end() ? nullptr : &group->second;
}

void Replicator::set_state(LocalGroup& local, const std::string& region, MemberState state) {
  Member& member = local.group.members[region];
  member.state = state;
  member.changed = records_.clock().tick();
  member.changed_by = options_.region;
  if (member.joined == 0) member.joined = member.changed;
}

void Replicator::changed(const std::string& id) {
  // Each round settles one consequence; no chain of them is longer than a member's states.
  for (int round = 0; round < 4; ++round) {
    LocalGroup* local = find(id);
    if (local == nullptr) break;
    local->change = ++changes_;
    std::erase_if(local->snapshots_owed, [&](const auto& owed) {
      const Member* member = local->group.find(owed.first);
      return member == nullptr || !member->receives();
    });
    persist(*local);
    count_applied(*local);
    if (local->collection != 0) host_->changed(local->group);
    if (!settle(id)) break;
  }
  work();
}

/// Returns whether the group changed again.
bool Replicator::settle(const std::string& id) {
  LocalGroup& local = *find(id);
  const auto others = [&](auto&& is) {
    return std::any_of(
        local.group.members.begin(), local.group.members.end(),
        [&](const auto& entry) { return entry.first != options_.region && is(entry.second); });
  };
  const bool others_live = others([](const Member& member) { return member.live(); });
  const Member* self = local.group.find(options_.region);
  if (self == nullptr || !self->live()) {
    if (local.collection != 0) {
      host_->joins(local.group) ? release(local) : drop(local);
    }
    if (!others_live) forget(id);
    return false;
  }
  if (self->state == MemberState::kDeleting) {
    if (leaving_.contains(id)) return false;
    if (self->changed_by != options_.region && !host_->may_leave(local.group)) {
      set_state(local, options_.region, MemberState::kActive);
      return true;
    }
    start_leaving(local);
    return false;
  }
  if (self->state == MemberState::kCreating) {
    // Without an active member there is nobody left to be filled from: creating has failed.
    const bool can_fill =
        others([](const Member& member) { return member.state == MemberState::kActive; });
    if (can_fill) return false;
    set_state(local, options_.region, MemberState::kGone);
    return true;
  }
  if (!others_live && !host_->joins(local.group)) {
    const Group last = local.group;
    records_.set_replicated(local.collection, RecordStore::Replicated::kNo);
    forget(id);
    host_->dissolved(last);
  }
  return false;
}

void Replicator::start_leaving(LocalGroup& local) {
  leaving_[local.group.id] = {records_.log().end(), clock_.steady_ns() + options_.leave_timeout_ns};
  if (local.collection != 0 && !host_->joins(local.group)) host_->leaving(local.group);
  finish_leaving();
}

void Replicator::finish_leaving() {
  std::vector<std::string> done;
  for (const auto& [id, leaving] : leaving_) {
    const LocalGroup* local = find(id);
    if (local == nullptr || drained(*local, leaving.log_end) ||
        clock_.steady_ns() >= leaving.deadline_ns) {
      done.push_back(id);
    }
  }
  for (const std::string& id : done) {
    leaving_.erase(id);
    LocalGroup* local = find(id);
    if (local == nullptr) continue;
    set_state(*local, options_.region, MemberState::kGone);
    changed(id);
  }
}

bool Replicator::drained(const LocalGroup& local, std::uint64_t log_end) const {
  for (const auto& [region, member] : local.group.members) {
    if (region == options_.region || !member.receives()) continue;
    const auto peer = peers_.find(region);
    if (peer != peers_.end() && peer->second.acknowledged < log_end) return false;
  }
  return true;
}

/// The group has no copy here any more. Returns what was it.
std::uint32_t Replicator::detach(LocalGroup& local) {
  const std::uint32_t collection = std::exchange(local.collection, 0);
  local.snapshots_owed.clear();
  by_collection_.erase(collection);
  persist(local);
  return collection;
}

void Replicator::drop(LocalGroup& local) {
  const std::uint32_t collection = detach(local);
  records_.erase_collection(collection);
  host_->dropped(local.group);
}

void Replicator::forget(const std::string& id) {
  const LocalGroup* local = find(id);
  if (local == nullptr) return;
  by_collection_.erase(local->collection);
  store::WriteBatch batch;
  batch.erase(keys::group(id));
  records_.commit(std::move(batch));
  leaving_.erase(id);
  for (auto& [region, peer] : peers_) peer.told.erase(id);
  groups_.erase(id);
}

bool Replicator::receive_group(const Group& incoming) {
  return durably([&] { return merge_group(incoming); });
}

bool Replicator::merge_group(const Group& incoming) {
  for (const auto& [region, member] : incoming.members) {
    records_.clock().observe(std::max(member.changed, member.joined));
  }
  LocalGroup* local = find(incoming.id);
  if (local == nullptr) {
    const Member* self = incoming.find(options_.region);
    if (self == nullptr || !self->live()) return false;
    if (self->state != MemberState::kCreating || !join(incoming)) return true;
    changed(incoming.id);
    return false;
  }
  const std::map<std::string, Member> before = local->group.members;
  const bool held_copy = local->collection != 0;
  const bool refill = local->group.merge_refills(incoming);
  if (!local->group.merge(incoming) && !refill) return false;
  const Member* self = local->group.find(options_.region);
  if (!held_copy && self != nullptr && self->state == MemberState::kCreating) {
    // This region left and was added again before it could forget the group.
    if (!join(Group(local->group))) set_state(*local, options_.region, MemberState::kGone);
  } else if (held_copy) {
    for (const auto& [region, member] : local->group.members) {
      const auto old = before.find(region);
      const bool known = old != before.end() && old->second.joined == member.joined;
      if (region != options_.region && member.receives() && !known) owe_snapshot(*local, region);
    }
    owe_after_departures(*local, before);
    if (refill) {
      owe_everyone(*local);
      store::WriteBatch batch;
      forget_claims(batch, *local);
      put(batch, *local);
      records_.commit(std::move(batch));
    }
  }
  changed(incoming.id);
  return false;
}

void Replicator::not_member(std::string_view peer, const NotMember& gone) {
  durably([&] {
    LocalGroup* local = find(gone.group);
    if (local == nullptr) return;
    const Member* member = local->group.find(peer);
    if (member == nullptr || !member->live() || member->joined != gone.joined) return;
    const std::map<std::string, Member> before = local->group.members;
    local->snapshots_owed.erase(std::string(peer));
    set_state(*local, std::string(peer), MemberState::kGone);
    owe_after_departures(*local, before);
    changed(local->group.id);
  });
}

/// In one history its numbers only grow; of another, the sender skips what has been seen here.
void Replicator::reach(Peer& peer, const Position& reached) {
  if (reached.number > peer.reached.number) peer.reached = reached;
}

/// Merges what a batch has and its collections' capacity lets in, or, of one that has been received
/// in part, what has waited. Returns what waits now.
///
/// INVARIANT(order-within-a-table): where one entry waits, all of its collection behind it do.
/// Those of others go ahead: which of two collections' items comes first means nothing to anybody.
Replicator::Waiting Replicator::merge_admitted(RecordStore::Merge& merge, const Batch& batch,
                                               const Waiting& waiting) {
  std::vector<std::uint32_t> collections;
  for (const std::string& id : batch.groups) {
    const LocalGroup* local = find(id);
    collections.push_back(local == nullptr ? 0 : local->collection);
  }
  Waiting left;
  std::set<std::uint32_t> closed;
  const auto take = [&](std::size_t at) {
    const Entry& entry = batch.entries[at];
    const std::uint32_t collection = collections.at(entry.group);
    if (collection == 0) return;
    if (closed.contains(collection) || !records_.admits(collection, entry.key)) {
      closed.insert(collection);
      left.entries.push_back(at);
      return;
    }
    merge.add(collection, entry.key, entry.record);
  };
  if (waiting.entries.empty()) {
    for (std::size_t at = 0; at < batch.entries.size(); ++at) take(at);
  } else {
    for (const std::size_t at : waiting.entries) take(at);
  }
  return left;
}

Replicator::Received Replicator::receive_batch(std::string_view region, const Batch& batch,
                                               Waiting& waiting) {
  Peer* peer = find_peer(region);
  if (peer == nullptr || batch.previous != peer->position.number) return Received::kGap;
  RecordStore::Merge merge(records_);
  Waiting left = merge_admitted(merge, batch, waiting);
  if (!left.entries.empty()) {
    // The position stays behind until all is here: a connection that ends now brings the batch
    // again. But what is here already leaves its trace (shipped-leaves-a-trace).
    Peer now = *peer;
    reach(now, batch.reached);
    if (now.reached != peer->reached) persist(merge.batch(), region, now);
    merge.commit();
    *peer = std::move(now);
    waiting = std::move(left);
    return Received::kInPart;
  }
  Peer now = *peer;
  now.position = batch.last;
  now.closed = std::max(peer->closed, batch.closed);
  now.low_water = std::max(peer->low_water, batch.low_water);
  reach(now, batch.reached);
  const bool news = now.position != peer->position || now.reached != peer->reached ||
                    now.closed != peer->closed || now.low_water != peer->low_water;
  records_.clock().observe(batch.closed);
  if (news) persist(merge.batch(), region, now);
  merge.commit();
  // INVARIANT(position-behind-store): were the position moved before the commit, and the commit
  // refused, the sender would be told to go on behind writes that never arrived.
  *peer = std::move(now);
  records_.applied(region, peer->closed);
  return Received::kWhole;
}

void Replicator::receive_snapshot(std::string_view region, const Snapshot& snapshot) {
  LocalGroup* local = find(snapshot.group);
  if (local == nullptr || local->collection == 0) return;
  RecordStore::Merge merge(records_, RecordStore::Merge::Takes::kNothing);
  for (const Entry& entry : snapshot.entries) merge.add(local->collection, entry.key, entry.record);
  Peer& peer = *find_peer(region);
  Peer now = peer;
  reach(now, snapshot.reached);
  if (now.reached != peer.reached) persist(merge.batch(), region, now);
  merge.commit();
  peer = std::move(now);
  const Member* sender = local->group.find(region);
  const Member* self = local->group.find(options_.region);
  const bool complete = (snapshot.part & Snapshot::kLast) != 0 && sender != nullptr &&
                        sender->state == MemberState::kActive;
  if (complete && self != nullptr && self->state == MemberState::kCreating) {
    durably([&] {
      set_state(*local, options_.region, MemberState::kActive);
      changed(snapshot.group);
    });
  }
}

void Replicator::welcome(std::string_view region, const std::string& log) {
  Peer& peer = *find_peer(region);
  if (peer.log != log) {
    // INVARIANT(a-log-has-one-history): positions and claims belong to a log's id. Reset, or its
    // disk lost: nothing is known of the new log.
    Peer now = peer;
    now.log = log;
    now.position = now.reached = {};
    now.closed = now.low_water = 0;
    store::WriteBatch batch;
    persist(batch, region, now);
    records_.commit(std::move(batch));
    peer = std::move(now);
    records_.nothing_applied(region);
  }
  ++peer.receiver;
}

void Replicator::histories_differ(std::string_view region, const Position& position) {
  durably([&] {
    store::WriteBatch batch;
    const Timestamp stamp = records_.clock().tick();
    for (auto& [id, local] : groups_) {
      const Member* member = local.group.find(region);
      if (local.collection == 0 || member == nullptr || !member->receives()) continue;
      ask_refill(local, stamp);
      local.change = ++changes_;
      owe_everyone(local);
      forget_claims(batch, local);
      put(batch, local);
    }
    Peer now = *find_peer(region);
    now.acknowledged = now.acknowledged_stored = position.number;
    persist(batch, region, now);
    records_.commit(std::move(batch));
    *find_peer(region) = std::move(now);
  });
  work();
}

/// Later than whatever this region has asked before, whatever its clock says.
void Replicator::ask_refill(LocalGroup& local, Timestamp now) {
  Timestamp& asked = local.group.refills[options_.region];
  asked = std::max(asked + 1, now);
}

void Replicator::owe_everyone(LocalGroup& local) {
  for (const auto& [region, member] : local.group.members) {
    if (region != options_.region && member.receives()) owe_snapshot(local, region);
  }
}

/// INVARIANT(claims-die-with-their-store): what the members have said of how far they are was true
/// of a store that may be gone. They say it again once their snapshots are on their way; until then
/// no tombstone is dropped.
void Replicator::forget_claims(store::WriteBatch& batch, const LocalGroup& local) {
  for (const auto& [region, member] : local.group.members) {
    Peer* peer = find_peer(region);
    if (peer == nullptr) continue;
    // Memory may be behind the store here: less is known, and less is dropped. What this region has
    // claimed itself rests on that, and may bear a time of a clock that was wrong.
    peer->closed = peer->low_water = peer->low_water_sent = 0;
    persist(batch, region, *peer);
  }
}

std::uint64_t Replicator::mark_log() {
  records_.log().skip_to(records_.log().end() + 1, records_.clock().tick());
  return records_.log().end();
}

void Replicator::owe_snapshots(std::string_view region) {
  durably([&] {
    for (auto& [id, local] : groups_) {
      const Member* member = local.group.find(region);
      if (local.collection == 0 || member == nullptr || !member->receives()) continue;
      owe_snapshot(local, std::string(region));
      local.change = ++changes_;
      persist(local);
    }
  });
  work();
}

void Replicator::owe_snapshot(LocalGroup& local, const std::string& region) {
  local.snapshots_owed[region] = ++changes_;
}

/// A region that left has sent what it wrote to the members it knew, and nobody ships another's
/// writes. So whoever stays sends the others what they may have missed.
void Replicator::owe_after_departures(LocalGroup& local,
                                      const std::map<std::string, Member>& before) {
  const bool departed =
      local.collection != 0 && std::any_of(before.begin(), before.end(), [&](const auto& entry) {
        const Member* now = local.group.find(entry.first);
        return entry.second.live() && (!now->live() || now->joined != entry.second.joined);
      });
  if (departed) owe_everyone(local);
}

void Replicator::snapshot_sent(std::string_view id, std::string_view region, std::uint64_t debt) {
  LocalGroup* local = find(id);
  if (local == nullptr) return;
  const auto owed = local->snapshots_owed.find(std::string(region));
  if (owed == local->snapshots_owed.end() || owed->second != debt) return;
  durably([&] {
    local->snapshots_owed.erase(owed);
    // With the debt goes what the peer has acknowledged: should it come back without the snapshot,
    // its position tells.
    Peer& peer = *find_peer(region);
    store::WriteBatch batch;
    put(batch, *local);
    persist(batch, region, peer);
    records_.commit(std::move(batch));
    peer.acknowledged_stored = peer.acknowledged;
  });
}

void Replicator::acknowledged(std::string_view region, std::uint64_t position) {
  find_peer(region)->acknowledged = position;
  if (!leaving_.empty()) durably([&] { finish_leaving(); });
}

void Replicator::told(std::string_view region, const std::string& id, std::uint64_t change) {
  const LocalGroup* local = find(id);
  if (local == nullptr) return;
  find_peer(region)->told[id] = change;
  const Member* self = local->group.find(options_.region);
  if (self != nullptr && self->live()) return;
  // A group this region has left is kept until every member knows that it did.
  for (const auto& [other, member] : local->group.members) {
    if (!member.live()) continue;
    const auto peer = peers_.find(other);
    if (peer == peers_.end()) continue;
    const auto heard = peer->second.told.find(id);
    if (heard == peer->second.told.end() || heard->second != local->change) return;
  }
  durably([&] { forget(id); });
}

Timestamp Replicator::low_water_for(std::string_view region) const {
  Timestamp low_water = kMaxTimestamp - 1;
  bool any = false;
  for (const auto& [id, local] : groups_) {
    const Member* member = local.group.find(region);
    if (local.collection == 0 || member == nullptr || !member->live()) continue;
    any = true;
    for (const auto& [other, state] : local.group.members) {
      if (other == options_.region || !state.live()) continue;
      const auto peer = peers_.find(other);
      low_water = std::min(low_water, peer == peers_.end() ? 0 : peer->second.closed);
    }
  }
  return any ? low_water : 0;
}

Timestamp Replicator::collectable(std::uint32_t collection) const {
  const LocalGroup* local = group_of(collection);
  // INVARIANT(tombstones-outlive-doubt): one goes when every live member has what was written up to
  // its time (low-water mark) and has sent all it wrote until then (closed timestamp): nothing
  // older can still come. A member that is not known holds all of them up.
  Timestamp through = kMaxTimestamp;
  if (local == nullptr) return through;
  for (const auto& [region, member] : local->group.members) {
    if (region == options_.region || !member.live()) continue;
    const auto peer = peers_.find(region);
    // What one that is still to come may bring with it, it has claimed nothing about.
    if (peer == peers_.end() || member.state == MemberState::kCreating) return 0;
    through = std::min({through, peer->second.closed, peer->second.low_water});
  }
  return through;
}

}  // namespace tandem::replication
