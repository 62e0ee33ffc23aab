// A region whose clock is wrong: when its writes are refused, and the way back.
#include <fmt/format.h>
#include <stdexcept>

#include "replication/keys.h"
#include "replication/replicator.h"

namespace tandem::replication {

void Replicator::peer_refuses(std::string_view region, const Refusal& refusal) {
  Peer& peer = *find_peer(region);
  if (!peer.refusal || peer.refusal->code != refusal.code) {
    peer.refusal = PeerRefusal{refusal.code, refusal.reason, clock_.now_us()};
  }
  judge_clock();
}

void Replicator::peer_accepts(std::string_view region) {
  find_peer(region)->refusal.reset();
  judge_clock();
}

/// A wall clock that is wrong does not know it. When more peers that trust their own clocks say so
/// than take what this region writes, it believes them.
void Replicator::judge_clock() {
  std::size_t against = 0;
  std::size_t in_favour = 0;
  std::string said;
  for (const auto& [region, peer] : peers_) {
    if (peer.refusal && peer.refusal->code == RefusalCode::kClock) {
      ++against;
      said = region + " says: " + peer.refusal->reason;
    } else if (peer.connected) {
      ++in_favour;
    }
  }
  records_.doubt_clock(against > in_favour ? said : std::string());
}

std::size_t Replicator::restamp() {
  if (!records_.clock_doubt().empty() && records_.clock().ahead_us() <= options_.max_drift_us) {
    throw std::invalid_argument(fmt::format(
        "The wall clock of {} itself is ahead ({}). Set the machine's clock right first.",
        options_.region, records_.clock_doubt()));
  }
  const Timestamp above = records_.latest_acceptable();
  // A log names times, so it starts over under another id, and everything is sent whole.
  const std::string log_id = random_id();
  const auto finish = [&](store::WriteBatch& batch) {
    batch.put(keys::kLogId, log_id);
    const Timestamp now = records_.clock().tick();
    const auto again = [&](Timestamp& time) {
      if (time > above) time = now;
    };
    for (auto& [id, local] : groups_) {
      again(local.group.defined);
      for (auto& [region, member] : local.group.members) {
        again(member.joined);
        again(member.changed);
      }
      for (auto& [region, asked] : local.group.refills) again(asked);
      ask_refill(local, now);
      local.change = ++changes_;
      owe_everyone(local);
      forget_claims(batch, local);
      put(batch, local);
    }
    for (auto& [region, peer] : peers_) {
      peer.acknowledged = peer.acknowledged_stored = 0;
      peer.refusal.reset();
      persist(batch, region, peer);
    }
  };
  const std::size_t count = durably([&] { return records_.restamp(finish); });
  log_id_ = log_id;
  judge_clock();
  work();
  return count;
}

}  // namespace tandem::replication
