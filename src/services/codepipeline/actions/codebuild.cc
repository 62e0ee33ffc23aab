#include <fmt/format.h>

#include "services/codepipeline/actions/actions.h"

namespace tandem::codepipeline {
namespace {

constexpr std::chrono::milliseconds kPoll{500};

ActionFailure bad_variables(std::string_view why) {
  return {"ConfigurationError",
          fmt::format("The value of EnvironmentVariables is not valid: {}", why)};
}

/// [{"name", "value", "type"}], as StartBuild takes them.
json::array environment_of(const std::string& text) {
  json::array variables;
  if (text.empty()) return variables;
  const auto parsed = json::parse_text(text);
  if (!parsed || !parsed.value().is_array()) throw bad_variables("it is not a JSON array");
  for (const json::value& one : parsed.value().get_array()) {
    if (!one.is_object()) throw bad_variables("its items have to be objects");
    const json::object& given = one.get_object();
    const auto name = json::find_string(given, "name");
    const auto value = json::find_string(given, "value");
    if (!name || !value) throw bad_variables("each item needs a name and a value, which are texts");
    variables.push_back(json::object{
        {"name", *name}, {"value", *value}, {"type", json::string_or(given, "type", "PLAINTEXT")}});
  }
  return variables;
}

std::string location_of(const ArtifactPlace& place) { return place.bucket + "/" + place.key; }

json::object s3_source(const ArtifactPlace& place) {
  return {{"type", "S3"}, {"location", location_of(place)}};
}

/// The object that the build writes is the artifact's: path and name are its key.
json::object s3_artifact(const ArtifactPlace& place) {
  const std::size_t slash = place.key.rfind('/');
  return {{"type", "S3"},
          {"location", place.bucket},
          {"path", place.key.substr(0, slash)},
          {"name", place.key.substr(slash + 1)},
          {"namespaceType", "NONE"},
          {"packaging", "ZIP"},
          {"overrideArtifactName", false}};
}

/// What StartBuild has no members for: CodeBuild takes it out of the variables again when
/// CodePipeline itself calls (services/codebuild/api/start_build.cc).
void add_own_variables(const ActionScope& scope, const std::string& primary,
                       json::array& variables) {
  const auto add = [&](std::string_view name, const std::string& value) {
    variables.push_back(json::object{{"name", name}, {"value", value}, {"type", "PLAINTEXT"}});
  };
  add("CODEBUILD_INITIATOR", "codepipeline/" + scope.pipeline());
  const std::string revision = scope.revision_of(primary);
  if (!revision.empty()) add("CODEBUILD_RESOLVED_SOURCE_VERSION", revision);
}

/// What is CODEPIPELINE in the project is the artifacts' objects in the build. Of several outputs
/// each is one of the buildspec's secondary artifacts (user guide, "CodeBuild action reference").
json::object start_request(const ActionScope& scope) {
  const Action& action = scope.action();
  json::object input;
  input["projectName"] = scope.configured("ProjectName");
  input["idempotencyToken"] = scope.id();
  const std::string primary = scope.configured("PrimarySource", action.inputs.front());
  const json::object source = s3_source(scope.input(primary));
  input["sourceTypeOverride"] = source.at("type");
  input["sourceLocationOverride"] = source.at("location");
  // As builds of CodePipeline's show it (CodeBuild user guide, CODEBUILD_SOURCE_VERSION).
  input["sourceVersion"] = "arn:aws:s3:::" + location_of(scope.input(primary));
  json::array sources;
  for (const std::string& name : action.inputs) {
    if (name == primary) continue;
    json::object secondary = s3_source(scope.input(name));
    secondary["sourceIdentifier"] = name;
    sources.push_back(std::move(secondary));
  }
  if (!sources.empty()) input["secondarySourcesOverride"] = std::move(sources);
  json::object only{{"type", "NO_ARTIFACTS"}};
  if (action.outputs.size() == 1) {
    only = s3_artifact(scope.output(action.outputs.front()));
    // The buildspec may have it as its secondary artifact of that name.
    only["artifactIdentifier"] = action.outputs.front();
  }
  input["artifactsOverride"] = std::move(only);
  json::array artifacts;
  for (const std::string& name : action.outputs) {
    if (action.outputs.size() == 1) break;
    json::object secondary = s3_artifact(scope.output(name));
    secondary["artifactIdentifier"] = name;
    artifacts.push_back(std::move(secondary));
  }
  if (!artifacts.empty()) input["secondaryArtifactsOverride"] = std::move(artifacts);
  json::array variables = environment_of(scope.configured("EnvironmentVariables"));
  if (scope.is_here()) add_own_variables(scope, primary, variables);
  if (!variables.empty()) input["environmentVariablesOverride"] = std::move(variables);
  return input;
}

Task<std::string> started_build(ActionScope* scope) {
  std::string id = json::string_or(scope->work(), "build");
  if (!id.empty()) co_return id;
  // The same token again is the same build again, should this one have been started already:
  // CodeBuild knows it for five minutes, as on AWS.
  Task<aws::ApiResult> starting = scope->call_as("codepipeline.amazonaws.com", "codebuild",
                                                 "StartBuild", start_request(*scope), "");
  const aws::ApiResult answer = co_await std::move(starting);
  if (const auto* build = json::find_object(answer.output, "build")) {
    id = json::string_or(*build, "id");
  }
  scope->keep("build", id);
  External external;
  external.id = id;
  external.url =
      fmt::format("https://console.aws.amazon.com/codebuild/home?region={}#/builds/{}/view/new",
                  scope->region(), id);
  scope->show(external);
  co_return id;
}

std::string context_of(const json::object& build) {
  const auto* phases = json::find_array(build, "phases");
  if (phases == nullptr) return "";
  for (const json::value& one : *phases) {
    if (!one.is_object()) continue;
    const json::object& phase = one.get_object();
    const std::string status = json::string_or(phase, "phaseStatus");
    if (status.empty() || status == "SUCCEEDED") continue;
    const auto* contexts = json::find_array(phase, "contexts");
    if (contexts == nullptr || contexts->empty() || !contexts->front().is_object()) continue;
    const json::object& context = contexts->front().get_object();
    return fmt::format(". Phase: {}, Code: {}, Message: {}", json::string_or(phase, "phaseType"),
                       json::string_or(context, "statusCode"), json::string_or(context, "message"));
  }
  return "";
}

json::object exported(const json::object& build) {
  json::object variables;
  const auto* list = json::find_array(build, "exportedEnvironmentVariables");
  if (list == nullptr) return variables;
  for (const json::value& one : *list) {
    if (!one.is_object()) continue;
    const std::string name = json::string_or(one.get_object(), "name");
    if (!name.empty()) variables[name] = json::string_or(one.get_object(), "value");
  }
  return variables;
}

Task<json::object> build_of(ActionScope* scope, std::string id) {
  json::object input;
  input["ids"] = json::array{json::value(id)};
  Task<aws::ApiResult> asking = scope->call("codebuild", "BatchGetBuilds", std::move(input));
  const aws::ApiResult answer = co_await std::move(asking);
  const auto* builds = json::find_array(answer.output, "builds");
  if (builds == nullptr || builds->empty() || !builds->front().is_object()) {
    throw ActionFailure{"JobFailed", fmt::format("The build {} does not exist any more", id)};
  }
  co_return builds->front().get_object();
}

}  // namespace

Task<ActionResult> run_codebuild(ActionScope* scope) {
  Task<std::string> starting = started_build(scope);
  const std::string id = co_await std::move(starting);
  for (;;) {
    Task<json::object> asking = build_of(scope, id);
    const json::object build = co_await std::move(asking);
    const std::string status = json::string_or(build, "buildStatus", "IN_PROGRESS");
    if (status == "SUCCEEDED") {
      ActionResult result;
      result.variables = exported(build);
      co_return result;
    }
    if (status != "IN_PROGRESS") {
      throw ActionFailure{
          "JobFailed", fmt::format("Build terminated with state: {}{}", status, context_of(build))};
    }
    if (scope->deadline_ms() <= scope->workshop().now_ms()) {
      json::object stop;
      stop["id"] = id;
      Task<aws::ApiResult> stopping = scope->call("codebuild", "StopBuild", std::move(stop));
      co_await std::move(stopping);
      throw ActionFailure{"JobFailed", "The build did not end within the action's time"};
    }
    Task<void> resting = scope->rest(kPoll);
    co_await std::move(resting);
  }
}

}  // namespace tandem::codepipeline
