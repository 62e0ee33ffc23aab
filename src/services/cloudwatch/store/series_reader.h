// Values of a metric in periods of any length, out of the records of those that are kept
// (API reference, "GetMetricStatistics", "GetMetricData").
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/task.h"
#include "services/cloudwatch/store/series_store.h"

namespace tandem::cloudwatch {

/// StartTime as it is taken: rounded down to the minute, to five minutes when it is more than 15
/// days ago, to the hour when more than 63; for periods below a minute to the period.
std::int64_t rounded_start(std::int64_t start_s, std::int64_t period_s, std::int64_t now_s);

/// Which of kRetentions' records such periods are made of, the coarsest that will do. Nothing when
/// none of them is kept so long: then there is no data.
std::optional<int> resolution_for(std::int64_t start_s, std::int64_t period_s, std::int64_t now_s);

/// Values in [start_s, end_s), in periods of period_s that begin at start_s; those without values
/// are absent. start_s is a rounded_start(). Others have their turn on the loop in between. Borrows
/// all; throws StoreError.
Task<std::vector<Period>> read_series(const SeriesStore* store, const Metric* metric,
                                      std::string_view unit, std::int64_t period_s,
                                      std::int64_t start_s, std::int64_t end_s, std::int64_t now_s);

}  // namespace tandem::cloudwatch
