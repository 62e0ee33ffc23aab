// A world of regions for the simulator.
//
// Legal faults, each an option of a world:
// - A connection may drop at any moment, with everything under way in it lost; a direction may stay
//   cut for long; frames are delayed, but keep their order within a connection. Frames of a dead
//   connection may come after the Hello of the new one.
// - `silences`: a connection may fall silent for good, and neither end is told.
// - A region may crash and come back with its store as it was: what is in a store survives the
//   process, that is the write-ahead log's promise.
// - Wall clocks are wrong by seconds and step; `years`: a wall clock may be wrong by years until
//   somebody sets it right and runs `tandem region rebuild`.
// - `refusals`: a store may refuse writes for a while, and may keep one although it said no.
// - `losses`: with a crash the store may come back without its last writes, or as it was long ago.
//   Then copies converge all the same, what any region still holds arrives everywhere, and nothing
//   written afterwards is lost.
// - `strangers`: somebody who does not know the world's secret says whatever it likes.
// - `impostors`: such a one knows everything else (ids, positions, the time) and says what would be
//   believed of a peer; or answers in a peer's place, and must be told nothing.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/random.h"
#include "replication/receiver.h"
#include "replication/replicator.h"
#include "replication/sender.h"
#include "replication/write_meter.h"
#include "store/faulty_store.h"

namespace tandem::sim {

class SkewedClock final : public core::Clock {
 public:
  std::int64_t now_us() const override { return true_us + skew_us; }
  std::int64_t steady_ns() const override { return (true_us - kBegin) * 1000; }
  static constexpr std::int64_t kBegin = 1'700'000'000'000'000;
  std::int64_t true_us = kBegin;
  std::int64_t skew_us = 0;
};

/// What a write said, and with which version: the newest of all is what every copy must end with.
struct Written {
  replication::Timestamp time = 0;
  std::string region;
  std::optional<std::string> item;  ///< absent: deleted
  std::set<std::string> or_else;    ///< what else was held when everything was put right
};

/// A region's capacity for writes, one unit each: so many a second, with debts and a second's
/// burst.
class Capacity final : public replication::WriteMeter {
 public:
  Capacity(const core::Clock& clock, double per_second) : clock_(clock), rate_(per_second) {}
  bool admits(std::uint32_t collection, std::string_view key) override;
  void wrote(const replication::Change& change) override;
  std::uint64_t refused() const { return refused_; }

 private:
  void fill();
  const core::Clock& clock_;
  double rate_;
  double tokens_ = 0;
  std::int64_t at_ns_ = 0;
  std::uint64_t refused_ = 0;
};

class Region final : public replication::Replicator::Host {
 public:
  Region(std::string name, std::vector<std::string> peers, core::Random& random);

  std::optional<replication::Replicator::Replica> create_replica(
      const replication::Group& group) override;
  bool joins(const replication::Group&) const override { return joins_; }
  bool may_leave(const replication::Group&) override { return true; }
  void leaving(const replication::Group&) override {}
  void dropped(const replication::Group& group) override;
  void changed(const replication::Group& group) override;
  void dissolved(const replication::Group& group) override;
  void reconcile() override;

  /// Makes an ordinary collection.
  void make_collection();
  /// What it has, it brings into the group.
  void bring_what_it_has() { joins_ = true; }
  /// Starts the region on its store, whatever is in it. Throws StoreError when the store refuses.
  void start();
  void crash() { replicator_.reset(); }
  bool running() const { return replicator_ != nullptr; }
  bool serves() const;
  bool is_member(const std::string& group) const;
  replication::Replicator& replicator() { return *replicator_; }
  replication::RecordStore& records() { return replicator_->records(); }
  store::FaultyStore& store() { return store_; }

  std::string name;
  SkewedClock clock;
  std::uint32_t collection = 0;  ///< 0: no table
  std::vector<std::string> peers;
  bool established = false;           ///< serves, and that is on disk for good
  store::FaultyStore::Snapshot copy;  ///< of the folder, taken some time ago
  /// Since its last rebuild its own wall clock was years ahead, or its store fell back to a time
  /// when it may have been.
  bool misled = false;
  /// Null: no end of it. It goes on over a crash, as if the process had come back at once.
  std::unique_ptr<Capacity> capacity;

 private:
  /// The table's state, as the catalogue of a region keeps it.
  enum class Table : char { kCreating = 'c', kMember = 'm', kOrdinary = 'o' };
  void write_table(std::uint32_t number, Table state);

  core::Random& random_;
  store::FaultyStore store_;
  std::unique_ptr<replication::Replicator> replicator_;
  Table state_ = Table::kOrdinary;
  bool joins_ = false;
  std::uint32_t last_collection_ = 0;
};

/// One direction between two regions.
struct Link {
  Region* from = nullptr;
  Region* to = nullptr;
  bool cut = false;
  int delay_steps = 0;
  struct Frame {
    std::int64_t due = 0;
    std::string bytes;
  };
  std::unique_ptr<replication::SenderSession> sender;
  std::unique_ptr<replication::ReceiverSession> receiver;
  std::deque<Frame> out;
  std::deque<Frame> back;
  /// Nothing arrives any more, either way, and neither end has been told.
  bool silent = false;
  /// What was under way in a connection that the sender takes for dead already.
  std::unique_ptr<replication::ReceiverSession> ghost;
  std::deque<Frame> late;

  bool open() const { return sender != nullptr; }
  void drop();
};

struct Options {
  int regions = 2;
  int steps = 2000;
  int keys = 20;
  bool membership = false;  ///< regions join late, leave and come back
  bool founder_leaves = false;
  bool refusals = false;
  bool losses = false;
  bool years = false;
  bool strangers = false;
  bool silences = false;
  bool impostors = false;
  bool conflicts = false;  ///< the lost updates are what is listed
  /// Of all but the founder, as small as this: their writes a second. 0: no end of it.
  double capacity = 0;
  bool joins = false;  ///< every region begins with items of its own, and joins with them
};

class World {
 public:
  World(std::uint64_t seed, Options options);
  /// Faults and writes, then healing until nothing moves. Empty when all copies are right, else
  /// what is wrong.
  std::string run();

 private:
  bool chance(double probability) { return random_.unit() < probability; }
  Region& any_region() { return *regions_.at(random_.below(regions_.size())); }
  void found_group();
  void begin_with_items();
  void join_members(double probability);
  bool knows_all(Region& region);
  bool has_brought(const std::string& writer, Region& region);
  void step(bool faults);
  void inject_faults();
  void fault_links();
  void fault_clocks();
  void fault_stores();
  bool established(Region& region);
  void speak_as_stranger(Region& to);
  void speak_as_impostor(Region& to);
  void answer_as_impostor(Region& to);
  void change_members();
  void remove_member(Region& actor, const replication::Group& before, const std::string& name);
  void crash(Region& region);
  void start(Region& region);
  void write();
  void put_or_delete(Region& region);
  void close(Link& link);
  void move_frames(Link& link, bool prompt);
  void send_frames(Link& link, bool prompt);
  void deliver(Link& link, bool prompt);
  void deliver_late(Link& link);
  void heal();
  void hold();
  bool settled();
  std::string verdict();
  std::string compare(Region& region);
  std::string compare_items(Region& region);
  std::string compare_clock(Region& region);
  void note_seen(Region& region, const std::string& key);
  void note_written(const Region& region, const std::string& key, replication::Timestamp time);
  std::string compare_lost(Region& region);
  void check_clocks();
  /// A region whose copy all others must equal.
  Region& reference();

  core::SeededRandom random_;
  Options options_;
  std::int64_t now_ = 0;
  std::vector<std::unique_ptr<Region>> regions_;
  std::vector<Link> links_;
  std::string group_;
  std::map<std::string, Written> newest_;
  std::uint64_t writes_ = 0;
  /// With `conflicts`: by key and version, whether whoever wrote later had seen it.
  std::map<std::string, std::map<std::pair<replication::Timestamp, std::string>, bool>> writes_of_;
  std::string failure_;
};

}  // namespace tandem::sim
