#include <cmath>
#include <utility>

#include "services/cloudwatch/api/operations.h"
#include "services/cloudwatch/errors.h"
#include "services/cloudwatch/model/datum.h"

namespace tandem::cloudwatch::api {

namespace {

/// Route 53 lives in another process, and tells its metrics as a client of this world's own.
bool is_route53(const service::RequestContext& context) {
  return context.caller.verified && context.http != nullptr &&
         context.http->headers.get_or("User-Agent") == "route53.amazonaws.com";
}

}  // namespace

json::object put_metric_data(Scope& scope, service::RequestContext& context,
                             const json::object& input) {
  const Sender sender = is_route53(context) ? Sender::kRoute53 : Sender::kUser;
  scope.series.add(read_metric_data(input, scope.now_s(), sender), scope.now_s());
  return {};
}

Metric metric_of(const json::object& in, const std::string& path) {
  Metric metric;
  metric.name_space = json::string_or(in, "Namespace");
  metric.name = json::string_or(in, "MetricName");
  if (metric.name_space.empty()) throw errors::missing(path + "Namespace");
  if (metric.name.empty()) throw errors::missing(path + "MetricName");
  metric.dimensions = read_dimensions(in, path);
  return metric;
}

std::int64_t time_of(const json::object& in, std::string_view member) {
  const json::value* given = json::find(in, member);
  const double time = given == nullptr ? 0 : std::floor(given->to_number<double>());
  // Beyond what any calendar of AWS's says; the difference of two still fits.
  constexpr double kMost = 1e15;
  if (!(std::abs(time) < kMost)) throw errors::bad_value(json::to_text(*given), member);
  return static_cast<std::int64_t>(time);
}

json::array dimensions_document(const Metric& metric) {
  json::array all;
  for (const auto& [name, value] : metric.dimensions) {
    all.push_back(json::object{{"Name", name}, {"Value", value}});
  }
  return all;
}

}  // namespace tandem::cloudwatch::api
