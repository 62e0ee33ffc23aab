// Aliases: which version an invocation gets, and what stands in their way.
#include <gmock/gmock.h>
#include <set>

#include "services/lambda/lambda_testing.h"
#include "services/lambda/model/alias.h"

namespace tandem::lambda {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kArn = "arn:aws:lambda:us-east-1:123456789012:function:f";

TEST(Alias, TheDrawDecidesBetweenItsVersions) {
  Alias alias;
  alias.version = "1";
  EXPECT_EQ(alias.choose(0), "1");
  alias.other_version = "2";
  alias.other_weight = 0.25;
  EXPECT_EQ(alias.choose(0), "2");
  EXPECT_EQ(alias.choose(0.2499), "2");
  EXPECT_EQ(alias.choose(0.25), "1");
  alias.other_weight = 0;
  EXPECT_EQ(alias.choose(0), "1");
  alias.other_weight = 1;
  EXPECT_EQ(alias.choose(0.999999), "2");
}

class AliasesTest : public LambdaTest {
 protected:
  /// A function with versions 1 and 2.
  void create_versions() {
    create();
    call("PublishVersion", {{"FunctionName", "f"}});
    call("UpdateFunctionConfiguration", {{"FunctionName", "f"}, {"Timeout", 5}});
    call("PublishVersion", {{"FunctionName", "f"}});
  }
  json::object alias(std::string_view version, json::object weights = {}) {
    json::object input = {{"FunctionName", "f"}, {"Name", "live"}, {"FunctionVersion", version}};
    if (!weights.empty()) {
      input["RoutingConfig"] = json::object{{"AdditionalVersionWeights", std::move(weights)}};
    }
    return input;
  }
  std::string executed() {
    return json::string_or(invoke("echo", {{"Qualifier", "live"}}).output, "ExecutedVersion");
  }
};

TEST_F(AliasesTest, AnAliasMovesFromVersionToVersion) {
  start();
  create_versions();
  const auto made = call("CreateAlias", alias("1")).output;
  EXPECT_EQ(json::string_or(made, "AliasArn"), kArn + ":live");
  EXPECT_EQ(executed(), "1");
  EXPECT_EQ(refusal("CreateAlias", alias("1")),
            "ResourceConflictException: Alias already exists: " + kArn + ":live");
  EXPECT_THAT(
      refusal("UpdateAlias", {{"FunctionName", "f"}, {"Name", "live"}, {"RevisionId", "other"}}),
      StartsWith("PreconditionFailedException"));
  call("UpdateAlias", {{"FunctionName", "f"},
                       {"Name", "live"},
                       {"FunctionVersion", "2"},
                       {"RevisionId", made.at("RevisionId")}});
  EXPECT_EQ(executed(), "2");
  const auto shown = call("GetFunctionConfiguration", {{"FunctionName", "f:live"}}).output;
  EXPECT_EQ(json::string_or(shown, "FunctionArn"), kArn + ":live");
  EXPECT_EQ(shown.at("Version"), "2");
  wait(service_->stop());
  start();
  EXPECT_EQ(executed(), "2");
  call("DeleteAlias", {{"FunctionName", "f"}, {"Name", "live"}});
  call("DeleteAlias", {{"FunctionName", "f"}, {"Name", "live"}});
  EXPECT_EQ(refusal("GetAlias", {{"FunctionName", "f"}, {"Name", "live"}}),
            "ResourceNotFoundException: Cannot find alias arn: " + kArn + ":live");
  EXPECT_EQ(refusal("Invoke", {{"FunctionName", "f"}, {"Qualifier", "live"}}, "{}"),
            "ResourceNotFoundException: Function not found: " + kArn + ":live");
}

TEST_F(AliasesTest, TwoVersionsShareTheInvocations) {
  start();
  create_versions();
  call("CreateAlias", alias("1", {{"2", 0.5}}));
  std::set<std::string> seen;
  run_until([&] {
    seen.insert(executed());
    return seen.size() == 2;
  });
  // An alias without weights is one without a second version.
  call("UpdateAlias", {{"FunctionName", "f"}, {"Name", "live"}, {"RoutingConfig", json::object()}});
  EXPECT_FALSE(
      call("GetAlias", {{"FunctionName", "f"}, {"Name", "live"}}).output.contains("RoutingConfig"));
}

TEST_F(AliasesTest, WeightsThatCannotBe) {
  start();
  create_versions();
  EXPECT_EQ(refusal("CreateAlias", alias("1", {{"2", 0.1}, {"1", 0.1}})),
            "InvalidParameterValueException: Number of items in AdditionalVersionWeights cannot be "
            "greater than 1");
  EXPECT_EQ(refusal("CreateAlias", alias("1", {{"1", 0.1}})),
            "InvalidParameterValueException: Invalid function version 1. Function version 1 is "
            "already included in routing configuration.");
  EXPECT_EQ(refusal("CreateAlias", alias("$LATEST", {{"1", 0.1}})),
            "InvalidParameterValueException: $LATEST is not supported for an alias pointing to "
            "more than 1 version");
  EXPECT_EQ(refusal("CreateAlias", alias("1", {{"9", 0.1}})),
            "ResourceNotFoundException: Function not found: " + kArn + ":9");
  call("UpdateFunctionConfiguration",
       {{"FunctionName", "f"}, {"Role", "arn:aws:iam::123456789012:role/other"}});
  call("PublishVersion", {{"FunctionName", "f"}});
  EXPECT_EQ(refusal("CreateAlias", alias("1", {{"3", 0.1}})),
            "InvalidParameterValueException: Specified versions must be associated with the same "
            "execution role");
}

TEST_F(AliasesTest, WhatAnAliasLeadsToIsNotDeleted) {
  start();
  create_versions();
  call("CreateAlias", alias("1", {{"2", 0.5}}));
  for (const char* version : {"1", "2"}) {
    EXPECT_EQ(refusal("DeleteFunction", {{"FunctionName", "f"}, {"Qualifier", version}}),
              "ResourceConflictException: Unable to delete version because the following aliases "
              "reference it: [live]");
  }
  EXPECT_EQ(refusal("DeleteFunction", {{"FunctionName", "f"}, {"Qualifier", "live"}}),
            "InvalidParameterValueException: Deletion of aliases is not currently supported.");
  call("DeleteFunction", {{"FunctionName", "f"}});
  create();
  EXPECT_TRUE(call("ListAliases", {{"FunctionName", "f"}}).output.at("Aliases").as_array().empty());
}

TEST_F(AliasesTest, AnAliasHasAPolicyOfItsOwn) {
  start();
  create_versions();
  call("CreateAlias", alias("1"));
  const Invoker gateway{"apigateway.amazonaws.com",
                        "arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/todos"};
  const json::object permission = {{"FunctionName", "f"},
                                   {"Qualifier", "live"},
                                   {"StatementId", "gateway"},
                                   {"Action", "lambda:InvokeFunction"},
                                   {"Principal", "apigateway.amazonaws.com"}};
  EXPECT_THAT(json::string_or(call("AddPermission", permission).output, "Statement"),
              HasSubstr("\"Resource\":\"" + kArn + ":live\""));
  EXPECT_EQ(wait(service_->invoke(kArn + ":1", "{}", gateway)).status,
            InvokeResult::Status::kNotPermitted);
  EXPECT_EQ(wait(service_->invoke(kArn + ":live", "{}", gateway)).status,
            InvokeResult::Status::kSucceeded);
  // The alias moves, its policy stays.
  call("UpdateAlias", {{"FunctionName", "f"}, {"Name", "live"}, {"FunctionVersion", "2"}});
  EXPECT_EQ(wait(service_->invoke(kArn + ":live", "{}", gateway)).status,
            InvokeResult::Status::kSucceeded);
  call("RemovePermission",
       {{"FunctionName", "f"}, {"Qualifier", "live"}, {"StatementId", "gateway"}});
  EXPECT_EQ(wait(service_->invoke(kArn + ":live", "{}", gateway)).status,
            InvokeResult::Status::kNotPermitted);
  EXPECT_EQ(refusal("GetPolicy", {{"FunctionName", "f"}, {"Qualifier", "none"}}),
            "ResourceNotFoundException: Cannot find alias arn: " + kArn + ":none");
}

}  // namespace
}  // namespace tandem::lambda
