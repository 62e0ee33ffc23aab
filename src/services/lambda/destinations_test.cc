// Asynchronous settings: attempts, ages, and who is told how an invocation ended.
#include <gmock/gmock.h>

#include "services/lambda/lambda_testing.h"
#include "services/lambda/model/async_settings.h"
#include "services/lambda/model/destination.h"

namespace tandem::lambda {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kArn = "arn:aws:lambda:us-east-1:123456789012:function:";
const std::string kBus = "arn:aws:events:us-east-1:123456789012:event-bus/default";

// Developer guide, "Capturing records of Lambda asynchronous invocations", example records.
TEST(InvocationRecord, IsAsDocumented) {
  InvocationRecord record;
  record.timestamp_ms = 1'573'755'365'568;
  record.request_id = "e4b46cbf-b738-xmpl-8880-a18cdf61200e";
  const std::string arn = kArn + "f:$LATEST";
  record.function_arn = arn;
  record.condition = Condition::kRetriesExhausted;
  record.invoke_count = 3;
  record.request_payload = R"({"ORDER_IDS":["9e07af03"]})";
  record.executed_version = "$LATEST";
  record.function_error = true;
  record.response_payload = R"({"errorMessage":"RequestId: 1 Process exited"})";
  EXPECT_EQ(json::to_text(json::value(to_json(record))),
            R"({"version":"1.0","timestamp":"2019-11-14T18:16:05.568Z",)"
            R"("requestContext":{"requestId":"e4b46cbf-b738-xmpl-8880-a18cdf61200e",)"
            R"("functionArn":"arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST",)"
            R"("condition":"RetriesExhausted","approximateInvokeCount":3},)"
            R"("requestPayload":{"ORDER_IDS":["9e07af03"]},)"
            R"("responseContext":{"statusCode":200,"executedVersion":"$LATEST",)"
            R"("functionError":"Unhandled"},)"
            R"("responsePayload":{"errorMessage":"RequestId: 1 Process exited"}})");
}

class CollectedEvents final : public EventBus {
 public:
  void put(json::object event) override { all.push_back(std::move(event)); }
  std::vector<json::object> all;
};

class DestinationsTest : public LambdaTest {
 protected:
  DestinationsTest() { events_ = &bus_; }
  void start_quickly() {
    LambdaService::Options options;
    options.queue.retries = {std::chrono::milliseconds(1), std::chrono::milliseconds(1)};
    start(std::move(options));
  }
  json::object settings(json::object more) {
    json::object input = {{"FunctionName", "f"}};
    for (auto& each : more) input[each.key()] = each.value();
    return call("PutFunctionEventInvokeConfig", std::move(input)).output;
  }
  static json::object destination(std::string_view when, const std::string& arn) {
    json::object part;
    part[when] = json::object{{"Destination", arn}};
    return {{"DestinationConfig", std::move(part)}};
  }
  /// What the destination function printed of its event, which it is to echo.
  json::object told() {
    run_until([&] { return !bus_.all.empty(); });
    return bus_.all.front().at("detail").as_object();
  }
  CollectedEvents bus_;
};

TEST_F(DestinationsTest, TheBusIsToldOfFailureAfterAllAttempts) {
  start_quickly();
  create();
  settings(destination("OnFailure", kBus));
  invoke("throw", {{"InvocationType", "Event"}});
  const json::object record = told();
  const json::object& context = record.at("requestContext").as_object();
  EXPECT_EQ(context.at("condition"), "RetriesExhausted");
  EXPECT_EQ(context.at("approximateInvokeCount"), 3);
  EXPECT_EQ(json::string_or(context, "functionArn"), kArn + "f:$LATEST");
  EXPECT_EQ(record.at("requestPayload"), (json::object{{"mode", "throw"}}));
  EXPECT_EQ(record.at("responseContext").at("functionError"), "Unhandled");
  EXPECT_EQ(record.at("responsePayload").at("errorType"), "std::runtime_error");
  const json::object& event = bus_.all.front();
  EXPECT_EQ(event.at("detail-type"), "Lambda Function Invocation Result - Failure");
  EXPECT_EQ(event.at("source"), "lambda");
  EXPECT_EQ(json::to_text(event.at("resources")),
            json::to_text(json::array{json::value(kBus), json::value(kArn + "f:$LATEST")}));
}

TEST_F(DestinationsTest, AttemptsAreAsManyAsAreAskedFor) {
  start_quickly();
  create();
  json::object config = destination("OnFailure", kBus);
  config["MaximumRetryAttempts"] = 0;
  settings(std::move(config));
  invoke("throw", {{"InvocationType", "Event"}});
  EXPECT_EQ(told().at("requestContext").at("approximateInvokeCount"), 1);
}

TEST_F(DestinationsTest, AnEventThatWouldBeTooOldIsNotTriedAgain) {
  start();  // the second attempt would come after a minute
  create();
  json::object config = destination("OnFailure", kBus);
  config["MaximumEventAgeInSeconds"] = 60;
  settings(std::move(config));
  invoke("throw", {{"InvocationType", "Event"}});
  EXPECT_EQ(told().at("requestContext").at("condition"), "EventAgeExceeded");
}

TEST_F(DestinationsTest, AStoppedFunctionIsNotInvoked) {
  start_quickly();
  create();
  settings(destination("OnFailure", kBus));
  call("PutFunctionConcurrency", {{"FunctionName", "f"}, {"ReservedConcurrentExecutions", 0}});
  invoke("echo", {{"InvocationType", "Event"}});
  const json::object record = told();
  EXPECT_EQ(record.at("requestContext").at("condition"), "ZeroReservedConcurrency");
  EXPECT_EQ(record.at("requestContext").at("approximateInvokeCount"), 0);
  EXPECT_FALSE(record.contains("responseContext"));
}

TEST_F(DestinationsTest, AFunctionIsToldOfSuccess) {
  start_quickly();
  create();
  create({}, "g");
  settings(destination("OnSuccess", kArn + "g"));
  call("PutFunctionEventInvokeConfig",
       {{"FunctionName", "g"}, {"DestinationConfig", {{"OnSuccess", {{"Destination", kBus}}}}}});
  invoke("echo", {{"InvocationType", "Event"}});
  // What g was asked is what it was told.
  const json::object record = told().at("requestPayload").as_object();
  EXPECT_EQ(record.at("requestContext").at("condition"), "Success");
  EXPECT_EQ(record.at("requestContext").at("approximateInvokeCount"), 1);
  EXPECT_EQ(record.at("responseContext"),
            (json::object{{"statusCode", 200}, {"executedVersion", "$LATEST"}}));
  EXPECT_EQ(record.at("responsePayload"), (json::object{{"mode", "echo"}}));
}

TEST_F(DestinationsTest, SettingsAreKeptByQualifier) {
  start_quickly();
  create();
  call("PublishVersion", {{"FunctionName", "f"}});
  const auto made = settings({{"MaximumRetryAttempts", 1}, {"Qualifier", "1"}});
  EXPECT_EQ(json::string_or(made, "FunctionArn"), kArn + "f:1");
  EXPECT_EQ(refusal("GetFunctionEventInvokeConfig", {{"FunctionName", "f"}}),
            "ResourceNotFoundException: The function " + kArn +
                "f:$LATEST doesn't have an EventInvokeConfig");
  call("UpdateFunctionEventInvokeConfig",
       {{"FunctionName", "f:1"}, {"MaximumEventAgeInSeconds", 60}});
  wait(service_->stop());
  start_quickly();
  const auto read = call("GetFunctionEventInvokeConfig", {{"FunctionName", "f:1"}}).output;
  EXPECT_EQ(read.at("MaximumRetryAttempts"), 1);
  EXPECT_EQ(read.at("MaximumEventAgeInSeconds"), 60);
  // They go with the version.
  call("DeleteFunction", {{"FunctionName", "f"}, {"Qualifier", "1"}});
  EXPECT_TRUE(call("ListFunctionEventInvokeConfigs", {{"FunctionName", "f"}})
                  .output.at("FunctionEventInvokeConfigs")
                  .as_array()
                  .empty());
}

TEST_F(DestinationsTest, WhatCannotBeToldIsRefused) {
  start_quickly();
  create();
  const auto with = [&](const std::string& arn) {
    json::object input = destination("OnSuccess", arn);
    input["FunctionName"] = "f";
    return refusal("PutFunctionEventInvokeConfig", std::move(input));
  };
  EXPECT_THAT(with("arn:aws:sqs:us-east-1:123456789012:q"),
              HasSubstr("DestinationConfig.OnSuccess.Destination"));
  EXPECT_THAT(with("arn:aws:events:us-east-1:123456789012:event-bus/other"),
              HasSubstr("DestinationConfig.OnSuccess.Destination"));
  EXPECT_EQ(with(kArn + "f"),
            "InvalidParameterValueException: You can't specify the function as a destination for "
            "itself.");
  EXPECT_EQ(with(kArn + "none"),
            "InvalidParameterValueException: The destination ARN " + kArn + "none is invalid.");
  EXPECT_EQ(refusal("PutFunctionEventInvokeConfig", {{"FunctionName", "f"}}),
            "InvalidParameterValueException: You must specify at least one of error handling or "
            "destination setting.");
  EXPECT_EQ(refusal("PutFunctionEventInvokeConfig",
                    {{"FunctionName", "none"}, {"MaximumRetryAttempts", 1}}),
            "ResourceNotFoundException: The function doesn't exist.");
}

}  // namespace
}  // namespace tandem::lambda
