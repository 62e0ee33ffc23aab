#include "services/cloudwatch/model/datum.h"

#include <gtest/gtest.h>
#include <limits>

#include "aws/error.h"

namespace tandem::cloudwatch {
namespace {

constexpr std::int64_t kNow_s = 1'790'000'000;

json::object datum(json::object more) {
  json::object made = {{"MetricName", "Orders"}};
  for (const auto& [key, value] : more) made[key] = value;
  return made;
}
json::object input(json::array data, std::string_view name_space = "Shop") {
  return {{"Namespace", name_space}, {"MetricData", std::move(data)}};
}
std::string refusal_of(const json::object& given) {
  try {
    read_metric_data(given, kNow_s);
    return "";
  } catch (const aws::ApiError& error) {
    return error.code() + ": " + error.message();
  }
}
std::string refusal(json::object more) { return refusal_of(input({datum(std::move(more))})); }

TEST(Datum, ValuesInEachOfTheThreeWays) {
  const auto all = read_metric_data(
      input({datum({{"Value", 3}}),
             datum({{"Values", {1, 2.5}}, {"Counts", {2, 3}}, {"Unit", "Seconds"}}),
             datum({{"StatisticValues",
                     {{"SampleCount", 2}, {"Sum", 5}, {"Minimum", 1}, {"Maximum", 4}}},
                    {"StorageResolution", 1},
                    {"Timestamp", kNow_s - 60.5}})}),
      kNow_s);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].values.sum(), 3);
  EXPECT_EQ(all[0].time_s, kNow_s);
  EXPECT_EQ(all[0].unit, "None");
  EXPECT_EQ(all[1].values.count(), 5);
  EXPECT_EQ(all[1].values.sum(), 9.5);
  EXPECT_EQ(all[2].values.maximum(), 4);
  EXPECT_EQ(all[2].resolution_s, 1);
  EXPECT_EQ(all[2].time_s, kNow_s - 61);
}

TEST(Datum, DimensionsAreASet) {
  const auto all = read_metric_data(
      input({datum(
          {{"Value", 1},
           {"Dimensions", {{{"Name", "b"}, {"Value", "1"}}, {{"Name", "a"}, {"Value", "2"}}}}})}),
      kNow_s);
  const std::vector<std::pair<std::string, std::string>> wanted{{"a", "2"}, {"b", "1"}};
  EXPECT_EQ(all[0].metric.dimensions, wanted);
}

// API reference, "PutMetricData"; the texts as tools have met them.
TEST(Datum, Refusals) {
  EXPECT_EQ(refusal({{"Value", 1}, {"Values", {1}}}),
            "InvalidParameterCombinationException: The parameters MetricData.member.1.Value and "
            "MetricData.member.1.Values are mutually exclusive and you have specified both.");
  EXPECT_EQ(refusal({{"Values", {1, 2}}, {"Counts", {1}}}),
            "InvalidParameterValueException: The parameters MetricData.member.1.Values and "
            "MetricData.member.1.Counts must be of the same size.");
  EXPECT_EQ(
      refusal({{"Value", std::numeric_limits<double>::quiet_NaN()}}),
      "InvalidParameterValueException: The value NaN for parameter MetricData.member.1.Value is "
      "invalid.");
  EXPECT_EQ(
      refusal({{"Value", 1e120}}),
      "InvalidParameterValueException: The value 1e+120 for parameter MetricData.member.1.Value "
      "is invalid.");
  EXPECT_EQ(
      refusal({{"Value", 1}, {"Timestamp", kNow_s - 14 * 86'400 - 1}}),
      "InvalidParameterValueException: The parameter MetricData.member.1.Timestamp must specify a "
      "time within the past two weeks.");
  EXPECT_NE(refusal({{"Value", 1}, {"Timestamp", kNow_s + 7'201}}), "");
  EXPECT_EQ(refusal({{"Value", 1}, {"StorageResolution", 30}}),
            "InvalidParameterValueException: The value 30 for parameter "
            "MetricData.member.1.StorageResolution is invalid.");
  EXPECT_EQ(refusal_of(input({datum({{"Value", 1}})}, "AWS/EC2")),
            "InvalidParameterValueException: The value AWS/ for parameter Namespace is invalid.");
  EXPECT_EQ(
      refusal(json::object{}),
      "MissingRequiredParameterException: The parameter MetricData.member.1.Value is required.");
  EXPECT_NE(refusal({{"Value", 1}, {"MetricName", " "}}), "");
  EXPECT_NE(
      refusal({{"Value", 1},
               {"Dimensions", {{{"Name", "a"}, {"Value", "1"}}, {{"Name", "a"}, {"Value", "2"}}}}}),
      "");
  json::array many;
  for (int i = 0; i < 1'001; ++i) many.push_back(datum({{"Value", 1}}));
  EXPECT_EQ(
      refusal_of(input(std::move(many))),
      "InvalidParameterValueException: The collection MetricData must not have a size greater than "
      "1000.");
  json::array values(151, 1);
  EXPECT_EQ(refusal({{"Values", values}}),
            "InvalidParameterValueException: The collection MetricData.member.1.Values must not "
            "have a size "
            "greater than 150.");
}

}  // namespace
}  // namespace tandem::cloudwatch
