// Published versions: what they keep, how they are named, invoked and deleted.
#include <gmock/gmock.h>

#include "services/lambda/lambda_testing.h"

namespace tandem::lambda {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr const char* kArn = "arn:aws:lambda:us-east-1:123456789012:function:f";

class VersionsTest : public LambdaTest {
 protected:
  std::string publish(json::object more = {}) {
    json::object input = {{"FunctionName", "f"}};
    for (const auto& [key, value] : more) input[key] = value;
    return json::string_or(call("PublishVersion", std::move(input)).output, "Version");
  }
  void colour(std::string_view value) {
    call("UpdateFunctionConfiguration",
         {{"FunctionName", "f"}, {"Environment", {{"Variables", {{"COLOUR", value}}}}}});
  }
  std::vector<std::string> listed() {
    std::vector<std::string> versions;
    const auto all = call("ListVersionsByFunction", {{"FunctionName", "f"}}).output;
    for (const json::value& each : all.at("Versions").as_array()) {
      versions.push_back(json::string_or(each.as_object(), "Version"));
    }
    return versions;
  }
  /// Of each there is a folder, and its archive beside it.
  std::size_t packages() const {
    const auto files = std::distance(std::filesystem::directory_iterator(folder_ / "code"), {});
    EXPECT_EQ(files % 2, 0);
    return static_cast<std::size_t>(files / 2);
  }
};

TEST_F(VersionsTest, AVersionKeepsCodeAndConfiguration) {
  start();
  create();
  colour("red");
  const auto published =
      call("PublishVersion", {{"FunctionName", "f"}, {"Description", "first"}}).output;
  EXPECT_EQ(published.at("Version"), "1");
  EXPECT_EQ(json::string_or(published, "FunctionArn"), std::string(kArn) + ":1");
  EXPECT_EQ(published.at("Description"), "first");
  colour("blue");
  call("UpdateFunctionCode",
       {{"FunctionName", "f"},
        {"ZipFile",
         core::base64_encode(make_zip({{"bootstrap", "#!/bin/sh\nexit 7\n", S_IFREG | 0755}}))}});
  const auto first = invoke("environment", {{"Qualifier", "1"}});
  EXPECT_THAT(first.payload, HasSubstr("\"COLOUR\":\"red\""));
  EXPECT_THAT(first.payload, HasSubstr("\"AWS_LAMBDA_FUNCTION_VERSION\":\"1\""));
  EXPECT_EQ(first.output.at("ExecutedVersion"), "1");
  EXPECT_THAT(invoke("echo").payload, HasSubstr("exit status 7"));
  EXPECT_EQ(
      json::string_or(
          call("GetFunctionConfiguration", {{"FunctionName", std::string(kArn) + ":1"}}).output,
          "FunctionArn"),
      std::string(kArn) + ":1");
  // It survives the process, and so does its package.
  wait(service_->stop());
  start();
  EXPECT_THAT(invoke("environment", {{"FunctionName", "f:1"}}).payload,
              HasSubstr("\"COLOUR\":\"red\""));
  EXPECT_EQ(packages(), 2U);
}

TEST_F(VersionsTest, LogsNameTheVersion) {
  start();
  create();
  publish();
  const auto reply = invoke("print", {{"Qualifier", "1"}, {"LogType", "Tail"}});
  EXPECT_THAT(*core::base64_decode(json::string_or(reply.output, "LogResult")),
              StartsWith("START RequestId: 8f507cfc-0000-4000-8000-123456789012 Version: 1\n"));
  EXPECT_THAT(invoke("environment", {{"Qualifier", "1"}}).payload,
              MatchesRegex(".*\"AWS_LAMBDA_LOG_STREAM_NAME\":\"[0-9/]+/\\[1\\][0-9a-f]{32}\".*"));
}

TEST_F(VersionsTest, WhatHasNotChangedIsNotPublishedAgain) {
  start();
  create();
  EXPECT_EQ(publish(), "1");
  EXPECT_EQ(publish({{"Description", "again"}}), "1");
  colour("red");
  EXPECT_EQ(publish(), "2");
  // Numbers are never given twice, even when the last version has gone.
  call("DeleteFunction", {{"FunctionName", "f"}, {"Qualifier", "2"}});
  EXPECT_EQ(publish(), "3");
  EXPECT_THAT(listed(), ElementsAre("$LATEST", "1", "3"));
  EXPECT_EQ(packages(), 1U);
}

TEST_F(VersionsTest, CreateAndUpdatePublishWhenAsked) {
  start();
  json::object input = function_input("f", function_zip());
  input["Publish"] = true;
  EXPECT_EQ(call("CreateFunction", input).output.at("Version"), "1");
  const auto update = [&](const std::string& zip) {
    return json::string_or(
        call("UpdateFunctionCode",
             {{"FunctionName", "f"}, {"ZipFile", core::base64_encode(zip)}, {"Publish", true}})
            .output,
        "FunctionArn");
  };
  EXPECT_EQ(update(function_zip()), std::string(kArn) + ":1");
  EXPECT_EQ(update(make_zip({{"bootstrap", "x", S_IFREG | 0755}})), std::string(kArn) + ":2");
  EXPECT_THAT(listed(), ElementsAre("$LATEST", "1", "2"));
}

TEST_F(VersionsTest, PublishingIsRefusedForAnotherCodeOrRevision) {
  start();
  create();
  EXPECT_THAT(refusal("PublishVersion", {{"FunctionName", "f"}, {"CodeSha256", "other"}}),
              MatchesRegex("InvalidParameterValueException: CodeSHA256 \\(other\\) is different "
                           "from current CodeSHA256 in .LATEST \\(.*\\). Please try again with "
                           "the CodeSHA256 in .LATEST."));
  EXPECT_THAT(refusal("PublishVersion", {{"FunctionName", "f"}, {"RevisionId", "other"}}),
              StartsWith("PreconditionFailedException"));
}

TEST_F(VersionsTest, WhatIsNotThereIsSaidWithItsQualifier) {
  start();
  create();
  EXPECT_EQ(refusal("Invoke", {{"FunctionName", "f"}, {"Qualifier", "9"}}, "{}"),
            std::string("ResourceNotFoundException: Function not found: ") + kArn + ":9");
  EXPECT_EQ(refusal("Invoke", {{"FunctionName", "f:01"}}, "{}"),
            std::string("ResourceNotFoundException: Function not found: ") + kArn + ":01");
  EXPECT_EQ(refusal("GetFunction", {{"FunctionName", "f:9"}}),
            std::string("ResourceNotFoundException: Function not found: ") + kArn + ":9");
  EXPECT_EQ(refusal("DeleteFunction", {{"FunctionName", "f"}, {"Qualifier", "$LATEST"}}),
            "InvalidParameterValueException: $LATEST version cannot be deleted without deleting "
            "the function.");
}

TEST_F(VersionsTest, EachVersionHasItsOwnPolicy) {
  start();
  create();
  publish();
  const Invoker gateway{"apigateway.amazonaws.com",
                        "arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/todos"};
  const auto statement = call("AddPermission", {{"FunctionName", "f"},
                                                {"Qualifier", "1"},
                                                {"StatementId", "gateway"},
                                                {"Action", "lambda:InvokeFunction"},
                                                {"Principal", "apigateway.amazonaws.com"}});
  EXPECT_THAT(json::string_or(statement.output, "Statement"),
              HasSubstr(std::string("\"Resource\":\"") + kArn + ":1\""));
  EXPECT_EQ(wait(service_->invoke("f", "{}", gateway)).status, InvokeResult::Status::kNotPermitted);
  EXPECT_EQ(wait(service_->invoke(std::string(kArn) + ":1", "{\"x\":1}", gateway)).payload,
            "{\"x\":1}");
  EXPECT_EQ(refusal("AddPermission", {{"FunctionName", "f:$LATEST"},
                                      {"StatementId", "gateway"},
                                      {"Action", "lambda:InvokeFunction"},
                                      {"Principal", "apigateway.amazonaws.com"}}),
            "InvalidParameterValueException: We currently do not support adding policies for "
            "$LATEST.");
}

TEST_F(VersionsTest, VersionsShareTheFunctionsReservedConcurrency) {
  start();
  create();
  publish();
  call("PutFunctionConcurrency", {{"FunctionName", "f"}, {"ReservedConcurrentExecutions", 0}});
  EXPECT_EQ(refusal("Invoke", {{"FunctionName", "f"}, {"Qualifier", "1"}}, "{}"),
            "TooManyRequestsException: Rate Exceeded.");
}

TEST_F(VersionsTest, ListsHoldVersionsWhenAsked) {
  start();
  create();
  create({}, "f-b");
  publish();
  std::vector<std::string> arns;
  json::object input = {{"FunctionVersion", "ALL"}, {"MaxItems", 1}};
  for (bool more = true; more;) {
    const auto page = call("ListFunctions", input).output;
    for (const json::value& each : page.at("Functions").as_array()) {
      arns.push_back(json::string_or(each.as_object(), "FunctionArn"));
    }
    more = page.contains("NextMarker");
    if (more) input["Marker"] = page.at("NextMarker");
  }
  EXPECT_THAT(arns, ElementsAre(std::string(kArn) + ":$LATEST", std::string(kArn) + ":1",
                                std::string(kArn) + "-b:$LATEST"));
}

TEST_F(VersionsTest, AFunctionGoesWithItsVersions) {
  start();
  create();
  publish();
  invoke("echo", {{"Qualifier", "1"}});
  call("DeleteFunction", {{"FunctionName", "f"}});
  create();
  EXPECT_THAT(listed(), ElementsAre("$LATEST"));
  EXPECT_EQ(publish(), "1");
  EXPECT_THAT(
      refusal("TagResource", {{"Resource", std::string(kArn) + ":1"}, {"Tags", {{"a", "b"}}}}),
      StartsWith("InvalidParameterValueException: Tags on function aliases and versions"));
}

}  // namespace
}  // namespace tandem::lambda
