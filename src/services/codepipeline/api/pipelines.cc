#include "services/codepipeline/api/operations.h"
#include "services/codepipeline/engine/executions.h"

namespace tandem::codepipeline::api {
namespace {

constexpr std::size_t kMostPipelines = 1'000;
/// Declarations of before that are kept for GetPipeline.
constexpr std::int64_t kKeptVersions = 100;

void fill(json::object& in, std::string_view member, json::value value) {
  if (json::find(in, member) == nullptr) in[member] = std::move(value);
}

/// With what AWS shows of a pipeline that did not say it.
json::object completed(json::object declaration) {
  fill(declaration, "pipelineType", "V1");
  fill(declaration, "executionMode", "SUPERSEDED");
  json::value* stages = declaration.if_contains("stages");
  if (stages == nullptr || !stages->is_array()) return declaration;
  for (json::value& stage : stages->get_array()) {
    json::value* actions = stage.is_object() ? stage.get_object().if_contains("actions") : nullptr;
    if (actions == nullptr || !actions->is_array()) continue;
    for (json::value& action : actions->get_array()) {
      if (!action.is_object()) continue;
      fill(action.get_object(), "runOrder", 1);
      fill(action.get_object(), "configuration", json::object());
      fill(action.get_object(), "inputArtifacts", json::array());
      fill(action.get_object(), "outputArtifacts", json::array());
    }
  }
  return declaration;
}

json::object declaration_in(const json::object& input) {
  const auto* given = json::find_object(input, "pipeline");
  json::object declaration = given == nullptr ? json::object() : *given;
  if (const auto unserved = find_unserved(declaration)) {
    service::refuse_member(unserved->path, unserved->why);
  }
  return declaration;
}

/// The version that GetPipeline is to show.
json::object shown_declaration(Scope& scope, const json::object& pipeline, const std::string& name,
                               std::int64_t version) {
  const json::object& newest = pipeline.at("declaration").as_object();
  if (version == 0 || version == json::int_or(newest, "version", 0)) return newest;
  auto older = scope.store().declaration(name, version);
  if (!older) throw errors::version_not_found(scope.account(), name, version);
  return std::move(*older);
}

/// No declaration goes by which an execution runs.
std::int64_t oldest_needed(Scope& scope, const std::string& name, std::int64_t version) {
  std::int64_t oldest = version - kKeptVersions;
  for (const std::uint64_t number : scope.store().live(name)) {
    const auto execution = scope.store().execution({name, number});
    if (execution) oldest = std::min(oldest, json::int_or(*execution, "version", version));
  }
  return oldest;
}

/// While nobody can tell, the role is taken. The text is in the SageMaker developer guide,
/// "SageMaker Studio Permissions Required to Use Projects". What the roles of actions trust is the
/// pipeline's role and no service; that is not judged.
Task<void> require_role(Scope& scope, std::string role_arn) {
  const auto answer = co_await scope.engine.workshop().ports.roles.may_assume(
      role_arn, "codepipeline.amazonaws.com");
  if (answer == service::Roles::Answer::kNo) {
    throw errors::invalid_structure(
        fmt::format("CodePipeline is not authorized to perform AssumeRole on role {}", role_arn));
  }
}

}  // namespace

Task<service::Reply> create_pipeline(Scope& scope, service::RequestContext& request,
                                     json::object input) {
  json::object declaration = declaration_in(input);
  const std::string name = json::string_or(declaration, "name");
  read_structure(declaration, scope.engine.environment().region);
  co_await require_role(scope, json::string_or(declaration, "roleArn"));
  if (scope.store().pipeline(name)) throw errors::name_in_use(scope.account(), name);
  if (scope.store().count_pipelines() >= kMostPipelines) {
    throw errors::limit_exceeded(fmt::format("Account '{}' has reached the limit of {} pipelines",
                                             scope.account(), kMostPipelines));
  }
  const json::value tags(tag_map(json::find(input, "tags")));
  const service::TagSet tag_set = service::tag_set(kTagRules, &tags, service::tag_source(request));
  declaration = completed(std::move(declaration));
  declaration["version"] = 1;
  json::object pipeline;
  pipeline["declaration"] = declaration;
  pipeline["created_ms"] = scope.now_ms();
  pipeline["updated_ms"] = scope.now_ms();
  // No number comes twice, also when a pipeline of this name was there before.
  pipeline["next"] = scope.now_ms();
  if (!tag_set.empty()) pipeline["tags"] = tag_set.map();
  store::WriteBatch batch;
  PipelineStore::put_declaration(batch, name, 1, declaration);
  StartRequest start;
  start.trigger = "CreatePipeline";
  start.trigger_detail = request.caller.arn;
  scope.engine.start(std::move(batch), std::move(pipeline), start);
  json::object output;
  output["pipeline"] = masked(std::move(declaration));
  if (!tag_set.empty()) output["tags"] = tag_list(tag_set.map());
  co_return output;
}

json::object get_pipeline(Scope& scope, const json::object& input) {
  const std::string name = json::string_or(input, "name");
  const json::object pipeline = scope.require_pipeline(name);
  json::object output;
  output["pipeline"] =
      masked(shown_declaration(scope, pipeline, name, json::int_or(input, "version", 0)));
  output["metadata"] = json::object{{"pipelineArn", scope.arn(name)},
                                    {"created", seconds_of(pipeline, "created_ms")},
                                    {"updated", seconds_of(pipeline, "updated_ms")}};
  return output;
}

Task<service::Reply> update_pipeline(Scope& scope, json::object input) {
  json::object declaration = declaration_in(input);
  const std::string name = json::string_or(declaration, "name");
  scope.require_pipeline(name);
  const Structure structure = read_structure(declaration, scope.engine.environment().region);
  co_await require_role(scope, structure.role_arn);
  json::object pipeline = scope.require_pipeline(name);
  const json::object& before = pipeline.at("declaration").as_object();
  const std::int64_t version = json::int_or(before, "version", 1) + 1;
  declaration = completed(with_secrets_of(std::move(declaration), before));
  declaration["version"] = version;
  if (const auto* transitions = json::find_object(pipeline, "transitions")) {
    json::object kept;
    for (const auto& [stage, states] : *transitions) {
      if (structure.find(std::string_view(stage)) != nullptr) kept[stage] = states;
    }
    pipeline["transitions"] = std::move(kept);
  }
  pipeline["declaration"] = declaration;
  pipeline["updated_ms"] = scope.now_ms();
  store::WriteBatch batch;
  PipelineStore::put_pipeline(batch, name, pipeline);
  PipelineStore::put_declaration(batch, name, version, declaration);
  PipelineStore::erase_declarations(batch, name, oldest_needed(scope, name, version));
  scope.store().write(std::move(batch));
  scope.engine.advance(name);
  json::object output;
  output["pipeline"] = masked(std::move(declaration));
  co_return output;
}

// AWS says nothing of a pipeline that is not there.
json::object delete_pipeline(Scope& scope, const json::object& input) {
  const std::string name = json::string_or(input, "name");
  if (scope.store().pipeline(name)) scope.engine.remove(name);
  return {};
}

json::object list_pipelines(Scope& scope, const json::object& input) {
  service::Page page(kPages, input, "pipelines");
  scope.store().each_pipeline(page.after(), [&](const std::string& name, json::object pipeline) {
    return page.add(name, [&] {
      const json::object& declaration = pipeline.at("declaration").as_object();
      return json::object{{"name", name},
                          {"version", json::int_or(declaration, "version", 1)},
                          {"pipelineType", json::string_or(declaration, "pipelineType")},
                          {"executionMode", json::string_or(declaration, "executionMode")},
                          {"created", seconds_of(pipeline, "created_ms")},
                          {"updated", seconds_of(pipeline, "updated_ms")}};
    });
  });
  return std::move(page).finish();
}

}  // namespace tandem::codepipeline::api
