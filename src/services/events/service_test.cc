#include "services/events/service.h"

#include <boost/asio/io_context.hpp>
#include <functional>
#include <gmock/gmock.h>
#include <memory>

#include "aws/error.h"
#include "store/faulty_store.h"

namespace tandem::events {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kGroup = "arn:aws:logs:us-east-1:123456789012:log-group:/g";
constexpr const char* kFunction = "arn:aws:lambda:us-east-1:123456789012:function:f";
constexpr const char* kPipeline = "arn:aws:codepipeline:us-east-1:123456789012:p";
constexpr const char* kRole = "arn:aws:iam::123456789012:role/r";

class Functions final : public FunctionTargets {
 public:
  Answer invoke_later(const std::string& arn, std::string payload, std::string rule) override {
    calls.push_back(arn + " " + payload + " " + rule);
    return answer;
  }
  Answer answer = Answer::kAccepted;
  std::vector<std::string> calls;
};

class Logs final : public LogTargets {
 public:
  bool append(std::string_view group, std::string_view, std::int64_t time,
              std::string text) override {
    if (group != "/g") return false;
    messages.push_back(std::move(text));
    last_time = time;
    return true;
  }
  std::vector<std::string> messages;
  std::int64_t last_time = 0;
};

class Api final : public aws::Api {
 public:
  Task<aws::ApiResult> call(aws::ApiCall call) override {
    calls.push_back(call.service + " " + call.operation + " " + json::to_text(call.input) + " " +
                    call.caller + " for " + call.source_arn);
    if (status > 0) throw aws::ApiError(status, "SomeException", "no");
    co_return aws::ApiResult{};
  }
  int status = 0;
  std::vector<std::string> calls;
};

class EventsTest : public ::testing::Test {
 protected:
  EventsTest() { restart(); }
  ~EventsTest() override { stop(); }

  void restart(Deliveries::Bounds bounds = {}) {
    if (service_) stop();
    service_ = std::make_unique<EventsService>(
        service::Environment{loop_.get_executor(), pool_, clock_, random_, store_, "", config_,
                             "us-east-1"},
        EventsPorts{functions_, logs_, api_}, bounds);
  }

  void stop() {
    bool stopped = false;
    asio::co_spawn(loop_, service_->stop(), [&](const std::exception_ptr&) { stopped = true; });
    run_until([&] { return stopped; });
  }

  void run_until(const std::function<bool()>& condition) {
    const auto end = core::TimerClock::now() + std::chrono::seconds(60);
    loop_.restart();
    while (!condition() && core::TimerClock::now() < end) {
      loop_.run_one_for(std::chrono::milliseconds(100));
    }
    EXPECT_TRUE(condition());
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
      run_until([&] { return output.has_value(); });
      return *output;
    }
    ADD_FAILURE() << "no operation " << name;
    return {};
  }

  std::string refusal(std::string_view name, json::object input) {
    const json::object output = call(name, std::move(input));
    return json::string_or(output, "error") + ": " + json::string_or(output, "message");
  }

  void make_rule(json::object target, std::string_view name = "r") {
    call("PutRule", {{"Name", name}, {"EventPattern", R"({"source": ["s"]})"}});
    target["Id"] = "t";
    const auto answer = call("PutTargets", {{"Rule", name}, {"Targets", {std::move(target)}}});
    EXPECT_EQ(answer.at("FailedEntryCount"), 0) << answer;
  }

  json::object put(std::string_view detail = "{}", std::string_view source = "s") {
    return call("PutEvents",
                {{"Entries", {{{"Source", source}, {"DetailType", "d"}, {"Detail", detail}}}}});
  }

  std::size_t stored() {
    std::size_t count = 0;
    store::for_each(store_, "delivery/", [&](std::string_view, std::string_view) {
      ++count;
      return true;
    });
    return count;
  }

  asio::io_context loop_;
  core::WorkerThreads pool_{1};
  core::ManualClock clock_;
  core::SeededRandom random_{1};
  service::Config config_;
  store::FaultyStore store_;
  Functions functions_;
  Logs logs_;
  Api api_;
  std::unique_ptr<EventsService> service_;
};

TEST_F(EventsTest, RulesComeAndGo) {
  make_rule({{"Arn", kGroup}});
  const auto rule = call("DescribeRule", {{"Name", "r"}});
  EXPECT_EQ(rule.at("Arn"), "arn:aws:events:us-east-1:123456789012:rule/r");
  EXPECT_EQ(rule.at("State"), "ENABLED");
  EXPECT_EQ(refusal("DeleteRule", {{"Name", "r"}}),
            "ValidationException: Rule can't be deleted since it has targets.");
  EXPECT_EQ(call("ListRuleNamesByTarget", {{"TargetArn", kGroup}}).at("RuleNames"),
            json::value({"r"}));
  call("PutRule", {{"Name", "r"}, {"EventPattern", R"({"source": ["z"]})"}, {"State", "DISABLED"}});
  restart();
  EXPECT_EQ(call("ListTargetsByRule", {{"Rule", "r"}}).at("Targets").as_array().size(), 1u);
  EXPECT_EQ(call("DescribeRule", {{"Name", "r"}}).at("State"), "DISABLED");
  const auto removed = call("RemoveTargets", {{"Rule", "r"}, {"Ids", {"t", "u"}}});
  EXPECT_EQ(removed.at("FailedEntryCount"), 1);
  EXPECT_THAT(call("DeleteRule", {{"Name", "r"}}), IsEmpty());
  EXPECT_THAT(call("DeleteRule", {{"Name", "r"}}), IsEmpty());
  EXPECT_EQ(refusal("DescribeRule", {{"Name", "r"}}),
            "ResourceNotFoundException: Rule r does not exist on EventBus default.");
}

TEST_F(EventsTest, RefusesInAwsWords) {
  EXPECT_EQ(
      refusal("PutRule", {{"Name", "r"}}),
      "ValidationException: Parameter(s) EventPattern or ScheduleExpression must be specified.");
  EXPECT_THAT(refusal("PutRule", {{"Name", "r"}, {"EventPattern", R"({"a": "b"})"}}),
              HasSubstr("InvalidEventPatternException: Event pattern is not valid. Reason: \"a\" "
                        "must be an object or an array"));
  EXPECT_EQ(refusal("ListRules", {{"EventBusName", "mine"}}),
            "ResourceNotFoundException: Event bus mine does not exist.");
  const auto target = [&](json::object of) {
    of["Id"] = "t";
    return refusal("PutTargets", {{"Rule", "r"}, {"Targets", {std::move(of)}}});
  };
  EXPECT_EQ(target({{"Arn", kGroup}}),
            "ResourceNotFoundException: Rule r does not exist on EventBus default.");
  EXPECT_EQ(target({{"Arn", "test-bucket"}}),
            "ValidationException: Parameter test-bucket is not valid. Reason: Provided Arn is not "
            "in correct format.");
  EXPECT_EQ(target({{"Arn", "arn:aws:s3:::b"}}),
            "ValidationException: s3 is not a supported service for a target.");
  EXPECT_THAT(target({{"Arn", "arn:aws:sqs:us-east-1:123456789012:q"}}),
              HasSubstr("targets of sqs"));
  EXPECT_EQ(target({{"Arn", kPipeline}}),
            fmt::format("ValidationException: RoleArn is required for target {}.", kPipeline));
  EXPECT_THAT(target({{"Arn", kFunction}, {"DeadLetterConfig", json::object()}}),
              HasSubstr("Targets.DeadLetterConfig"));
  EXPECT_EQ(target({{"Arn", kFunction}, {"EcsParameters", json::object()}}),
            "ValidationException: Parameter(s) EcsParameters not supported for target: t.");
}

TEST_F(EventsTest, CountsRulesAndTargets) {
  make_rule({{"Arn", kGroup}});
  json::array targets;
  for (int i = 0; i < 5; ++i) {
    targets.push_back({{"Id", std::to_string(i)}, {"Arn", kGroup}});
  }
  EXPECT_EQ(refusal("PutTargets", {{"Rule", "r"}, {"Targets", targets}}),
            "LimitExceededException: The requested resource exceeds the maximum number allowed.");
  for (int i = 1; i < 300; ++i) {
    call("PutRule", {{"Name", std::to_string(i)}, {"EventPattern", R"({"source": ["s"]})"}});
  }
  EXPECT_THAT(refusal("PutRule", {{"Name", "x"}, {"EventPattern", R"({"source": ["s"]})"}}),
              HasSubstr("LimitExceededException"));
}

TEST_F(EventsTest, MatchedEventsReachTheirTargets) {
  service_->start();
  make_rule({{"Arn", kGroup}});
  make_rule({{"Arn", kFunction}, {"InputPath", "$.detail"}}, "f");
  make_rule({{"Arn", kPipeline}, {"RoleArn", kRole}}, "p");
  make_rule({{"Arn", kGroup},
             {"InputTransformer",
              {{"InputTemplate", R"({"timestamp": 5, "message": "<aws.events.rule-name>"})"}}}},
            "z");
  EXPECT_EQ(put(R"({"a": 1})").at("FailedEntryCount"), 0);
  put("{}", "other");
  run_until([&] { return stored() == 0; });
  ASSERT_EQ(logs_.messages.size(), 2u);
  EXPECT_THAT(logs_.messages[0], HasSubstr(R"("detail":{"a":1})"));
  EXPECT_EQ(logs_.messages[1], "z");
  EXPECT_EQ(logs_.last_time, 5);
  EXPECT_THAT(functions_.calls,
              ElementsAre(std::string(kFunction) +
                          R"( {"a":1} arn:aws:events:us-east-1:123456789012:rule/f)"));
  EXPECT_THAT(api_.calls,
              ElementsAre(std::string(R"(codepipeline StartPipelineExecution {"name":"p"} )") +
                          kRole + " for arn:aws:events:us-east-1:123456789012:rule/p"));
}

TEST_F(EventsTest, ATargetsInputSaysWhatAPipelineIsStartedWith) {
  service_->start();
  make_rule({{"Arn", kPipeline},
             {"RoleArn", kRole},
             {"Input", R"({"variables": [{"name": "K", "value": "v"}], "other": 1,
                           "sourceRevisions": {"actionName": "Source"}})"}});
  put();
  run_until([&] { return stored() == 0; });
  ASSERT_EQ(api_.calls.size(), 1U);
  EXPECT_THAT(api_.calls[0], HasSubstr(R"("variables":[{"name":"K","value":"v"}])"));
  EXPECT_THAT(api_.calls[0], HasSubstr(R"("sourceRevisions":[{"actionName":"Source"}])"));
  EXPECT_THAT(api_.calls[0], testing::Not(HasSubstr("other")));
}

TEST_F(EventsTest, ADisabledRuleSeesNothing) {
  service_->start();
  make_rule({{"Arn", kGroup}});
  call("DisableRule", {{"Name", "r"}});
  put();
  EXPECT_EQ(stored(), 0u);
  call("EnableRule", {{"Name", "r"}});
  put();
  run_until([&] { return logs_.messages.size() == 1; });
}

TEST_F(EventsTest, WhatIsAcceptedOutlivesTheProcess) {
  make_rule({{"Arn", kGroup}});
  put();
  service_->put({{"source", "s"}, {"id", "own"}});
  EXPECT_EQ(stored(), 2u);
  restart();
  service_->start();
  run_until([&] { return logs_.messages.size() == 2 && stored() == 0; });
}

TEST_F(EventsTest, ADamagedRecordHoldsUpNothing) {
  make_rule({{"Arn", kGroup}});
  put();
  put();
  put();
  std::vector<std::string> keys;
  store::for_each(store_, "delivery/", [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  });
  ASSERT_EQ(keys.size(), 3U);
  store_.put(keys[0], "{\"input\": \"\xff\"}");
  restart();
  store_.put(keys[1], "{");
  service_->start();
  run_until([&] { return stored() == 2; });
  EXPECT_EQ(logs_.messages.size(), 1U);
  // Both are there for whoever looks, and new events do not take their names.
  put();
  run_until([&] { return logs_.messages.size() == 2 && stored() == 2; });
  EXPECT_EQ(store_.get(keys[1]), "{");
}

TEST_F(EventsTest, MemoryStaysAsTheStoreIs) {
  make_rule({{"Arn", kGroup}});
  store_.fail_next_writes(store::FaultyStore::kForEver);
  EXPECT_EQ(put().at("error"), "StoreError");
  EXPECT_EQ(call("DisableRule", {{"Name", "r"}}).at("error"), "StoreError");
  EXPECT_EQ(call("RemoveTargets", {{"Rule", "r"}, {"Ids", {"t"}}}).at("error"), "StoreError");
  EXPECT_EQ(call("PutRule", {{"Name", "x"}, {"EventPattern", R"({"source": ["s"]})"}}).at("error"),
            "StoreError");
  EXPECT_THROW(service_->put({{"source", "s"}}), store::StoreError);
  store_.heal();
  EXPECT_EQ(call("DescribeRule", {{"Name", "r"}}).at("State"), "ENABLED");
  EXPECT_EQ(call("ListRules", {}).at("Rules").as_array().size(), 1u);
  service_->start();
  put(R"({"n": 1})");
  run_until([&] { return stored() == 0; });
  EXPECT_EQ(logs_.messages.size(), 1u);
}

TEST_F(EventsTest, WhatHasArrivedIsNotSentAgainForWantOfRoom) {
  service_->start();
  make_rule({{"Arn", kGroup}});
  store_.fail_after(1, 3);  // the event is taken, its end is not
  put();
  run_until([&] { return stored() == 0; });
  EXPECT_EQ(store_.failures(), 3u);
  EXPECT_EQ(logs_.messages.size(), 1u);
}

TEST_F(EventsTest, TriesAgainLaterWhatMaySucceed) {
  service_->start();
  make_rule({{"Arn", kFunction}});
  functions_.answer = FunctionTargets::Answer::kFull;
  put();
  run_until([&] { return functions_.calls.size() == 1; });
  EXPECT_EQ(stored(), 1u);
  functions_.answer = FunctionTargets::Answer::kAccepted;
  clock_.advance_ms(1'000);
  restart();
  service_->start();
  run_until([&] { return functions_.calls.size() == 2 && stored() == 0; });
}

TEST_F(EventsTest, GivesUpWhatCannotSucceed) {
  service_->start();
  make_rule({{"Arn", kFunction}});
  functions_.answer = FunctionTargets::Answer::kNotPermitted;
  put();
  run_until([&] { return functions_.calls.size() == 1 && stored() == 0; });
  make_rule({{"Arn", kPipeline},
             {"RoleArn", kRole},
             {"RetryPolicy", {{"MaximumRetryAttempts", 0}, {"MaximumEventAgeInSeconds", 60}}}});
  api_.status = 503;
  put();
  run_until([&] { return api_.calls.size() == 1 && stored() == 0; });
}

TEST_F(EventsTest, AFullQueueRefusesEntries) {
  restart({.count = 1, .bytes = 1'000'000});
  make_rule({{"Arn", kGroup}});
  EXPECT_EQ(put().at("FailedEntryCount"), 0);
  const auto refused = put();
  EXPECT_EQ(refused.at("Entries").as_array().at(0).as_object().at("ErrorCode"),
            "ThrottlingException");
  service_->put({{"source", "s"}, {"id", "own"}});
  EXPECT_EQ(stored(), 1u);
  core::MetricSet metrics;
  service_->describe_metrics(metrics);
  const std::string text = core::prometheus_text(metrics);
  EXPECT_NE(text.find("\ntandem_event_deliveries_waiting 1\n"), text.npos) << text;
  EXPECT_NE(text.find("\ntandem_events_dropped_total 1\n"), text.npos) << text;
}

TEST_F(EventsTest, EntriesAreRefusedEachForItself) {
  const auto answer = call(
      "PutEvents",
      {{"Entries",
        {json::object{{"Source", "s"}},
         json::object{{"Source", "s"}, {"DetailType", "d"}, {"Detail", "{}"}},
         json::object{
             {"Source", "s"}, {"DetailType", "d"}, {"Detail", "{}"}, {"EventBusName", "none"}}}}});
  EXPECT_EQ(answer.at("FailedEntryCount"), 1);
  const json::array& entries = answer.at("Entries").as_array();
  EXPECT_EQ(entries.at(0).as_object().at("ErrorCode"), "InvalidArgument");
  EXPECT_TRUE(entries.at(1).as_object().contains("EventId"));
  EXPECT_TRUE(entries.at(2).as_object().contains("EventId"));
  EXPECT_EQ(
      refusal(
          "PutEvents",
          {{"Entries",
            {{{"Source", "s"}, {"DetailType", "d"}, {"Detail", std::string(1'048'576, ' ')}}}}}),
      "ValidationException: Total size of the entries in the request is over the limit.");
}

TEST_F(EventsTest, TagsBelongToRules) {
  call("PutRule", {{"Name", "r"},
                   {"EventPattern", R"({"source": ["s"]})"},
                   {"Tags", {{{"Key", "a"}, {"Value", "1"}}}}});
  const std::string arn = "arn:aws:events:us-east-1:123456789012:rule/r";
  call("TagResource", {{"ResourceARN", arn}, {"Tags", {{{"Key", "b"}, {"Value", "2"}}}}});
  call("UntagResource", {{"ResourceARN", arn}, {"TagKeys", {"a"}}});
  call("PutRule", {{"Name", "r"}, {"EventPattern", R"({"source": ["z"]})"}});
  EXPECT_EQ(json::to_text(call("ListTagsForResource", {{"ResourceARN", arn}})),
            R"({"Tags":[{"Key":"b","Value":"2"}]})");
}

}  // namespace
}  // namespace tandem::events
