#include "services/codepipeline/model/action_types.h"

#include <algorithm>
#include <utility>

namespace tandem::codepipeline {
namespace {

constexpr auto kRequired = ConfigurationKey::Need::kRequired;
constexpr auto kOptional = ConfigurationKey::Need::kOptional;
using Kind = ActionType::Kind;
using std::chrono::hours;

constexpr ConfigurationKey kS3Source[] = {{"S3Bucket", kRequired},
                                          {"S3ObjectKey", kRequired},
                                          {"AllowOverrideForS3ObjectKey"},
                                          {"PollForSourceChanges"}};
constexpr ConfigurationKey kGitHub[] = {{"Owner", kRequired},
                                        {"Repo", kRequired},
                                        {"Branch", kRequired},
                                        {"OAuthToken", kRequired, true},
                                        {"PollForSourceChanges"}};
constexpr ConfigurationKey kConnection[] = {{"ConnectionArn", kRequired},
                                            {"FullRepositoryId", kRequired},
                                            {"BranchName", kRequired},
                                            {"OutputArtifactFormat"},
                                            {"DetectChanges"}};
constexpr ConfigurationKey kCodeBuild[] = {{"ProjectName", kRequired},
                                           {"PrimarySource"},
                                           {"BatchEnabled"},
                                           {"CombineArtifacts"},
                                           {"EnvironmentVariables"}};
constexpr ConfigurationKey kCloudFormation[] = {
    {"ActionMode", kRequired}, {"StackName", kRequired}, {"ChangeSetName"},      {"TemplatePath"},
    {"TemplateConfiguration"}, {"Capabilities"},         {"ParameterOverrides"}, {"RoleArn"},
    {"OutputFileName"}};
constexpr ConfigurationKey kS3Deploy[] = {
    {"BucketName", kRequired}, {"Extract", kRequired}, {"ObjectKey"}, {"CannedACL"},
    {"CacheControl"},          {"KMSEncryptionKeyARN"}};
constexpr ConfigurationKey kLambda[] = {{"FunctionName", kRequired}, {"UserParameters"}};
constexpr ConfigurationKey kApproval[] = {
    {"NotificationArn"}, {"ExternalEntityLink"}, {"CustomData"}};

constexpr ActionType kTypes[] = {
    {Kind::kApproval, "Approval", "AWS", "Manual", 0, 0, 0, 0, hours(7 * 24), kApproval},
    {Kind::kCodeBuild, "Build", "AWS", "CodeBuild", 1, 5, 0, 5, hours(36), kCodeBuild},
    {Kind::kCloudFormation, "Deploy", "AWS", "CloudFormation", 0, 10, 0, 1, hours(3 * 24),
     kCloudFormation},
    {Kind::kS3Deploy, "Deploy", "AWS", "S3", 1, 1, 0, 0, hours(1), kS3Deploy},
    {Kind::kLambda, "Invoke", "AWS", "Lambda", 0, 5, 0, 5, std::chrono::minutes(20), kLambda},
    {Kind::kConnection, "Source", "AWS", "CodeStarSourceConnection", 0, 0, 1, 1, hours(1),
     kConnection},
    {Kind::kS3Source, "Source", "AWS", "S3", 0, 0, 1, 1, hours(1), kS3Source},
    {Kind::kGitHub, "Source", "ThirdParty", "GitHub", 0, 0, 1, 1, hours(1), kGitHub},
    {Kind::kCodeBuild, "Test", "AWS", "CodeBuild", 1, 5, 0, 5, hours(36), kCodeBuild},
};

// User guide, "Valid action types and providers in CodePipeline".
constexpr std::string_view kOfAws[] = {"Source/AWS/CodeCommit",
                                       "Source/AWS/ECR",
                                       "Build/AWS/ECRBuildAndPublish",
                                       "Build/Custom/Jenkins",
                                       "Test/AWS/DeviceFarm",
                                       "Test/Custom/Jenkins",
                                       "Test/ThirdParty/GhostInspector",
                                       "Test/ThirdParty/StormRunner Load",
                                       "Deploy/AWS/CodeDeploy",
                                       "Deploy/AWS/CodeDeployToECS",
                                       "Deploy/AWS/ECS",
                                       "Deploy/AWS/EKS",
                                       "Deploy/AWS/EC2",
                                       "Deploy/AWS/Lambda",
                                       "Deploy/AWS/ElasticBeanstalk",
                                       "Deploy/AWS/OpsWorks",
                                       "Deploy/AWS/ServiceCatalog",
                                       "Deploy/AWS/AlexaSkillsKit",
                                       "Deploy/AWS/AppConfig",
                                       "Deploy/AWS/CloudFormationStackSet",
                                       "Deploy/AWS/CloudFormationStackInstances",
                                       "Deploy/ThirdParty/AlexaSkillsKit",
                                       "Invoke/AWS/StepFunctions",
                                       "Invoke/AWS/CodePipeline",
                                       "Invoke/AWS/InspectorScan",
                                       "Compute/AWS/Commands"};

}  // namespace

const ConfigurationKey* ActionType::find_key(std::string_view name) const {
  for (const ConfigurationKey& key : configuration) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

std::span<const ActionType> action_types() { return kTypes; }

const ActionType* find_action_type(std::string_view category, std::string_view owner,
                                   std::string_view provider, std::string_view version) {
  if (version != "1") return nullptr;
  for (const ActionType& type : kTypes) {
    if (type.category == category && type.owner == owner && type.provider == provider) return &type;
  }
  return nullptr;
}

bool is_of_aws(std::string_view category, std::string_view owner, std::string_view provider,
               std::string_view version) {
  if (version != "1") return false;
  std::string name(category);
  name.append("/").append(owner).append("/").append(provider);
  return std::find(std::begin(kOfAws), std::end(kOfAws), name) != std::end(kOfAws);
}

json::object shown(const ActionType& type) {
  json::array properties;
  for (const ConfigurationKey& key : type.configuration) {
    const bool required = key.need == kRequired;
    properties.push_back(json::object{{"name", key.name},
                                      {"required", required},
                                      {"key", required && !key.secret},
                                      {"secret", key.secret},
                                      {"queryable", false}});
  }
  json::object document;
  document["id"] = json::object{{"category", type.category},
                                {"owner", type.owner},
                                {"provider", type.provider},
                                {"version", "1"}};
  document["actionConfigurationProperties"] = std::move(properties);
  document["inputArtifactDetails"] =
      json::object{{"minimumCount", type.least_inputs}, {"maximumCount", type.most_inputs}};
  document["outputArtifactDetails"] =
      json::object{{"minimumCount", type.least_outputs}, {"maximumCount", type.most_outputs}};
  return document;
}

}  // namespace tandem::codepipeline
