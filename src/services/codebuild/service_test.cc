// Projects, and what is asked of builds.
#include "services/codebuild/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/codebuild/codebuild_testing.h"

namespace tandem::codebuild {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kSpec = "version: 0.2\nphases: {build: {commands: [echo hi]}}\n";

class ServiceTest : public testing::Test {
 protected:
  std::string refusal(json::object more) {
    return json::string_or(region_.create(kSpec, std::move(more)), "Message", "accepted");
  }
  std::vector<std::string> texts(const json::object& answer, std::string_view list) {
    std::vector<std::string> all;
    for (const json::value& each : answer.at(list).as_array()) all.push_back(json::to_std(each));
    return all;
  }

  TestRegion region_;
};

TEST_F(ServiceTest, AProjectIsShownWithItsDefaults) {
  json::array tags{{{"key", "team"}, {"value", "a"}}};
  const json::object answer = region_.create(kSpec, {{"description", "d"}, {"tags", tags}});
  const json::object& project = answer.at("project").as_object();
  EXPECT_EQ(json::string_or(project, "arn"),
            "arn:aws:codebuild:us-east-1:123456789012:project/app");
  EXPECT_EQ(json::string_or(project, "serviceRole"), "arn:aws:iam::123456789012:role/builder");
  EXPECT_EQ(json::int_or(project, "timeoutInMinutes", 0), 60);
  EXPECT_EQ(json::int_or(project, "queuedTimeoutInMinutes", 0), 480);
  EXPECT_EQ(json::to_text(project.at("cache")), R"({"type":"NO_CACHE"})");
  EXPECT_EQ(json::to_text(project.at("tags")), R"([{"key":"team","value":"a"}])");
  EXPECT_EQ(json::string_or(project, "encryptionKey"),
            "arn:aws:kms:us-east-1:123456789012:alias/aws/s3");
  EXPECT_EQ(json::string_or(region_.create(kSpec), "Message"),
            "Project already exists: arn:aws:codebuild:us-east-1:123456789012:project/app");
}

TEST_F(ServiceTest, AnUpdateReplacesWhatItNames) {
  region_.create(kSpec, {{"description", "d"}, {"concurrentBuildLimit", 2}});
  const json::object answer = region_.call(
      "UpdateProject", {{"name", "app"}, {"timeoutInMinutes", 5}, {"concurrentBuildLimit", -1}});
  const json::object& project = answer.at("project").as_object();
  EXPECT_EQ(json::int_or(project, "timeoutInMinutes", 0), 5);
  EXPECT_EQ(json::string_or(project, "description"), "d");
  EXPECT_FALSE(project.contains("concurrentBuildLimit"));
  EXPECT_THAT(json::string_or(region_.call("UpdateProject", {{"name", "no"}}), "Message"),
              HasSubstr("Project cannot be found"));
  region_.call("DeleteProject", {{"name", "app"}});
  region_.call("DeleteProject", {{"name", "app"}});
  EXPECT_THAT(
      texts(region_.call("BatchGetProjects", {{"names", json::array{"app"}}}), "projectsNotFound"),
      ElementsAre("app"));
}

TEST_F(ServiceTest, WhatIsNotServedIsRefusedByName) {
  const auto source = [&](json::object more) { return refusal({{"source", std::move(more)}}); };
  const auto environment = [&](json::object more) {
    json::object whole{{"type", "LINUX_CONTAINER"},
                       {"image", "aws/codebuild/standard:7.0"},
                       {"computeType", "BUILD_GENERAL1_SMALL"}};
    for (const auto& [name, value] : more) whole[name] = value;
    return refusal({{"environment", whole}});
  };
  EXPECT_THAT(source({{"type", "GITHUB"}, {"location", "https://x/y.git"}}),
              HasSubstr("source.type"));
  EXPECT_THAT(source({{"type", "S3"}, {"location", "b/k"}, {"auth", {{"type", "OAUTH"}}}}),
              HasSubstr("source.auth"));
  EXPECT_THAT(source({{"type", "S3"}, {"location", "b/folder/"}}), HasSubstr("source.location"));
  EXPECT_EQ(source({{"type", "S3"}, {"location", "b"}}),
            "Invalid project source: location must be a valid S3 source");
  EXPECT_EQ(source({{"type", "CODEPIPELINE"}}),
            "Invalid input: when using CodePipeline both sourceType, and artifactType must be set "
            "to: CODEPIPELINE");
  EXPECT_THAT(environment({{"privilegedMode", true}}), HasSubstr("environment.privilegedMode"));
  EXPECT_THAT(environment({{"image", "node:18"}}), HasSubstr("environment.image"));
  EXPECT_THAT(environment({{"type", "ARM_CONTAINER"}}), HasSubstr("environment.type"));
  json::array secret{{{"name", "A"}, {"value", "b"}, {"type", "PARAMETER_STORE"}}};
  EXPECT_THAT(environment({{"environmentVariables", secret}}), HasSubstr("PARAMETER_STORE"));
  EXPECT_THAT(refusal({{"cache", json::object{{"type", "S3"}, {"location", "b"}}}}),
              HasSubstr("cache.type"));
  json::object s3_logs{{"s3Logs", {{"status", "ENABLED"}, {"location", "b"}}}};
  EXPECT_THAT(refusal({{"logsConfig", s3_logs}}), HasSubstr("logsConfig.s3Logs"));
  EXPECT_EQ(refusal({{"queuedTimeoutInMinutes", 481}}),
            "Invalid input: queuedTimeoutInMinutes must be between 5 and 480 minutes");
  EXPECT_EQ(refusal({{"serviceRole", "arn:aws:iam::999999999999:role/x"}}),
            "Invalid service role: Service role account ID does not match caller's account");
  EXPECT_EQ(environment({{"image", "aws/codebuild/amazonlinux2-x86_64-standard:1.0"}}), "accepted");
}

/// CodeBuild user guide, "Troubleshooting": CodeBuild is not authorized to perform: sts:AssumeRole.
TEST_F(ServiceTest, ItsRoleMustLetCodeBuildIn) {
  using Answer = service::Roles::Answer;
  const std::string role = "arn:aws:iam::123456789012:role/builder";
  region_.roles.answers[role] = Answer::kNo;
  const json::object refused = region_.create(kSpec);
  EXPECT_EQ(json::string_or(refused, "Error"), "InvalidInputException");
  EXPECT_EQ(json::string_or(refused, "Message"),
            "CodeBuild is not authorized to perform: sts:AssumeRole on " + role);
  region_.roles.answers[role] = Answer::kUnknown;
  EXPECT_FALSE(region_.create(kSpec).contains("Error"));
  region_.roles.answers["arn:aws:iam::123456789012:role/other"] = Answer::kNo;
  const auto update = [&](json::object input) {
    input["name"] = "app";
    return json::string_or(region_.call("UpdateProject", std::move(input)), "Message", "accepted");
  };
  EXPECT_EQ(update({{"serviceRole", "other"}}),
            "CodeBuild is not authorized to perform: sts:AssumeRole on "
            "arn:aws:iam::123456789012:role/other");
  region_.roles.answers[role] = Answer::kNo;
  EXPECT_EQ(update({{"description", "of one whose role is gone"}}), "accepted");
  EXPECT_THAT(region_.roles.asked, testing::Each(std::string("codebuild.amazonaws.com")));
}

TEST_F(ServiceTest, BuildsAreListedNewestFirst) {
  region_.create(kSpec);
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(json::string_or(region_.built(), "id"));
  EXPECT_THAT(texts(region_.call("ListBuilds", {}), "ids"), ElementsAre(ids[2], ids[1], ids[0]));
  EXPECT_THAT(texts(region_.call("ListBuildsForProject",
                                 {{"projectName", "app"}, {"sortOrder", "ASCENDING"}}),
                    "ids"),
              ElementsAre(ids[0], ids[1], ids[2]));
  const json::object deleted =
      region_.call("BatchDeleteBuilds", {{"ids", json::array{json::string(ids[0]), "app:none"}}});
  EXPECT_THAT(json::to_text(deleted), HasSubstr("BUILD_NOT_FOUND"));
  EXPECT_THAT(texts(deleted, "buildsDeleted"),
              ElementsAre("arn:aws:codebuild:us-east-1:123456789012:build/" + ids[0]));
  EXPECT_EQ(texts(region_.call("ListBuilds", {}), "ids").size(), 2U);
  EXPECT_EQ(json::string_or(region_.call("BatchGetBuilds", {{"ids", json::array{"nonsense"}}}),
                            "Message"),
            "Invalid build ID: nonsense");
}

TEST_F(ServiceTest, ARepeatedStartIsOneBuild) {
  region_.create(kSpec);
  const std::string id = region_.begin({{"idempotencyToken", "t"}});
  EXPECT_EQ(region_.begin({{"idempotencyToken", "t"}}), id);
  EXPECT_THAT(region_.begin({{"idempotencyToken", "t"}, {"sourceVersion", "x"}}),
              HasSubstr("InvalidInputException"));
  region_.finished(id);
  const json::object again = region_.call("RetryBuild", {{"id", id}});
  const std::string second = json::string_or(again.at("build").as_object(), "id");
  EXPECT_NE(second, id);
  EXPECT_EQ(json::int_or(region_.finished(second), "buildNumber", 0), 2);
}

TEST_F(ServiceTest, ALimitOfBuildsHolds) {
  region_.create("version: 0.2\nphases: {build: {commands: [sleep 60]}}\n",
                 {{"concurrentBuildLimit", 1}});
  const std::string id = region_.begin();
  EXPECT_THAT(region_.begin(), HasSubstr("AccountLimitExceededException"));
  const auto told = [&] {
    core::MetricSet metrics;
    region_.service->describe_metrics(metrics);
    return core::prometheus_text(metrics);
  };
  // It begins when what was left of rooms is gone.
  EXPECT_TRUE(region_.run_until([&] { return told().ends_with("\ntandem_builds_under_way 1\n"); }));
  region_.call("StopBuild", {{"id", id}});
  EXPECT_EQ(json::string_or(region_.finished(id), "buildStatus"), "STOPPED");
}

// What CodePipeline passes: README.md, "A build that CodePipeline starts".
TEST_F(ServiceTest, CodePipelineGivesSourceAndTakesArtifacts) {
  region_.objects.objects["store/in"] =
      region_.zip({{"buildspec.yml",
                    "version: 0.2\nphases: {build: {commands: [echo $CODEBUILD_INITIATOR "
                    "$CODEBUILD_SOURCE_VERSION $CODEBUILD_RESOLVED_SOURCE_VERSION > f]}}\n"
                    "artifacts: {files: [f]}\n"}});
  region_.create("", {{"source", json::object{{"type", "CODEPIPELINE"}}},
                      {"artifacts", json::object{{"type", "CODEPIPELINE"}}}});
  EXPECT_THAT(region_.begin(), HasSubstr("can only be started by CodePipeline"));
  json::array variables{{{"name", "CODEBUILD_INITIATOR"}, {"value", "codepipeline/shop"}},
                        {{"name", "CODEBUILD_RESOLVED_SOURCE_VERSION"}, {"value", "abc"}}};
  const json::object start{{"sourceTypeOverride", "S3"},
                           {"sourceLocationOverride", "store/in"},
                           {"sourceVersion", "arn:aws:s3:::store/in"},
                           {"artifactsOverride",
                            {{"type", "S3"},
                             {"location", "store"},
                             {"path", "shop/Out"},
                             {"name", "x1"},
                             {"packaging", "ZIP"},
                             {"artifactIdentifier", "Out"}}},
                           {"environmentVariablesOverride", variables}};
  const json::object build = region_.built(start, "codepipeline.amazonaws.com");
  EXPECT_EQ(json::string_or(build, "buildStatus"), "SUCCEEDED") << region_.log();
  EXPECT_EQ(json::string_or(build, "initiator"), "codepipeline/shop");
  EXPECT_EQ(json::string_or(build, "resolvedSourceVersion"), "abc");
  EXPECT_EQ(json::string_or(build.at("source").as_object(), "type"), "CODEPIPELINE");
  EXPECT_EQ(region_.in_zip("store/shop/Out/x1", "f"),
            "codepipeline/shop arn:aws:s3:::store/in abc\n");
}

}  // namespace
}  // namespace tandem::codebuild
