#include "replication/sender.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/log.h"
#include "replication/record.h"

namespace tandem::replication {
namespace {

void say_damaged(const Replicator::LocalGroup& local) {
  log::error("replication: an item of table {} is damaged on disk and is not sent",
             local.group.name);
}

/// Collects records for a batch: each item once, as it is now, for groups the peer is a member of.
class BatchBuilder {
 public:
  BatchBuilder(Replicator& replicator, std::string_view peer, Batch& batch)
      : replicator_(replicator), peer_(peer), batch_(batch) {}

  void add(const LogEntry& entry) {
    const Replicator::LocalGroup* local = replicator_.group_of(entry.collection);
    if (local == nullptr) return;
    const Member* member = local->group.find(peer_);
    if (member == nullptr || !member->receives()) return;
    std::string name;
    put_u32(name, entry.collection);
    name.append(entry.key);
    if (!added_.insert(std::move(name)).second) return;
    auto record = replicator_.records().raw(entry.collection, entry.key);
    // A tombstone every member has is gone: so is the need to send it.
    if (!record) return;
    // Damaged on disk: reading it is an error here, and must not hold up everything behind it.
    const auto parsed = parse_record(*record);
    if (!parsed) return say_damaged(*local);
    const auto [index, first] =
        indexes_.try_emplace(entry.collection, static_cast<std::uint32_t>(batch_.groups.size()));
    if (first) batch_.groups.push_back(local->group.id);
    bytes_ += entry.key.size() + record->size();
    of_others_ = of_others_ || parsed->version.region != replicator_.options().region;
    if (batch_.entries.empty()) oldest_ = entry.time;
    batch_.entries.push_back({index->second, entry.key, std::move(*record)});
  }
  bool full() const { return bytes_ >= kBatchBytes; }
  Timestamp oldest() const { return oldest_; }
  /// Whether a record is another region's, which has replaced what was written here.
  bool of_others() const { return of_others_; }

 private:
  Replicator& replicator_;
  std::string_view peer_;
  Batch& batch_;
  std::unordered_set<std::string> added_;
  std::unordered_map<std::uint32_t, std::uint32_t> indexes_;
  std::size_t bytes_ = 0;
  Timestamp oldest_ = 0;
  bool of_others_ = false;
};

}  // namespace

SenderSession::SenderSession(Replicator& replicator, std::string peer)
    : replicator_(replicator),
      peer_(*replicator.find_peer(peer)),
      region_(std::move(peer)),
      heard_ms_(replicator.steady_ms()) {}

SenderSession::~SenderSession() { peer_.connected = false; }

std::optional<std::string> SenderSession::next() {
  if (!greeted_) {
    greeted_ = true;
    Hello hello;
    hello.account = replicator_.options().account;
    hello.from = replicator_.options().region;
    hello.to = region_;
    hello.nonce = replicator_.random_id();
    handshake_ = Handshake{hello.account, hello.from, hello.to, hello.nonce, {}};
    return encode(hello);
  }
  if (!handshake_reply_.empty()) return std::exchange(handshake_reply_, {});
  if (!welcomed_ || in_flight_.size() >= kWindow || bytes_in_flight_ >= kWindowBytes) {
    return std::nullopt;
  }
  find_work();
  // INVARIANT(members-before-writes): a group's state goes before what is written under it, so that
  // whoever knows how far this region has written also knows the members it wrote for.
  if (auto frame = next_group()) return frame;
  if (auto frame = next_snapshot(true)) return frame;
  if (auto frame = next_batch()) return frame;
  if (auto frame = next_snapshot(false)) return frame;
  if (!heartbeat_due_) return std::nullopt;
  return heartbeat();
}

std::string SenderSession::send(const Message& message, InFlight entry) {
  std::string frame = encode(message);
  entry.bytes = frame.size();
  bytes_in_flight_ += entry.bytes;
  in_flight_.push_back(std::move(entry));
  heartbeat_due_ = false;
  return frame;
}

void SenderSession::find_work() {
  if (changes_seen_ == replicator_.changes()) return;
  changes_seen_ = replicator_.changes();
  for (const auto& [id, local] : replicator_.groups()) {
    const Member* member = local.group.find(region_);
    if (member == nullptr) continue;
    // One that left, too: its store may have fallen back to a time when it was a member.
    if (told_[id] != local.change) to_tell_.insert(id);
    if (!member->live()) continue;
    const auto owed = local.snapshots_owed.find(region_);
    if (owed == local.snapshots_owed.end() || snapshotted_[id] == owed->second) continue;
    SnapshotProgress& progress = snapshots_[id];
    if (progress.debt != owed->second) progress = {{}, owed->second, false};
  }
}

std::optional<std::string> SenderSession::next_group() {
  while (!to_tell_.empty()) {
    const std::string id = *to_tell_.begin();
    to_tell_.erase(to_tell_.begin());
    const auto local = replicator_.groups().find(id);
    if (local == replicator_.groups().end()) continue;
    InFlight entry;
    entry.group = id;
    entry.change = told_[id] = local->second.change;
    return send(GroupState{local->second.group}, std::move(entry));
  }
  return std::nullopt;
}

/// only_starts: the empty first part of snapshots not started yet, which keep their place before
/// the log; otherwise the next stretch of one.
///
/// INVARIANT(shipped-leaves-a-trace): an item is sent as it is, which may be newer than the place
/// in the log it is sent for, or another region's. `reached` names an entry of this log that was
/// stored after all of it: should this store fall back to before what it has sent, that entry is
/// gone with it, and the peer's next welcome tells. Where the log's end is no such entry, because
/// what was read came from another region, a mark is made.
std::optional<std::string> SenderSession::next_snapshot(bool only_starts) {
  for (auto at = snapshots_.begin(); at != snapshots_.end();) {
    const auto local = replicator_.groups().find(at->first);
    if (local == replicator_.groups().end() || !local->second.snapshots_owed.contains(region_)) {
      at = snapshots_.erase(at);
      continue;
    }
    SnapshotProgress& progress = at->second;
    if (only_starts && progress.started) {
      ++at;
      continue;
    }
    Snapshot snapshot;
    snapshot.group = at->first;
    InFlight entry;
    if (!progress.started) {
      progress.started = true;
      snapshot.part = Snapshot::kFirst;
      return send(snapshot, std::move(entry));
    }
    std::size_t bytes = 0;
    bool ends = true;
    bool of_others = false;
    replicator_.records().visit_raw(
        local->second.collection, progress.after,
        [&](std::string_view key, std::string_view record) {
          if (bytes >= kBatchBytes || snapshot.entries.size() >= kMaxBatchEntries) {
            ends = false;
            return false;
          }
          bytes += key.size() + record.size();
          const auto parsed = parse_record(record);
          if (!parsed) {
            say_damaged(local->second);  // as in a batch
            return true;
          }
          of_others = of_others || parsed->version.region != replicator_.options().region;
          snapshot.entries.push_back({0, std::string(key), std::string(record)});
          return true;
        });
    if (ends || of_others) replicator_.mark_log();
    snapshot.reached = replicator_.records().log().end_position();
    if (!snapshot.entries.empty()) progress.after = snapshot.entries.back().key;
    if (ends) {
      snapshot.part = Snapshot::kLast;
      payments_.push_back({at->first, progress.debt, snapshot.reached.number});
      snapshotted_[at->first] = progress.debt;
      snapshots_.erase(at);
    }
    return send(snapshot, std::move(entry));
  }
  return std::nullopt;
}

std::optional<std::string> SenderSession::next_batch() {
  const Log& log = replicator_.records().log();
  if (sent_.number >= log.end()) return std::nullopt;
  Batch batch;
  batch.previous = sent_.number;
  batch.last = log.end_position();
  BatchBuilder builder(replicator_, region_, batch);
  Timestamp last = 0;
  if (!jump_) {
    const std::vector<LogEntry> entries = log.read(sent_.number, kMaxBatchEntries);
    for (const LogEntry& entry : entries) {
      builder.add(entry);
      last = entry.time;
      if (!builder.full() && (&entry != &entries.back() || entries.size() < kMaxBatchEntries)) {
        continue;
      }
      batch.last = {entry.sequence, entry.time};
      break;
    }
  }
  if (builder.of_others()) replicator_.mark_log();
  batch.reached = log.end_position();
  jump_ = false;
  sent_ = batch.last;
  batch.closed = claim(sent_.number == log.end(), last);
  batch.low_water = peer_.low_water_sent;
  InFlight entry;
  entry.is_batch = true;
  entry.position = sent_.number;
  entry.oldest = builder.oldest();
  entry.writes = batch.entries.size();
  return send(batch, std::move(entry));
}

/// INVARIANT(claims-wait-for-copies): what this region may claim to have sent of its own writes:
/// nothing new before the last snapshot is on its way, because a snapshot may bring older writes
/// than the log has brought already.
Timestamp SenderSession::claim(bool at_end, Timestamp last) const {
  if (!snapshots_.empty()) return 0;
  return at_end ? replicator_.records().clock().current() : last;
}

std::string SenderSession::heartbeat() {
  Batch batch;
  batch.previous = sent_.number;
  batch.last = sent_;
  batch.reached = replicator_.records().log().end_position();
  batch.closed = claim(sent_.number == replicator_.records().log().end(), 0);
  batch.low_water = peer_.low_water_sent = replicator_.low_water_for(region_);
  InFlight entry;
  entry.is_batch = true;
  entry.position = sent_.number;
  return send(batch, std::move(entry));
}

std::optional<std::string> SenderSession::receive(std::string_view frame) {
  const auto message = decode(frame);
  if (!message) return message.error().message;
  heard_ms_ = replicator_.steady_ms();
  try {
    return handle(message.value());
  } catch (const store::StoreError& error) {
    return error.message;
  }
}

std::optional<std::string> SenderSession::handle(const Message& message) {
  if (const auto* challenge = std::get_if<Challenge>(&message)) return on_challenge(*challenge);
  if (const auto* welcome = std::get_if<Welcome>(&message)) return on_welcome(*welcome);
  if (const auto* ack = std::get_if<Ack>(&message)) return on_ack(*ack);
  if (const auto* gone = std::get_if<NotMember>(&message)) {
    if (!welcomed_) return "out of order";
    replicator_.not_member(region_, *gone);
    return std::nullopt;
  }
  if (const auto* refusal = std::get_if<Refusal>(&message)) {
    // Only a region of this world is believed: one that has answered the challenge.
    if (proved_) replicator_.peer_refuses(region_, *refusal);
    return refusal->reason;
  }
  return "unexpected message";
}

std::optional<std::string> SenderSession::on_challenge(const Challenge& challenge) {
  if (!handshake_) return "out of order";
  Handshake handshake = *std::exchange(handshake_, std::nullopt);
  handshake.receiver_nonce = challenge.nonce;
  const std::string& secret = replicator_.options().secret;
  if (!same_mac(receiver_mac(secret, handshake), challenge.mac)) {
    return "what answers there is no region of this world";
  }
  proved_ = true;
  Proof proof;
  proof.log = replicator_.log_id();
  proof.clocks = replicator_.clocks();
  proof.mac = sender_mac(secret, handshake, proof);
  handshake_reply_ = encode(proof);
  return std::nullopt;
}

std::optional<std::string> SenderSession::on_welcome(const Welcome& welcome) {
  if (welcomed_ || !proved_ || !handshake_reply_.empty()) return "out of order";
  Log& log = replicator_.records().log();
  const Position& at = welcome.position;
  const Log::Holds holds = log.holds(at);
  const bool lost = holds == Log::Holds::kNo || log.holds(welcome.reached) == Log::Holds::kNo;
  const bool fell_back = lost || at.number < peer_.acknowledged;
  peer_.wall_offset_us = welcome.clocks.wall_us - replicator_.now_us();
  if (fell_back) {
    log::warning(
        "replication: {0} has the log of {1} up to {2} and items up to {5}, of {3} that {1} has "
        "and "
        "{4} that {0} had acknowledged: the store of one of them has fallen back to an older "
        "state. What no region "
        "holds any more is lost; everything else is sent anew",
        region_, replicator_.options().region, at.number, log.end(), peer_.acknowledged,
        welcome.reached.number);
  }
  // Numbers the peer has seen under another history are not given out a second time.
  if (lost) {
    log.skip_to(std::max({at.number, welcome.reached.number, log.end()}) + 1,
                replicator_.records().clock().tick());
  }
  if (fell_back) {
    replicator_.histories_differ(region_, at);
  } else if (holds == Log::Holds::kTrimmed) {
    replicator_.owe_snapshots(region_);
  }
  sent_ = at;
  jump_ = holds != Log::Holds::kYes;
  welcomed_ = true;
  peer_.connected = true;
  peer_.told.clear();
  replicator_.acknowledged(region_, at.number);
  heartbeat_due_ = true;
  return std::nullopt;
}

std::optional<std::string> SenderSession::on_ack(const Ack& ack) {
  if (ack.count < acked_ || ack.count - acked_ > in_flight_.size()) return "unfounded ack";
  if (acked_ == 0 && ack.count > 0) replicator_.peer_accepts(region_);
  for (; acked_ < ack.count; ++acked_) {
    const InFlight entry = std::move(in_flight_.front());
    in_flight_.pop_front();
    bytes_in_flight_ -= entry.bytes;
    acknowledge(entry);
  }
  return std::nullopt;
}

void SenderSession::acknowledge(const InFlight& entry) {
  if (!entry.group.empty()) {
    replicator_.told(region_, entry.group, entry.change);
    return;
  }
  if (!entry.is_batch) return;
  if (entry.oldest != 0) {
    peer_.lag.record(entry.writes, replicator_.wall_us_since(entry.oldest));
  }
  replicator_.acknowledged(region_, entry.position);
  while (!payments_.empty() && payments_.front().marker <= entry.position) {
    const Payment paid = std::move(payments_.front());
    payments_.pop_front();
    replicator_.snapshot_sent(paid.group, region_, paid.debt);
  }
}

}  // namespace tandem::replication
