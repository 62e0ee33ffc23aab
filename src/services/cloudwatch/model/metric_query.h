// Queries over metrics: MetricDataQueries of GetMetricData and Metrics of an alarm (API reference,
// "MetricDataQuery"). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "services/cloudwatch/model/datum.h"
#include "services/cloudwatch/model/math_value.h"
#include "services/cloudwatch/model/statistic.h"

namespace tandem::cloudwatch {

/// 1, 5, 10, 20, 30 and multiples of 60 s.
bool is_period(std::int64_t period_s);

struct MetricStat {
  Metric metric;
  std::int64_t period_s = 60;
  std::string stat;
  Statistic statistic;
  std::string unit;    ///< empty: of any
  double counted = 1;  ///< what sums and counts are multiplied with (metric_rule.h)
};

struct MetricQuery {
  std::string id;
  std::optional<MetricStat> metric;
  std::shared_ptr<math::Node> expression;  ///< instead of metric
  std::optional<std::string> label;
  std::int64_t period_s = 0;  ///< of an expression; 0 when it was not given
  bool returns = true;
};

/// collection: its name in texts, "MetricDataQueries". Throws ApiError.
std::vector<MetricQuery> read_queries(const json::array& given, std::string_view collection,
                                      const std::string& account);

struct Message {
  std::string code;
  std::string value;
};

/// What there is of a metric.
struct Fetched {
  math::Series series;
  std::optional<Message> message;
};

struct QueryResult {
  std::string id;
  math::Series series;  ///< its label is the result's
  std::optional<Message> message;
};

struct QueryPlace {
  std::string region;
  std::string account;
  std::int64_t start_s = 0;
  std::int64_t end_s = 0;
};

/// Of those that return data, in the order of the queries; of an expression whose value are several
/// series, each. fetched: by id, for every query of a metric. Throws ApiError.
std::vector<QueryResult> evaluate_queries(const std::vector<MetricQuery>& queries,
                                          std::map<std::string, Fetched> fetched,
                                          const QueryPlace& place);

/// What ${…} in labels stands for is put in its place. Throws ApiError.
std::string dynamic_label(const std::string& label, const std::string& plain,
                          const MetricQuery& query, const math::Series& series,
                          const QueryPlace& place);

}  // namespace tandem::cloudwatch
