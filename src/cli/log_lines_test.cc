#include "cli/log_lines.h"

#include <gtest/gtest.h>

namespace tandem::cli {
namespace {

LogLine line(std::int64_t at, std::string message, std::string stream = "a") {
  return {at, "us-east-1", "/aws/lambda/todo-app-Function-1X2Y", std::move(stream), "", message};
}

std::vector<std::string> shown(std::vector<LogLine> lines) {
  std::vector<std::string> texts;
  for (const LogLine& one : without_noise(std::move(lines), "/todos/health")) {
    texts.push_back(one.message);
  }
  return texts;
}

using Texts = std::vector<std::string>;

// The platform's lines have the form of AWS's: Lambda Developer Guide, "Viewing CloudWatch logs for
// Lambda functions".
TEST(LogLines, ThePlatformsLinesAreNoise) {
  EXPECT_EQ(shown({line(1, "INIT_START Runtime Version"),
                   line(2, "START RequestId: 1 Version: $LATEST"), line(3, "hello"),
                   line(4, "END RequestId: 1"), line(5, "REPORT RequestId: 1\tDuration: 1.00 ms")}),
            Texts{"hello"});
}

TEST(LogLines, APathThatGoesOnIsNoProbe) {
  EXPECT_EQ(shown({line(1, "START RequestId: 1"), line(2, "GET /todos/health/7"),
                   line(3, "REPORT RequestId: 1")}),
            Texts{"GET /todos/health/7"});
}

TEST(LogLines, AFailureIsNone) {
  const std::string report = "REPORT RequestId: 1\tDuration: 3000.00 ms\tStatus: timeout";
  EXPECT_EQ(shown({line(1, "START RequestId: 1"), line(2, "GET /todos/health"), line(3, report)}),
            (Texts{"GET /todos/health", report}));
}

TEST(LogLines, WhatIsLoggedDuringAProbeIsNoise) {
  EXPECT_EQ(shown({line(1, "START RequestId: 1"), line(1, "START RequestId: 2", "b"),
                   line(2, "looking"), line(2, "busy", "b"), line(3, "GET /todos/health: 200"),
                   line(4, "REPORT RequestId: 1"), line(5, "START RequestId: 3"),
                   line(6, "GET /todos: 200")}),
            (Texts{"busy", "GET /todos: 200"}));
}

TEST(LogLines, TheLastFailureIsWhatTheFunctionSaidLast) {
  EXPECT_FALSE(last_failure({line(1, "START RequestId: 1"), line(2, "fine"),
                             line(3, "REPORT RequestId: 1\tDuration: 1 ms")}));
  const auto said = last_failure(
      {line(1, "START RequestId: 1"), line(2, "early"), line(3, "no such table"),
       line(4, "END RequestId: 1"), line(5, "REPORT RequestId: 1\tStatus: error"),
       line(6, "START RequestId: 2"), line(7, "fine"), line(8, "REPORT RequestId: 2\t")});
  ASSERT_TRUE(said);
  EXPECT_EQ(said->message, "no such table");
  const auto crashed =
      last_failure({line(1, "START RequestId: 1"), line(2, "hello"),
                    line(3, "RequestId: 1 Error: Runtime exited with error: exit status 3"),
                    line(4, "Runtime.ExitError"), line(5, "REPORT RequestId: 1\tStatus: error")});
  ASSERT_TRUE(crashed);
  EXPECT_EQ(crashed->message, "RequestId: 1 Error: Runtime exited with error: exit status 3");
  const auto silent = last_failure(
      {line(1, "START RequestId: 1"), line(2, "REPORT RequestId: 1\tStatus: timeout")});
  ASSERT_TRUE(silent);
  EXPECT_EQ(silent->message, "REPORT RequestId: 1\tStatus: timeout");
}

TEST(LogLines, AFunctionIsNamedByItsNameOrLogicalId) {
  const LogLine one = line(0, "");
  EXPECT_EQ(one.function(), "todo-app-Function-1X2Y");
  EXPECT_TRUE(names_function("todo-app-Function-1X2Y", one.function()));
  EXPECT_TRUE(names_function("Function", one.function()));
  EXPECT_FALSE(names_function("Func", one.function()));
}

TEST(LogLines, AgesAreThoseOfAwsLogsTail) {
  EXPECT_EQ(parse_age_ms("30s"), 30'000);
  EXPECT_EQ(parse_age_ms("10m"), 600'000);
  EXPECT_EQ(parse_age_ms("5h"), 18'000'000);
  EXPECT_EQ(parse_age_ms("1d"), 86'400'000);
  EXPECT_EQ(parse_age_ms("2w"), 1'209'600'000);
  for (const char* none : {"", "m", "10", "-1m", "1.5h", "10 m", "1y", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_age_ms(none)) << none;
  }
}

TEST(LogLines, ProcessesComeIntoOneOrder) {
  const std::string t = "2026-11-29T03:00:0";
  const std::vector<std::vector<ProcessLine>> logs{
      {{"global", t + "1.000 info a"}, {"global", "more of a"}, {"global", t + "4.000 info d"}},
      {{"us-east-1", t + "2.000 info b"}, {"us-east-1", t + "3.000 info c"}}};
  const auto texts = [&](std::size_t limit) {
    Texts found;
    for (const ProcessLine& one : merge_by_time(logs, limit)) found.push_back(one.text);
    return found;
  };
  EXPECT_EQ(texts(9), (Texts{t + "1.000 info a", "more of a", t + "2.000 info b",
                             t + "3.000 info c", t + "4.000 info d"}));
  EXPECT_EQ(texts(2), (Texts{t + "3.000 info c", t + "4.000 info d"}));
}

}  // namespace
}  // namespace tandem::cli
