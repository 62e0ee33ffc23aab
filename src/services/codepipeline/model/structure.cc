#include "services/codepipeline/model/structure.h"

#include <algorithm>

namespace tandem::codepipeline {
namespace {

std::vector<std::string> names_in(const json::object& action, std::string_view member) {
  std::vector<std::string> names;
  const json::array* list = json::find_array(action, member);
  if (list == nullptr) return names;
  for (const json::value& one : *list) {
    if (one.is_object()) names.push_back(json::string_or(one.get_object(), "name"));
  }
  return names;
}

Action read_action(const json::object& declared) {
  Action action;
  action.name = json::string_or(declared, "name");
  if (const auto* id = json::find_object(declared, "actionTypeId")) action.type_id = *id;
  action.type = find_action_type(
      json::string_or(action.type_id, "category"), json::string_or(action.type_id, "owner"),
      json::string_or(action.type_id, "provider"), json::string_or(action.type_id, "version"));
  action.run_order =
      static_cast<int>(std::clamp<std::int64_t>(json::int_or(declared, "runOrder", 1), 1, 999));
  if (const auto* given = json::find_object(declared, "configuration")) {
    action.configuration = *given;
  }
  action.inputs = names_in(declared, "inputArtifacts");
  action.outputs = names_in(declared, "outputArtifacts");
  action.role_arn = json::string_or(declared, "roleArn");
  action.region = json::string_or(declared, "region");
  action.space = json::string_or(declared, "namespace");
  action.timeout_minutes = static_cast<int>(
      std::clamp<std::int64_t>(json::int_or(declared, "timeoutInMinutes", 0), 0, 86'400));
  return action;
}

Stage read_stage(const json::object& declared) {
  Stage stage;
  stage.name = json::string_or(declared, "name");
  const json::array* actions = json::find_array(declared, "actions");
  if (actions == nullptr) return stage;
  for (const json::value& one : *actions) {
    if (one.is_object()) stage.actions.push_back(read_action(one.get_object()));
  }
  return stage;
}

void read_buckets(const json::object& declaration, Structure& into) {
  if (const auto* store = json::find_object(declaration, "artifactStore")) {
    into.buckets[""] = json::string_or(*store, "location");
  }
  const auto* stores = json::find_object(declaration, "artifactStores");
  if (stores == nullptr) return;
  for (const auto& [region, store] : *stores) {
    if (!store.is_object()) continue;
    into.buckets[std::string(region)] = json::string_or(store.get_object(), "location");
  }
}

/// Calls visit(action declaration) for each of them.
template <class Visit>
void each_action(json::object& declaration, Visit visit) {
  json::value* stages = declaration.if_contains("stages");
  if (stages == nullptr || !stages->is_array()) return;
  for (json::value& stage : stages->get_array()) {
    if (!stage.is_object()) continue;
    json::value* actions = stage.get_object().if_contains("actions");
    if (actions == nullptr || !actions->is_array()) continue;
    const std::string stage_name = json::string_or(stage.get_object(), "name");
    for (json::value& action : actions->get_array()) {
      if (action.is_object()) visit(stage_name, action.get_object());
    }
  }
}

json::object* configuration_of(json::object& action) {
  json::value* configuration = action.if_contains("configuration");
  return configuration != nullptr && configuration->is_object() ? &configuration->get_object()
                                                                : nullptr;
}

}  // namespace

std::string_view name_of(Mode mode) { return mode == Mode::kQueued ? "QUEUED" : "SUPERSEDED"; }

const Action* Stage::find(std::string_view action) const {
  for (const Action& one : actions) {
    if (one.name == action) return &one;
  }
  return nullptr;
}

const Stage* Structure::find(std::string_view stage) const {
  const auto index = index_of(stage);
  return index ? &stages[*index] : nullptr;
}

std::optional<std::size_t> Structure::index_of(std::string_view stage) const {
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (stages[i].name == stage) return i;
  }
  return std::nullopt;
}

std::string Structure::bucket_of(std::string_view region) const {
  auto found = buckets.find(region);
  if (found == buckets.end()) found = buckets.find("");
  return found == buckets.end() ? "" : found->second;
}

Structure stored_structure(const json::object& declaration) {
  Structure structure;
  structure.name = json::string_or(declaration, "name");
  structure.role_arn = json::string_or(declaration, "roleArn");
  structure.second_type = json::string_or(declaration, "pipelineType") == "V2";
  if (json::string_or(declaration, "executionMode") == "QUEUED") structure.mode = Mode::kQueued;
  if (const auto* stages = json::find_array(declaration, "stages")) {
    for (const json::value& one : *stages) {
      if (one.is_object()) structure.stages.push_back(read_stage(one.get_object()));
    }
  }
  read_buckets(declaration, structure);
  if (const auto* variables = json::find_array(declaration, "variables")) {
    for (const json::value& one : *variables) {
      if (!one.is_object()) continue;
      structure.variables.push_back({json::string_or(one.get_object(), "name"),
                                     json::find_string(one.get_object(), "defaultValue")});
    }
  }
  return structure;
}

json::object masked_configuration(const ActionType& type, json::object configuration) {
  for (auto& [name, value] : configuration) {
    const ConfigurationKey* key = type.find_key(std::string_view(name.data(), name.size()));
    if (key != nullptr && key->secret) value = kMasked;
  }
  return configuration;
}

json::object masked(json::object declaration) {
  each_action(declaration, [](const std::string&, json::object& action) {
    json::object* configuration = configuration_of(action);
    if (configuration == nullptr) return;
    const Action read = read_action(action);
    if (read.type != nullptr) {
      *configuration = masked_configuration(*read.type, std::move(*configuration));
    }
  });
  return declaration;
}

json::object with_secrets_of(json::object declaration, const json::object& before) {
  const Structure old = stored_structure(before);
  each_action(declaration, [&](const std::string& stage_name, json::object& action) {
    json::object* configuration = configuration_of(action);
    const Action read = read_action(action);
    if (configuration == nullptr || read.type == nullptr) return;
    const Stage* stage = old.find(stage_name);
    const Action* same = stage == nullptr ? nullptr : stage->find(read.name);
    if (same == nullptr || same->type != read.type) return;
    for (auto& [name, value] : *configuration) {
      const std::string_view key_name(name.data(), name.size());
      const ConfigurationKey* key = read.type->find_key(key_name);
      if (key == nullptr || !key->secret || !value.is_string()) continue;
      if (json::view(value.get_string()) != kMasked) continue;
      value = same->configured(key_name, kMasked);
    }
  });
  return declaration;
}

}  // namespace tandem::codepipeline
