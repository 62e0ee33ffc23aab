// Alarms of a whole service: evaluated as time goes by, and after the process was killed.
#include <boost/asio/io_context.hpp>
#include <functional>
#include <gmock/gmock.h>
#include <memory>

#include "aws/error.h"
#include "core/timer.h"
#include "services/cloudwatch/service.h"
#include "store/faulty_store.h"

namespace tandem::cloudwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* kFunction = "arn:aws:lambda:us-east-1:123456789012:function:f";
constexpr const char* kPolicy =
    "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:u:resource/dynamodb/table/"
    "T:policyName/P";

class Functions final : public FunctionActions {
 public:
  Answer invoke_later(const std::string& arn, std::string payload, std::string alarm) override {
    calls.push_back(arn + " for " + alarm);
    last = std::move(payload);
    return answer;
  }
  Answer answer = Answer::kAccepted;
  std::vector<std::string> calls;
  std::string last;
};

class PoliciesThatCount final : public ScalingPolicies {
 public:
  Task<std::optional<std::string>> alarm_fired(Fired fired) override {
    calls.push_back(fired.alarm + " " + fired.state);
    last = fired;
    co_return std::nullopt;
  }
  std::vector<std::string> calls;
  Fired last;
};

/// Time moves when the test says so, and timers with it.
class Time final : public core::TimeSource {
 public:
  explicit Time(core::ManualClock& clock) : clock_(clock), scope_(*this) {}
  core::TimePoint now() const noexcept override {
    return core::TimePoint(std::chrono::nanoseconds(clock_.steady_ns()));
  }
  void timer_set(core::TimePoint) override {}

 private:
  core::ManualClock& clock_;
  core::ScopedTimeSource scope_;
};

class AlarmsTest : public ::testing::Test {
 protected:
  /// A full hour.
  static constexpr std::int64_t kBegin_s = 1'700'002'800;

  AlarmsTest() : clock_(kBegin_s * 1'000'000), time_(clock_) { restart(); }
  ~AlarmsTest() override { stop(); }

  void restart() {
    if (service_) stop();
    service_ = std::make_unique<CloudWatchService>(
        service::Environment{loop_.get_executor(), pool_, clock_, random_, store_, "", config_,
                             "us-east-1"},
        CloudWatchPorts{functions_, &policies_});
    service_->start();
    settle();
  }

  void stop() {
    bool stopped = false;
    asio::co_spawn(loop_, service_->stop(), [&](const std::exception_ptr&) { stopped = true; });
    loop_.restart();
    while (!stopped) loop_.run_one_for(std::chrono::milliseconds(100));
    service_.reset();
  }

  /// Until nothing is left to do at this time.
  void settle() {
    loop_.restart();
    while (loop_.poll_one() > 0) {
      if (++turns_ % 10'000 == 0) loop_.restart();
    }
  }

  /// In steps of a second, as timers are looked at.
  void advance_s(std::int64_t seconds) {
    for (std::int64_t i = 0; i < seconds; ++i) {
      clock_.advance_ms(1'000);
      settle();
    }
  }
  void minutes(std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      clock_.advance_ms(60'000);
      settle();
    }
  }

  json::object call(std::string_view name, json::object input) {
    for (const service::Operation& operation : service_->operations()) {
      if (operation.name != name) continue;
      service::RequestContext context;
      std::optional<json::object> output;
      asio::co_spawn(loop_, operation.handler(context, std::move(input)),
                     [&](const std::exception_ptr& escaped, service::Reply reply) {
                       output = std::move(reply.output);
                       try {
                         if (escaped) std::rethrow_exception(escaped);
                       } catch (const aws::ApiError& error) {
                         output = {{"error", error.code()}, {"message", error.message()}};
                       } catch (const store::StoreError&) {
                         output = {{"error", "StoreError"}};
                       }
                     });
      settle();
      EXPECT_TRUE(output.has_value()) << name;
      return output.value_or(json::object());
    }
    ADD_FAILURE() << "no operation " << name;
    return {};
  }

  void put_alarm(std::string_view name, json::object more) {
    json::object input{{"AlarmName", name},      {"Namespace", "Test"},
                       {"MetricName", "Orders"}, {"Statistic", "Sum"},
                       {"Period", 60},           {"EvaluationPeriods", 1},
                       {"Threshold", 5},         {"ComparisonOperator", "GreaterThanThreshold"}};
    for (auto& [key, value] : more) input[key] = value;
    EXPECT_EQ(call("PutMetricAlarm", std::move(input)), json::object());
  }
  void put(double value) {
    call("PutMetricData",
         {{"Namespace", "Test"}, {"MetricData", {{{"MetricName", "Orders"}, {"Value", value}}}}});
  }
  std::string state(std::string_view name) {
    const auto found = service_->alarm_state(name);
    return found ? std::string(name_of(*found)) : "none";
  }
  std::vector<std::string> history(std::string_view name, std::string_view type) {
    std::vector<std::string> all;
    const auto found =
        call("DescribeAlarmHistory", {{"AlarmName", name},
                                      {"HistoryItemType", type},
                                      {"ScanBy", "TimestampAscending"},
                                      {"AlarmTypes", {"MetricAlarm", "CompositeAlarm"}}});
    for (const json::value& each : found.at("AlarmHistoryItems").as_array()) {
      all.push_back(json::string_or(each.as_object(), "HistorySummary"));
    }
    return all;
  }

  asio::io_context loop_;
  core::WorkerThreads pool_{1};
  core::ManualClock clock_;
  Time time_;
  core::SeededRandom random_{1};
  service::Config config_;
  store::FaultyStore store_;
  Functions functions_;
  PoliciesThatCount policies_;
  std::size_t turns_ = 0;
  std::unique_ptr<CloudWatchService> service_;
};

TEST_F(AlarmsTest, AMinuteOfDataLaterItGoesOver) {
  put_alarm("a", {{"AlarmActions", {kFunction}}, {"OKActions", {kFunction}}});
  settle();
  EXPECT_EQ(state("a"), "INSUFFICIENT_DATA");
  advance_s(30);
  put(9);
  EXPECT_EQ(state("a"), "INSUFFICIENT_DATA");
  advance_s(30);
  EXPECT_EQ(state("a"), "ALARM");
  ASSERT_THAT(functions_.calls,
              ElementsAre(std::string(kFunction) +
                          " for arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"));
  const auto event = json::parse_text(functions_.last).value().as_object();
  EXPECT_EQ(event.at("source"), "aws.cloudwatch");
  const auto& data = event.at("alarmData").as_object();
  EXPECT_EQ(data.at("state").as_object().at("value"), "ALARM");
  EXPECT_EQ(data.at("previousState").as_object().at("value"), "INSUFFICIENT_DATA");
  EXPECT_EQ(
      data.at("configuration").at("metrics").at(0).at("metricStat").at("metric"),
      (json::value{{"namespace", "Test"}, {"name", "Orders"}, {"dimensions", json::object()}}));
  put(1);
  minutes(1);
  EXPECT_EQ(state("a"), "OK");
  EXPECT_THAT(history("a", "Action"),
              ElementsAre("Successfully executed action " + std::string(kFunction),
                          "Successfully executed action " + std::string(kFunction)));
}

TEST_F(AlarmsTest, AtAnotherPaceSumsAreHeldAgainstWhatAMinuteWouldHaveHad) {
  config_.clock_speed = 60;
  restart();
  put_alarm("sum", {{"Threshold", 100}, {"EvaluationPeriods", 2}});
  put_alarm("average", {{"Threshold", 1.5}, {"Statistic", "Average"}, {"EvaluationPeriods", 2}});
  // Two a second are 120 a minute.
  for (int second = 0; second < 5; ++second) {
    put(2);
    advance_s(1);
  }
  EXPECT_EQ(state("sum"), "ALARM");
  EXPECT_EQ(state("average"), "ALARM");
  for (int second = 0; second < 5; ++second) {
    put(1);
    advance_s(1);
  }
  EXPECT_EQ(state("sum"), "OK");
  EXPECT_EQ(state("average"), "OK");
}

// An alarm over a simulated day: values every minute, and gaps.
TEST_F(AlarmsTest, ADayWithGaps) {
  put_alarm("missing", {{"EvaluationPeriods", 3}, {"DatapointsToAlarm", 2}});
  put_alarm("quiet", {{"EvaluationPeriods", 3}, {"TreatMissingData", "notBreaching"}});
  put_alarm("ignores", {{"EvaluationPeriods", 3}, {"TreatMissingData", "ignore"}});
  std::vector<std::string> seen;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    const bool gap = minute >= 600 && minute < 660;
    const bool busy = minute >= 300 && minute < 310;
    if (!gap) put(busy ? 9 : 1);
    minutes(1);
    const std::string now = state("missing") + " " + state("quiet") + " " + state("ignores");
    if (seen.empty() || seen.back().substr(seen.back().find(' ') + 1) != now) {
      seen.push_back(std::to_string(minute) + " " + now);
    }
  }
  // Two of three are there after the second busy minute; all three after the third. Five periods
  // are looked at, so that the gap is noticed when the fifth of its minutes is over.
  EXPECT_THAT(
      seen, ElementsAre("0 OK OK OK", "301 ALARM OK OK", "302 ALARM ALARM ALARM", "310 ALARM OK OK",
                        "311 OK OK OK", "604 INSUFFICIENT_DATA OK OK", "660 OK OK OK"));
}

TEST_F(AlarmsTest, HighResolutionIsEvaluatedEveryTenSeconds) {
  put_alarm("a", {{"Period", 10}, {"TreatMissingData", "notBreaching"}});
  advance_s(11);
  EXPECT_EQ(state("a"), "OK");
  call("PutMetricData",
       {{"Namespace", "Test"},
        {"MetricData", {{{"MetricName", "Orders"}, {"Value", 9}, {"StorageResolution", 1}}}}});
  advance_s(8);
  EXPECT_EQ(state("a"), "OK");
  advance_s(1);
  EXPECT_EQ(state("a"), "ALARM");
}

TEST_F(AlarmsTest, ScalingPoliciesAreToldEveryMinute) {
  put_alarm("a", {{"AlarmActions", {kPolicy}}, {"TreatMissingData", "notBreaching"}});
  for (int minute = 0; minute < 3; ++minute) {
    put(6 + minute);
    minutes(1);
  }
  EXPECT_THAT(policies_.calls, ElementsAre("a ALARM", "a ALARM", "a ALARM"));
  EXPECT_THAT(policies_.last.data, HasSubstr("\"recentDatapoints\":[8.0]"));
  EXPECT_THAT(history("a", "Action"),
              ElementsAre("Successfully executed action " + std::string(kPolicy)));
  // By hand there are no datapoints to scale by.
  call("SetAlarmState", {{"AlarmName", "a"}, {"StateValue", "OK"}, {"StateReason", ""}});
  call("SetAlarmState", {{"AlarmName", "a"}, {"StateValue", "ALARM"}, {"StateReason", ""}});
  EXPECT_THAT(history("a", "Action"),
              ElementsAre(StartsWith("Successfully"),
                          "Failed to execute AutoScaling action: Metric data points must be "
                          "provided"));
}

TEST_F(AlarmsTest, MathIsWatched) {
  const json::object stat{{"Metric", {{"Namespace", "Test"}, {"MetricName", "Orders"}}},
                          {"Period", 60},
                          {"Stat", "Sum"}};
  const auto put_math = [&](std::string_view expression) {
    return call("PutMetricAlarm",
                {{"AlarmName", "m"},
                 {"EvaluationPeriods", 1},
                 {"Threshold", 5},
                 {"ComparisonOperator", "GreaterThanThreshold"},
                 {"Metrics",
                  {{{"Id", "o"}, {"MetricStat", stat}, {"ReturnData", false}},
                   {{"Id", "e"}, {"Expression", expression}, {"ReturnData", true}}}}});
  };
  EXPECT_THAT(json::string_or(put_math("o *"), "message"), StartsWith("Error in expression 'e'"));
  EXPECT_THAT(json::string_or(put_math("SEARCH('x')"), "message"),
              "SEARCH is not supported on Metric Alarms");
  EXPECT_EQ(put_math("o * 2"), json::object());
  put(3);
  clock_.advance_ms(60'000);
  // What is reckoned on the pool comes back later.
  loop_.restart();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (state("m") != "ALARM" && std::chrono::steady_clock::now() < end) loop_.poll_one();
  EXPECT_EQ(state("m"), "ALARM");
}

TEST_F(AlarmsTest, WhatWasNotTakenIsTakenAfterAKill) {
  functions_.answer = Functions::Answer::kFull;
  put_alarm("a", {{"AlarmActions", {kFunction}}});
  call("PutCompositeAlarm", {{"AlarmName", "c"}, {"AlarmRule", "ALARM(a)"}});
  call("SetAlarmState", {{"AlarmName", "a"}, {"StateValue", "ALARM"}, {"StateReason", "x"}});
  EXPECT_EQ(state("c"), "ALARM");
  EXPECT_THAT(history("a", "Action"), IsEmpty());
  functions_.answer = Functions::Answer::kNotPermitted;
  restart();
  EXPECT_THAT(history("a", "Action"),
              ElementsAre(HasSubstr("is not authorized to perform: lambda:InvokeFunction")));
  const std::size_t calls = functions_.calls.size();
  restart();
  EXPECT_EQ(functions_.calls.size(), calls);
  // Nothing has come since: after the restart the alarm was evaluated and knows nothing.
  EXPECT_EQ(state("c"), "OK");
  EXPECT_EQ(state("a"), "INSUFFICIENT_DATA");
}

TEST_F(AlarmsTest, MemoryStaysAsTheStoreIs) {
  put_alarm("a", {});
  store_.fail_next_writes(store::FaultyStore::kForEver);
  EXPECT_EQ(
      json::string_or(call("SetAlarmState",
                           {{"AlarmName", "a"}, {"StateValue", "ALARM"}, {"StateReason", "x"}}),
                      "error"),
      "StoreError");
  EXPECT_EQ(state("a"), "INSUFFICIENT_DATA");
  store_.heal();
  EXPECT_THAT(history("a", "StateUpdate"), IsEmpty());
}

TEST_F(AlarmsTest, ParentsLookOnceTheStoreTakesIt) {
  put_alarm("a", {});
  call("PutCompositeAlarm", {{"AlarmName", "c"}, {"AlarmRule", "ALARM(a)"}});
  store_.fail_after(1);
  call("SetAlarmState", {{"AlarmName", "a"}, {"StateValue", "ALARM"}, {"StateReason", "x"}});
  EXPECT_EQ(state("a"), "ALARM");
  EXPECT_EQ(state("c"), "OK");
  store_.heal();
  put_alarm("other", {});  // whatever wakes it
  EXPECT_EQ(state("c"), "ALARM");
}

TEST_F(AlarmsTest, CyclesAreKeptAndNotEvaluated) {
  put_alarm("a", {});
  call("PutCompositeAlarm", {{"AlarmName", "x"}, {"AlarmRule", "ALARM(a)"}});
  call("PutCompositeAlarm", {{"AlarmName", "y"}, {"AlarmRule", "ALARM(x)"}});
  call("PutCompositeAlarm", {{"AlarmName", "x"}, {"AlarmRule", "ALARM(a) OR ALARM(y)"}});
  call("SetAlarmState", {{"AlarmName", "a"}, {"StateValue", "ALARM"}, {"StateReason", ""}});
  EXPECT_EQ(state("x"), "OK");
  EXPECT_EQ(state("y"), "OK");
  call("PutCompositeAlarm", {{"AlarmName", "y"}, {"AlarmRule", "FALSE"}});
  call("PutCompositeAlarm", {{"AlarmName", "x"}, {"AlarmRule", "ALARM(a)"}});
  EXPECT_EQ(state("x"), "ALARM");
}

TEST_F(AlarmsTest, SuppressedActionsComeWhenTheirTimeHasCome) {
  put_alarm("a", {});
  put_alarm("quiet", {});
  call("PutCompositeAlarm", {{"AlarmName", "c"},
                             {"AlarmRule", "ALARM(a)"},
                             {"AlarmActions", {kFunction}},
                             {"ActionsSuppressor", "quiet"},
                             {"ActionsSuppressorWaitPeriod", 20},
                             {"ActionsSuppressorExtensionPeriod", 20}});
  advance_s(25);  // its going over into OK has waited, too
  call("SetAlarmState", {{"AlarmName", "a"}, {"StateValue", "ALARM"}, {"StateReason", ""}});
  EXPECT_EQ(state("c"), "ALARM");
  advance_s(10);
  EXPECT_THAT(functions_.calls, IsEmpty());
  restart();
  EXPECT_EQ(state("c"), "OK");  // a was evaluated at the start
}

// All of a minute's alarms are due at once: the loop is given back again and again.
TEST_F(AlarmsTest, ManyAlarmsDoNotHoldTheLoop) {
  constexpr int kAlarms = 640;
  for (int i = 0; i < kAlarms; ++i) put_alarm("a" + std::to_string(i), {});
  put(9);
  clock_.advance_ms(60'000);
  std::size_t turns = 0;
  loop_.restart();
  while (loop_.poll_one() > 0) ++turns;
  EXPECT_EQ(state("a0"), "ALARM");
  EXPECT_EQ(state("a639"), "ALARM");
  EXPECT_GT(turns, static_cast<std::size_t>(kAlarms / 32));
}

TEST_F(AlarmsTest, LongHistoriesComeInPages) {
  put_alarm("a", {{"TreatMissingData", "ignore"}});
  put_alarm("b", {});
  for (int i = 0; i < 300; ++i) {
    call("SetAlarmState", {{"AlarmName", "a"},
                           {"StateValue", i % 2 == 0 ? "ALARM" : "OK"},
                           {"StateReason", std::to_string(i)}});
  }
  for (const char* scan : {"TimestampAscending", "TimestampDescending"}) {
    std::size_t found = 0;
    std::string token;
    do {
      json::object input{{"ScanBy", scan}, {"HistoryItemType", "StateUpdate"}};
      if (!token.empty()) input["NextToken"] = token;
      const json::object page = call("DescribeAlarmHistory", std::move(input));
      found += page.at("AlarmHistoryItems").as_array().size();
      token = json::string_or(page, "NextToken");
    } while (!token.empty());
    EXPECT_EQ(found, 300u) << scan;
  }
  EXPECT_THAT(history("b", "ConfigurationUpdate"), ElementsAre("Alarm \"b\" created"));
}

TEST_F(AlarmsTest, HistoryIsForgottenAfterTwoWeeks) {
  put_alarm("a", {});
  EXPECT_THAT(history("a", "ConfigurationUpdate"), ElementsAre("Alarm \"a\" created"));
  for (int hour = 0; hour < 14 * 24 + 2; ++hour) {
    clock_.advance_ms(3'600'000);
    settle();
  }
  EXPECT_THAT(history("a", "ConfigurationUpdate"), IsEmpty());
}

}  // namespace
}  // namespace tandem::cloudwatch
