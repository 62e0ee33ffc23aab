#include "services/codepipeline/model/structure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/error.h"
#include "services/codepipeline/declarations_testing.h"
#include "services/codepipeline/model/variables.h"

namespace tandem::codepipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// "Code: message", or "".
std::string refusal(const json::object& pipeline) {
  try {
    read_structure(pipeline, "us-east-1");
  } catch (const aws::ApiError& error) {
    return error.code() + ": " + error.message();
  }
  return "";
}

json::object with(std::vector<json::object> actions) {
  return pipeline_of({stage_of("Source", {s3_source()}), stage_of("Build", std::move(actions))});
}

json::object deploy(json::object configuration) {
  return action_of("Stack", "Deploy/AWS/CloudFormation", std::move(configuration), {"Code"});
}

TEST(Structure, IsReadWithItsDefaults) {
  const Structure read = read_structure(with({build_of("Make", "p", {"Made"}, 3)}), "us-east-1");
  EXPECT_EQ(read.name, "shop");
  EXPECT_FALSE(read.second_type);
  EXPECT_EQ(read.mode, Mode::kSuperseded);
  const Action& action = read.stages.at(1).actions.at(0);
  EXPECT_EQ(action.run_order, 3);
  EXPECT_EQ(action.configured("ProjectName"), "p");
  EXPECT_THAT(action.inputs, ElementsAre("Code"));
  EXPECT_EQ(read.bucket_of("us-east-1"), "artifacts");
}

TEST(Structure, HasTwoStagesAndBeginsWithSources) {
  EXPECT_EQ(refusal(pipeline_of({stage_of("Source", {s3_source()})})),
            "InvalidStructureException: Pipeline has only 1 stage(s). There should be a minimum of "
            "2 stages in a pipeline");
  EXPECT_EQ(refusal(pipeline_of({stage_of("A", {approval_of("x")}), stage_of("B", {s3_source()})})),
            "InvalidStructureException: Pipeline should start with a stage that only contains "
            "source actions");
  json::object second = s3_source();
  second["name"] = "Again";
  second["outputArtifacts"] = json::array{json::object{{"name", "Other"}}};
  EXPECT_THAT(refusal(with({second})), HasSubstr("should be in the first stage"));
}

TEST(Structure, NamesAreUnique) {
  EXPECT_THAT(
      refusal(pipeline_of({stage_of("A", {s3_source()}), stage_of("A", {approval_of("x")})})),
      HasSubstr("Two stages within the pipeline have the same name 'A'"));
  EXPECT_THAT(refusal(with({approval_of("x"), approval_of("x", 2)})),
              HasSubstr("have the same name 'x'"));
  EXPECT_EQ(refusal(with({build_of("A", "p", {"Made"}), build_of("B", "p", {"Made"})})),
            "InvalidActionDeclarationException: Two actions within the pipeline have the same "
            "output artifact name 'Made'");
}

TEST(Structure, AnInputIsMadeByAnEarlierAction) {
  json::object late = build_of("Late", "p");
  late["inputArtifacts"] = json::array{json::object{{"name", "Made"}}};
  EXPECT_EQ(refusal(with({build_of("Make", "p", {"Made"}), late})),
            "InvalidActionDeclarationException: Input Artifact Bundle Made in action Late is not "
            "declared as Output Artifact Bundle in any of the preceding actions");
  late["runOrder"] = 2;
  EXPECT_EQ(refusal(with({build_of("Make", "p", {"Made"}), late})), "");
}

TEST(Structure, ActionsHaveTheirTypesCountsAndKeys) {
  json::object none = build_of("Make", "p");
  none["inputArtifacts"] = json::array();
  EXPECT_EQ(refusal(with({none})),
            "InvalidActionDeclarationException: Action Make declares 0 input artifacts which is "
            "less than the minimum count (1)");
  EXPECT_EQ(refusal(with({action_of("X", "Build/AWS/Foo", {})})),
            "InvalidActionDeclarationException: ActionType (Category: 'Build', Provider: 'Foo', "
            "Owner: 'AWS', Version: '1') in action 'X' is not available in region 'US_EAST_1'");
  json::object bare = build_of("Make", "p");
  bare["configuration"] = json::object();
  EXPECT_EQ(refusal(with({bare})),
            "InvalidActionDeclarationException: Action configuration for action 'Make' is missing "
            "required configuration 'ProjectName'");
  bare["configuration"] = json::object{{"ProjectName", "p"}, {"Nonsense", "x"}};
  EXPECT_EQ(refusal(with({bare})),
            "InvalidActionDeclarationException: Action configuration for action 'Make' contains "
            "unknown configuration 'Nonsense'");
}

TEST(Structure, AStackActionNeedsWhatItsModeNeeds) {
  const json::object common{{"StackName", "s"}, {"RoleArn", "arn:aws:iam::1:role/r"}};
  const auto mode = [&](std::string_view name, json::object more) {
    for (const auto& [key, value] : common) more[key] = value;
    more["ActionMode"] = name;
    return refusal(with({deploy(std::move(more))}));
  };
  EXPECT_EQ(mode("CREATE_UPDATE", {{"TemplatePath", "Code::t"}}), "");
  EXPECT_THAT(mode("CREATE_UPDATE", {}), HasSubstr("'TemplatePath'"));
  EXPECT_THAT(mode("CREATE_UPDATE", {{"TemplatePath", "t"}}), HasSubstr("InputArtifactName"));
  EXPECT_THAT(mode("CREATE_UPDATE", {{"TemplatePath", "Other::t"}}), HasSubstr("'Other'"));
  EXPECT_EQ(mode("DELETE_ONLY", {}), "");
  EXPECT_THAT(mode("CHANGE_SET_EXECUTE", {}), HasSubstr("'ChangeSetName'"));
  EXPECT_THAT(mode("NONE", {}), HasSubstr("ActionMode 'NONE'"));
}

TEST(Structure, StoresAreOneOrOneForEachRegion) {
  json::object pipeline = with({build_of("Make", "p")});
  pipeline["artifactStores"] = json::object{{"us-east-1", {{"type", "S3"}, {"location", "a"}}}};
  EXPECT_THAT(refusal(pipeline), HasSubstr("either artifactStore or artifactStores"));
  pipeline.erase("artifactStore");
  EXPECT_EQ(refusal(pipeline), "");
  json::object far = build_of("Make", "p");
  far["region"] = "us-west-2";
  json::object cross = with({far});
  EXPECT_THAT(refusal(cross), HasSubstr("us-west-2"));
  cross.erase("artifactStore");
  cross["artifactStores"] = json::object{{"us-east-1", {{"type", "S3"}, {"location", "a"}}},
                                         {"us-west-2", {{"type", "S3"}, {"location", "b"}}}};
  EXPECT_EQ(refusal(cross), "");
  EXPECT_EQ(read_structure(cross, "us-east-1").bucket_of("us-west-2"), "b");
}

TEST(Structure, VariablesAreDeclaredBeforeTheyAreUsed) {
  json::object use = build_of("Use", "p", {}, 2);
  use["configuration"].as_object()["EnvironmentVariables"] = "#{made.X} #{variables.Y}";
  json::object make = build_of("Make", "p");
  make["namespace"] = "made";
  json::object pipeline =
      pipeline_of({stage_of("Source", {s3_source()}), stage_of("Build", {make, use})}, "QUEUED");
  EXPECT_THAT(refusal(pipeline), HasSubstr("'#{variables.Y}'"));
  pipeline["variables"] = json::array{json::object{{"name", "Y"}, {"defaultValue", "1"}}};
  EXPECT_EQ(refusal(pipeline), "");
  pipeline["pipelineType"] = "V1";
  EXPECT_THAT(refusal(pipeline), HasSubstr("only available for V2"));
  use["runOrder"] = 1;
  EXPECT_THAT(refusal(with({make, use})), HasSubstr("'#{made.X}'"));
}

TEST(Structure, BlockersAreReserved) {
  json::object pipeline = with({build_of("Make", "p")});
  pipeline["stages"].as_array().at(1).as_object()["blockers"] =
      json::array{json::object{{"name", "b"}, {"type", "Schedule"}}};
  EXPECT_THAT(refusal(pipeline), HasSubstr("InvalidBlockerDeclarationException"));
}

TEST(Unserved, IsFoundByName) {
  const auto path = [](const json::object& pipeline) {
    const auto found = find_unserved(pipeline);
    return found ? found->path + " " + found->why : "";
  };
  EXPECT_EQ(path(with({build_of("Make", "p")})), "");
  EXPECT_THAT(path(pipeline_of({}, "PARALLEL")), HasSubstr("PARALLEL"));
  EXPECT_THAT(path(with({action_of("X", "Deploy/AWS/CodeDeploy", {})})),
              HasSubstr("Deploy/AWS/CodeDeploy"));
  EXPECT_THAT(path(with({action_of("X", "Build/Custom/Mine", {})})),
              HasSubstr("Build/Custom/Mine"));
  EXPECT_THAT(path(with({action_of("X", "Approval/AWS/Manual", {{"NotificationArn", "a"}})})),
              HasSubstr("NotificationArn"));
  EXPECT_THAT(path(with({action_of("X", "Build/AWS/CodeBuild", {{"BatchEnabled", "true"}})})),
              HasSubstr("BatchEnabled other than false"));
  json::object keyed = with({});
  keyed["artifactStore"].as_object()["encryptionKey"] = json::object{{"id", "k"}, {"type", "KMS"}};
  EXPECT_THAT(path(keyed), HasSubstr("encryptionKey"));
}

TEST(Variables, AreFoundAndResolved) {
  EXPECT_EQ(references("a #{x.Y} #{a} #{.b} #{ #{variables.Z-1}"),
            (std::vector<Reference>{{"x", "Y"}, {"variables", "Z-1"}}));
  const auto find = [](const Reference& one) -> std::optional<std::string> {
    if (one.space == "x") return "<" + one.name + ">";
    return std::nullopt;
  };
  const Resolved resolved = resolve("#{x.Y}#{#{x.Z}}#{no.A}", find);
  EXPECT_EQ(resolved.text, "<Y>#{<Z>}#{no.A}");
  EXPECT_EQ(resolved.unresolved, (std::vector<Reference>{{"no", "A"}}));
}

}  // namespace
}  // namespace tandem::codepipeline
