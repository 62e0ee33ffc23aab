// The operations on metrics of CloudWatch and what they share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/task.h"
#include "service/environment.h"
#include "service/operation.h"
#include "services/cloudwatch/store/collector.h"
#include "services/cloudwatch/store/series_store.h"

namespace tandem::cloudwatch::api {

/// What every operation works on.
struct Scope {
  const service::Environment& environment;
  SeriesStore& series;
  Collector& collector;

  std::int64_t now_s() const { return environment.clock.now_ms() / 1000; }
};

json::object put_metric_data(Scope& scope, service::RequestContext& context,
                             const json::object& input);
Task<service::Reply> list_metrics(Scope* scope, service::RequestContext* context,
                                  json::object input);
Task<service::Reply> get_metric_statistics(Scope* scope, service::RequestContext* context,
                                           json::object input);
Task<service::Reply> get_metric_data(Scope* scope, service::RequestContext* context,
                                     json::object input);

/// Namespace, MetricName and Dimensions of an input; path: what is before them in texts. Throws
/// ApiError.
Metric metric_of(const json::object& in, const std::string& path);

/// A time of an input, in whole seconds.
std::int64_t time_of(const json::object& in, std::string_view member);

/// Dimensions as they are listed.
json::array dimensions_document(const Metric& metric);

}  // namespace tandem::cloudwatch::api
