// What capacity each region needs so that the others carry everything when one is lost, and what
// target tracking does minute by minute when one is. Pure.
//
// Reads of a lost region go to the others in proportion to their weights. Writes of a replicated
// table are consumed by every copy, so a survivor has them already; those of a table that is not
// replicated go the way of reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "services/autoscaling/model/forecast.h"

namespace tandem::autoscaling {

struct RegionLoad {
  std::string region;
  double weight = 1;
  std::vector<double> units;  ///< a second, in each minute; of all regions the same number
};

struct PlanRequest {
  bool replicated_writes = false;
  std::vector<RegionLoad> regions;
  std::string lost;                    ///< the region that is lost; empty: whichever is worst
  std::optional<std::size_t> at;       ///< the minute it is lost in; absent: that of the most load
  std::optional<std::int64_t> begins;  ///< capacity everywhere; absent: what tracking would have
  Tracking policy;
  Bounds bounds{1, 40'000};
};

struct RegionPlan {
  std::string region;
  double peak = 0;           ///< of its own load, units a second
  double survivor_peak = 0;  ///< with its share of the lost region's
  std::int64_t needs = 0;    ///< capacity that carries that at the target
  bool lost = false;
  Forecast tracked;  ///< by target tracking
  Forecast whole;    ///< with `needs` all the time: static 2 × 100 %
  Forecast own;      ///< with what its own load needs all the time
};

struct CapacityPlan {
  std::string lost;
  std::size_t at = 0;
  std::vector<RegionPlan> regions;
};

/// Throws std::invalid_argument for what makes no sense.
CapacityPlan plan_capacity(const PlanRequest& request);

/// {"ReplicatedWrites", "Regions": [{"Region", "Weight", "Units": […]}], "Lost", "At", "Begins",
/// "Target", "Min", "Max"}. Throws std::invalid_argument.
PlanRequest read_plan_request(const json::object& document);
json::object plan_document(const CapacityPlan& plan);

}  // namespace tandem::autoscaling
