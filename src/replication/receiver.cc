#include "replication/receiver.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/check.h"
#include "replication/record.h"

namespace tandem::replication {
namespace {

Timestamp newest_in(const Group& group) {
  Timestamp newest = group.defined;
  for (const auto& [region, asked] : group.refills) newest = std::max(newest, asked);
  for (const auto& [region, member] : group.members) {
    newest = std::max({newest, member.joined, member.changed});
  }
  return newest;
}

Timestamp newest_in(const std::vector<Entry>& entries) {
  Timestamp newest = 0;
  for (const Entry& entry : entries) {
    // Decoding has made sure that it is a record.
    if (const auto record = parse_record(entry.record)) {
      newest = std::max(newest, record->version.time);
    }
  }
  return newest;
}

/// The newest time a message bears. Acknowledgements and the like bear none that counts.
Timestamp newest_in(const Message& message) {
  if (const auto* proof = std::get_if<Proof>(&message)) {
    return std::max(proof->clocks.newest, timestamp_at(proof->clocks.wall_us));
  }
  if (const auto* state = std::get_if<GroupState>(&message)) return newest_in(state->group);
  if (const auto* snapshot = std::get_if<Snapshot>(&message)) {
    return std::max(snapshot->reached.time, newest_in(snapshot->entries));
  }
  if (const auto* batch = std::get_if<Batch>(&message)) {
    return std::max({batch->closed, batch->low_water, batch->last.time, batch->reached.time,
                     newest_in(batch->entries)});
  }
  return 0;
}

}  // namespace

ReceiverSession::Outcome ReceiverSession::refuse(RefusalCode code, std::string reason) {
  // Who has been refused goes on with nothing.
  held_.reset();
  Outcome outcome{{encode(Refusal{code, reason})}, reason};
  if (Replicator::Peer* peer = replicator_.find_peer(region_)) {
    peer->refused = {code, std::move(reason), replicator_.now_us()};
  }
  return outcome;
}

ReceiverSession::Outcome ReceiverSession::receive(std::string_view frame) {
  CHECK(!waiting());
  auto decoded = decode(frame);
  if (!decoded) return refuse(RefusalCode::kProtocol, decoded.error().message);
  Message message = std::move(decoded).value();
  try {
    if (const auto* hello = std::get_if<Hello>(&message)) return greet(*hello);
    if (const auto* proof = std::get_if<Proof>(&message)) return verify(*proof);
    if (region_.empty()) return refuse(RefusalCode::kProtocol, "out of order");
    if (std::string why = stale(); !why.empty()) return {{}, std::move(why)};
    std::string fault = clock_fault(message);
    if (!fault.empty()) return refuse_clock(std::move(fault));
    return apply(message);
  } catch (const store::StoreError& error) {
    // Nothing of the frame is in memory that is not in the store, and nothing was acknowledged.
    return refuse(RefusalCode::kStore, error.message);
  }
}

/// INVARIANT(newest-connection-speaks): of two connections of a peer, frames that were under way on
/// the older are not taken. And a region may cease to be a peer while it is connected.
std::string ReceiverSession::stale() const {
  const Replicator::Peer* peer = replicator_.find_peer(region_);
  if (peer == nullptr) return "unknown region";
  return peer->receiver == generation_ ? "" : "replaced by a newer connection";
}

ReceiverSession::Outcome ReceiverSession::proceed() {
  if (!held_) return {};
  try {
    if (std::string why = stale(); !why.empty()) {
      held_.reset();
      return {{}, std::move(why)};
    }
    return apply_held();
  } catch (const store::StoreError& error) {
    return refuse(RefusalCode::kStore, error.message);
  }
}

ReceiverSession::Outcome ReceiverSession::apply_held() {
  switch (replicator_.receive_batch(region_, held_->batch, held_->waiting)) {
    case Replicator::Received::kInPart:
      return {};
    case Replicator::Received::kGap:
      return refuse(RefusalCode::kGap, "gap in the log");
    case Replicator::Received::kWhole:
      break;
  }
  held_.reset();
  ++received_;
  replicator_.find_peer(region_)->refused.reset();
  return {};
}

ReceiverSession::Outcome ReceiverSession::greet(const Hello& hello) {
  const Replicator::Options& self = replicator_.options();
  if (!region_.empty() || handshake_) return refuse(RefusalCode::kProtocol, "out of order");
  if (hello.account != self.account) return refuse(RefusalCode::kProtocol, "another account");
  if (hello.to != self.region) {
    return refuse(RefusalCode::kProtocol, "this is " + self.region);
  }
  if (replicator_.find_peer(hello.from) == nullptr) {
    return refuse(RefusalCode::kProtocol, "unknown region");
  }
  handshake_ = Handshake{hello.account, hello.from, hello.to, hello.nonce, replicator_.random_id()};
  return {{encode(Challenge{handshake_->receiver_nonce, receiver_mac(self.secret, *handshake_)})},
          {}};
}

ReceiverSession::Outcome ReceiverSession::verify(const Proof& proof) {
  if (!handshake_) return refuse(RefusalCode::kProtocol, "out of order");
  const Handshake handshake = *std::exchange(handshake_, std::nullopt);
  const std::string expected = sender_mac(replicator_.options().secret, handshake, proof);
  if (!same_mac(expected, proof.mac)) {
    return refuse(RefusalCode::kAuthentication, "not a region of this world");
  }
  Replicator::Peer* known = replicator_.find_peer(handshake.from);
  if (known == nullptr) return refuse(RefusalCode::kProtocol, "unknown region");
  region_ = handshake.from;
  Replicator::Peer& peer = *known;
  peer.wall_offset_us = proof.clocks.wall_us - replicator_.now_us();
  std::string fault = clock_fault(proof);
  if (!fault.empty()) return refuse_clock(std::move(fault));
  replicator_.welcome(region_, proof.log);
  generation_ = peer.receiver;
  return {{encode(Welcome{peer.position, peer.reached, replicator_.clocks()})}, {}};
}

/// INVARIANT(no-time-from-afar): nothing is applied that bears a time no clock within the bound can
/// have given; it would win over every later write for good.
std::string ReceiverSession::clock_fault(const Message& message) const {
  const RecordStore& records = replicator_.records();
  const Timestamp newest = newest_in(message);
  if (newest <= records.latest_acceptable()) return {};
  return fmt::format(
      "times of {} are {} s ahead of the wall clock of {}, more than the {} s allowed", region_,
      (wall_us(newest) - replicator_.now_us()) / 1'000'000, replicator_.options().region,
      records.max_drift_us() / 1'000'000);
}

/// Says whether this region can be believed: one whose own clock is behind sees everybody ahead.
ReceiverSession::Outcome ReceiverSession::refuse_clock(std::string reason) {
  const bool in_doubt = !replicator_.records().clock_refusal().empty();
  return refuse(in_doubt ? RefusalCode::kClockInDoubt : RefusalCode::kClock, std::move(reason));
}

ReceiverSession::Outcome ReceiverSession::apply(Message& message) {
  Outcome outcome;
  if (auto* batch = std::get_if<Batch>(&message)) {
    held_ = Held{std::move(*batch), {}};
    return apply_held();
  }
  if (const auto* snapshot = std::get_if<Snapshot>(&message)) {
    replicator_.receive_snapshot(region_, *snapshot);
  } else if (const auto* state = std::get_if<GroupState>(&message)) {
    if (replicator_.receive_group(state->group)) {
      const Member* self = state->group.find(replicator_.options().region);
      outcome.replies.push_back(encode(NotMember{state->group.id, self->joined}));
    }
  } else {
    return refuse(RefusalCode::kProtocol, "unexpected message");
  }
  ++received_;
  replicator_.find_peer(region_)->refused.reset();
  return outcome;
}

std::string ReceiverSession::sign_of_life() const { return encode(Ack{acknowledged_}); }

std::string ReceiverSession::acknowledge() {
  if (received_ == acknowledged_) return {};
  acknowledged_ = received_;
  return encode(Ack{received_});
}

}  // namespace tandem::replication
