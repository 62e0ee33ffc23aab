// What goes wrong in a world, and who joins and leaves.
#include <algorithm>

#include "replication/record.h"
#include "tests/sim/world.h"

namespace tandem::sim {

using replication::Group;
using replication::Member;
using replication::MemberState;

namespace {

constexpr std::int64_t kYearUs = 365LL * 24 * 3600 * 1'000'000;

}  // namespace

void World::inject_faults() {
  fault_links();
  fault_clocks();
  if (options_.losses || options_.refusals) fault_stores();
  if (chance(0.004)) crash(any_region());
  if (options_.strangers && chance(0.01)) speak_as_stranger(any_region());
  if (options_.impostors && chance(0.01)) speak_as_impostor(any_region());
  if (options_.impostors && chance(0.01)) answer_as_impostor(any_region());
  if (options_.membership && chance(0.01)) change_members();
}

void World::fault_links() {
  for (Link& link : links_) {
    if (chance(0.003)) link.cut = true;
    if (chance(0.01)) link.cut = false;
    if (chance(0.01)) link.delay_steps = static_cast<int>(random_.below(30));
    if (link.cut || chance(0.004)) close(link);
    if (options_.silences && link.open() && chance(0.002)) link.silent = true;
  }
  if (!chance(0.002)) return;
  const bool cut = chance(0.5);
  const Region& isolated = any_region();
  for (Link& link : links_) {
    if (link.from == &isolated || link.to == &isolated) link.cut = cut;
  }
}

void World::fault_clocks() {
  if (chance(0.005)) {
    any_region().clock.skew_us = static_cast<std::int64_t>(random_.below(10'000'000)) - 5'000'000;
  }
  if (options_.years && chance(0.003)) {
    const auto years = static_cast<std::int64_t>(random_.below(9)) - 3;
    Region& region = any_region();
    region.clock.skew_us = years * kYearUs;
    if (years > 0) region.misled = true;
  }
  if (!options_.years || !chance(0.01)) return;
  // Somebody notices, sets the clock right and rebuilds the region.
  Region& region = any_region();
  if (!region.running()) return;
  region.clock.skew_us = 0;
  if (region.records().clock().ahead_us() <= region.records().max_drift_us()) return;
  for (Link& link : links_) {
    if (link.from == &region || link.to == &region) link.drop();
  }
  try {
    region.replicator().restamp();
    region.misled = false;
  } catch (const store::StoreError&) {  // tried again by whoever notices next
  }
}

void World::fault_stores() {
  Region& region = any_region();
  if (options_.refusals && chance(0.01)) {
    region.store().fail_after(
        random_.below(4), 1 + random_.below(40),
        chance(0.2) ? store::FaultyStore::Failure::kKept : store::FaultyStore::Failure::kAbsent);
  }
  if (options_.refusals && chance(0.02)) any_region().store().heal();
  if (!options_.losses || !established(region)) return;
  if (chance(0.003)) region.copy = region.store().snapshot();
  if (!chance(0.003)) return;
  region.crash();
  region.misled = true;
  for (Link& link : links_) {
    if (link.from != &region && link.to != &region) continue;
    if (link.to == &region) link.ghost.reset();
    link.drop();
  }
  if (!region.copy.empty() && chance(0.4)) {
    region.store().restore(region.copy);
  } else {
    region.store().lose_suffix(random_.below(200));
  }
  start(region);
}

/// Its making was acknowledged long ago: a copy that is lost whole is another story, in which
/// somebody has to add it again.
bool World::established(Region& region) {
  if (region.established || !region.serves()) return region.established;
  region.store().sync();
  region.established = true;
  return true;
}

void World::crash(Region& region) {
  for (Link& link : links_) {
    if (link.from != &region && link.to != &region) continue;
    if (link.to == &region) link.ghost.reset();
    close(link);
    if (link.to == &region) link.ghost.reset();
  }
  region.crash();
  region.clock.skew_us += static_cast<std::int64_t>(random_.below(4'000'000)) - 2'000'000;
  start(region);
}

/// A store that takes no writes may keep a region from starting: it tries again with every step.
void World::start(Region& region) {
  if (region.running()) return;
  try {
    region.start();
  } catch (const store::StoreError&) {
    region.crash();
  }
}

/// Knows the account and the regions' names, and not the secret.
void World::speak_as_stranger(Region& to) {
  if (!to.running()) return;
  replication::ReceiverSession session(to.replicator());
  const std::string as = to.peers.at(random_.below(to.peers.size()));
  replication::Hello hello;
  hello.account = "123456789012";
  hello.from = as;
  hello.to = to.name;
  hello.nonce = std::string(replication::kNonceBytes, 'x');
  const auto last = replication::kMaxTimestamp - 1;
  replication::Proof proof;
  proof.mac = std::string(replication::kMacBytes, 'x');
  proof.log = std::string(replication::kIdBytes, 'x');
  proof.clocks = {to.clock.now_us(), 0};
  replication::Batch batch;
  batch.last = {1'000'000, last};
  batch.closed = batch.low_water = last;
  for (const replication::Message& message :
       {replication::Message(hello), replication::Message(proof), replication::Message(batch)}) {
    session.receive(encode(message));
  }
}

/// An item that nobody wrote, from the very log and position the region expects next.
void World::speak_as_impostor(Region& to) {
  if (!to.running() || !to.is_member(group_)) return;
  replication::ReceiverSession session(to.replicator());
  const std::string as = to.peers.at(random_.below(to.peers.size()));
  const replication::Replicator::Peer& known = *to.replicator().find_peer(as);
  const auto time = to.records().clock().current() + 1;
  replication::Hello hello;
  hello.account = "123456789012";
  hello.from = as;
  hello.to = to.name;
  hello.nonce = std::string(replication::kNonceBytes, 'x');
  replication::Proof proof;
  proof.mac = std::string(replication::kMacBytes, 'x');
  proof.log = known.log.empty() ? std::string(replication::kIdBytes, 'x') : known.log;
  proof.clocks = {to.clock.now_us(), time};
  replication::Batch batch;
  batch.previous = known.position.number;
  batch.last = {batch.previous + 1, time};
  std::string record = "forged";
  replication::append_trailer(record, {time, as}, replication::Liveness::kItem);
  batch.groups = {group_};
  batch.entries = {{0, "forged", record}};
  for (const replication::Message& message :
       {replication::Message(hello), replication::Message(proof), replication::Message(batch)}) {
    session.receive(encode(message));
  }
}

/// Where a region's connection to a peer arrives with somebody else.
void World::answer_as_impostor(Region& to) {
  const auto link = std::find_if(links_.begin(), links_.end(),
                                 [&](const Link& one) { return one.from == &to && !one.open(); });
  if (!to.running() || link == links_.end()) return;
  replication::SenderSession session(to.replicator(), link->to->name);
  session.next();
  const std::string bytes(replication::kNonceBytes, 'x');
  const replication::Challenge challenge{bytes, std::string(replication::kMacBytes, 'x')};
  if (session.receive(encode(challenge))) return;
  session.next();
  if (session.receive(encode(replication::Welcome{{}, {}, to.replicator().clocks()}))) return;
  if (session.next()) failure_ = to.name + " told a stranger what was written";
}

/// At any time at least one complete copy stays, so that no write is lost with the last one.
void World::change_members() {
  Region& actor = any_region();
  if (!actor.serves() || actor.replicator().find_group(group_) == nullptr) return;
  const Group before = *actor.replicator().find_group(group_);
  const Region& other = any_region();
  if (&other == &actor) return;
  const Member* member = before.find(other.name);
  const bool absent = member == nullptr || !member->live();
  try {
    if (absent) {
      // Its old copy must be gone before it can have a new one.
      if (other.collection == 0) actor.replicator().add_member(group_, other.name);
    } else if (member->state == MemberState::kActive && chance(0.3)) {
      remove_member(actor, before, other.name);
    }
  } catch (const store::StoreError&) {  // not acknowledged
  }
}

void World::remove_member(Region& actor, const Group& before, const std::string& name) {
  if (name == regions_.front()->name && !options_.founder_leaves) return;
  // One change at a time, as AWS has it: every region knows the same members, and none is on its
  // way in or out.
  const auto still = [&](const Group& group) {
    return std::all_of(group.members.begin(), group.members.end(), [](const auto& entry) {
      return entry.second.state == MemberState::kActive || entry.second.state == MemberState::kGone;
    });
  };
  if (options_.founder_leaves) {
    if (!still(before)) return;
    for (const auto& region : regions_) {
      if (!region->running()) return;
      const Group* group = region->replicator().find_group(group_);
      if (group != nullptr && (!still(*group) || group->members != before.members)) return;
    }
  }
  actor.replicator().remove_member(group_, name);
}

}  // namespace tandem::sim
