// What becomes of a table's capacity, minute by minute, while its load goes a known way: by target
// tracking as it is done here, or with a capacity that stays. Pure.
//
// Where the rules come from: the alarms of target tracking look at two minutes and at fifteen
// (DynamoDB Developer Guide, "Managing throughput capacity automatically with DynamoDB auto
// scaling"), a table has 300 s of burst ("Burst capacity"). A change is there with the next minute.
#pragma once

#include <cstdint>
#include <vector>

#include "services/autoscaling/model/target_tracking.h"

namespace tandem::autoscaling {

struct ForecastMinute {
  double demand = 0;          ///< units a second that are asked for
  std::int64_t capacity = 0;  ///< units a second
  double consumed = 0;        ///< units of the whole minute
  double throttled = 0;       ///< units of the whole minute that were turned away
};

struct Forecast {
  std::vector<ForecastMinute> minutes;
  double throttled = 0;   ///< units
  double unit_hours = 0;  ///< of capacity
};

/// What a table's reads, or its writes, are asked for, and how it begins.
struct Scenario {
  std::vector<double> demand;  ///< units a second, in each minute
  std::int64_t capacity = 1;   ///< at the beginning, when its burst is full
};

Forecast forecast_tracking(const Scenario& scenario, const Tracking& policy, const Bounds& bounds);
Forecast forecast_static(const Scenario& scenario);

}  // namespace tandem::autoscaling
