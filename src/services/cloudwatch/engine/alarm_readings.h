// The datapoints that an alarm is judged by, out of the store of series.
#pragma once

#include <cstdint>
#include <vector>

#include "core/pace.h"
#include "core/task.h"
#include "service/environment.h"
#include "services/cloudwatch/model/alarm_reason.h"
#include "services/cloudwatch/model/metric_rule.h"
#include "services/cloudwatch/store/series_store.h"

namespace tandem::cloudwatch {

/// How long a period of AWS's is here, in whole seconds, at least one (docs/clock.md).
std::int64_t seconds_here(core::Pace pace, std::int64_t seconds_on_aws);
/// The rule with its periods as they are here.
MetricRule rule_here(MetricRule rule, core::Pace pace);

/// All of the window, the oldest first; of metric math what its returned query gives. "If you don't
/// specify a unit, CloudWatch … attempts to evaluate": of several units that a metric has, the
/// first by name counts. few: some of the points that count have too few samples for their
/// percentile. Others have their turn on the loop in between. Borrows store and environment; throws
/// StoreError.
struct Readings {
  std::vector<AlarmPoint> points;
  bool few_samples = false;
};
Task<Readings> read_points(const SeriesStore* store, const service::Environment* environment,
                           MetricRule rule, AlarmWindow window);

}  // namespace tandem::cloudwatch
