// A machine with one process of Tandem on it: a region or global, the real one, on simulated
// hardware.
//
// Legal faults: the process is killed at any moment and loses nothing that its store took; the
// machine loses power, and its store the last writes that were not synced; the disk is lost; a
// write to the store is refused, or throws although it was kept; the process stands still for a
// while; its wall clock is off and steps. A process that was killed runs no logic afterwards: what
// it was doing is abandoned where it stood.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "global/global.h"
#include "region/region.h"
#include "store/faulty_store.h"
#include "tests/sim/whole/network.h"
#include "tests/sim/whole/programs.h"
#include "tests/sim/whole/time.h"

namespace tandem::sim {

/// What all machines of a world have in common.
struct Setting {
  Wire& wire;
  Time& time;
  core::Random& random;
  net::KeyMaker& keys;
  const service::Config& config;
  const service::RegionSettings& settings;
  /// The functions' code: a handler that calls AWS from this machine.
  std::function<Handler(Host& host)> handler;
};

class Machine {
 public:
  enum class Kind { kRegion, kGlobal };
  Machine(Setting setting, Kind kind, std::string name, std::string address);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Begins a life of the process. A store that cannot be opened is tried again by itself.
  void start();
  bool running() const { return life_ != nullptr; }
  /// Ends its life where it stands.
  void kill();
  /// The same with the last writes that were not synced gone. Returns how many.
  std::size_t lose_power(std::size_t most);
  /// The same with everything on the disk gone.
  void lose_disk();
  /// Faults that meet what a process does, and not a moment. After the step of its loop in which
  /// its store takes the count-th write from now, event happens.
  void after_writes(std::uint64_t count, std::function<void()> event);
  /// It dies at the write after the next count, and event happens. Whole operations are one step of
  /// its loop: so that it dies in their midst, the store refuses this write and those that follow
  /// in the step.
  void die_after_writes(std::uint64_t count, std::function<void()> event);
  /// Neither of the two happens any more.
  void call_off();
  void freeze() { host_.frozen = true; }
  void thaw() {
    host_.frozen = false;
    host_.due = true;
  }

  /// Lets what is due happen. False when there was nothing.
  bool poll();

  const std::string& name() const { return host_.name; }
  Host& host() { return host_; }
  Clock& clock() { return clock_; }
  store::FaultyStore& disk() { return *disk_; }
  const store::FaultyStore& disk() const { return *disk_; }
  /// Null while it is down. Global's only, or a region's only.
  region::Region* region();
  global::Global* global();
  service::Node* node();
  /// How often the process was built anew because of its store.
  int rebirths() const { return rebirths_; }

 private:
  struct Life;
  void begin();
  bool run_loop();
  bool fate_has_come() const;
  void make_folders();

  Setting setting_;
  service::Config config_;  ///< this process's own
  Kind kind_;
  Host host_;
  Clock clock_;
  std::unique_ptr<store::FaultyStore> disk_;
  std::unique_ptr<Life> life_;
  std::vector<std::unique_ptr<Life>> abandoned_;
  bool wanted_ = false;  ///< it is to run
  int rebirths_ = 0;
  struct Fate {
    std::uint64_t writes = 0;    ///< of the disk's, or
    std::uint64_t failures = 0;  ///< of the disk's
    std::function<void()> event;
  };
  std::optional<Fate> fate_;
};

}  // namespace tandem::sim
