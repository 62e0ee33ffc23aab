#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <optional>

#include "cli/commands.h"
#include "cli/world.h"
#include "core/clock.h"
#include "service/own_paths.h"
#include "topology/loads.h"
#include "topology/prices.h"

namespace tandem::cli {
namespace {

constexpr std::chrono::seconds kTimeout{10};
constexpr const char* kUsualPrices = "tandem-prices.yaml";
constexpr int kShownMinutes = 12;

struct CapacityOptions {
  std::string table;
  std::string lost;
  std::filesystem::path prices;
  int minutes = 60;
  double target = 70;
  std::int64_t min = 1;
  std::int64_t max = 40'000;
};

/// Reads, or writes, of one table.
struct Planned {
  std::string table;
  bool writes = false;
  bool replicated = false;
  const std::map<std::string, topology::TableSide>* sides = nullptr;
  json::object plan;  ///< the region's answer
};

/// What all of it comes to.
struct Total {
  double unit_hours = 0;
  double throttled = 0;
  double money = 0;
};

json::object plan_request(const Planned& of, const CapacityOptions& options,
                          const topology::Topology& topology) {
  json::array regions;
  for (const auto& [name, side] : *of.sides) {
    double weight = 1;
    for (const auto& region : topology.regions) {
      if (region.name == name) weight = static_cast<double>(region.weight);
    }
    json::array units;
    for (const double each : side.units) units.emplace_back(each);
    regions.push_back(json::object{{"Region", name}, {"Weight", weight}});
    regions.back().as_object()["Units"] = std::move(units);
  }
  json::object request{{"ReplicatedWrites", of.writes && of.replicated},
                       {"Lost", options.lost},
                       {"Target", options.target},
                       {"Min", options.min},
                       {"Max", options.max}};
  request["Regions"] = std::move(regions);
  return request;
}

/// Any region that answers knows how.
json::object ask(Client& client, const service::Config& config, const json::object& asked) {
  std::string why = "no region answers";
  for (const service::RegionAddress& region : config.regions) {
    net::HttpRequest request{.method = "POST", .target = "/_tandem/capacity-plan"};
    request.body = json::to_text(asked);
    service::sign_own_path(request, region.address, config.credentials,
                           core::SystemClock().now_s());
    try {
      const net::HttpResponse response = client.run(client.http().send(
          {.address = region.address, .port = config.ports.http}, std::move(request), kTimeout));
      const auto answer = json::parse_text(response.body);
      if (!answer || !answer.value().is_object()) continue;
      if (response.status == 200) return answer.value().as_object();
      throw Failure(kUsage, json::string_or(answer.value().as_object(), "message", "refused"));
    } catch (const net::NetError& error) {
      why = error.message;
    }
  }
  throw Failure(kNotRunning, why + "; 'tandem status' says what runs");
}

std::vector<Planned> plan_all(Client& client, const service::Config& config,
                              const topology::Topology& topology, const CapacityOptions& options,
                              const std::vector<topology::TableLoad>& loads) {
  std::vector<Planned> all;
  for (const topology::TableLoad& load : loads) {
    for (const bool writes : {false, true}) {
      Planned one{load.table, writes, load.replicated, writes ? &load.writes : &load.reads, {}};
      // What is in one region is lost with it: there is nothing to plan.
      if (one.sides->size() < 2) continue;
      one.plan = ask(client, config, plan_request(one, options, topology));
      all.push_back(std::move(one));
    }
  }
  return all;
}

std::string rounded(double number) {
  return fmt::format("{:.{}f}", number, number < 10 && number != std::floor(number) ? 2 : 0);
}

double price_of(const topology::Prices& prices, const std::string& region, const Planned& of) {
  const topology::UnitPrices& units = prices.of(region);
  if (!of.writes) return units.read;
  return of.replicated ? units.replicated_write : units.write;
}

Total total_of(const std::vector<Planned>& all, std::string_view how,
               const std::optional<topology::Prices>& prices) {
  Total total;
  for (const Planned& each : all) {
    for (const json::value& value : each.plan.at("Regions").as_array()) {
      const json::object& region = value.as_object();
      const json::object& sums = region.at(how).as_object();
      const double hours = sums.at("UnitHours").to_number<double>();
      total.unit_hours += hours;
      total.throttled += sums.at("Throttled").to_number<double>();
      if (prices) total.money += hours * price_of(*prices, json::string_or(region, "Region"), each);
    }
  }
  return total;
}

void print_needs(const std::vector<Planned>& all) {
  std::vector<std::vector<std::string>> rows{
      {"TABLE", "UNITS", "REGION", "NOW", "PEAK/S", "AS SURVIVOR/S", "NEEDS"}};
  for (const Planned& each : all) {
    for (const json::value& value : each.plan.at("Regions").as_array()) {
      const json::object& region = value.as_object();
      const std::string name = json::string_or(region, "Region");
      const std::int64_t now = each.sides->at(name).provisioned;
      rows.push_back({each.table, each.writes ? "write" : "read", name,
                      now == 0 ? "on demand" : fmt::format("{}", now),
                      rounded(region.at("Peak").to_number<double>()),
                      rounded(region.at("SurvivorPeak").to_number<double>()),
                      fmt::format("{}", region.at("Needs").as_int64())});
    }
  }
  print(table(rows));
}

/// Minutes in which something is otherwise than in the one before.
void add_turns(std::vector<std::vector<std::string>>& rows, const Planned& of,
               const json::object& region, std::int64_t lost_at) {
  const json::array& minutes = region.at("Minutes").as_array();
  std::int64_t before = -1;
  int shown = 0;
  for (std::size_t i = 0; i < minutes.size() && shown < kShownMinutes; ++i) {
    const json::object& minute = minutes[i].as_object();
    const std::int64_t capacity = minute.at("Capacity").as_int64();
    const double throttled = minute.at("Throttled").to_number<double>();
    const std::int64_t since = static_cast<std::int64_t>(i) - lost_at;
    if (since < 0 || (capacity == before && throttled == 0 && since != 0)) continue;
    before = capacity;
    ++shown;
    rows.push_back({of.table, of.writes ? "write" : "read", json::string_or(region, "Region"),
                    fmt::format("+{}", since), rounded(minute.at("Demand").to_number<double>()),
                    fmt::format("{}", capacity), rounded(throttled)});
  }
}

void print_timeline(const std::vector<Planned>& all) {
  std::vector<std::vector<std::string>> rows{
      {"TABLE", "UNITS", "REGION", "MINUTE", "ASKED/S", "CAPACITY", "THROTTLED"}};
  for (const Planned& each : all) {
    for (const json::value& value : each.plan.at("Regions").as_array()) {
      const json::object& region = value.as_object();
      if (json::bool_or(region, "Lost", false)) continue;
      add_turns(rows, each, region, each.plan.at("At").as_int64());
    }
  }
  print(table(rows));
}

constexpr std::pair<std::string_view, std::string_view> kWays[] = {
    {"Static", "static, each carries everything"},
    {"StaticForOwnLoad", "static, each carries its own"},
    {"Tracked", "target tracking"}};

void print_totals(const std::vector<Planned>& all, const CapacityOptions& options,
                  const std::optional<topology::Prices>& prices) {
  std::vector<std::vector<std::string>> rows{
      {fmt::format("IN {} MINUTES", options.minutes), "UNIT-HOURS", "THROTTLED UNITS"}};
  if (prices) rows[0].push_back(prices->currency);
  for (const auto& [how, words] : kWays) {
    const Total total = total_of(all, how, prices);
    rows.push_back({std::string(words), rounded(total.unit_hours), rounded(total.throttled)});
    if (prices) rows.back().push_back(fmt::format("{:.4f}", total.money));
  }
  print(table(rows));
}

json::object document_of(const std::vector<Planned>& all, const CapacityOptions& options,
                         const std::optional<topology::Prices>& prices) {
  json::array tables;
  for (const Planned& each : all) {
    json::object one{{"table", each.table}, {"units", each.writes ? "write" : "read"}};
    one["replicated"] = each.replicated;
    one["plan"] = each.plan;
    json::object now;
    for (const auto& [region, side] : *each.sides) now[region] = side.provisioned;
    one["provisioned"] = std::move(now);
    tables.emplace_back(std::move(one));
  }
  json::object totals;
  for (const auto& [how, words] : kWays) {
    const Total total = total_of(all, how, prices);
    json::object one{{"unitHours", total.unit_hours}, {"throttledUnits", total.throttled}};
    if (prices) one["cost"] = total.money;
    totals[how] = std::move(one);
  }
  json::object document{{"minutes", options.minutes}, {"target", options.target}};
  document["tables"] = std::move(tables);
  document["totals"] = std::move(totals);
  if (prices) document["currency"] = prices->currency;
  return document;
}

std::optional<topology::Prices> prices_of(const Common& common, const CapacityOptions& options) {
  std::filesystem::path file = options.prices;
  if (file.empty()) {
    file = common.file.parent_path() / kUsualPrices;
    if (!std::filesystem::exists(file)) return std::nullopt;
  }
  return topology::load_prices(file);
}

int show(const Common& common, const CapacityOptions& options) {
  const auto world = topology::LocalWorld::open(common.file);
  const topology::Topology topology = load_settled(common, world);
  const std::vector<std::string> regions = region_names(world);
  const bool known = std::find(regions.begin(), regions.end(), options.lost) != regions.end();
  if (!options.lost.empty() && !known) check_known(world, options.lost);
  if (options.max < options.min) throw Failure(kUsage, "--max is less than --min");
  const auto prices = prices_of(common, options);
  Client client(world.config());
  topology::Cloud cloud(client.api());
  const auto loads = client.run(topology::read_loads(&cloud, regions, options.table,
                                                     options.minutes, core::SystemClock().now_s()));
  if (loads.empty() && !options.table.empty()) {
    throw Failure(kUsage, "no region has a table " + options.table);
  }
  const auto all = plan_all(client, world.config(), topology, options, loads);
  if (common.format() == Format::kJson) {
    print_json(document_of(all, options, prices));
    return 0;
  }
  if (all.empty()) {
    print("No table is in two regions: what is lost with one has no survivor to carry it.");
    return 0;
  }
  print_needs(all);
  const std::string lost =
      options.lost.empty() ? std::string("the region whose loss asks most") : options.lost;
  print(fmt::format("\nIf {} is lost in its busiest minute, by target tracking at {} %:\n", lost,
                    rounded(options.target)));
  print_timeline(all);
  print("");
  print_totals(all, options, prices);
  if (!prices) {
    remark(
        fmt::format("no prices: {} beside tandem.yaml, or --prices FILE, says what a unit costs "
                    "(docs/tandem-prices.yaml)",
                    kUsualPrices));
  }
  return 0;
}

}  // namespace

void add_capacity(CLI::App& app, Common& common, int& exit_code) {
  auto* command = app.add_subcommand(
      "capacity", "What capacity each region needs so that the others carry everything");
  auto options = std::make_shared<CapacityOptions>();
  command->add_option("--table", options->table, "Only this table");
  command->add_option("--lost", options->lost,
                      "The region that is lost (the one whose loss asks most of the others)");
  command->add_option("--minutes", options->minutes, "Measured load to go by (60)")
      ->check(CLI::Range(1, 1'440));
  command->add_option("--target", options->target, "Target utilization in per cent (70)")
      ->check(CLI::Range(10.0, 90.0));
  command->add_option("--min", options->min, "Least capacity (1)")->check(CLI::Range(1, 40'000));
  command->add_option("--max", options->max, "Most capacity (40000)")->check(CLI::Range(1, 40'000));
  command->add_option("--prices", options->prices,
                      "What units cost (tandem-prices.yaml beside tandem.yaml, if there is one)");
  command->callback([&common, &exit_code, options] { exit_code = show(common, *options); });
}

}  // namespace tandem::cli
