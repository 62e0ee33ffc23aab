#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "core/text.h"
#include "services/cloudwatch/api/operations.h"
#include "services/cloudwatch/errors.h"
#include "services/cloudwatch/model/metric_query.h"
#include "services/cloudwatch/store/series_reader.h"

namespace tandem::cloudwatch::api {
namespace {

constexpr std::int64_t kMostPoints = 100'800;
/// What one request may read, however it is paged.
constexpr std::size_t kReadPoints = 1'000'000;

struct Request {
  std::vector<MetricQuery> queries;
  QueryPlace place;
  bool descending = true;
  std::size_t most = kMostPoints;
  std::size_t result = 0;              ///< where its page begins
  std::optional<std::int64_t> behind;  ///< the point of that result after which it does
};

/// "<result> <time>" in base64.
std::string token_of(std::size_t result, std::int64_t time_s) {
  return core::base64_encode(fmt::format("{} {}", result, time_s));
}

void read_token(Request& request, std::string_view token) {
  const auto text = core::base64_decode(token).value_or("");
  const std::size_t space = text.find(' ');
  const auto result = core::parse_uint(std::string_view(text).substr(0, space));
  const auto time_s = space == std::string::npos
                          ? std::nullopt
                          : core::parse_int(std::string_view(text).substr(space + 1));
  if (!result || !time_s) {
    throw aws::ApiError(400, "InvalidNextToken", "Request parameter NextToken is invalid");
  }
  request.result = *result;
  request.behind = *time_s;
}

Request request_of(const Scope& scope, const json::object& input) {
  Request request;
  const std::string& account = scope.environment.account();
  const json::array* given = json::find_array(input, "MetricDataQueries");
  if (given == nullptr || given->empty()) throw errors::missing_value("MetricDataQueries");
  const std::int64_t start_s = time_of(input, "StartTime");
  const std::int64_t end_s = time_of(input, "EndTime");
  if (start_s == end_s) {
    throw errors::validation("The parameter StartTime must not equal parameter EndTime.");
  }
  if (start_s > end_s) {
    throw errors::validation("The parameter EndTime must be greater than StartTime.");
  }
  request.queries = read_queries(*given, "MetricDataQueries", account);
  std::int64_t finest_s = 60;
  for (const MetricQuery& each : request.queries) {
    if (each.metric) finest_s = std::min(finest_s, each.metric->period_s);
  }
  request.place = {scope.environment.region, account,
                   rounded_start(start_s, finest_s, scope.now_s()), end_s};
  request.descending =
      json::string_or(input, "ScanBy", "TimestampDescending") != "TimestampAscending";
  const std::int64_t most = json::int_or(input, "MaxDatapoints", kMostPoints);
  if (most < 1 || most > kMostPoints)
    throw errors::bad_value(std::to_string(most), "MaxDatapoints");
  request.most = static_cast<std::size_t>(most);
  if (const auto token = json::find_string(input, "NextToken")) read_token(request, *token);
  return request;
}

/// Without a unit and with values under several: those of the first, and a word about it
/// (measured).
Task<Fetched> fetch(Scope* scope, const MetricStat* stat, const QueryPlace* place) {
  Fetched fetched;
  fetched.series.period_s = stat->period_s;
  std::string unit = stat->unit;
  if (unit.empty()) {
    const std::vector<std::string> units = scope->series.units(stat->metric);
    if (units.empty()) co_return fetched;
    unit = units.front();
    if (units.size() > 1) {
      fetched.message = {"MultipleUnits",
                         fmt::format("Multiple units returned: '[{}]'", fmt::join(units, ", "))};
    }
  }
  const std::int64_t start_s = rounded_start(place->start_s, stat->period_s, scope->now_s());
  const auto periods = co_await read_series(&scope->series, &stat->metric, unit, stat->period_s,
                                            start_s, place->end_s, scope->now_s());
  for (const Period& each : periods) {
    if (const auto value = stat->statistic.of(each.values)) {
      fetched.series.points.push_back({each.start_s, *value});
    }
  }
  co_return fetched;
}

json::array messages_of(const std::optional<Message>& message) {
  json::array all;
  if (message) all.push_back(json::object{{"Code", message->code}, {"Value", message->value}});
  return all;
}

/// One page, from where the request says.
json::object page_of(const Request& request, const std::vector<QueryResult>& results) {
  json::array shown;
  std::size_t left = request.most;
  std::optional<std::string> next;
  for (std::size_t i = request.result; i < results.size() && !next; ++i) {
    std::vector<math::Point> points = results[i].series.points;
    if (request.descending) std::reverse(points.begin(), points.end());
    if (i == request.result && request.behind) {
      std::erase_if(points, [&](const math::Point& each) {
        return request.descending ? each.time_s >= *request.behind : each.time_s <= *request.behind;
      });
    }
    if (points.size() > left) {
      // A page that is full before a result has begun ends there.
      if (left == 0) {
        const std::int64_t before_all = request.descending ? INT64_MAX : INT64_MIN;
        next = token_of(i, before_all);
        break;
      }
      points.resize(left);
      next = token_of(i, points.back().time_s);
    }
    left -= points.size();
    json::array times;
    json::array values;
    for (const math::Point& each : points) {
      times.emplace_back(static_cast<double>(each.time_s));
      values.emplace_back(each.value);
    }
    json::object result{{"Id", results[i].id},
                        {"Label", results[i].series.label},
                        {"Timestamps", std::move(times)},
                        {"Values", std::move(values)},
                        {"StatusCode", next ? "PartialData" : "Complete"}};
    if (results[i].message) result["Messages"] = messages_of(results[i].message);
    shown.emplace_back(std::move(result));
  }
  json::object output{{"MetricDataResults", std::move(shown)}, {"Messages", json::array()}};
  if (next) output["NextToken"] = *next;
  return output;
}

}  // namespace

Task<service::Reply> get_metric_data(Scope* scope, service::RequestContext*, json::object input) {
  Request request = request_of(*scope, input);
  std::map<std::string, Fetched> fetched;
  std::size_t read = 0;
  co_await scope->collector.collect();
  for (const MetricQuery& each : request.queries) {
    if (!each.metric) continue;
    Fetched one = co_await fetch(scope, &*each.metric, &request.place);
    read += one.series.points.size();
    if (read > kReadPoints) {
      throw errors::validation(fmt::format(
          "The queries read more than {} data points, which is more than one request may "
          "read here; ask for longer periods or a shorter time.",
          kReadPoints));
    }
    fetched.emplace(each.id, std::move(one));
  }
  json::object page = co_await core::run_blocking(scope->environment.blocking, [&] {
    return page_of(request, evaluate_queries(request.queries, std::move(fetched), request.place));
  });
  co_return page;
}

}  // namespace tandem::cloudwatch::api
