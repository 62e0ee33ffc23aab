// How this region becomes a member with a copy of its own, and how one that had items before is let
// go.
#include <algorithm>

#include "replication/replicator.h"

namespace tandem::replication {

bool Replicator::join(const Group& incoming) {
  const auto replica = host_->create_replica(incoming);
  if (!replica) return false;
  LocalGroup& local = groups_[incoming.id];
  local.group = incoming;
  local.collection = replica->collection;
  by_collection_[replica->collection] = incoming.id;
  records_.set_replicated(replica->collection, RecordStore::Replicated::kYes);
  if (replica->holds == Replica::Holds::kItems) bring(local);
  return true;
}

/// A copy that held items before it was one is active at once, and every member owes every other a
/// whole copy, as after a store has fallen back: nobody knows who holds what. Group, debts and what
/// is no longer claimed are one batch, so that a process that ends here has joined or has not.
///
/// INVARIANT(joined-items-are-owed): the collection is written to with a log from now on, and what
/// is older than the log is in the debt.
void Replicator::bring(LocalGroup& local) {
  set_state(local, options_.region, MemberState::kActive);
  ask_refill(local, records_.clock().tick());
  owe_everyone(local);
  store::WriteBatch batch;
  forget_claims(batch, local);
  put(batch, local);
  records_.commit(std::move(batch));
}

/// Everything a region wrote up to a time is applied here, it has said: of a group that is true
/// from when this region joined, or when the other's copy was owed whole, if that was later
/// (INVARIANT(claims-wait-for-copies)). Before, it may hold items that nobody here has seen.
void Replicator::count_applied(const LocalGroup& local) {
  if (local.collection == 0) return;
  const Member* self = local.group.find(options_.region);
  std::map<std::string, Timestamp> from;
  for (const auto& [region, member] : local.group.members) {
    if (region == options_.region || !member.live()) continue;
    Timestamp& since = from[region] = self == nullptr ? 0 : self->joined;
    if (member.state == MemberState::kCreating) since = kMaxTimestamp;
    const auto asked = local.group.refills.find(region);
    if (asked != local.group.refills.end()) since = std::max(since, asked->second);
  }
  records_.count_applied_from(local.collection, std::move(from));
}

/// The copy stays, as an ordinary collection.
void Replicator::release(LocalGroup& local) {
  const std::uint32_t collection = detach(local);
  records_.set_replicated(collection, RecordStore::Replicated::kNo);
  host_->dissolved(local.group);
}

}  // namespace tandem::replication
