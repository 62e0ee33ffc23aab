// The replication of one region, without sockets: its records, the groups it takes part in, and
// what it knows of its peers. Sessions (sender.h, receiver.h) move it forward with messages; a
// transport moves the messages; the owner of the collections hears about groups as its Host.
//
// How copies become equal: every region logs the keys it writes and ships them, as records, to
// every member of the group over that peer's own FIFO link; the receiver keeps the newer version of
// each item. A tombstone may be dropped once every member has said that it has everything written
// up to the tombstone's time, and everything they wrote up to that time has arrived here: then no
// older version of the item is left anywhere, and none is on its way.
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
  /// Who owns the collections. Calls come from within Replicator's own; they must not call back
  /// into its group operations.
  class Host {
   public:
    virtual ~Host() = default;
    /// Makes an empty collection for a group this region was added to; its number, or nothing when
    /// it cannot (the name is taken): the region then is no member.
    virtual std::optional<std::uint32_t> create_replica(const Group& group) = 0;
    /// Another region asks for this copy to be removed. False keeps it: it is protected.
    virtual bool may_leave(const Group& group) = 0;
    /// This region's copy is being removed: it serves nothing from now on.
    virtual void leaving(const Group& group) = 0;
    /// This region's copy is gone; its records are erased already.
    virtual void dropped(const Group& group) = 0;
    /// Members, their states or the definition changed.
    virtual void changed(const Group& group) = 0;
    /// No other member is left: the collection is an ordinary one again.
    virtual void dissolved(const Group& group) = 0;
  };

  struct Options {
    std::string region;
    std::string account;
    std::vector<std::string> peers;  ///< the other regions
  };

  /// What this region knows of another.
  struct Peer {
    std::string log;             ///< id of its log
    std::uint64_t position = 0;  ///< of its log, applied here
    Timestamp through = 0;       ///< all it wrote up to this time is applied here
    Timestamp seen = 0;          ///< it has all that its peers wrote up to this time

    std::uint64_t acknowledged = 0;  ///< of this region's log
    bool connected = false;          ///< this region's link to it
    Lag lag;                         ///< from write here to its acknowledgement
    Timestamp seen_sent = 0;         ///< the last Batch::seen computed for it
    std::uint64_t receiver = 0;      ///< tells its newest connection to here from older ones
    std::map<std::string, std::uint64_t> told;  ///< by group: the change it has acknowledged
  };

  struct LocalGroup {
    Group group;
    std::uint32_t collection = 0;  ///< 0: no copy here
    /// Regions this one still has to send a whole copy; the number tells one debt from the next.
    std::map<std::string, std::uint64_t> fills_owed;
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
  /// Log entries a peer still has to acknowledge.
  std::uint64_t pending(std::string_view peer) const;

  /// Once a second: trims the log, drops tombstones, finishes leaving.
  void tick();
  /// Forgets all groups, records and peers. Open sessions must be closed first.
  void clear();

  // For the sessions.
  const std::string& log_id() const { return log_id_; }
  Peer* find_peer(std::string_view region);
  const LocalGroup* group_of(std::uint32_t collection) const;
  std::uint64_t changes() const { return changes_; }
  std::int64_t wall_us_since(Timestamp time) const {
    return std::max<std::int64_t>(0, clock_.now_us() - wall_us(time));
  }
  /// What this region has seen, as far as a peer's shared groups are concerned (Batch::seen).
  Timestamp seen_for(std::string_view peer) const;
  /// The answer to a peer's Hello: the position to go on from.
  std::uint64_t welcome(std::string_view peer, const Hello& hello);
  /// Every group shared with the peer has to be sent whole.
  void owe_fills(std::string_view peer);
  void fill_sent(std::string_view id, std::string_view peer, std::uint64_t debt);
  void acknowledged(std::string_view peer, std::uint64_t position);
  void told(std::string_view peer, const std::string& id, std::uint64_t change);
  /// The peer holds no copy, so it is no member.
  void not_member(std::string_view peer, const NotMember& gone);
  /// Returns whether this region turns out to hold no copy although the sender believes so.
  bool receive_group(const Group& incoming);
  /// False when the batch does not continue from the peer's position.
  bool receive_batch(std::string_view peer, const Batch& batch);
  void receive_fill(std::string_view peer, const Fill& fill);

 private:
  using Groups = std::map<std::string, LocalGroup, std::less<>>;
  /// How long a copy that is being removed waits for its last writes to reach the others.
  static constexpr std::int64_t kLeaveTimeoutNs = 5'000'000'000;

  void load();
  std::string random_id();
  bool receives(std::string_view region) const;
  LocalGroup* find(std::string_view id);
  void set_state(LocalGroup& local, const std::string& region, MemberState state);
  void persist(const LocalGroup& local);
  void persist(store::WriteBatch& batch, std::string_view region, const Peer& peer) const;
  /// After any change of a group: persists, tells everyone, and follows the consequences.
  void changed(const std::string& id);
  bool settle(const std::string& id);
  void owe_fill(LocalGroup& local, const std::string& region);
  void owe_after_departures(LocalGroup& local, const std::map<std::string, Member>& before);
  void start_leaving(LocalGroup& local);
  void finish_leaving();
  bool drained(const LocalGroup& local, std::uint64_t log_end) const;
  void drop(LocalGroup& local);
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
  std::function<void()> on_work_;
};

}  // namespace tandem::replication
