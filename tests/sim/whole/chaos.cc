#include "tests/sim/whole/chaos.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/what_of.h"
#include "store/store.h"
#include "tests/sim/whole/load.h"
#include "topology/cloud.h"
#include "topology/links.h"

namespace tandem::sim {
namespace {

constexpr std::chrono::minutes kQuiet{20};

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

  /// In one run of three a region dies in the middle of it.
  void deploy() {
    cloud_.run_for(1s);
    if (chance(0.3)) {
      Machine& victim = any_region();
      cloud_.time().after(std::chrono::milliseconds(choice_.below(2'000)),
                          [this, &victim] { deaths_.push_back(&victim); });
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
      kill_those_due();
      cloud_.run_for(10s);
      for (Machine* machine : cloud_.regions()) machine->start();
      cloud_.run_for(10s);
      mark(Mark::kStackResumed);
    }
    kill_those_due();
    cloud_.run_for(1min);
  }
  void kill_those_due() {
    for (Machine* victim : deaths_) {
      victim->kill();
      victim->start();
    }
    deaths_.clear();
  }

  void fault() {
    Machine& region = any_region();
    switch (choice_.below(9)) {
      case 0:
      case 1:
        if (region.running()) {
          region.kill();
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
      region->disk().heal();
      region->thaw();
      region->clock().skew_us = 0;
      region->start();
    }
    load_.stop();
    await_quiet();
  }

  void await_quiet() {
    const core::TimePoint end = cloud_.time().now() + kQuiet;
    do {
      if (cloud_.time().now() > end) throw Broken("links do not come to rest: " + unrest_);
      cloud_.run_for(1s);
    } while (!all_quiet());
  }

  /// Every link connected, nothing pending.
  bool all_quiet() {
    for (Machine* region : cloud_.regions()) {
      try {
        const auto links = cloud_.as_operator(
            "reading links",
            topology::links_of(&cloud_.http(), &cloud_.config(), region->name(), 10s), 1min);
        for (const auto& [peer, link] : links) {
          if (link.works() && link.pending == 0 && link.snapshots_owed == 0) continue;
          return unrest(fmt::format("{} to {}: {}, {} pending, {} snapshots owed, {}{}{}",
                                    region->name(), peer, link.state, link.pending,
                                    link.snapshots_owed, link.reason, link.refused_by_peer,
                                    link.refuses_peer));
        }
      } catch (const std::exception& error) {
        return unrest(region->name() + ": " + error.what());
      }
    }
    return true;
  }
  bool unrest(std::string why) {
    unrest_ = std::move(why);
    return false;
  }

  void mark_conflicts() {
    for (const auto& region : cloud_.config().regions) {
      net::HttpRequest request;
      request.method = "GET";
      request.target = "/_tandem/conflicts";
      const auto answer = cloud_.as_operator(
          "reading conflicts",
          cloud_.http().send({.address = region.address, .port = cloud_.config().ports.http},
                             std::move(request)),
          1min);
      const auto document = json::parse_text(answer.body);
      for (const auto& value : document.value().as_object().at("Conflicts").as_array()) {
        const json::object& conflict = value.as_object();
        const bool put = json::string_or(conflict.at("Lost").as_object(), "Operation") == "Put";
        const bool to_put =
            json::string_or(conflict.at("Winner").as_object(), "Operation") == "Put";
        mark(put ? (to_put ? Mark::kPutLostToPut : Mark::kPutLostToDelete)
                 : (to_put ? Mark::kDeleteLostToPut : Mark::kDeleteLostToDelete));
      }
    }
  }

  std::string judge() {
    cloud_.run_for(90s);
    mark_conflicts();
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
    if (chance(0.5)) {
      Machine& victim = any_region();
      cloud_.time().after(std::chrono::milliseconds(choice_.below(1'500)), [this, &victim] {
        victim.kill();
        mark(Mark::kFailoverDuringSnapshot);
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
      cloud_.run_for(2s);
      for (Machine* region : cloud_.regions()) region->start();
      cloud_.run_for(30s);
    }
    cloud_.run_for(2s);  // whoever was to die has
    for (Machine* region : cloud_.regions()) region->start();
    await_quiet();
    cloud_.run_for(30s);
    mark(Mark::kDiskLostAndRepaired);
    return verdict(cloud_, load_);
  }

  core::SeededRandom choice_;
  bool fsync_;
  int regions_;
  Cloud cloud_;
  Load load_;
  Report report_;
  std::vector<Machine*> deaths_;
  bool lost_writes_ = false;
  std::string unrest_;
};

}  // namespace

std::string to_string(Mark mark) {
  switch (mark) {
    case Mark::kFailover:
      return "failover";
    case Mark::kFailoverDuringSnapshot:
      return "failover during a snapshot";
    case Mark::kTombstoneCollected:
      return "tombstone collected";
    case Mark::kStackResumed:
      return "stack operation resumed";
    case Mark::kDiskLostAndRepaired:
      return "disk lost and repaired";
    case Mark::kPowerLost:
      return "power lost";
    case Mark::kStoreRefused:
      return "store refused";
    case Mark::kCut:
      return "cut";
    case Mark::kFrozen:
      return "frozen";
    case Mark::kClockStepped:
      return "clock stepped";
    case Mark::kPutLostToPut:
      return "put lost to put";
    case Mark::kPutLostToDelete:
      return "put lost to delete";
    case Mark::kDeleteLostToPut:
      return "delete lost to put";
    case Mark::kDeleteLostToDelete:
      return "delete lost to delete";
  }
  return "";
}

std::vector<Mark> all_marks() {
  return {Mark::kFailover,
          Mark::kFailoverDuringSnapshot,
          Mark::kTombstoneCollected,
          Mark::kStackResumed,
          Mark::kDiskLostAndRepaired,
          Mark::kPowerLost,
          Mark::kStoreRefused,
          Mark::kCut,
          Mark::kFrozen,
          Mark::kClockStepped,
          Mark::kPutLostToPut,
          Mark::kPutLostToDelete,
          Mark::kDeleteLostToPut,
          Mark::kDeleteLostToDelete};
}

Report run_chaos(std::uint64_t seed) { return Chaos(seed).run(); }

}  // namespace tandem::sim
