// A world of regions for the simulator.
//
// Legal faults: a connection may drop at any moment, with everything under way in it lost; a
// direction may stay cut for long; frames are delayed, but keep their order within a connection; a
// region may crash and come back with its store as it was; wall clocks are wrong by seconds and
// step. What is in a store is never lost: that is the write-ahead log's promise.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/random.h"
#include "replication/receiver.h"
#include "replication/replicator.h"
#include "replication/sender.h"
#include "store/store.h"

namespace tandem::sim {

class SkewedClock final : public core::Clock {
 public:
  std::int64_t now_us() const override { return true_us + skew_us; }
  /// Deadlines never pass: leaving waits until everything has been sent.
  std::int64_t steady_ns() const override { return 0; }
  std::int64_t true_us = 1'700'000'000'000'000;
  std::int64_t skew_us = 0;
};

/// What a write said, and with which version: the newest of all is what every copy must end with.
struct Written {
  replication::Timestamp time = 0;
  std::string region;
  std::optional<std::string> item;  ///< absent: deleted
};

class Region final : public replication::Replicator::Host {
 public:
  Region(std::string name, std::vector<std::string> peers, core::Random& random);

  std::optional<std::uint32_t> create_replica(const replication::Group& group) override;
  bool may_leave(const replication::Group&) override { return true; }
  void leaving(const replication::Group& group) override;
  void dropped(const replication::Group& group) override;
  void changed(const replication::Group& group) override;
  void dissolved(const replication::Group& group) override;

  /// Starts the region on its store, whatever is in it.
  void start();
  void crash() { replicator_.reset(); }
  bool serves() const;
  replication::Replicator& replicator() { return *replicator_; }
  replication::RecordStore& records() { return replicator_->records(); }

  std::string name;
  SkewedClock clock;
  std::uint32_t collection = 0;
  std::string group;
  std::vector<std::string> peers;

 private:
  core::Random& random_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<replication::Replicator> replicator_;
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

  bool open() const { return sender != nullptr; }
  void drop();
};

struct Options {
  int regions = 2;
  int steps = 2000;
  int keys = 20;
  bool membership = true;  ///< regions join late, leave and come back
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
  void step(bool faults);
  void inject_faults();
  void change_members();
  void crash(Region& region);
  void write();
  void put_or_delete(Region& region);
  void move_frames(Link& link, bool prompt);
  void deliver(Link& link, bool prompt);
  void heal();
  bool settled();
  std::string verdict();
  std::string compare(Region& region);

  core::SeededRandom random_;
  Options options_;
  std::int64_t now_ = 0;
  std::vector<std::unique_ptr<Region>> regions_;
  std::vector<Link> links_;
  std::string group_;
  std::map<std::string, Written> newest_;
  std::uint64_t writes_ = 0;
  std::string failure_;
};

}  // namespace tandem::sim
