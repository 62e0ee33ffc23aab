#include "tests/sim/whole/chaos.h"

#include <utility>
#include <vector>

#include "core/what_of.h"
#include "store/store.h"
#include "tests/sim/whole/load.h"
#include "tests/sim/whole/sights.h"

namespace tandem::sim {
namespace {

/// More than a region writes while it is deployed to, and of what a copy of its table takes.
constexpr std::uint64_t kWritesOfDeployment = 400;
constexpr std::uint64_t kWritesOfCopy = 40;
/// Of a region that died in the midst of something.
constexpr std::chrono::seconds kLongestAway{70};
/// Of about as many a region is capable between two faults.
constexpr std::uint64_t kWritesInBetween = 200;

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed)
      : choice_(seed),
        fsync_(choice_.below(2) == 0),
        regions_(choice_.below(4) == 0 ? 3 : 2),
        cloud_(seed, options()),
        load_(cloud_, 6) {}

  Report run() {
    try {
      deploy();
      load_.start();
      const auto steps = 10 + choice_.below(20);
      for (std::uint64_t at = 0; at < steps; ++at) {
        fault();
        cloud_.run_for(std::chrono::milliseconds(choice_.below(40'000)));
        watch();
      }
      heal();
      report_.failure = judge();
    } catch (...) {
      report_.failure = core::what_of(std::current_exception());
    }
    report_.simulated_s = cloud_.seconds();
    report_.answered = load_.answered;
    report_.promised = load_.promised().size();
    return report_;
  }

 private:
  CloudOptions options() const {
    CloudOptions options;
    if (regions_ == 3) options.regions.emplace_back("eu-west-1");
    options.durability = fsync_ ? service::Durability::kFsync : service::Durability::kWal;
    return options;
  }
  bool chance(double probability) { return choice_.unit() < probability; }
  void mark(Mark what) { report_.marks.insert(what); }
  Machine& any_region() {
    const auto regions = cloud_.regions();
    return *regions.at(choice_.below(regions.size()));
  }

  /// In one run of two a region dies in the middle of it.
  void deploy() {
    cloud_.run_for(1s);
    if (chance(0.5)) {
      Machine& victim = any_region();
      victim.die_after_writes(choice_.below(kWritesOfDeployment),
                              [this, &victim] { died(victim); });
    }
    for (int attempt = 0;; ++attempt) {
      std::string why;
      try {
        cloud_.deploy();
        break;
      } catch (const Broken&) {
        throw;
      } catch (...) {
        why = core::what_of(std::current_exception());
      }
      if (attempt == 5) throw Broken("cannot be deployed: " + why);
      revive();
    }
    for (Machine* region : cloud_.regions()) region->call_off();
    revive();
    cloud_.run_for(1min);
  }
  /// It comes back after a while, whether or not anybody has noticed: what runs in another region
  /// may be waiting for it and for nothing else.
  void died(Machine& victim) {
    died_.emplace_back(&victim, Absence{victim.clock().now_us(), 0});
    const auto away = std::chrono::milliseconds(
        5'000 + choice_.below(std::chrono::milliseconds(kLongestAway).count() - 5'000));
    cloud_.time().after(away, [this, &victim, at = died_.size() - 1] {
      victim.start();
      died_.at(at).second.back_us = victim.clock().now_us();
    });
  }
  /// Whoever has died has come back.
  void revive() {
    cloud_.run_for(died_.empty() ? 10s : kLongestAway + 15s);
    for (const auto& [victim, absence] : std::exchange(died_, {})) {
      if (stack_operation_outlived(cloud_, *victim, absence)) mark(Mark::kStackResumed);
    }
  }

  void fault() {
    Machine& region = any_region();
    switch (choice_.below(9)) {
      case 0:
        if (region.running()) {
          region.kill();
        } else {
          region.start();
        }
        return;
      case 1:
        // In the midst of what it does, where kill() meets it at rest.
        if (region.running()) {
          region.die_after_writes(choice_.below(kWritesInBetween), [] {});
        } else {
          region.start();
        }
        return;
      case 2:
        if (region.running() && region.host().frozen) {
          region.thaw();
        } else if (region.running()) {
          region.freeze();
          mark(Mark::kFrozen);
        }
        return;
      case 3: {
        Machine& other = any_region();
        if (&other == &region) return;
        if (cloud_.wire().is_cut(region.host(), other.host())) {
          cloud_.wire().mend(region.host(), other.host());
        } else {
          cloud_.wire().cut(region.host(), other.host());
          mark(Mark::kCut);
        }
        return;
      }
      case 4: {
        Machine& other = any_region();
        if (&other != &region) cloud_.wire().break_streams(region.host(), other.host());
        return;
      }
      case 5:
        region.disk().fail_after(choice_.below(20), 1 + choice_.below(3),
                                 chance(0.5) ? store::FaultyStore::Failure::kAbsent
                                             : store::FaultyStore::Failure::kKept);
        return;
      case 6:
        if (!region.running()) return;
        if (region.lose_power(choice_.below(30)) > 0) {
          mark(Mark::kPowerLost);
          if (!fsync_) lost_writes_ = true;
        }
        region.start();
        return;
      case 7:
        region.clock().skew_us = static_cast<std::int64_t>(choice_.below(4'000'000)) - 2'000'000;
        mark(Mark::kClockStepped);
        return;
      case 8:
        if (Machine& global = cloud_.global(); chance(0.3)) {
          if (global.running()) {
            global.kill();
          } else {
            global.start();
          }
        }
        return;
      default:
        return;
    }
  }

  /// What the run has gone through, as far as it can be seen from outside.
  void watch() {
    for (Machine* region : cloud_.regions()) {
      if (region->rebirths() > 0) mark(Mark::kStoreRefused);
    }
    if (cloud_.global().running()) {
      const auto resolved = cloud_.as_operator("a DNS query", cloud_.resolve(), 1min);
      if (!resolved || resolved->addresses.empty()) return;
      for (Machine* region : cloud_.regions()) {
        if (!region->running()) mark(Mark::kFailover);
      }
    }
  }

  void heal() {
    cloud_.wire().mend_all();
    cloud_.wire().faults.exchange_breaks = 0;
    cloud_.wire().faults.datagram_lost = 0;
    cloud_.global().start();
    for (Machine* region : cloud_.regions()) {
      region->call_off();
      region->disk().heal();
      region->thaw();
      region->clock().skew_us = 0;
      region->start();
    }
    load_.stop();
    await_rest(cloud_);
  }

  std::string judge() {
    cloud_.run_for(90s);
    report_.marks.merge(conflicts_listed(cloud_));
    if (tombstones_collected(cloud_)) mark(Mark::kTombstoneCollected);
    if (lost_writes_) {
      std::map<std::string, std::map<std::string, std::string>> held;
      for (const Machine* region : cloud_.regions()) {
        held[region->name()] = items_of(cloud_, region->name());
      }
      for (const auto& [name, items] : held) {
        if (items != held.begin()->second) return "copies differ after a loss of power";
      }
      return "";
    }
    std::string wrong = verdict(cloud_, load_);
    if (wrong.empty() && chance(0.3)) wrong = lose_a_disk();
    return wrong;
  }

  /// Everything that is held elsewhere comes back, also when a region dies while it does.
  std::string lose_a_disk() {
    Machine& lost = any_region();
    lost.lose_disk();
    lost.start();
    cloud_.run_for(5s);
    Machine& victim = any_region();
    if (chance(0.5)) {
      lost.after_writes(1 + choice_.below(kWritesOfCopy), [this, &victim] {
        victim.kill();
        died(victim);
      });
    }
    for (int attempt = 0;; ++attempt) {
      std::string why;
      try {
        cloud_.mend();
        break;
      } catch (const Broken&) {
        throw;
      } catch (...) {
        why = core::what_of(std::current_exception());
      }
      if (attempt == 5) throw Broken("cannot be mended: " + why);
      if (!victim.running()) watch_copy(lost, victim);
      revive();
    }
    lost.call_off();
    revive();
    await_rest(cloud_);
    cloud_.run_for(30s);
    mark(Mark::kDiskLostAndRepaired);
    return verdict(cloud_, load_);
  }
  /// The victim has just died.
  void watch_copy(const Machine& lost, Machine& victim) {
    const bool under_way = table_status(cloud_, lost) == "CREATING";
    if (chance(0.5)) cloud_.run_for(1min);
    if (under_way && is_left_out(cloud_, victim)) mark(Mark::kFailoverDuringSnapshot);
  }

  core::SeededRandom choice_;
  bool fsync_;
  int regions_;
  Cloud cloud_;
  Load load_;
  Report report_;
  std::vector<std::pair<Machine*, Absence>> died_;
  bool lost_writes_ = false;
};

}  // namespace

Report run_chaos(std::uint64_t seed) { return Chaos(seed).run(); }

}  // namespace tandem::sim
