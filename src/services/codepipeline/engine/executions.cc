#include "services/codepipeline/engine/executions.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/ids.h"
#include "services/codepipeline/model/variables.h"

namespace tandem::codepipeline {
namespace {

constexpr std::chrono::hours kKept{365 * 24};
/// Looked at by one start: the next one goes on.
constexpr std::size_t kForgottenAtOnce = 20;

json::array resolved_variables(const Structure& structure, const json::object& given) {
  json::array variables;
  for (const Variable& one : structure.variables) {
    auto value = json::find_string(given, one.name);
    if (!value) value = one.value;
    if (value) variables.push_back(json::object{{"name", one.name}, {"resolvedValue", *value}});
  }
  return variables;
}

json::object& member_object(json::object& in, std::string_view member) {
  json::value& value = in[member];
  if (!value.is_object()) value.emplace_object();
  return value.get_object();
}

}  // namespace

Started put_new_execution(Workshop& workshop, store::WriteBatch& batch, json::object& pipeline,
                          const StartRequest& request) {
  const json::object& declaration = *json::find_object(pipeline, "declaration");
  const Structure structure = stored_structure(declaration);
  const std::int64_t version = json::int_or(declaration, "version", 1);
  const std::int64_t number = json::int_or(pipeline, "next", 1);
  // The first one makes the document larger, which moves the declaration in it.
  pipeline["next"] = number + 1;
  Started started;
  started.key = {structure.name, static_cast<std::uint64_t>(number)};
  started.id = core::uuid4(workshop.environment.random);
  json::object execution;
  execution["id"] = started.id;
  execution["status"] = "InProgress";
  execution["version"] = version;
  execution["mode"] = name_of(structure.mode);
  execution["type"] = structure.second_type ? "V2" : "V1";
  execution["started_ms"] = workshop.now_ms();
  execution["updated_ms"] = workshop.now_ms();
  execution["trigger"] =
      json::object{{"type", request.trigger}, {"detail", request.trigger_detail}};
  execution["variables"] = resolved_variables(structure, request.variables);
  if (!request.overrides.empty()) execution["overrides"] = request.overrides;
  execution["stage"] = structure.stages.front().name;
  execution["inside"] = false;
  if (!request.token.empty()) {
    execution["token"] = request.token;
    PipelineStore::put_start(batch, started.key, request.token);
  }
  PipelineStore::put_execution(batch, started.key, execution);
  PipelineStore::put_pipeline(batch, structure.name, pipeline);
  forget_old_executions(workshop, batch, structure.name);
  return started;
}

void forget_old_executions(Workshop& workshop, store::WriteBatch& batch,
                           std::string_view pipeline) {
  const PipelineStore& store = workshop.store;
  std::size_t count = 0;
  store.each_execution(pipeline, PipelineStore::Order::kOldestFirst,
                       [&](std::uint64_t, const json::object&) { return ++count, true; });
  const std::int64_t oldest =
      workshop.now_ms() - workshop.at_pace(std::chrono::milliseconds(kKept)).count();
  std::size_t looked_at = 0;
  store.each_execution(pipeline, PipelineStore::Order::kOldestFirst,
                       [&](std::uint64_t number, const json::object& execution) {
                         const bool old = json::int_or(execution, "updated_ms", 0) < oldest;
                         if (!old && count < kMostExecutions) return false;
                         if (!is_live(execution)) {
                           store.erase_execution(batch, {std::string(pipeline), number}, execution);
                           --count;
                         }
                         return ++looked_at < kForgottenAtOnce;
                       });
}

std::optional<Structure> structure_of(const PipelineStore& store, std::string_view pipeline,
                                      const json::object& execution) {
  const auto declaration = store.declaration(pipeline, json::int_or(execution, "version", 0));
  if (!declaration) return std::nullopt;
  return stored_structure(*declaration);
}

json::object& stage_part(json::object& execution, std::string_view stage) {
  return member_object(member_object(execution, "stages"), stage);
}

const json::object* find_stage_part(const json::object& execution, std::string_view stage) {
  const auto* stages = json::find_object(execution, "stages");
  return stages == nullptr ? nullptr : json::find_object(*stages, stage);
}

void set_stage_status(Workshop& workshop, store::WriteBatch& batch, const ExecutionKey& key,
                      json::object& execution, std::string_view stage, std::string_view status) {
  stage_part(execution, stage)["status"] = status;
  execution["updated_ms"] = workshop.now_ms();
  json::object record = workshop.store.stage(key.pipeline, stage).value_or(json::object());
  record["execution"] = json::string_or(execution, "id");
  record["number"] = key.number;
  record["status"] = status;
  PipelineStore::put_stage(batch, key.pipeline, stage, record);
  PipelineStore::put_execution(batch, key, execution);
}

json::object configuration_by_default(const Structure& structure, const Action& action) {
  json::object execution;
  execution["variables"] = resolved_variables(structure, {});
  json::object resolved;
  for (const auto& [name, value] : action.configuration) {
    if (!value.is_string()) continue;
    resolved[name] = resolve(json::to_std(value), [&](const Reference& one) {
                       return variable_of(execution, one.space, one.name);
                     }).text;
  }
  return resolved;
}

std::optional<std::string> variable_of(const json::object& execution, std::string_view space,
                                       std::string_view name) {
  if (space == kSystemSpace) {
    if (name == "PipelineExecutionId") return json::find_string(execution, "id");
    return std::nullopt;
  }
  if (space == kPipelineSpace) {
    const auto* variables = json::find_array(execution, "variables");
    for (std::size_t i = 0; variables != nullptr && i < variables->size(); ++i) {
      const json::object& one = variables->at(i).as_object();
      if (json::string_or(one, "name") == name) return json::find_string(one, "resolvedValue");
    }
    return std::nullopt;
  }
  const auto* outputs = json::find_object(execution, "outputs");
  const auto* of_space = outputs == nullptr ? nullptr : json::find_object(*outputs, space);
  return of_space == nullptr ? std::nullopt : json::find_string(*of_space, name);
}

}  // namespace tandem::codepipeline
