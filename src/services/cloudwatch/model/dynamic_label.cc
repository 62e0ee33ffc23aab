// ${…} in labels (CloudWatch User Guide, "Use dynamic labels").
#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "services/cloudwatch/errors.h"
#include "services/cloudwatch/model/metric_query.h"

namespace tandem::cloudwatch {
namespace {

/// "You can use as many as five dynamic values in a label."
constexpr int kMost = 5;

std::string shown(double value) { return fmt::format("{:.10g}", value); }

/// Of a series without points.
std::string no_value() { return "--"; }

std::optional<std::string> of_values(std::string_view word, const math::Series& series) {
  const auto& points = series.points;
  if (word == "DATAPOINT_COUNT") return std::to_string(points.size());
  const auto less = [](const math::Point& one, const math::Point& other) {
    return one.value < other.value;
  };
  const bool any = !points.empty();
  if (word == "FIRST") return any ? shown(points.front().value) : no_value();
  if (word == "LAST") return any ? shown(points.back().value) : no_value();
  if (word == "MIN") {
    return any ? shown(std::min_element(points.begin(), points.end(), less)->value) : no_value();
  }
  if (word == "MAX") {
    return any ? shown(std::max_element(points.begin(), points.end(), less)->value) : no_value();
  }
  if (word != "AVG" && word != "SUM") return std::nullopt;
  double sum = 0;
  for (const math::Point& each : points) sum += each.value;
  if (word == "SUM") return shown(sum);
  return any ? shown(sum / static_cast<double>(points.size())) : no_value();
}

std::optional<std::string> of_property(std::string_view name, const MetricQuery& query,
                                       const math::Series& series, const QueryPlace& place) {
  if (name == "Region") return place.region;
  if (name == "AccountId") return place.account;
  if (name == "Period") return std::to_string(series.period_s);
  // Of an expression's result there is no metric whose property it could be.
  if (!query.metric) return std::string();
  if (name == "Namespace") return query.metric->metric.name_space;
  if (name == "MetricName") return query.metric->metric.name;
  if (name == "Stat") return query.metric->stat;
  if (!name.starts_with("Dim.")) return std::nullopt;
  for (const auto& [dimension, value] : query.metric->metric.dimensions) {
    if (dimension == name.substr(4)) return value;
  }
  return std::string();
}

/// What stands between the quotes of PROP('…').
std::optional<std::string_view> property_in(std::string_view word) {
  constexpr std::string_view kBegin = "PROP('";
  constexpr std::string_view kEnd = "')";
  if (!word.starts_with(kBegin) || !word.ends_with(kEnd)) return std::nullopt;
  if (word.size() < kBegin.size() + kEnd.size()) return std::nullopt;
  return word.substr(kBegin.size(), word.size() - kBegin.size() - kEnd.size());
}

}  // namespace

std::string dynamic_label(const std::string& label, const std::string& plain,
                          const MetricQuery& query, const math::Series& series,
                          const QueryPlace& place) {
  std::string made;
  std::size_t at = 0;
  int count = 0;
  for (;;) {
    const std::size_t begin = label.find("${", at);
    const std::size_t end = begin == std::string::npos ? begin : label.find('}', begin);
    if (end == std::string::npos) return made + label.substr(at);
    made += label.substr(at, begin - at);
    const std::string_view word = std::string_view(label).substr(begin + 2, end - begin - 2);
    std::optional<std::string> value;
    if (word == "LABEL") value = plain;
    if (!value) value = of_values(word, series);
    if (const auto property = property_in(word))
      value = of_property(*property, query, series, place);
    if (!value) {
      throw errors::validation(
          fmt::format("The dynamic value ${{{}}} of a label is not implemented here.", word));
    }
    if (++count > kMost) {
      throw errors::validation(fmt::format("A label has at most {} dynamic values.", kMost));
    }
    made += *value;
    at = end + 1;
  }
}

}  // namespace tandem::cloudwatch
