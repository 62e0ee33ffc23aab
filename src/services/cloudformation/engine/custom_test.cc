// Custom resources: what their function is asked, and what becomes of its answers.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "services/cloudformation/engine/test_world.h"
#include "services/cloudformation/resources/table.h"
#include "services/cloudformation/responses/bucket.h"

namespace tandem::cloudformation {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Lambda with one function that answers as it is told, by PUT as a function does.
class FakeFunction final : public aws::Api {
 public:
  Task<aws::ApiResult> call(aws::ApiCall call) override {
    callers.push_back(call.caller);
    if (call.service != "lambda" || call.operation != "Invoke") {
      throw aws::ApiError(400, "NotServed", call.service + " " + call.operation);
    }
    if (missing) {
      throw aws::ApiError(404, "ResourceNotFoundException",
                          "Function not found: " + json::string_or(call.input, "FunctionName"));
    }
    const json::object event = json::parse(call.payload).as_object();
    asked.push_back(json::string_or(event, "RequestType") + ' ' +
                    json::string_or(event, "PhysicalResourceId"));
    last = event;
    if (!silent) answer(event);
    co_return aws::ApiResult{};
  }

  /// Puts the answer where the event says.
  net::HttpResponse answer(const json::object& event) {
    json::object response{{"Status", status},
                          {"Reason", "because"},
                          {"PhysicalResourceId", id},
                          {"StackId", event.at("StackId")},
                          {"RequestId", event.at("RequestId")},
                          {"LogicalResourceId", event.at("LogicalResourceId")},
                          {"NoEcho", no_echo},
                          {"Data", data}};
    for (const auto& [name, value] : more) response[name] = value;
    return put(json::string_or(event, "ResponseURL"), json::to_text(response));
  }
  net::HttpResponse put(const std::string& url, const std::string& body) {
    const auto host = url.find("//") + 2;
    const auto path = url.find('/', host);
    net::HttpRequest request;
    request.method = "PUT";
    request.target = url.substr(path);
    request.headers.set("Host", url.substr(host, path - host));
    request.body = body;
    EXPECT_TRUE(box->serves(request)) << url;
    return box->serve(request);
  }

  ResponseBox* box = nullptr;
  std::vector<std::string> asked;
  std::vector<std::string> callers;
  json::object last;
  std::string status = "SUCCESS";
  std::string id = "thing-1";
  json::object data{{"Url", "http://there"}, {"Port", 80}};
  json::object more;
  bool no_echo = false;
  bool missing = false;
  bool silent = false;
};

std::vector<ResourceType> types() {
  std::vector<ResourceType> all = thing_types();
  all.push_back(cloudformation_custom_resource());
  all.push_back(cloudformation_wait_condition());
  all.push_back(cloudformation_wait_condition_handle());
  return all;
}

constexpr std::string_view kToken = "arn:aws:lambda:us-east-1:123456789012:function:maker";

std::string body(std::string_view properties = "Count: 1", std::string_view outputs = "") {
  return fmt::format(
      "Resources:\n  Mine: {{Type: Custom::Thing, Properties: {{ServiceToken: '{}', {}}}}}\n{}",
      kToken, properties, outputs);
}

class CustomTest : public testing::Test {
 protected:
  CustomTest() { begin(); }
  void begin() { function_.box = &world_.engine->answers().responses; }
  void restart_without_settling() {
    world_.stop();
    world_.start();
    begin();
  }
  std::string output(std::string_view key) {
    const auto outputs = world_.stack().at("Outputs").as_array();
    for (const auto& one : outputs) {
      if (json::string_or(one.as_object(), "OutputKey") == key) {
        return json::string_or(one.as_object(), "OutputValue");
      }
    }
    return "";
  }

  FakeFunction function_;
  TestWorld world_{&function_, types()};
};

// User Guide, "Custom resource request objects".
TEST_F(CustomTest, TheFunctionIsAskedAndItsAnswerRead) {
  world_.deploy(body("Count: 1, On: true, List: [2]",
                     "Outputs: {Url: {Value: !GetAtt Mine.Url}, Port: {Value: !GetAtt Mine.Port}, "
                     "Id: {Value: !Ref Mine}}"));
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE") << world_.events().back();
  json::object event = function_.last;
  EXPECT_THAT(json::string_or(event, "ResponseURL"),
              StartsWith("https://cloudformation-custom-resource-response-useast1.s3.us-east-1."
                         "amazonaws.com/arn%3Aaws%3Acloudformation%3Aus-east-1"));
  EXPECT_EQ(
      event.at("ResourceProperties"),
      json::value(json::object{
          {"ServiceToken", kToken}, {"Count", "1"}, {"On", "true"}, {"List", json::array{"2"}}}));
  EXPECT_EQ(json::string_or(event, "ResourceType"), "Custom::Thing");
  EXPECT_EQ(json::string_or(event, "ServiceToken"), kToken);
  EXPECT_FALSE(event.contains("PhysicalResourceId"));
  EXPECT_EQ(output("Url"), "http://there");
  EXPECT_EQ(output("Port"), "80");
  EXPECT_EQ(output("Id"), "thing-1");
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_THAT(function_.asked, ElementsAre("Create ", "Delete thing-1"));
}

TEST_F(CustomTest, AnotherIdIsAnotherResource) {
  world_.deploy(body());
  function_.id = "thing-2";
  world_.deploy(body("Count: 2"), "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_COMPLETE");
  EXPECT_EQ(world_.physical("Mine"), "thing-2");
  EXPECT_THAT(function_.asked, ElementsAre("Create ", "Update thing-1", "Delete thing-1"));
  EXPECT_THAT(world_.events(), Contains("Mine UPDATE_IN_PROGRESS: Requested update required the "
                                        "provider to create a new physical resource"));
  function_.more["Data"] = json::object();
  world_.deploy(body("Count: 3"), "UpdateStack");
  EXPECT_EQ(function_.asked.back(), "Update thing-2");
  EXPECT_EQ(function_.last.at("OldResourceProperties").at("Count"), json::value("2"));
}

TEST_F(CustomTest, AReplacementThatIsRolledBackIsDeleted) {
  world_.deploy(body());
  function_.id = "thing-2";
  // The service of the other one is not there.
  world_.deploy(body("Count: 2", "  Bad: {Type: Test::Thing, DependsOn: Mine}"), "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_EQ(world_.physical("Mine"), "thing-1");
  EXPECT_THAT(function_.asked, ElementsAre("Create ", "Update thing-1", "Delete thing-2"));
}

// The function gives another id on the way back, too.
TEST_F(CustomTest, AWayBackMayReplaceAsWell) {
  world_.deploy(body());
  function_.status = "FAILED";
  function_.silent = true;
  world_.call("UpdateStack", {{"StackName", "shop"}, {"TemplateBody", body("Count: 2")}});
  while (function_.asked.size() < 2) world_.io.run_one();
  const json::object event = function_.last;
  function_.answer(event);
  function_.silent = false;
  function_.status = "SUCCESS";
  function_.id = "thing-3";
  world_.settle();
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_EQ(world_.physical("Mine"), "thing-3");
  EXPECT_THAT(function_.asked,
              ElementsAre("Create ", "Update thing-1", "Update thing-1", "Delete thing-1"));
}

TEST_F(CustomTest, AFailureIsToldAndWhatWasMadeGoes) {
  function_.status = "FAILED";
  world_.deploy(body());
  EXPECT_THAT(world_.events(),
              Contains(StartsWith("Mine CREATE_FAILED: Received response status [FAILED] from "
                                  "custom resource. Message returned: because (RequestId: ")));
  // The deletion failed, too.
  EXPECT_EQ(world_.status(), "ROLLBACK_FAILED");
  EXPECT_THAT(function_.asked, ElementsAre("Create ", "Delete thing-1"));
}

TEST_F(CustomTest, AFailedUpdateGoesBackByTheFunction) {
  world_.deploy(body());
  function_.silent = true;
  world_.call("UpdateStack", {{"StackName", "shop"}, {"TemplateBody", body("Count: 2")}});
  world_.run_until_event("Mine UPDATE_IN_PROGRESS");
  while (function_.asked.size() < 2) world_.io.run_one();
  function_.silent = false;
  function_.status = "FAILED";
  const json::object event = function_.last;
  function_.answer(event);
  function_.status = "SUCCESS";
  world_.settle();
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_THAT(function_.asked, ElementsAre("Create ", "Update thing-1", "Update thing-1"));
  EXPECT_EQ(function_.last.at("ResourceProperties").at("Count"), json::value("1"));
}

TEST_F(CustomTest, WithoutAnAnswerItFailsWhenItsTimeIsOver) {
  world_.config.clock_speed = 1'000;
  function_.silent = true;
  world_.deploy(body("ServiceTimeout: 3"));
  EXPECT_THAT(world_.events(),
              Contains(StartsWith("Mine CREATE_FAILED: CloudFormation did not receive a response "
                                  "from your Custom Resource. Please check your logs for requestId "
                                  "[")));
  EXPECT_THAT(function_.asked, Contains(StartsWith("Delete shop-Mine-")));
}

TEST_F(CustomTest, WhatCannotBeAskedFailsAndLeavesNothing) {
  function_.missing = true;
  world_.deploy(body());
  EXPECT_EQ(world_.status(), "ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.events(), Contains(StartsWith("Mine CREATE_FAILED: Function not found: ")));
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  world_.deploy(
      "Resources: {Mine: {Type: Custom::Thing, Properties: {ServiceToken: "
      "'arn:aws:sns:us-east-1:123456789012:topic'}}}");
  EXPECT_THAT(world_.events(),
              Contains(HasSubstr("is a topic of SNS, which Tandem does not have")));
}

TEST_F(CustomTest, TheServiceTokenStays) {
  world_.deploy(body());
  std::string other = body();
  other.replace(other.find("maker"), 5, "other");
  world_.deploy(other, "UpdateStack");
  EXPECT_EQ(world_.status(), "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_THAT(world_.events(),
              Contains("Mine UPDATE_FAILED: Modifying service token is not allowed."));
}

TEST_F(CustomTest, AnAnswerWithoutWhatIsAskedForIsNamed) {
  world_.deploy(body("Count: 1", "Outputs: {Gone: {Value: !GetAtt Mine.Gone}}"));
  EXPECT_THAT(world_.events(),
              Contains(HasSubstr("Vendor response doesn't contain Gone attribute in object arn:")));
}

TEST_F(CustomTest, WhatIsNotToBeEchoedIsMasked) {
  function_.no_echo = true;
  function_.data = {{"Password", "hunter22"}};
  world_.deploy(body(
      "Count: 1", fmt::format("  Other: {{Type: Custom::Other, Properties: {{ServiceToken: '{}', "
                              "Word: !GetAtt Mine.Password}}}}",
                              kToken)));
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
  EXPECT_EQ(function_.last.at("ResourceProperties").at("Word"), json::value("hunter22"));
  const json::object events = world_.call("DescribeStackEvents", {{"StackName", "shop"}});
  EXPECT_THAT(json::to_text(events), Not(HasSubstr("hunter22")));
  EXPECT_THAT(json::to_text(events), HasSubstr("****"));
}

TEST_F(CustomTest, AnAnswerIsWaitedForAcrossARestartAndAskedForOnce) {
  function_.silent = true;
  world_.call("CreateStack", {{"StackName", "shop"}, {"TemplateBody", body()}});
  while (function_.asked.empty()) world_.io.run_one();
  const json::object event = function_.last;
  world_.stop();
  world_.start();
  begin();
  // It comes while the operation that goes on waits, or before that.
  EXPECT_EQ(function_.answer(event).status, 200);
  world_.settle();
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
  EXPECT_EQ(world_.physical("Mine"), "thing-1");
  EXPECT_THAT(function_.asked, ElementsAre("Create "));
}

TEST_F(CustomTest, ADeletionGoesOnAfterARestart) {
  world_.deploy(body());
  function_.silent = true;
  world_.call("DeleteStack", {{"StackName", "shop"}});
  while (function_.asked.size() < 2) world_.io.run_one();
  const json::object event = function_.last;
  world_.stop();
  world_.start();
  begin();
  function_.answer(event);
  world_.settle();
  EXPECT_EQ(world_.status(), "Stack with id shop does not exist");
  EXPECT_THAT(function_.asked, ElementsAre("Create ", "Delete thing-1"));
}

TEST_F(CustomTest, OnlyWhoHasTheUrlMayAnswer) {
  function_.silent = true;
  world_.call("CreateStack", {{"StackName", "shop"}, {"TemplateBody", body()}});
  while (function_.asked.empty()) world_.io.run_one();
  const json::object event = function_.last;
  std::string url = json::string_or(event, "ResponseURL");
  std::string other = url;
  other.replace(other.find("Mine"), 4, "Ours");
  EXPECT_THAT(function_.put(other, "{}").body, HasSubstr("<Code>SignatureDoesNotMatch</Code>"));
  EXPECT_EQ(function_.put(url.substr(0, url.find('?')), "{}").status, 403);
  function_.answer(event);
  world_.settle();
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
  // As the bucket on AWS, it takes whatever comes later.
  EXPECT_EQ(function_.answer(event).status, 200);
}

// Clients that read URLs as browsers do, as those of Node.js, send no port 80 in Host.
TEST_F(CustomTest, TheUrlHasNoPortThatItsProtocolHasAnyway) {
  const service::Environment environment{world_.io.get_executor(),
                                         world_.pool,
                                         world_.clock,
                                         world_.random,
                                         *world_.store,
                                         {},
                                         world_.config,
                                         "us-east-1"};
  Bucket bucket(environment, "answers", "http://127.0.10.1:80/");
  const std::string url = bucket.url_of("stack|Mine|1", 60);
  EXPECT_TRUE(url.starts_with("http://127.0.10.1/answers/stack%7CMine%7C1?")) << url;
  EXPECT_EQ(bucket.object_of(url), "stack|Mine|1");
  EXPECT_EQ(bucket.object_of("http://127.0.10.1:80/answers/old%7CMine?x"), "old|Mine");
  Bucket other(environment, "answers", "http://127.0.10.1:8080/");
  EXPECT_TRUE(other.url_of("a", 60).starts_with("http://127.0.10.1:8080/answers/a?"));
}

// User Guide, "Create wait conditions in a CloudFormation template".
class WaitTest : public CustomTest {
 protected:
  static std::string waiting(std::string_view count = "1") {
    return fmt::format(
        "Resources:\n  Handle: {{Type: AWS::CloudFormation::WaitConditionHandle}}\n"
        "  Wait: {{Type: AWS::CloudFormation::WaitCondition, Properties: {{Handle: !Ref Handle, "
        "Timeout: 60, Count: {}}}}}\n"
        "Outputs: {{Data: {{Value: !GetAtt Wait.Data}}}}",
        count);
  }
  void begin_waiting(std::string_view count = "1") {
    world_.call("CreateStack", {{"StackName", "shop"}, {"TemplateBody", waiting(count)}});
    world_.run_until_event("Wait CREATE_IN_PROGRESS: Resource creation Initiated");
  }
  net::HttpResponse signal(std::string_view status, std::string_view id) {
    const std::string url = world_.physical("Handle");
    const auto host = url.find("//") + 2;
    net::HttpRequest put;
    put.method = "PUT";
    put.target = url.substr(url.find('/', host));
    put.headers.set("Host", url.substr(host, url.find('/', host) - host));
    put.body = fmt::format(R"({{"Status": "{}", "Reason": "so", "UniqueId": "{}", "Data": "d{}"}})",
                           status, id, id);
    EXPECT_TRUE(world_.engine->answers().serves(put)) << url;
    return world_.engine->answers().serve(put);
  }
};

TEST_F(WaitTest, EnoughSignalsCompleteAWaitCondition) {
  begin_waiting("2");
  EXPECT_THAT(
      world_.physical("Handle"),
      StartsWith("https://cloudformation-waitcondition-us-east-1.s3.us-east-1.amazonaws.com/"
                 "arn%3Aaws%3Acloudformation%3Aus-east-1"));
  EXPECT_EQ(signal("SUCCESS", "one").status, 200);
  EXPECT_EQ(signal("SUCCESS", "one").status, 200);
  restart_without_settling();
  EXPECT_EQ(signal("SUCCESS", "two").status, 200);
  world_.settle();
  EXPECT_EQ(world_.status(), "CREATE_COMPLETE");
  EXPECT_EQ(output("Data"), R"({"one":"done","two":"dtwo"})");
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  EXPECT_EQ(world_.status(), "Stack with id shop does not exist");
}

TEST_F(WaitTest, AFailureSignalAndTimeFailIt) {
  begin_waiting();
  signal("FAILURE", "one");
  world_.settle();
  EXPECT_THAT(world_.events(),
              Contains("Wait CREATE_FAILED: WaitCondition received failed message: "
                       "'so' for uniqueId: one"));
  world_.call("DeleteStack", {{"StackName", "shop"}});
  world_.settle();
  world_.config.clock_speed = 100'000;
  world_.deploy(waiting());
  EXPECT_THAT(world_.events(), Contains("Wait CREATE_FAILED: WaitCondition timed out. Received 0 "
                                        "conditions when expecting 1"));
}

// User Guide, "CloudFormation quotas": 4,096 bytes.
TEST_F(CustomTest, AnswersThatAreNoneFailTheResource) {
  const auto reason_of = [&](json::object more) {
    function_.more = std::move(more);
    function_.asked.clear();
    world_.deploy(body());
    std::string found;
    for (const std::string& event : world_.events()) {
      if (event.starts_with("Mine CREATE_FAILED")) found = event;
    }
    function_.more.clear();
    world_.call("DeleteStack", {{"StackName", "shop"}});
    world_.settle();
    return found;
  };
  EXPECT_THAT(reason_of({{"Data", json::object{{"A", std::string(5'000, 'x')}}}}),
              HasSubstr("Response object is too long."));
  EXPECT_THAT(reason_of({{"PhysicalResourceId", ""}}), HasSubstr("Invalid PhysicalResourceId"));
  EXPECT_THAT(reason_of({{"Status", "GOOD"}}), HasSubstr("Status must be SUCCESS or FAILED"));
  EXPECT_THAT(reason_of({{"RequestId", "another"}}), HasSubstr("Invalid RequestId"));
}

}  // namespace
}  // namespace tandem::cloudformation
