#include "services/cloudwatch/model/alarm_reason.h"

#include <gtest/gtest.h>

#include "services/cloudwatch/model/alarm_text.h"

namespace tandem::cloudwatch {
namespace {

constexpr std::int64_t kNoon_ms = 1'777'608'900'000;  // 2026-05-01T04:15:00Z

MetricRule rule(json::object more) {
  json::object document{{"Namespace", "n"},
                        {"MetricName", "m"},
                        {"Statistic", "Average"},
                        {"Period", 60},
                        {"EvaluationPeriods", 1},
                        {"Threshold", 21},
                        {"ComparisonOperator", "GreaterThanThreshold"}};
  for (auto& [key, value] : more) document[key] = value;
  return metric_rule_of(document, "123456789012");
}

/// The oldest first, a minute apart, the newest at kNoon_ms.
std::vector<AlarmPoint> points(const std::vector<std::optional<double>>& values) {
  std::vector<AlarmPoint> all;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto back = static_cast<std::int64_t>(values.size() - 1 - i);
    all.push_back({kNoon_ms - back * 60'000, values[i], values[i] ? 2.0 : 0.0});
  }
  return all;
}

std::string text(const MetricRule& of, AlarmState state,
                 const std::vector<std::optional<double>>& values) {
  return reason_of(of, state, points(values), kNoon_ms + 100'123).text;
}

constexpr auto kAlarm = AlarmState::kAlarm;
constexpr auto kOk = AlarmState::kOk;
constexpr auto kNone = std::nullopt;

// [measured: CloudWatch alarms]
TEST(AlarmReason, Texts) {
  EXPECT_EQ(text(rule({}), kAlarm, {21.5}),
            "Threshold Crossed: 1 datapoint [21.5 (01/05/26 04:15:00)] was greater than the "
            "threshold (21.0).");
  const MetricRule three = rule({{"EvaluationPeriods", 3},
                                 {"DatapointsToAlarm", 3},
                                 {"Threshold", 7},
                                 {"ComparisonOperator", "GreaterThanOrEqualToThreshold"}});
  EXPECT_EQ(text(three, kAlarm, {1, 7, 8, 9}),
            "Threshold Crossed: 3 out of the last 3 datapoints [9.0 (01/05/26 04:15:00), 8.0 "
            "(01/05/26 04:14:00), 7.0 (01/05/26 04:13:00)] were greater than or equal to the "
            "threshold (7.0) (minimum 3 datapoints for OK -> ALARM transition).");
  const MetricRule five =
      rule({{"EvaluationPeriods", 5}, {"DatapointsToAlarm", 3}, {"Threshold", 0}});
  EXPECT_EQ(text(five, kOk, {0, 1, 0, 1, 0}),
            "Threshold Crossed: 3 out of the last 5 datapoints [0.0 (01/05/26 04:15:00), 0.0 "
            "(01/05/26 04:13:00), 0.0 (01/05/26 04:11:00)] were not greater than the threshold "
            "(0.0) (minimum 3 datapoints for ALARM -> OK transition).");
  const MetricRule many = rule({{"EvaluationPeriods", 6}, {"Threshold", 10}});
  EXPECT_EQ(text(many, kAlarm, {21, 22, 23, 24, 25, 27.5}),
            "Threshold Crossed: 6 datapoints were greater than the threshold (10.0). The most "
            "recent datapoints which crossed the threshold: [27.5 (01/05/26 04:15:00), 25.0 "
            "(01/05/26 04:14:00), 24.0 (01/05/26 04:13:00), 23.0 (01/05/26 04:12:00), 22.0 "
            "(01/05/26 04:11:00)].");
}

TEST(AlarmReason, OfMissingData) {
  const MetricRule two = rule({{"EvaluationPeriods", 2}, {"TreatMissingData", "breaching"}});
  EXPECT_EQ(text(two, kAlarm, {kNone, kNone}),
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints "
            "were treated as [Breaching].");
  EXPECT_EQ(text(rule({{"TreatMissingData", "notBreaching"}}), kOk, {kNone}),
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint "
            "was treated as [NonBreaching].");
  const MetricRule three = rule({{"EvaluationPeriods", 3}, {"TreatMissingData", "breaching"}});
  EXPECT_EQ(text(three, kAlarm, {kNone, 30, kNone}),
            "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints "
            "were treated as [Breaching].");
  EXPECT_EQ(text(rule({}), AlarmState::kInsufficientData, {kNone}),
            "Insufficient Data: 1 datapoint was unknown.");
  EXPECT_EQ(text(rule({{"EvaluationPeriods", 5}}), AlarmState::kInsufficientData, {kNone}),
            "Insufficient Data: 5 datapoints were unknown.");
}

TEST(AlarmReason, Data) {
  const auto data = reason_of(rule({{"Unit", "Seconds"}, {"Period", 10}}), kAlarm, points({21.5}),
                              kNoon_ms + 40'123)
                        .data;
  EXPECT_EQ(data,
            R"({"version":"1.0","queryDate":"2026-05-01T04:15:40.123+0000",)"
            R"("startDate":"2026-05-01T04:15:00.000+0000","unit":"Seconds","statistic":"Average",)"
            R"("period":10,"recentDatapoints":[21.5],"threshold":21.0,"evaluatedDatapoints":)"
            R"([{"timestamp":"2026-05-01T04:15:00.000+0000","sampleCount":2.0,"value":21.5}]})");
  const MetricRule two = rule({{"EvaluationPeriods", 2}});
  EXPECT_EQ(reason_of(two, kAlarm, points({kNone, 22}), kNoon_ms).data,
            R"({"version":"1.0","queryDate":"2026-05-01T04:15:00.000+0000",)"
            R"("startDate":"2026-05-01T04:15:00.000+0000","statistic":"Average","period":60,)"
            R"("recentDatapoints":[22.0],"threshold":21.0,"evaluatedDatapoints":)"
            R"([{"timestamp":"2026-05-01T04:15:00.000+0000","sampleCount":2.0,"value":22.0},)"
            R"({"timestamp":"2026-05-01T04:14:00.000+0000"}]})");
  // A day by the minute does not fit: the newest stay.
  const std::vector<std::optional<double>> day(1'440, 30.25);
  const auto long_data =
      reason_of(rule({{"EvaluationPeriods", 1'440}}), kAlarm, points(day), kNoon_ms);
  EXPECT_LE(long_data.data.size(), kLongestReasonData);
  EXPECT_LE(long_data.text.size(), kLongestReason);
  EXPECT_NE(long_data.data.find("\"recentDatapoints\":[30.25"), std::string::npos);
}

TEST(AlarmText, NumbersAsJavaWritesThem) {
  const std::pair<double, const char*> cases[] = {{0, "0.0"},          {21, "21.0"},
                                                  {-0.5, "-0.5"},      {0.001, "0.001"},
                                                  {0.00015, "1.5E-4"}, {9'999'999, "9999999.0"},
                                                  {1e7, "1.0E7"},      {1.25e20, "1.25E20"}};
  for (const auto& [value, wanted] : cases) EXPECT_EQ(number_text(value), wanted);
  EXPECT_EQ(long_time(1'658'505'465'000), "Friday 22 July, 2022 15:57:45 UTC");
}

// User Guide, "Alarm evaluation", "Percentile-based CloudWatch alarms and low data samples".
TEST(MetricRule, WindowsAndSamples) {
  const MetricRule minutes = rule({{"Period", 300}});
  EXPECT_EQ(evaluated_every_s(minutes), 60);
  // Minute 6 of an alarm over five minutes reads minutes 2 to 6.
  const AlarmWindow window = window_of(minutes, 6 * 60 + 7, 60);
  EXPECT_EQ(window.end_s, 360);
  EXPECT_EQ(window.end_s - 300, 60);
  EXPECT_EQ(evaluated_every_s(rule({{"Period", 10}})), 10);
  EXPECT_EQ(evaluated_every_s(rule({{"Period", 3'600}, {"EvaluationPeriods", 24}})), 60);
  EXPECT_EQ(evaluated_every_s(rule({{"Period", 3'600}, {"EvaluationPeriods", 25}})), 3'600);
  EXPECT_TRUE(has_few_samples(*Statistic::parse("p99"), 999));
  EXPECT_FALSE(has_few_samples(*Statistic::parse("p99"), 1'001));
  EXPECT_TRUE(has_few_samples(*Statistic::parse("p10"), 99));
  EXPECT_FALSE(has_few_samples(*Statistic::parse("p10"), 101));
  EXPECT_FALSE(has_few_samples(*Statistic::parse("Average"), 1));
  // API reference, PutMetricAlarm, and User Guide: alarms on DynamoDB's metrics ignore what is
  // missing unless they say otherwise.
  EXPECT_EQ(rule({{"Namespace", "AWS/DynamoDB"}}).evaluation.missing, MissingData::kIgnore);
  EXPECT_EQ(rule({{"Namespace", "AWS/DynamoDB"}, {"TreatMissingData", "notBreaching"}})
                .evaluation.missing,
            MissingData::kNotBreaching);
  EXPECT_EQ(rule({}).evaluation.missing, MissingData::kMissing);
}

}  // namespace
}  // namespace tandem::cloudwatch
