#include "services/cloudwatch/model/metric_query.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <set>

#include "services/cloudwatch/errors.h"

namespace tandem::cloudwatch {
namespace {

constexpr std::size_t kQueries = 500;
/// Ours; an expression may return several series.
constexpr std::size_t kResults = 10'000;

bool is_id(std::string_view id) {
  if (id.empty() || id.front() < 'a' || id.front() > 'z') return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  });
}

Metric metric_in(const json::object& in, const std::string& path) {
  Metric metric{json::string_or(in, "Namespace"), json::string_or(in, "MetricName"), {}};
  if (metric.name_space.empty()) throw errors::missing_value(path + "Namespace");
  if (metric.name.empty()) throw errors::missing_value(path + "MetricName");
  metric.dimensions = read_dimensions(in, path);
  return metric;
}

std::int64_t period_in(const json::object& in, const std::string& path) {
  const std::int64_t period_s = json::int_or(in, "Period", 0);
  if (!is_period(period_s)) {
    throw errors::validation(
        fmt::format("The value {} for parameter {}Period is invalid.", period_s, path));
  }
  return period_s;
}

MetricStat read_metric_stat(const json::object& in, const std::string& path) {
  MetricStat made;
  const json::object* metric = json::find_object(in, "Metric");
  if (metric == nullptr) throw errors::missing_value(path + "Metric");
  made.metric = metric_in(*metric, path + "Metric.");
  made.period_s = period_in(in, path);
  made.stat = json::string_or(in, "Stat");
  const auto statistic = Statistic::parse(made.stat);
  if (!statistic) {
    throw errors::validation(
        fmt::format("The value {} for parameter {}Stat is not supported.", made.stat, path));
  }
  made.statistic = *statistic;
  made.unit = json::string_or(in, "Unit");
  return made;
}

aws::ApiError bad_expression(const std::string& id, const std::string& why) {
  return errors::validation(fmt::format("Error in expression '{}' [{}]", id, why));
}

void read_expression(MetricQuery& query, const json::object& in, const std::string& path) {
  try {
    query.expression = math::parse(json::string_or(in, "Expression"));
  } catch (const math::SyntaxError& error) {
    throw bad_expression(query.id, error.message);
  }
  if (in.contains("Period")) query.period_s = period_in(in, path);
}

MetricQuery read_query(const json::object& in, const std::string& path,
                       const std::string& account) {
  MetricQuery query;
  query.id = json::string_or(in, "Id");
  if (!is_id(query.id)) {
    throw errors::validation(
        fmt::format("The value {} for parameter {}Id is not matching the expected pattern "
                    "^[a-z][a-zA-Z0-9_]*$.",
                    query.id, path));
  }
  const json::object* metric = json::find_object(in, "MetricStat");
  const bool expression = in.contains("Expression");
  if (metric != nullptr && expression) {
    throw errors::validation(
        "The parameters MetricDataQuery Expression and MetricStat are mutually exclusive and you "
        "have specified both.");
  }
  if (metric == nullptr && !expression) {
    throw errors::validation(fmt::format("The parameter {}MetricStat is required.\n", path));
  }
  if (metric != nullptr && in.contains("Period")) {
    throw errors::validation(
        fmt::format("The parameters {0}Period and {0}MetricStat are mutually "
                    "exclusive and you have specified both.",
                    path));
  }
  const std::string of = json::string_or(in, "AccountId", account);
  if (of != account) {
    throw errors::validation(
        fmt::format("The value {} for parameter {}AccountId is invalid: metrics of other accounts "
                    "are not served.",
                    of, path));
  }
  if (metric != nullptr) query.metric = read_metric_stat(*metric, path + "MetricStat.");
  if (expression) read_expression(query, in, path);
  if (const auto label = json::find_string(in, "Label")) query.label = std::string(*label);
  query.returns = json::bool_or(in, "ReturnData", true);
  return query;
}

/// "name", with the statistic where the queries' differ and the period where theirs do (measured).
class DefaultLabels {
 public:
  explicit DefaultLabels(const std::vector<MetricQuery>& queries) {
    for (const MetricQuery& each : queries) {
      if (!each.metric) continue;
      statistics_.insert(each.metric->stat);
      periods_.insert(each.metric->period_s);
    }
  }
  std::string of(const MetricQuery& query) const {
    if (!query.metric) return query.id;
    std::string label = query.metric->metric.name;
    if (statistics_.size() > 1) label += " " + query.metric->stat;
    if (periods_.size() > 1) label += fmt::format(" {}", query.metric->period_s);
    return label;
  }

 private:
  std::set<std::string> statistics_;
  std::set<std::int64_t> periods_;
};

/// Expressions in an order in which each comes after those that it names.
std::vector<const MetricQuery*> in_order(const std::vector<MetricQuery>& queries) {
  std::set<std::string, std::less<>> known;
  std::set<std::string, std::less<>> all;
  std::vector<const MetricQuery*> waiting;
  for (const MetricQuery& each : queries) {
    all.insert(each.id);
    if (each.metric) {
      known.insert(each.id);
    } else {
      waiting.push_back(&each);
    }
  }
  std::vector<const MetricQuery*> order;
  while (!waiting.empty()) {
    const std::size_t before = waiting.size();
    std::erase_if(waiting, [&](const MetricQuery* each) {
      for (const std::string& name : math::names_in(*each->expression)) {
        if (all.count(name) == 0) {
          throw bad_expression(each->id, fmt::format("The id {} is not found", name));
        }
        if (known.count(name) == 0) return false;
      }
      known.insert(each->id);
      order.push_back(each);
      return true;
    });
    if (waiting.size() == before) {
      throw bad_expression(waiting.front()->id, "The expression depends on itself");
    }
  }
  return order;
}

math::Context context_of(const std::vector<MetricQuery>& queries, const QueryPlace& place) {
  math::Context context{place.start_s, place.end_s, 0, nullptr, {}};
  for (const MetricQuery& each : queries) {
    if (each.metric) context.period_s = std::max(context.period_s, each.metric->period_s);
  }
  if (context.period_s == 0) context.period_s = 60;
  return context;
}

}  // namespace

bool is_period(std::int64_t period_s) {
  constexpr std::int64_t kMinute_s = 60;
  if (period_s >= kMinute_s) return period_s % kMinute_s == 0;
  return period_s == 1 || period_s == 5 || period_s == 10 || period_s == 20 || period_s == 30;
}

std::vector<MetricQuery> read_queries(const json::array& given, std::string_view collection,
                                      const std::string& account) {
  if (given.size() > kQueries) throw errors::too_large(collection, kQueries);
  std::vector<MetricQuery> queries;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string path = fmt::format("{}.member.{}.", collection, i + 1);
    queries.push_back(read_query(given[i].as_object(), path, account));
    if (!ids.insert(queries.back().id).second) {
      throw errors::validation(
          fmt::format("The values for parameter Id in {} are not unique.", collection));
    }
  }
  in_order(queries);
  return queries;
}

std::vector<QueryResult> evaluate_queries(const std::vector<MetricQuery>& queries,
                                          std::map<std::string, Fetched> fetched,
                                          const QueryPlace& place) {
  const DefaultLabels labels(queries);
  std::map<std::string, math::Value, std::less<>> values;
  math::Context context = context_of(queries, place);
  const std::int64_t usual_period_s = context.period_s;
  context.values = &values;
  for (const MetricQuery& each : queries) {
    if (!each.metric) continue;
    math::Series& series = fetched.at(each.id).series;
    series.label = each.label && !each.label->starts_with("${") ? *each.label : labels.of(each);
    context.metrics.emplace_back(each.id, &series);
    values.emplace(each.id, series);
  }
  for (const MetricQuery* each : in_order(queries)) {
    context.period_s = each->period_s != 0 ? each->period_s : usual_period_s;
    try {
      values.emplace(each->id, math::evaluate(*each->expression, context));
    } catch (const math::MathError& error) {
      throw bad_expression(each->id, error.message);
    }
  }
  std::vector<QueryResult> results;
  for (const MetricQuery& each : queries) {
    if (!each.returns) continue;
    math::Value& value = values.find(each.id)->second;
    const std::string plain = labels.of(each);
    const std::string label = each.label.value_or(plain);
    const auto add = [&](math::Series series, const std::string& name) {
      std::optional<Message> message;
      if (each.metric) message = fetched.at(each.id).message;
      series.label = dynamic_label(name, plain, each, series, place);
      results.push_back({each.id, std::move(series), std::move(message)});
      if (results.size() > kResults) {
        throw errors::validation(
            fmt::format("The queries return more than {} time series.", kResults));
      }
    };
    if (auto* series = std::get_if<math::Series>(&value)) {
      add(std::move(*series), label);
    } else if (auto* array = std::get_if<math::Array>(&value)) {
      for (math::Series& one : *array) {
        const std::string name = one.label.empty() ? label : label + " " + one.label;
        add(std::move(one), name);
      }
    } else {
      throw bad_expression(each.id,
                           fmt::format("The result of the expression is of type {}, it must "
                                       "be a TimeSeries or an Array[TimeSeries]",
                                       math::type_of(value)));
    }
  }
  return results;
}

}  // namespace tandem::cloudwatch
