// StartBuild and RetryBuild: what a build goes by is the project with the start's overrides.
#include <algorithm>

#include "aws/arn.h"
#include "core/bytes.h"
#include "core/ids.h"
#include "core/text.h"
#include "services/codebuild/api/operations.h"
#include "services/codebuild/errors.h"
#include "services/codebuild/model/phase.h"
#include "services/codebuild/model/project.h"
#include "services/codebuild/model/variables.h"

namespace tandem::codebuild::api {
namespace {

constexpr std::string_view kCodePipeline = "codepipeline.amazonaws.com";
/// Builds that wait or run in a region at once.
constexpr std::size_t kOpenBuilds = 200;
/// How long a repeated request is known by its token (API reference, StartBuild).
constexpr std::int64_t kTokenLife_ms = 5 * 60 * 1000;

/// Within the process nobody else can say so; over HTTP a call is its signer's.
bool is_codepipeline(const service::RequestContext& request) {
  return request.http == nullptr && request.caller.arn == kCodePipeline;
}

/// "codepipeline/<pipeline>", a user's name, a role's with its session.
std::string initiator_of(const service::RequestContext& request) {
  const auto arn = aws::Arn::parse(request.caller.arn);
  if (!arn) return request.caller.arn;
  std::string_view resource = arn->resource;
  for (const std::string_view kind : {"user/", "assumed-role/"}) {
    if (resource.starts_with(kind)) resource.remove_prefix(kind.size());
  }
  // A user's path is no part of its name.
  if (arn->resource.starts_with("user/")) resource = resource.substr(resource.rfind('/') + 1);
  return std::string(resource);
}

/// What CodePipeline says of a build beside what StartBuild has members for: variables of
/// CodeBuild's own names, taken out of the others.
std::string take_variable(json::array& variables, std::string_view name) {
  std::string value;
  json::array kept;
  for (const json::value& each : variables) {
    if (json::string_or(each.as_object(), "name") == name) {
      value = json::string_or(each.as_object(), "value");
    } else {
      kept.push_back(each);
    }
  }
  variables = std::move(kept);
  return value;
}

struct Rename {
  std::string_view given;
  std::string_view member;
};

/// Overrides that replace a member as it is.
constexpr Rename kWhole[] = {{"secondarySourcesOverride", "secondarySources"},
                             {"secondarySourcesVersionOverride", "secondarySourceVersions"},
                             {"sourceVersion", "sourceVersion"},
                             {"artifactsOverride", "artifacts"},
                             {"secondaryArtifactsOverride", "secondaryArtifacts"},
                             {"cacheOverride", "cache"},
                             {"serviceRoleOverride", "serviceRole"},
                             {"timeoutInMinutesOverride", "timeoutInMinutes"},
                             {"queuedTimeoutInMinutesOverride", "queuedTimeoutInMinutes"},
                             {"encryptionKeyOverride", "encryptionKey"},
                             {"logsConfigOverride", "logsConfig"}};
constexpr Rename kOfSource[] = {{"sourceTypeOverride", "type"},
                                {"sourceLocationOverride", "location"},
                                {"buildspecOverride", "buildspec"}};
constexpr Rename kOfEnvironment[] = {
    {"environmentTypeOverride", "type"},
    {"imageOverride", "image"},
    {"computeTypeOverride", "computeType"},
    {"imagePullCredentialsTypeOverride", "imagePullCredentialsType"}};

template <class Renames>
void apply(const Renames& renames, const json::object& input, json::object& into) {
  for (const Rename& each : renames) {
    if (const json::value* value = json::find(input, each.given)) into[each.member] = *value;
  }
}

/// The project's document with the start's overrides, not checked.
json::object settings_of(const json::object& project, const json::object& input) {
  json::object settings = project;
  apply(kWhole, input, settings);
  json::object& source = settings["source"].as_object();
  apply(kOfSource, input, source);
  if (json::string_or(source, "type") != "S3") source.erase("location");
  json::object& environment = settings["environment"].as_object();
  apply(kOfEnvironment, input, environment);
  if (const auto* start = json::find_array(input, "environmentVariablesOverride")) {
    const auto* own = json::find_array(environment, "environmentVariables");
    environment["environmentVariables"] =
        merge_variables(own != nullptr ? *own : json::array(), *start);
  }
  return settings;
}

json::object logs_of(const Scope& scope, const json::object& settings, const std::string& name,
                     const std::string& uuid) {
  const json::object none;
  const auto* config = json::find_object(settings, "logsConfig");
  const auto* given = json::find_object(config != nullptr ? *config : none, "cloudWatchLogs");
  json::object cloudwatch = given != nullptr ? *given : json::object{{"status", "ENABLED"}};
  json::object s3{{"status", "DISABLED"}, {"encryptionDisabled", false}};
  json::object logs;
  if (json::string_or(cloudwatch, "status") == "ENABLED") {
    std::string group = json::string_or(cloudwatch, "groupName");
    if (group.empty()) group = "/aws/codebuild/" + name;
    const std::string prefix = json::string_or(cloudwatch, "streamName");
    const std::string stream = prefix.empty() ? uuid : prefix + "/" + uuid;
    const std::string& region = scope.environment.region;
    // The console escapes twice, with "$" for "%".
    const auto escaped = [](std::string_view text) {
      std::string all = core::percent_encode(core::percent_encode(text));
      std::replace(all.begin(), all.end(), '%', '$');
      return all;
    };
    logs["groupName"] = group;
    logs["streamName"] = stream;
    logs["deepLink"] = fmt::format(
        "https://console.aws.amazon.com/cloudwatch/home?region={}#logsV2:log-groups/log-group/{}/"
        "log-events/{}",
        region, escaped(group), escaped(stream));
    logs["cloudWatchLogsArn"] =
        aws::make_arn("logs", region, scope.environment.account(),
                      fmt::format("log-group:{}:log-stream:{}", group, stream));
  }
  logs["cloudWatchLogs"] = std::move(cloudwatch);
  logs["s3Logs"] = std::move(s3);
  return logs;
}

/// What an artifact will be, as a build shows it before it is there.
json::object expected_artifact(const json::object& settings) {
  json::object shown;
  if (json::string_or(settings, "type") == "S3") {
    shown["location"] = fmt::format("arn:aws:s3:::{}", json::string_or(settings, "location"));
    shown["encryptionDisabled"] = json::bool_or(settings, "encryptionDisabled", false);
    shown["overrideArtifactName"] = json::bool_or(settings, "overrideArtifactName", false);
  } else {
    shown["location"] = "";
  }
  const std::string identifier = json::string_or(settings, "artifactIdentifier");
  if (!identifier.empty()) shown["artifactIdentifier"] = identifier;
  return shown;
}

/// The new build's document.
json::object new_build(const Scope& scope, const json::object& settings,
                       const std::string& initiator) {
  const std::string name = json::string_or(settings, "name");
  const std::string uuid = core::uuid4(scope.environment.random);
  const std::string id = fmt::format("{}:{}", name, uuid);
  const std::int64_t now = scope.now_ms();
  json::object build;
  build["id"] = id;
  build["arn"] = scope.build_arn(id);
  build["projectName"] = name;
  build["startTime"] = seconds_of(now);
  build["buildStatus"] = "IN_PROGRESS";
  build["buildComplete"] = false;
  build["initiator"] = initiator;
  for (const std::string_view member :
       {"sourceVersion", "secondarySources", "secondarySourceVersions", "cache", "environment",
        "serviceRole", "timeoutInMinutes", "queuedTimeoutInMinutes", "encryptionKey", "source"}) {
    if (const json::value* value = json::find(settings, member)) build[member] = *value;
  }
  build["logs"] = logs_of(scope, settings, name, uuid);
  build["artifacts"] = expected_artifact(settings.at("artifacts").as_object());
  json::array secondary;
  if (const auto* more = json::find_array(settings, "secondaryArtifacts")) {
    for (const json::value& each : *more) secondary.push_back(expected_artifact(each.as_object()));
  }
  if (!secondary.empty()) build["secondaryArtifacts"] = std::move(secondary);
  begin_phase(build, Phase::kSubmitted, now);
  end_phase(build, {}, now);
  begin_phase(build, Phase::kQueued, now);
  return build;
}

void require_room(const Scope& scope, const json::object& settings) {
  const std::string name = json::string_or(settings, "name");
  if (scope.builds.open().size() >= kOpenBuilds) {
    throw errors::limit_exceeded(
        fmt::format("Cannot have more than {} builds in queue for the account", kOpenBuilds));
  }
  const std::int64_t limit = json::int_or(settings, "concurrentBuildLimit", 0);
  if (limit > 0 && scope.builder.count(name) >= static_cast<std::size_t>(limit)) {
    throw errors::limit_exceeded(
        fmt::format("Cannot have more than {} concurrent builds for project {}", limit, name));
  }
}

/// The build of a request that was made before with the same token.
std::optional<BuildRecord> repeated(const Scope& scope, const std::string& token,
                                    const std::string& digest) {
  if (token.empty()) return std::nullopt;
  for (const auto& each : scope.builds.started()) {
    if (json::string_or(each.token, "token") != token) continue;
    if (json::int_or(each.token, "untilMs", 0) < scope.now_ms()) continue;
    if (json::string_or(each.token, "digest") != digest) {
      throw errors::invalid_input(
          "Invalid input: the idempotency token was used with other parameters before");
    }
    return scope.builds.build(each.id);
  }
  return std::nullopt;
}

json::object token_of(const Scope& scope, const std::string& token, const std::string& digest) {
  if (token.empty()) return {};
  return {{"token", token}, {"digest", digest}, {"untilMs", scope.now_ms() + kTokenLife_ms}};
}

json::object begin(Scope& scope, BuildRecord record, const json::object& token) {
  record.started_ms = scope.now_ms();
  scope.builds.add(record, token);
  scope.builder.begin(record.id());
  return {{"build", record.build}};
}

/// What of a start CodePipeline alone can say.
struct PipelineWords {
  std::string initiator;
  std::string resolved_version;
};

void hide_objects(json::object& build) {
  json::object& source = build["source"].as_object();
  source["type"] = "CODEPIPELINE";
  source.erase("location");
}

}  // namespace

json::object start_build(Scope& scope, service::RequestContext& request,
                         const json::object& input) {
  const json::object document = require_project(scope, json::string_or(input, "projectName"));
  const json::object& project = document.at("project").as_object();
  const bool by_pipeline = is_codepipeline(request);
  json::object given = input;
  given.erase("idempotencyToken");
  const std::string digest = core::hex_encode(core::sha256(json::to_text(given)));
  const std::string token = json::string_or(input, "idempotencyToken");
  if (const auto before = repeated(scope, token, digest)) return {{"build", before->build}};

  PipelineWords words{initiator_of(request), ""};
  if (by_pipeline) {
    if (auto* variables = given.if_contains("environmentVariablesOverride")) {
      words.initiator = take_variable(variables->as_array(), "CODEBUILD_INITIATOR");
      words.resolved_version =
          take_variable(variables->as_array(), "CODEBUILD_RESOLVED_SOURCE_VERSION");
    }
  }
  json::object settings = settings_of(project, given);
  if (is_of_codepipeline(settings)) {
    throw errors::invalid_input(
        "Invalid input: a build of a project with source type CODEPIPELINE can only be started by "
        "CodePipeline");
  }
  settings =
      complete_project(std::move(settings), scope.environment.region, scope.environment.account());
  require_room(scope, settings);
  BuildRecord record;
  record.build = new_build(scope, settings, words.initiator);
  if (by_pipeline) hide_objects(record.build);
  if (!words.resolved_version.empty()) {
    record.build["resolvedSourceVersion"] = words.resolved_version;
  }
  record.settings = std::move(settings);
  return begin(scope, std::move(record), token_of(scope, token, digest));
}

json::object retry_build(Scope& scope, service::RequestContext& request,
                         const json::object& input) {
  const std::string id = id_of_build(json::string_or(input, "id"));
  const std::string digest = core::hex_encode(core::sha256("retry " + id));
  const std::string token = json::string_or(input, "idempotencyToken");
  if (const auto before = repeated(scope, token, digest)) return {{"build", before->build}};
  const auto earlier = scope.builds.build(id);
  if (!earlier) throw errors::build_not_found(scope.build_arn(id));
  require_room(scope, earlier->settings);
  BuildRecord record;
  record.settings = earlier->settings;
  record.build = new_build(scope, record.settings, initiator_of(request));
  if (is_of_codepipeline(earlier->build)) hide_objects(record.build);
  if (const json::value* version = json::find(earlier->build, "resolvedSourceVersion")) {
    record.build["resolvedSourceVersion"] = *version;
  }
  return begin(scope, std::move(record), token_of(scope, token, digest));
}

}  // namespace tandem::codebuild::api
