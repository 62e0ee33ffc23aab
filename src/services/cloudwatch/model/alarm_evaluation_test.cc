#include "services/cloudwatch/model/alarm_evaluation.h"

#include <gtest/gtest.h>
#include <string>

namespace tandem::cloudwatch {
namespace {

/// "0 - X": a point that does not breach, none, one that does; the oldest first.
std::vector<std::optional<bool>> points(std::string_view text) {
  std::vector<std::optional<bool>> all;
  for (const char each : text) {
    if (each == ' ') continue;
    all.push_back(each == '-' ? std::nullopt : std::optional(each == 'X'));
  }
  return all;
}

/// Under missing, ignore, breaching and notBreaching; "keep" where the state stays what it was.
std::string states(std::size_t m, std::string_view text) {
  std::string all;
  for (const auto missing : {MissingData::kMissing, MissingData::kIgnore, MissingData::kBreaching,
                             MissingData::kNotBreaching}) {
    const EvaluationRule rule{3, m, missing};
    const AlarmState first = evaluate(rule, AlarmState::kOk, points(text));
    const bool keeps = first == AlarmState::kOk &&
                       evaluate(rule, AlarmState::kAlarm, points(text)) == AlarmState::kAlarm;
    all += (all.empty() ? "" : " ") + (keeps ? "keep" : std::string(name_of(first)));
  }
  return all;
}

// CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data", its two tables.
TEST(AlarmEvaluation, TheTablesOfTheGuide) {
  EXPECT_EQ(evaluation_range(3), 5u);
  EXPECT_EQ(states(3, "0 - X - X"), "OK OK OK OK");
  EXPECT_EQ(states(3, "0 - - - -"), "OK OK OK OK");
  EXPECT_EQ(states(3, "- - - - -"), "INSUFFICIENT_DATA keep ALARM OK");
  EXPECT_EQ(states(3, "0 X X - X"), "ALARM ALARM ALARM ALARM");
  EXPECT_EQ(states(3, "- - X - -"), "ALARM keep ALARM OK");
  EXPECT_EQ(states(2, "0 - X - X"), "ALARM ALARM ALARM ALARM");
  EXPECT_EQ(states(2, "0 0 X 0 X"), "ALARM ALARM ALARM ALARM");
  EXPECT_EQ(states(2, "0 - X - -"), "OK OK ALARM OK");
  EXPECT_EQ(states(2, "- - - - 0"), "OK OK ALARM OK");
  EXPECT_EQ(states(2, "- - - X -"), "ALARM keep ALARM OK");
}

TEST(AlarmEvaluation, Comparisons) {
  const std::pair<const char*, std::string_view> cases[] = {
      {"GreaterThanOrEqualToThreshold", "011"},
      {"GreaterThanThreshold", "001"},
      {"LessThanThreshold", "100"},
      {"LessThanOrEqualToThreshold", "110"}};
  for (const auto& [word, wanted] : cases) {
    const auto comparison = comparison_of(word);
    ASSERT_TRUE(comparison) << word;
    std::string found;
    for (const double value : {1.0, 2.0, 3.0}) found += breaches(*comparison, value, 2) ? '1' : '0';
    EXPECT_EQ(found, wanted) << word;
  }
  EXPECT_FALSE(comparison_of("GreaterThanUpperThreshold"));
  EXPECT_FALSE(missing_data_of("Breaching"));
}

}  // namespace
}  // namespace tandem::cloudwatch
