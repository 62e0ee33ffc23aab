// The replication of one region, without sockets: its records, the groups it takes part in, and
// what it knows of its peers. Sessions (sender.h, receiver.h) move it forward with messages; a
// transport moves the messages; the owner of the collections hears about groups as its Host.
//
// How copies become equal: every region logs the keys it writes and ships them, as records, to
// every member of the group over that peer's own FIFO link; the receiver keeps the newer version of
// each item. A tombstone may be dropped once every member has said that it has everything written
// up to the tombstone's time, and everything they wrote up to that time has arrived here: then no
// older version of the item is left anywhere, and none is on its way.
//
// Stores fall back (power loss without fsync, an older copy of the folder put back). Two rules find
// it: a place that a peer has seen this region's log at (its position, or the newest it was sent
// anything from) is none of this log's own, or its position is before what it has acknowledged.
// Then nobody can say who holds what was lost, so every member of the shared groups owes every
// other a whole copy (Group::refill), and no tombstone goes before that.
//
// Invariants: memory never runs ahead of the store (after a StoreError the groups are loaded
// again); nothing received is applied when it bears a time no clock within the bound can have
// given.
//
// Errors: every call that writes may throw StoreError.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "core/random.h"
#include "replication/group.h"
#include "replication/lag.h"
#include "replication/record_store.h"
#include "replication/wire.h"

namespace tandem::replication {

class Replicator {
 public:
  struct Replica {
    enum class Holds : std::uint8_t { kNothing, kItems };
    std::uint32_t collection = 0;
    Holds holds = Holds::kNothing;
  };

  /// Who owns the collections. Calls come from within Replicator's own; they must not call back
  /// into its group operations.
  class Host {
   public:
    virtual ~Host() = default;
    /// A collection for a group this region was added to, new and empty or one that is to be joined
    /// with the others'. Nothing when there can be none (the name is taken): the region then is no
    /// member. One that is joined is left as it is: changed() follows once the group is stored.
    virtual std::optional<Replica> create_replica(const Group& group) = 0;
    /// The group joins collections that were there before it: who leaves keeps its own, and a group
    /// of one goes on.
    virtual bool joins(const Group&) const { return false; }
    /// Another region asks for this copy to be removed. False keeps it: it is protected.
    virtual bool may_leave(const Group& group) = 0;
    /// This region's copy is being removed: it serves nothing from now on.
    virtual void leaving(const Group& group) = 0;
    /// This region's copy is gone; its records are erased already.
    virtual void dropped(const Group& group) = 0;
    /// Members, their states or the definition changed.
    virtual void changed(const Group& group) = 0;
    /// No other member is left, or this one has left a group that joins: the collection is an
    /// ordinary one again.
    virtual void dissolved(const Group& group) = 0;
    /// Some call above may have failed half-way: brings the collections in line with the groups.
    virtual void reconcile() = 0;
  };

  struct Options {
    std::string region;
    std::string account;
    std::string secret;  ///< what only regions of this world know
    std::int64_t max_drift_us = kDefaultMaxDriftUs;
    /// How long a copy that is being removed waits for its last writes to reach the others.
    std::int64_t leave_timeout_ns = 5'000'000'000;
  };

  /// Why a peer does not take what this region writes.
  struct PeerRefusal {
    RefusalCode code = RefusalCode::kProtocol;
    std::string reason;
    std::int64_t since_us = 0;
  };

  /// What this region knows of another.
  struct Peer {
    std::string log;          ///< id of its log
    Position position;        ///< of its log, applied here
    Position reached;         ///< of its log: nothing it sent is newer (shipped-leaves-a-trace)
    Timestamp closed = 0;     ///< all it wrote up to this time is applied here
    Timestamp low_water = 0;  ///< it has all that its peers wrote up to this time

    std::uint64_t acknowledged = 0;  ///< of this region's log; persisted, if late
    std::uint64_t acknowledged_stored = 0;
    bool connected = false;              ///< this region's link to it
    std::optional<PeerRefusal> refusal;  ///< of its, until it welcomes this region again
    std::optional<PeerRefusal> refused;  ///< this region's of it, until it is welcomed again
    std::optional<std::int64_t> wall_offset_us;  ///< its wall clock minus this one, when last heard
    Lag lag;                                     ///< from write here to its acknowledgement
    Timestamp low_water_sent = 0;                ///< the last Batch::low_water computed for it
    std::uint64_t receiver = 0;  ///< tells its newest connection to here from older ones
    std::map<std::string, std::uint64_t> told;  ///< by group: the change it has acknowledged
  };

  struct LocalGroup {
    Group group;
    std::uint32_t collection = 0;  ///< 0: no copy here
    /// Regions this one still has to send a whole copy; the number tells one debt from the next.
    std::map<std::string, std::uint64_t> snapshots_owed;
    std::uint64_t change = 0;  ///< grows with every change of `group`; not persisted
  };

  /// Borrows everything. Loads what an earlier run left in the store.
  Replicator(Options options, const core::Clock& clock, core::Random& random, store::Store& store);
  /// Before anything can happen.
  void set_host(Host& host) { host_ = &host; }
  /// Called whenever a session may have something new to send.
  void on_work(std::function<void()> callback);

  RecordStore& records() { return records_; }
  const RecordStore& records() const { return records_; }
  const Options& options() const { return options_; }

  /// A new group of which this region is the founder and, so far, the only member.
  std::string create_group(std::uint32_t collection, std::string_view name, std::string definition);
  /// region must not be a live member.
  void add_member(std::string_view id, std::string_view region);
  /// Another region: it drops its copy as soon as it hears of it.
  void remove_member(std::string_view id, std::string_view region);
  /// This region: what it has written is still sent, for a while, then its copy is dropped.
  void leave(std::string_view id);
  void define(std::string_view id, std::string definition);
  /// Nothing when this region knows no such group.
  const Group* find_group(std::string_view id) const;
  const std::map<std::string, LocalGroup, std::less<>>& groups() const { return groups_; }

  const std::map<std::string, Peer, std::less<>>& peers() const { return peers_; }
  /// Another region from now on, with what the store knows of it from before. None of that name may
  /// be there.
  void add_peer(const std::string& region);
  /// Not any more; the store keeps what is known of it. No session with it may be open.
  void remove_peer(std::string_view region);
  /// Log entries a peer still has to acknowledge.
  std::uint64_t pending(std::string_view peer) const;

  /// Once a second: trims the log, drops tombstones, finishes leaving.
  void tick();
  /// Forgets all groups, records and peers. Open sessions must be closed first.
  void clear();

  /// Gives every record and group whose time no clock within the bound can have given a new time,
  /// and sends everything anew. Returns the number of records. Throws std::invalid_argument when
  /// the wall clock itself is what is wrong.
  std::size_t restamp();
  /// Snapshots that are owed to the peer.
  std::size_t snapshots_owed(std::string_view peer) const;
  /// Age of the oldest write the peer has not acknowledged, microseconds; 0: none.
  std::int64_t oldest_pending_us(std::string_view peer) const;

  // For the sessions.
  void peer_refuses(std::string_view peer, const Refusal& refusal);
  void peer_accepts(std::string_view peer);
  Clocks clocks() const { return {clock_.now_us(), records_.clock().current()}; }
  std::int64_t steady_ms() const { return clock_.steady_ns() / 1'000'000; }
  std::int64_t now_us() const { return clock_.now_us(); }
  std::string random_id();
  const std::string& log_id() const { return log_id_; }
  Peer* find_peer(std::string_view region);
  const LocalGroup* group_of(std::uint32_t collection) const;
  std::uint64_t changes() const { return changes_; }
  std::int64_t wall_us_since(Timestamp time) const {
    return std::max<std::int64_t>(0, clock_.now_us() - wall_us(time));
  }
  /// This region's low-water mark, as far as a peer's shared groups are concerned.
  Timestamp low_water_for(std::string_view peer) const;
  /// The peer connects with this log: it goes on from its position there, or from the start.
  void welcome(std::string_view peer, const std::string& log);
  /// Every group shared with the peer has to be sent whole.
  void owe_snapshots(std::string_view peer);
  /// The peer's position in this region's log shows that one of the two stores has fallen back.
  void histories_differ(std::string_view peer, const Position& position);
  /// Keeps a number of the log taken: a trace of what has been sent. At the end of a snapshot: when
  /// the peer has acknowledged it, the debt is paid.
  std::uint64_t mark_log();
  void snapshot_sent(std::string_view id, std::string_view peer, std::uint64_t debt);
  void acknowledged(std::string_view peer, std::uint64_t position);
  void told(std::string_view peer, const std::string& id, std::uint64_t change);
  /// The peer holds no copy, so it is no member.
  void not_member(std::string_view peer, const NotMember& gone);
  /// Returns whether this region turns out to hold no copy although the sender believes so.
  bool receive_group(const Group& incoming);
  /// What of a batch waits for capacity, by its place among the entries, in order.
  struct Waiting {
    std::vector<std::size_t> entries;
  };
  enum class Received : std::uint8_t { kWhole, kInPart, kGap };
  /// kGap: the batch does not continue from the peer's position. kInPart: called again with what it
  /// left in `waiting`, it goes on.
  Received receive_batch(std::string_view peer, const Batch& batch, Waiting& waiting);
  void receive_snapshot(std::string_view peer, const Snapshot& snapshot);

 private:
  using Groups = std::map<std::string, LocalGroup, std::less<>>;

  void load();
  void load_peers();
  void load_peer(const std::string& region);
  void load_groups();
  void reload();
  /// Runs a change of groups. What the store refused is not in memory either: it is loaded again.
  template <class Change>
  auto durably(Change&& change) -> decltype(change()) {
    try {
      return change();
    } catch (const store::StoreError&) {
      reload();
      throw;
    }
  }
  bool merge_group(const Group& incoming);
  void judge_clock();
  void ask_refill(LocalGroup& local, Timestamp now);
  void owe_everyone(LocalGroup& local);
  void forget_claims(store::WriteBatch& batch, const LocalGroup& local);
  void put(store::WriteBatch& batch, const LocalGroup& local) const;
  bool receives(std::string_view region) const;
  LocalGroup* find(std::string_view id);
  void set_state(LocalGroup& local, const std::string& region, MemberState state);
  void persist(const LocalGroup& local);
  static void reach(Peer& peer, const Position& reached);
  Waiting merge_admitted(RecordStore::Merge& merge, const Batch& batch, const Waiting& waiting);
  void persist(store::WriteBatch& batch, std::string_view region, const Peer& peer) const;
  /// After any change of a group: persists, tells everyone, and follows the consequences.
  void changed(const std::string& id);
  bool settle(const std::string& id);
  void owe_snapshot(LocalGroup& local, const std::string& region);
  void owe_after_departures(LocalGroup& local, const std::map<std::string, Member>& before);
  void start_leaving(LocalGroup& local);
  void finish_leaving();
  bool drained(const LocalGroup& local, std::uint64_t log_end) const;
  void drop(LocalGroup& local);
  void release(LocalGroup& local);
  std::uint32_t detach(LocalGroup& local);
  void bring(LocalGroup& local);
  void count_applied(const LocalGroup& local);
  void forget(const std::string& id);
  void trim_log();
  Timestamp collectable(std::uint32_t collection) const;
  bool join(const Group& incoming);
  void work() const {
    if (on_work_) on_work_();
  }

  struct Leaving {
    std::uint64_t log_end = 0;
    std::int64_t deadline_ns = 0;
  };

  Options options_;
  const core::Clock& clock_;
  core::Random& random_;
  store::Store& store_;
  RecordStore records_;
  Host* host_ = nullptr;
  std::string log_id_;
  std::map<std::string, Peer, std::less<>> peers_;
  Groups groups_;
  std::unordered_map<std::uint32_t, std::string> by_collection_;
  std::map<std::string, Leaving> leaving_;
  std::uint64_t changes_ = 0;
  bool reconcile_due_ = false;
  std::function<void()> on_work_;
};

}  // namespace tandem::replication
