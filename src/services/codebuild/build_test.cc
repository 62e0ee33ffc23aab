// Builds from StartBuild to their end, in rooms of the tests' own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/bytes.h"
#include "services/codebuild/codebuild_testing.h"
#include "store/documents.h"

namespace tandem::codebuild {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kBegins =
    "SUBMITTED=SUCCEEDED QUEUED=SUCCEEDED PROVISIONING=SUCCEEDED DOWNLOAD_SOURCE=SUCCEEDED ";

std::string spec(std::string_view phases) {
  return "version: 0.2\nphases:\n" + std::string(phases);
}

class BuildTest : public testing::Test {
 protected:
  TestRegion region_;
};

TEST_F(BuildTest, RunsItsPhasesInOneShell) {
  region_.create(spec(R"(
  install:
    commands:
      - export KEPT=kept
      - mkdir sub && cd sub
  build:
    commands:
      - echo "$KEPT in $(basename $PWD) $CODEBUILD_BUILD_NUMBER $CODEBUILD_INITIATOR"
)"));
  const json::object build = region_.built();
  EXPECT_EQ(json::string_or(build, "buildStatus"), "SUCCEEDED") << region_.log();
  EXPECT_EQ(TestRegion::phases(build),
            std::string(kBegins) +
                "INSTALL=SUCCEEDED PRE_BUILD=SUCCEEDED BUILD=SUCCEEDED POST_BUILD=SUCCEEDED "
                "UPLOAD_ARTIFACTS=SUCCEEDED FINALIZING=SUCCEEDED COMPLETED=-");
  EXPECT_EQ(json::string_or(build, "currentPhase"), "COMPLETED");
  EXPECT_EQ(json::int_or(build, "buildNumber", 0), 1);
  EXPECT_EQ(json::string_or(build, "initiator"), "ana");
  EXPECT_THAT(region_.log(), HasSubstr("\nkept in sub 1 ana\n"));
  EXPECT_THAT(region_.log(), HasSubstr(" Running command export KEPT=kept\n"));
  EXPECT_THAT(region_.log(), HasSubstr(" Phase complete: BUILD State: SUCCEEDED\n"));
  EXPECT_THAT(region_.log(), HasSubstr(" Phase context status code:  Message: \n"));
  EXPECT_THAT(region_.log(), HasSubstr("A room of a test"));
  EXPECT_EQ(region_.rooms.open_rooms, 0U);
  EXPECT_TRUE(fs::is_empty(region_.folder / "rooms"));
  EXPECT_TRUE(fs::is_empty(region_.folder / "transfers"));
}

// "Build phase transitions" in CodeBuild's User Guide.
TEST_F(BuildTest, WhatFollowsAFailureDependsOnThePhase) {
  const auto ended = [&](std::string_view phases) {
    region_.call("DeleteProject", {{"name", "app"}});
    region_.logs.texts.clear();
    region_.create(spec(phases));
    const json::object build = region_.built();
    EXPECT_EQ(json::string_or(build, "buildStatus"), "FAILED");
    const std::string all = TestRegion::phases(build);
    EXPECT_THAT(all, StartsWith(std::string(kBegins)));
    return all.substr(kBegins.size());
  };
  constexpr std::string_view kEnd = "FINALIZING=SUCCEEDED COMPLETED=-";
  EXPECT_EQ(ended("  install: {commands: [exit 3]}\n  build: {commands: [echo no]}\n"),
            "INSTALL=FAILED " + std::string(kEnd));
  EXPECT_THAT(region_.log(), Not(HasSubstr("echo no")));
  EXPECT_EQ(ended("  pre_build: {commands: ['false', echo no]}\n"),
            "INSTALL=SUCCEEDED PRE_BUILD=FAILED " + std::string(kEnd));
  EXPECT_THAT(region_.log(), Not(HasSubstr("Running command echo no")));
  EXPECT_EQ(ended("  build: {commands: ['false'], finally: [echo last]}\n"
                  "  post_build: {commands: [echo \"still $CODEBUILD_BUILD_SUCCEEDING\"]}\n"),
            "INSTALL=SUCCEEDED PRE_BUILD=SUCCEEDED BUILD=FAILED POST_BUILD=SUCCEEDED "
            "UPLOAD_ARTIFACTS=SUCCEEDED " +
                std::string(kEnd));
  EXPECT_THAT(region_.log(), HasSubstr("\nstill 0\n"));
  EXPECT_THAT(region_.log(), HasSubstr("\nlast\n"));
  EXPECT_EQ(ended("  build: {commands: ['false'], on-failure: ABORT}\n"),
            "INSTALL=SUCCEEDED PRE_BUILD=SUCCEEDED BUILD=FAILED " + std::string(kEnd));
  EXPECT_EQ(ended("  install: {commands: ['false'], on-failure: CONTINUE}\n"),
            "INSTALL=FAILED PRE_BUILD=SUCCEEDED BUILD=SUCCEEDED POST_BUILD=SUCCEEDED "
            "UPLOAD_ARTIFACTS=SUCCEEDED " +
                std::string(kEnd));
}

TEST_F(BuildTest, AFailedCommandIsThePhasesContext) {
  region_.create(spec("  build: {commands: ['sh -c \"exit 2\"']}\n"));
  const json::object build = region_.built();
  EXPECT_EQ(
      TestRegion::context(build),
      "COMMAND_EXECUTION_ERROR: Error while executing command: sh -c \"exit 2\". Reason: exit "
      "status 2");
  EXPECT_THAT(region_.log(),
              HasSubstr(" Command did not exit successfully sh -c \"exit 2\" exit status 2\n"));
}

TEST_F(BuildTest, OldBuildspecsHaveANewShellForEachCommand) {
  region_.create(
      "version: 0.1\nenvironment_variables:\n  plaintext:\n    GREETING: hello\nphases:\n"
      "  build:\n    commands:\n      - export LOST=lost\n      - echo \"$GREETING${LOST:-, "
      "alone}\"\n");
  region_.built();
  EXPECT_THAT(region_.log(), HasSubstr("\nhello, alone\n"));
}

TEST_F(BuildTest, VariablesOfTheStartCountMost) {
  json::array project{{{"name", "A"}, {"value", "project"}}, {{"name", "B"}, {"value", "project"}}};
  json::object environment{{"type", "LINUX_CONTAINER"},
                           {"image", "aws/codebuild/nodejs:10.14.1"},
                           {"computeType", "BUILD_GENERAL1_SMALL"}};
  environment["environmentVariables"] = project;
  region_.create(
      "version: 0.2\nenv:\n  variables: {A: spec, B: spec, C: spec, AWS_REGION: spec}\n"
      "  exported-variables: [A, OUT, AWS_REGION]\n"
      "phases:\n  build:\n    commands:\n      - echo \"$A $B $C $AWS_REGION\"\n"
      "      - export OUT=made\n",
      {{"environment", environment}});
  json::array start{{{"name", "A"}, {"value", "start"}}};
  const json::object build = region_.built({{"environmentVariablesOverride", start}});
  EXPECT_THAT(region_.log(), HasSubstr("\nstart project spec us-east-1\n"));
  EXPECT_THAT(region_.log(), HasSubstr("aws/codebuild/nodejs:10.14.1"));
  EXPECT_EQ(json::to_text(build.at("exportedEnvironmentVariables").as_array()),
            R"([{"name":"A","value":"start"},{"name":"OUT","value":"made"}])");
}

TEST_F(BuildTest, SourceComesFromAndArtifactsGoToS3) {
  region_.objects.objects["in/app.zip"] = region_.zip(
      {{"buildspec.yml",
        "version: 0.2\nphases:\n  build:\n    commands:\n      - mkdir dist dist/deep\n"
        "      - cat src.txt $CODEBUILD_SRC_DIR_more/other.txt > dist/out.txt\n"
        "      - echo x > dist/deep/x.o\n      - ln -s ../../src.txt dist/deep/link\n"
        "artifacts:\n  base-directory: dist\n  files: ['**/*']\n  exclude-paths: ['**/*.o']\n"
        "  name: app-$(echo 1).zip\n"
        "  secondary-artifacts:\n    flat:\n      base-directory: $CODEBUILD_SRC_DIR\n"
        "      files: [dist/out.txt, absent]\n      discard-paths: yes\n"},
       {"src.txt", "one"}});
  region_.objects.objects["in/more.zip"] = region_.zip({{"other.txt", "two"}});
  json::object secondary{{"type", "S3"}, {"location", "in/more.zip"}, {"sourceIdentifier", "more"}};
  json::object artifacts{{"type", "S3"},
                         {"location", "out"},
                         {"path", "/builds/"},
                         {"packaging", "ZIP"},
                         {"name", "usual.zip"},
                         {"namespaceType", "BUILD_ID"},
                         {"overrideArtifactName", true}};
  json::object flat{
      {"type", "S3"}, {"location", "out"}, {"name", "flat"}, {"artifactIdentifier", "flat"}};
  region_.create("", {{"source", json::object{{"type", "S3"}, {"location", "in/app.zip"}}},
                      {"secondarySources", json::array{secondary}},
                      {"artifacts", artifacts},
                      {"secondaryArtifacts", json::array{flat}}});
  const json::object build = region_.built();
  ASSERT_EQ(json::string_or(build, "buildStatus"), "SUCCEEDED") << region_.log();
  const std::string id = json::string_or(build, "id");
  const std::string uuid = id.substr(id.find(':') + 1);
  const std::string object = "out/builds/" + uuid + "/app-1.zip";
  ASSERT_TRUE(region_.objects.objects.contains(object)) << region_.log();
  EXPECT_EQ(region_.in_zip(object, "out.txt"), "onetwo");
  EXPECT_EQ(region_.in_zip(object, "deep/link"), "one");
  EXPECT_EQ(region_.in_zip(object, "deep/x.o"), std::nullopt);
  EXPECT_EQ(region_.objects.objects["out/flat/out.txt"], "onetwo");
  const json::object& shown = build.at("artifacts").as_object();
  EXPECT_EQ(json::string_or(shown, "location"), "arn:aws:s3:::" + object);
  EXPECT_EQ(json::string_or(shown, "sha256sum"),
            core::hex_encode(core::sha256(region_.objects.objects[object])));
  EXPECT_EQ(build.at("secondaryArtifacts").as_array().size(), 1U);
  EXPECT_THAT(region_.log(), HasSubstr(" Skipping invalid file path absent\n"));
  EXPECT_THAT(region_.log(), HasSubstr(" Found 2 file(s)\n"));
  EXPECT_EQ(region_.objects.callers.front(),
            "arn:aws:sts::123456789012:assumed-role/builder/AWSCodeBuild-" + uuid);
}

TEST_F(BuildTest, WhatIsNotThereFailsInCodeBuildsWords) {
  const auto ended = [&](json::object more, std::string_view buildspec = "") {
    region_.call("DeleteProject", {{"name", "app"}});
    region_.create(buildspec, std::move(more));
    return TestRegion::context(region_.built());
  };
  const json::object source{{"type", "S3"}, {"location", "in/app.zip"}};
  const json::object out{{"type", "S3"}, {"location", "out"}};
  EXPECT_EQ(ended({{"source", source}}),
            "CLIENT_ERROR: NoSuchKey: The specified key does not exist.\n\tstatus code: 404 for "
            "primary source and source version arn:aws:s3:::in/app.zip");
  region_.objects.objects["in/app.zip"] = region_.zip({{"a", "b"}});
  EXPECT_EQ(ended({{"source", source}}), "YAML_FILE_ERROR: YAML file does not exist");
  json::object elsewhere = source;
  elsewhere["buildspec"] = "ci/../../build.yml";
  EXPECT_THAT(ended({{"source", elsewhere}}), HasSubstr("build.yml: no such file or directory"));
  region_.objects.objects["in/app.zip"] = "no zip";
  EXPECT_THAT(ended({{"source", source}}), HasSubstr("CLIENT_ERROR: Error while unpacking"));
  constexpr std::string_view kArtifacts =
      "version: 0.2\nphases: {build: {commands: [mkdir -p d]}}\nartifacts: ";
  EXPECT_EQ(ended({{"artifacts", out}}, std::string(kArtifacts) + "{files: [absent]}\n"),
            "CLIENT_ERROR: no matching artifact paths found");
  EXPECT_EQ(
      ended({{"artifacts", out}}, std::string(kArtifacts) + "{files: ['*'], base-directory: no}\n"),
      "CLIENT_ERROR: no matching base directory path found for no");
  region_.objects.refusal = "Access Denied";
  EXPECT_THAT(
      ended({{"artifacts", out}},
            "version: 0.2\nphases: {build: {commands: [touch f]}}\nartifacts: {files: [f]}\n"),
      HasSubstr("ACCESS_DENIED: AccessDenied: Access Denied"));
  region_.rooms.refusal = "no namespaces";
  EXPECT_EQ(
      ended({}, spec("  build: {commands: [make]}\n")),
      "INTERNAL_SERVICE_ERROR: there is no room for the build on this machine: no namespaces");
}

TEST_F(BuildTest, NothingOutsideOfTheSourceIsHandedOver) {
  std::ofstream(region_.folder / "secret") << "secret";
  region_.create(
      "version: 0.2\nphases:\n  build:\n    commands:\n      - ln -s /etc/hostname a\n"
      "      - ln -s ../../../secret b\n      - ln -s / c\n      - mkfifo d\n"
      "      - echo good > good\n"
      "artifacts:\n  files: ['**/*', a, b, c/etc/hostname, d]\n",
      {{"artifacts", json::object{{"type", "S3"}, {"location", "out"}, {"packaging", "ZIP"}}}});
  const json::object build = region_.built();
  ASSERT_EQ(json::string_or(build, "buildStatus"), "SUCCEEDED") << region_.log();
  EXPECT_EQ(region_.in_zip("out/app", "good"), "good\n");
  for (const char* name : {"a", "b", "c", "c/etc/hostname", "d"}) {
    EXPECT_EQ(region_.in_zip("out/app", name), std::nullopt) << name;
  }
  EXPECT_THAT(region_.log(), HasSubstr("Found 1 file(s)"));
}

TEST_F(BuildTest, RuntimesAreWhatTheMachineHas) {
  region_.create(spec("  install:\n    runtime-versions: {python: 2.7}\n"));
  EXPECT_EQ(json::string_or(region_.built(), "buildStatus"), "SUCCEEDED");
  EXPECT_THAT(region_.log(),
              HasSubstr("Runtime 'python' version '2.7' is not on this machine: 3."));
  region_.call("DeleteProject", {{"name", "app"}});
  region_.create(spec("  install:\n    runtime-versions: {cobol: 1}\n"));
  EXPECT_EQ(TestRegion::context(region_.built()), "YAML_FILE_ERROR: Unknown runtime named 'cobol'");
}

TEST_F(BuildTest, TheRolesKeysLiveAsLongAsTheBuild) {
  region_.create(spec("  build: {commands: [sleep 60]}\n"));
  const std::string id = region_.begin();
  ASSERT_TRUE(region_.run_until(
      [&] { return json::string_or(region_.build(id), "currentPhase") == "BUILD"; }));
  const RoleCredentials given = region_.rooms.last->options().credentials();
  EXPECT_EQ(region_.rooms.last->options().credentials().access_key_id, given.access_key_id);
  ASSERT_NE(region_.keys.find(given.access_key_id), nullptr);
  EXPECT_THAT(region_.keys.find(given.access_key_id)->arn,
              HasSubstr(":assumed-role/builder/AWSCodeBuild-"));
  region_.call("StopBuild", {{"id", id}});
  const json::object build = region_.finished(id);
  EXPECT_EQ(json::string_or(build, "buildStatus"), "STOPPED");
  EXPECT_THAT(TestRegion::phases(build),
              HasSubstr("BUILD=STOPPED FINALIZING=SUCCEEDED COMPLETED=-"));
  EXPECT_EQ(region_.keys.find(given.access_key_id), nullptr);
  EXPECT_TRUE(region_.keys.is_dead(given.access_key_id));
}

TEST_F(BuildTest, TimeIsUpAtItsTimeout) {
  region_.create(spec("  build: {commands: [sleep 60]}\n"));
  store::ScopedStore scope(*region_.store, "");
  store::Documents projects(scope, "project");
  json::object document = projects.get("app").value();
  document["project"].as_object()["timeoutInMinutes"] = 0;
  projects.put("app", document);
  const json::object build = region_.built();
  EXPECT_EQ(json::string_or(build, "buildStatus"), "TIMED_OUT");
  EXPECT_EQ(TestRegion::context(build), "BUILD_TIMED_OUT: Build has timed out. ");
}

TEST_F(BuildTest, AFloodOfOutputIsBounded) {
  region_.create(
      spec("  build: {commands: ['yes | head -n 300000', 'head -c 600000 /dev/zero | tr \"\\\\0\" "
           "x']}\n"));
  EXPECT_EQ(json::string_or(region_.built(), "buildStatus"), "SUCCEEDED");
  const std::string log = region_.log();
  EXPECT_GT(std::count(log.begin(), log.end(), 'y'), 299'999);
  EXPECT_GT(std::count(log.begin(), log.end(), 'x'), 599'999);
}

}  // namespace
}  // namespace tandem::codebuild
