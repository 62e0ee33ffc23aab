#include "services/autoscaling/model/capacity_plan.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace tandem::autoscaling {
namespace {

constexpr std::size_t kMostRegions = 32;
constexpr std::size_t kMostMinutes = 1'440;
constexpr double kMostUnits = 1e9;
constexpr double kMinute_s = 60;

[[noreturn]] void fail(const std::string& what) { throw std::invalid_argument(what); }

std::int64_t needed(double units, const PlanRequest& request) {
  const auto wanted = wanted_capacity({units * kMinute_s}, request.policy.target_percent);
  return request.bounds.clamp(wanted.value_or(0));
}

double peak_of(const std::vector<double>& units) {
  return units.empty() ? 0 : *std::max_element(units.begin(), units.end());
}

/// What a survivor has from the minute on in which the other is lost.
std::vector<double> with_share(const PlanRequest& request, const RegionLoad& survivor,
                               const RegionLoad& lost, std::size_t at) {
  std::vector<double> units = survivor.units;
  if (request.replicated_writes) return units;
  double weights = 0;
  for (const RegionLoad& each : request.regions) {
    if (each.region != lost.region) weights += each.weight;
  }
  const auto others = static_cast<double>(request.regions.size() - 1);
  const double share = weights > 0 ? survivor.weight / weights : 1 / others;
  for (std::size_t i = at; i < units.size(); ++i) units[i] += share * lost.units[i];
  return units;
}

const RegionLoad& region_of(const PlanRequest& request, const std::string& name) {
  for (const RegionLoad& each : request.regions) {
    if (each.region == name) return each;
  }
  fail(name + " is none of the regions");
}

/// The region whose loss asks most of a survivor.
std::string worst(const PlanRequest& request) {
  std::string name = request.regions.front().region;
  double most = -1;
  for (const RegionLoad& lost : request.regions) {
    for (const RegionLoad& survivor : request.regions) {
      if (&survivor == &lost) continue;
      const double peak = peak_of(with_share(request, survivor, lost, 0));
      if (peak > most) {
        most = peak;
        name = lost.region;
      }
    }
  }
  return name;
}

std::size_t busiest_minute(const PlanRequest& request) {
  std::size_t at = 0;
  double most = -1;
  for (std::size_t i = 0; i < request.regions.front().units.size(); ++i) {
    double all = 0;
    for (const RegionLoad& each : request.regions) all += each.units[i];
    if (all > most) {
      most = all;
      at = i;
    }
  }
  return at;
}

void check(const PlanRequest& request) {
  if (request.regions.size() < 2) fail("a region can be lost where there are two");
  if (request.regions.size() > kMostRegions) fail("there are too many regions");
  const std::size_t minutes = request.regions.front().units.size();
  if (minutes == 0) fail("there is no load to go by");
  if (minutes > kMostMinutes) fail(fmt::format("there are more than {} minutes", kMostMinutes));
  for (const RegionLoad& each : request.regions) {
    if (each.units.size() != minutes) fail("the regions have different numbers of minutes");
    const bool sound = std::all_of(each.units.begin(), each.units.end(),
                                   [](double units) { return units >= 0 && units <= kMostUnits; });
    if (!sound || !(each.weight >= 0)) fail(each.region + " has no load that could be");
  }
  if (request.at && *request.at >= minutes) fail("the region is lost after the last minute");
  if (!(request.policy.target_percent >= 10 && request.policy.target_percent <= 90)) {
    fail("the target is 10 to 90 per cent");
  }
  if (request.bounds.min < 1 || request.bounds.max < request.bounds.min) {
    fail("the least capacity is 1, and not more than the most");
  }
}

RegionPlan plan_region(const PlanRequest& request, const RegionLoad& load, const RegionLoad& lost,
                       std::size_t at) {
  RegionPlan plan{.region = load.region, .peak = peak_of(load.units), .lost = &load == &lost};
  // Any of the others may be the one.
  plan.survivor_peak = plan.peak;
  for (const RegionLoad& each : request.regions) {
    if (&each == &load) continue;
    plan.survivor_peak = std::max(plan.survivor_peak, peak_of(with_share(request, load, each, 0)));
  }
  plan.needs = needed(plan.survivor_peak, request);
  Scenario scenario;
  if (plan.lost) {
    scenario.demand = load.units;
    std::fill(scenario.demand.begin() + static_cast<std::ptrdiff_t>(at), scenario.demand.end(),
              0.0);
  } else {
    scenario.demand = with_share(request, load, lost, at);
  }
  scenario.capacity = request.begins.value_or(needed(load.units.front(), request));
  plan.tracked = forecast_tracking(scenario, request.policy, request.bounds);
  scenario.capacity = plan.needs;
  plan.whole = forecast_static(scenario);
  scenario.capacity = needed(plan.peak, request);
  plan.own = forecast_static(scenario);
  return plan;
}

json::object sums(const Forecast& forecast) {
  return {{"UnitHours", forecast.unit_hours}, {"Throttled", forecast.throttled}};
}

double number_in(const json::object& document, std::string_view member, double otherwise) {
  const json::value* value = json::find(document, member);
  if (value == nullptr) return otherwise;
  if (!value->is_number()) fail(fmt::format("{} is a number", member));
  return value->to_number<double>();
}

std::optional<std::int64_t> integer_in(const json::object& document, std::string_view member) {
  const json::value* value = json::find(document, member);
  if (value == nullptr) return std::nullopt;
  if (!value->is_int64() || value->as_int64() < 0) {
    fail(fmt::format("{} is a whole number, not below zero", member));
  }
  return value->as_int64();
}

RegionLoad read_region(const json::value& value) {
  if (!value.is_object()) fail("a region is an object");
  const json::object& document = value.get_object();
  RegionLoad load{json::string_or(document, "Region"), number_in(document, "Weight", 1), {}};
  const json::array* units = json::find_array(document, "Units");
  if (load.region.empty() || units == nullptr) fail("a region has Region and Units");
  if (units->size() > kMostMinutes)
    fail(fmt::format("there are more than {} minutes", kMostMinutes));
  for (const json::value& each : *units) {
    if (!each.is_number()) fail("Units are numbers");
    load.units.push_back(each.to_number<double>());
  }
  return load;
}

}  // namespace

CapacityPlan plan_capacity(const PlanRequest& request) {
  check(request);
  CapacityPlan plan;
  plan.lost = request.lost.empty() ? worst(request) : request.lost;
  plan.at = request.at.value_or(busiest_minute(request));
  const RegionLoad& lost = region_of(request, plan.lost);
  for (const RegionLoad& each : request.regions) {
    plan.regions.push_back(plan_region(request, each, lost, plan.at));
  }
  return plan;
}

PlanRequest read_plan_request(const json::object& document) {
  PlanRequest request;
  request.replicated_writes = json::bool_or(document, "ReplicatedWrites", false);
  request.lost = json::string_or(document, "Lost");
  request.policy.target_percent = number_in(document, "Target", 70);
  request.bounds.min = integer_in(document, "Min").value_or(request.bounds.min);
  request.bounds.max = integer_in(document, "Max").value_or(request.bounds.max);
  request.begins = integer_in(document, "Begins");
  if (const auto at = integer_in(document, "At")) request.at = static_cast<std::size_t>(*at);
  const json::array* regions = json::find_array(document, "Regions");
  if (regions == nullptr || regions->size() > kMostRegions)
    fail("Regions are a list, of 32 at most");
  for (const json::value& each : *regions) request.regions.push_back(read_region(each));
  return request;
}

json::object plan_document(const CapacityPlan& plan) {
  json::array regions;
  for (const RegionPlan& each : plan.regions) {
    json::array minutes;
    for (const ForecastMinute& minute : each.tracked.minutes) {
      minutes.push_back(json::object{{"Demand", minute.demand},
                                     {"Capacity", minute.capacity},
                                     {"Consumed", minute.consumed},
                                     {"Throttled", minute.throttled}});
    }
    regions.push_back(json::object{{"Region", each.region},
                                   {"Lost", each.lost},
                                   {"Peak", each.peak},
                                   {"SurvivorPeak", each.survivor_peak},
                                   {"Needs", each.needs},
                                   {"Static", sums(each.whole)},
                                   {"StaticForOwnLoad", sums(each.own)},
                                   {"Tracked", sums(each.tracked)},
                                   {"Minutes", std::move(minutes)}});
  }
  return {{"Lost", plan.lost},
          {"At", static_cast<std::int64_t>(plan.at)},
          {"Regions", std::move(regions)}};
}

}  // namespace tandem::autoscaling
