#include "services/cloudwatch/model/alarm_rule.h"

#include <gtest/gtest.h>
#include <map>

namespace tandem::cloudwatch {
namespace {

/// a and b are in ALARM, o is in OK, everything else in INSUFFICIENT_DATA.
AlarmState state_of(const std::string& name) {
  if (name == "a" || name == "b" || name == "two words") return AlarmState::kAlarm;
  return name == "o" ? AlarmState::kOk : AlarmState::kInsufficientData;
}

std::string value(std::string_view rule) {
  const auto parsed = AlarmRuleExpression::parse(rule);
  if (!parsed) return parsed.error().message;
  return parsed.value().holds(state_of) ? "true" : "false";
}

// User Guide, "Composite alarms", "Rule expressions".
TEST(AlarmRule, Holds) {
  const std::pair<const char*, const char*> cases[] = {
      {"TRUE", "true"},
      {"FALSE", "false"},
      {"ALARM(a)", "true"},
      {"OK(a)", "false"},
      {"OK ( \"o\" )", "true"},
      {"ALARM(\"two words\")", "true"},
      {"INSUFFICIENT_DATA(x)", "true"},
      {"NOT ALARM(a)", "false"},
      {"NOT NOT ALARM(a)", "true"},
      {"ALARM(o) AND ALARM(o) OR ALARM(a)", "true"},  // AND binds closer
      {"ALARM(a) OR ALARM(o) AND ALARM(o)", "true"},
      {"(ALARM(a) OR ALARM(o)) AND ALARM(o)", "false"},
      {"NOT (ALARM(a) AND ALARM(o))", "true"},
      {"ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:x)", "false"},
      {"AT_LEAST(2, ALARM, (a, b, o))", "true"},
      {"AT_LEAST(3, ALARM, (a, b, o))", "false"},
      {"AT_LEAST(50%, OK, (a, o))", "true"},
      {"AT_LEAST(\"51%\", OK, (a, o))", "false"},
      {"AT_LEAST(2, NOT OK, (a, b, o))", "true"}};
  for (const auto& [rule, wanted] : cases) EXPECT_EQ(value(rule), wanted) << rule;
}

TEST(AlarmRule, WhatIsNoneSaysWhy) {
  constexpr std::string_view kOperand =
      ", must be: '(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA";
  EXPECT_EQ(value(")"), "Unsupported token ')' at char 0" + std::string(kOperand));
  EXPECT_EQ(value("ALARM(CPU Oldest)"), "Unsupported token 'Oldest' at char 10, must be: ')'");
  EXPECT_EQ(value(""), "Unexpected end of the rule at char 0" + std::string(kOperand));
  EXPECT_EQ(value("ALARM()"),
            "Unsupported token ')' at char 6, must be: the name or the ARN of an alarm");
  EXPECT_EQ(value("TRUE TRUE"), "Unsupported token 'TRUE' at char 5, must be: AND or OR");
  EXPECT_EQ(value("ALARM(\"a"), "Unterminated quoted string at char 6");
  EXPECT_EQ(value("AT_LEAST(4, OK, (a, b))"), "AT_LEAST wants 4 of 2 alarms");
  EXPECT_EQ(value("AT_LEAST(x, OK, (a, b))"),
            "Unsupported token 'x' at char 9, must be: a number or a percentage");
}

TEST(AlarmRule, IsBounded) {
  std::string many;
  for (int i = 0; i < 101; ++i)
    many += (many.empty() ? "" : " OR ") + ("OK(n" + std::to_string(i)) + ")";
  EXPECT_EQ(value(many), "A rule names at most 100 alarms");
  std::string deep(100, '(');
  EXPECT_EQ(value(deep + "TRUE"), "Parentheses are nested deeper than 64");
  std::string chain = "TRUE";
  for (int i = 0; i < 400; ++i) chain += " AND TRUE";
  EXPECT_EQ(value(chain), "A rule has at most 500 elements");
  const auto twice = AlarmRuleExpression::parse("OK(a) OR ALARM(a) OR OK(\"b c\")");
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice.value().alarms(), (std::vector<std::string>{"a", "b c"}));
}

}  // namespace
}  // namespace tandem::cloudwatch
