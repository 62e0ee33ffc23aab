#include "tests/sim/whole/tour.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/what_of.h"
#include "tests/sim/whole/load.h"
#include "tests/sim/whole/sights.h"
#include "topology/cloud.h"

namespace tandem::sim {
namespace {

/// How often a stack operation is begun until a death meets it: not always, since a region writes
/// for other reasons, too, and may have died before it is asked.
constexpr int kAttempts = 20;
/// A table of which a copy takes many messages, whoever sends it.
constexpr int kLargeItems = 40;
constexpr std::size_t kLargeBytes = 100'000;

Task<void> call(Cloud* cloud, std::string region, std::string service, std::string operation,
                json::object input) {
  topology::Cloud there(cloud->api());
  co_await there.call(region, service, operation, std::move(input));
}

json::object text(std::string_view value) {
  return {{"S", json::string(value.data(), value.size())}};
}

/// Six resources, none of which takes long.
std::string small_template() {
  json::object resources;
  for (int number = 0; number < 6; ++number) {
    resources["Group" + std::to_string(number)] = {{"Type", "AWS::Logs::LogGroup"}};
  }
  return json::to_text(json::object{{"Resources", std::move(resources)}});
}

/// Returns when the region's table is being filled, and has run once then.
Task<void> await_copy(Cloud* cloud, std::string region, std::function<void()> begun) {
  topology::Cloud reader(cloud->api());
  for (;;) {
    const auto table = co_await reader.table(region, "todos");
    if (table && json::string_or(*table, "TableStatus") == "CREATING") break;
    co_await core::sleep_for(1ms);
  }
  begun();
}

class Tour {
 public:
  explicit Tour(std::uint64_t seed) : choice_(seed), cloud_(seed, three()), load_(cloud_, 4) {}

  Report run() {
    try {
      cloud_.run_for(1s);
      cloud_.deploy();
      cloud_.run_for(1min);
      resume_a_stack();
      load_.start();
      collide();
      load_.stop();
      await_rest(cloud_);
      cloud_.run_for(10s);
      report_.marks.merge(conflicts_listed(cloud_));
      if (tombstones_collected(cloud_)) mark(Mark::kTombstoneCollected);
      fail_over_during_a_copy();
      report_.failure = verdict(cloud_, load_);
      if (report_.failure.empty()) mark(Mark::kDiskLostAndRepaired);
    } catch (...) {
      report_.failure = core::what_of(std::current_exception());
    }
    for (const Mark demanded : demanded_marks()) {
      if (!report_.failure.empty() || report_.marks.contains(demanded)) continue;
      report_.failure = "went without: " + to_string(demanded);
    }
    report_.simulated_s = cloud_.seconds();
    report_.answered = load_.answered;
    report_.promised = load_.promised().size();
    return report_;
  }

 private:
  static CloudOptions three() {
    CloudOptions options;
    options.regions.emplace_back("eu-west-1");
    return options;
  }
  void mark(Mark what) { report_.marks.insert(what); }
  /// All regions, in an order of the seed's.
  std::vector<Machine*> shuffled() {
    std::vector<Machine*> regions = cloud_.regions();
    for (std::size_t left = regions.size(); left > 1; --left) {
      std::swap(regions.at(left - 1), regions.at(choice_.below(left)));
    }
    return regions;
  }
  void ask(const Machine& region, std::string service, std::string operation, json::object input) {
    cloud_.as_operator(
        operation + " in " + region.name(),
        call(&cloud_, region.name(), std::move(service), operation, std::move(input)), 1min);
  }

  /// A region dies at a write of a stack operation, and ends the operation when it is back.
  void resume_a_stack() {
    Machine& victim = *shuffled().front();
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      Absence absence;
      victim.die_after_writes(1 + choice_.below(12),
                              [&] { absence.died_us = victim.clock().now_us(); });
      try {
        ask(victim, "cloudformation", "CreateStack",
            {{"StackName", fmt::format("small-{}", attempt)}, {"TemplateBody", small_template()}});
      } catch (const aws::ApiError&) {
        // It died before it could answer.
      }
      cloud_.run_until([&] { return !victim.running(); }, 1min);
      cloud_.run_for(5s);
      absence.back_us = victim.clock().now_us();
      victim.start();
      cloud_.run_for(30s);
      if (!stack_operation_outlived(cloud_, victim, absence)) continue;
      mark(Mark::kStackResumed);
      return;
    }
  }

  void write(const Machine& region, const std::string& id, bool put) {
    if (put) {
      ask(region, "dynamodb", "PutItem",
          {{"TableName", "todos"},
           {"Item", json::object{{"id", text(id)}, {"text", text("of " + region.name())}}}});
    } else {
      ask(region, "dynamodb", "DeleteItem",
          {{"TableName", "todos"}, {"Key", json::object{{"id", text(id)}}}});
    }
  }

  /// Two regions that do not hear of each other write the same items: each kind of conflict.
  void collide() {
    const auto regions = shuffled();
    const Machine& earlier = *regions.at(0);
    const Machine& later = *regions.at(1);
    constexpr std::array<std::pair<bool, bool>, 4> kPuts{
        {{true, true}, {true, false}, {false, true}, {false, false}}};
    for (std::size_t kind = 0; kind < kPuts.size(); ++kind) {
      write(earlier, fmt::format("collision-{}", kind), true);
    }
    cloud_.run_for(5s);
    cloud_.wire().cut(regions.at(0)->host(), regions.at(1)->host());
    for (std::size_t kind = 0; kind < kPuts.size(); ++kind) {
      write(earlier, fmt::format("collision-{}", kind), kPuts.at(kind).first);
      cloud_.run_for(std::chrono::milliseconds(1 + choice_.below(1'000)));
      write(later, fmt::format("collision-{}", kind), kPuts.at(kind).second);
    }
    cloud_.wire().mend(regions.at(0)->host(), regions.at(1)->host());
    cloud_.run_for(1min);
  }

  void fill() {
    const Machine& region = *shuffled().front();
    for (int number = 0; number < kLargeItems; ++number) {
      ask(region, "dynamodb", "PutItem",
          {{"TableName", "todos"},
           {"Item", json::object{{"id", text(fmt::format("large-{}", number))},
                                 {"text", text(std::string(kLargeBytes, 'x'))}}}});
    }
    await_rest(cloud_);
  }

  /// A region has lost its disk, and the one it is filled from dies while that is done.
  void fail_over_during_a_copy() {
    fill();
    Machine& lost = *shuffled().front();
    const auto regions = cloud_.regions();
    // The first that is left is the source (topology/repair.h): the home region, if that is.
    const auto first = std::ranges::find_if(regions, [&](auto* each) { return each != &lost; });
    Machine& source = **first;
    Machine& third =
        **std::find_if(first + 1, regions.end(), [&](auto* each) { return each != &lost; });
    lost.lose_disk();
    lost.start();
    cloud_.run_for(5s);
    const auto usual = cloud_.wire().faults;
    cloud_.wire().faults.least_delay = cloud_.wire().faults.most_delay = 20ms;
    cloud_.spawn(await_copy(&cloud_, lost.name(), [&] {
      lost.after_writes(1 + choice_.below(3), [&] {
        source.kill();
        cloud_.wire().cut(lost.host(), third.host());
      });
    }));
    mend_until([&] {
      const bool under_way = !source.running() && table_status(cloud_, lost) == "CREATING";
      cloud_.run_for(1min);
      if (under_way && is_left_out(cloud_, source)) mark(Mark::kFailoverDuringSnapshot);
      cloud_.wire().faults = usual;
      cloud_.wire().mend_all();
      source.start();
      cloud_.run_for(30s);
    });
    await_rest(cloud_);
    cloud_.run_for(30s);
  }
  void mend_until(const std::function<void()>& between) {
    for (int attempt = 0;; ++attempt) {
      std::string why;
      try {
        return cloud_.mend();
      } catch (const Broken&) {
        throw;
      } catch (...) {
        why = core::what_of(std::current_exception());
      }
      if (attempt == 5) throw Broken("cannot be mended: " + why);
      between();
    }
  }

  core::SeededRandom choice_;
  Cloud cloud_;
  Load load_;
  Report report_;
};

}  // namespace

Report run_tour(std::uint64_t seed) { return Tour(seed).run(); }

}  // namespace tandem::sim
