#include "services/cloudwatch/model/datum.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string_view>

#include "services/cloudwatch/errors.h"

namespace tandem::cloudwatch {
namespace {

constexpr std::size_t kMetrics = 1'000;
constexpr std::size_t kValues = 150;
constexpr std::int64_t kDay_s = 86'400;
constexpr std::int64_t kPast_s = 14 * kDay_s;
constexpr std::int64_t kFuture_s = 2 * 3'600;
/// "-2^360 to 2^360. In addition, special values (for example, NaN, +Infinity, -Infinity) are not
/// supported."
const double kMagnitude = std::ldexp(1.0, 360);

void check_number(double value, const std::string& path) {
  if (std::isfinite(value) && std::abs(value) <= kMagnitude) return;
  std::string shown = fmt::format("{}", value);
  if (std::isnan(value)) shown = "NaN";
  if (std::isinf(value)) shown = value > 0 ? "Infinity" : "-Infinity";
  throw errors::bad_value(shown, path);
}

double number_at(const json::object& in, std::string_view key, const std::string& path) {
  const double value = in.at(key).to_number<double>();
  check_number(value, path + std::string(key));
  return value;
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char each) {
    const auto byte = static_cast<unsigned char>(each);
    return byte >= 0x20 && byte < 0x7f;
  });
}

void check_text(std::string_view text, const std::string& path) {
  if (!printable(text) || text.find_first_not_of(' ') == std::string_view::npos) {
    throw errors::bad_value(text, path);
  }
}

Aggregate values_of(const json::object& in, const json::array& values, const std::string& path) {
  const json::array* counts = json::find_array(in, "Counts");
  if (values.size() > kValues) {
    throw errors::invalid_value(fmt::format(
        "The collection {}Values must not have a size greater than {}.", path, kValues));
  }
  if (counts != nullptr && counts->size() != values.size()) {
    throw errors::invalid_value(
        fmt::format("The parameters {0}Values and {0}Counts must be of the same size.", path));
  }
  Aggregate all;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = values[i].to_number<double>();
    check_number(value, fmt::format("{}Values.member.{}", path, i + 1));
    const double count = counts == nullptr ? 1 : (*counts)[i].to_number<double>();
    const std::string at = fmt::format("{}Counts.member.{}", path, i + 1);
    check_number(count, at);
    if (count <= 0) throw errors::bad_value(fmt::format("{}", count), at);
    all.add(Aggregate::of(value, count));
  }
  return all;
}

Aggregate set_of(const json::object& set, const std::string& path) {
  const double count = number_at(set, "SampleCount", path);
  const double sum = number_at(set, "Sum", path);
  const double minimum = number_at(set, "Minimum", path);
  const double maximum = number_at(set, "Maximum", path);
  if (count <= 0) throw errors::bad_value(fmt::format("{}", count), path + "SampleCount");
  if (minimum > maximum) throw errors::bad_value(fmt::format("{}", minimum), path + "Minimum");
  return Aggregate::of_set(count, sum, minimum, maximum);
}

Aggregate read_values(const json::object& in, const std::string& path) {
  const bool value = in.contains("Value");
  const json::array* values = json::find_array(in, "Values");
  const json::object* set = json::find_object(in, "StatisticValues");
  if (value && values != nullptr) throw errors::both_given(path + "Value", path + "Values");
  if (value && set != nullptr) throw errors::both_given(path + "Value", path + "StatisticValues");
  if (values != nullptr && set != nullptr) {
    throw errors::both_given(path + "Values", path + "StatisticValues");
  }
  if (value) return Aggregate::of(number_at(in, "Value", path));
  if (set != nullptr) return set_of(*set, path + "StatisticValues.");
  if (values == nullptr || values->empty()) throw errors::missing(path + "Value");
  return values_of(in, *values, path);
}

std::int64_t time_of(const json::object& in, std::int64_t now_s, const std::string& path) {
  const json::value* given = json::find(in, "Timestamp");
  if (given == nullptr) return now_s;
  const double time = std::floor(given->to_number<double>());
  const auto now = static_cast<double>(now_s);
  if (!(time >= now - kPast_s)) {
    throw errors::invalid_value(fmt::format(
        "The parameter {}Timestamp must specify a time within the past two weeks.", path));
  }
  if (!(time <= now + kFuture_s)) {
    throw errors::invalid_value(fmt::format(
        "The parameter {}Timestamp must specify a time no more than two hours in the future.",
        path));
  }
  return static_cast<std::int64_t>(time);
}

Datum read_datum(const json::object& in, const std::string& name_space, std::int64_t now_s,
                 const std::string& path) {
  Datum datum;
  datum.metric.name_space = name_space;
  datum.metric.name = json::string_or(in, "MetricName");
  check_text(datum.metric.name, path + "MetricName");
  datum.metric.dimensions = read_dimensions(in, path);
  datum.unit = json::string_or(in, "Unit", "None");
  datum.resolution_s = static_cast<int>(json::int_or(in, "StorageResolution", 60));
  if (datum.resolution_s != 1 && datum.resolution_s != 60) {
    throw errors::bad_value(std::to_string(datum.resolution_s), path + "StorageResolution");
  }
  datum.values = read_values(in, path);
  datum.time_s = time_of(in, now_s, path);
  return datum;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> read_dimensions(const json::object& in,
                                                                 const std::string& path) {
  std::vector<std::pair<std::string, std::string>> all;
  const json::array* given = json::find_array(in, "Dimensions");
  if (given == nullptr) return all;
  for (std::size_t i = 0; i < given->size(); ++i) {
    const json::object& each = (*given)[i].as_object();
    const std::string at = fmt::format("{}Dimensions.member.{}.", path, i + 1);
    all.emplace_back(json::string_or(each, "Name"), json::string_or(each, "Value"));
    check_text(all.back().first, at + "Name");
    // "must contain only ASCII characters, must include at least one non-whitespace character, and
    // cannot start with a colon" (API reference, "Dimension").
    if (all.back().first.starts_with(':')) throw errors::bad_value(all.back().first, at + "Name");
    check_text(all.back().second, at + "Value");
  }
  std::sort(all.begin(), all.end());
  const auto same = std::adjacent_find(
      all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  if (same != all.end()) {
    throw errors::invalid_value(
        fmt::format("The parameter {}Dimensions has the name {} twice.", path, same->first));
  }
  return all;
}

std::vector<Datum> read_metric_data(const json::object& input, std::int64_t now_s, Sender sender) {
  const std::string name_space = json::string_or(input, "Namespace");
  // "You cannot specify a namespace that begins with "AWS/"".
  const bool own = sender == Sender::kRoute53 && name_space == "AWS/Route53";
  const bool reserved = name_space.starts_with("AWS/") && !own;
  if (reserved || !printable(name_space)) {
    throw errors::bad_value(reserved ? "AWS/" : name_space, "Namespace");
  }
  const json::array* data = json::find_array(input, "MetricData");
  if (data == nullptr || data->empty()) throw errors::missing("MetricData");
  if (data->size() > kMetrics) {
    throw errors::invalid_value(
        fmt::format("The collection MetricData must not have a size greater than {}.", kMetrics));
  }
  std::vector<Datum> all;
  all.reserve(data->size());
  for (std::size_t i = 0; i < data->size(); ++i) {
    all.push_back(read_datum((*data)[i].as_object(), name_space, now_s,
                             fmt::format("MetricData.member.{}.", i + 1)));
  }
  return all;
}

}  // namespace tandem::cloudwatch
