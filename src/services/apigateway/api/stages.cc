#include "services/apigateway/api/stages.h"

#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/method_settings.h"
#include "services/apigateway/model/names.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kStagesPerApi = 10;

void change_variable(json::object& stage, const PatchOperation& operation) {
  json::value& variables = stage["variables"];
  if (!variables.is_object()) variables = json::object();
  json::object& map = variables.as_object();
  if (operation.op == "remove") {
    map.erase(operation.captures.front());
  } else {
    map[operation.captures.front()] = operation.need_value();
  }
  check_stage_variables(map);
  if (map.empty()) stage.erase("variables");
}

PatchTable patches(State& state, const std::string& api_id) {
  PatchTable table = {
      replace_text("/description", "description"),
      {{"replace"},
       "/deploymentId",
       [&state, api_id](json::object& stage, const PatchOperation& operation) {
         need_deployment(state, api_id, operation.need_value());
         stage["deploymentId"] = operation.need_value();
       }},
      {{"add", "replace", "remove"}, "/variables/{name}", change_variable},
      {{"replace"},
       "/cacheClusterEnabled",
       [](json::object&, const PatchOperation& operation) {
         if (operation.need_bool()) throw errors::not_implemented("cacheClusterEnabled");
       }},
      {{"replace"},
       "/tracingEnabled",
       [](json::object&, const PatchOperation& operation) {
         if (operation.need_bool()) throw errors::not_implemented("tracingEnabled");
       }},
  };
  for (PatchRule& rule : method_setting_patches()) table.push_back(std::move(rule));
  return table;
}

void check_unused(const State& state, const std::string& api_id, const std::string& name) {
  for (const auto& [key, mapping] : state.records.mappings.list()) {
    if (text(mapping, "restApiId") == api_id && text(mapping, "stage") == name) {
      throw errors::bad_request(
          "Please remove all base path mappings related to the stage in your domains before "
          "deleting it");
    }
  }
  for (const auto& [plan_id, plan] : state.records.plans.list()) {
    const json::array* stages = json::find_array(plan, "apiStages");
    if (stages == nullptr) continue;
    for (const json::value& each : *stages) {
      const json::object& stage = each.as_object();
      if (text(stage, "apiId") == api_id && text(stage, "stage") == name) {
        throw errors::bad_request(
            fmt::format("Active stages in usage plan: {}:[{}]", plan_id, name));
      }
    }
  }
}

}  // namespace

json::object new_stage(const State& state, const std::string& api_id, const std::string& name,
                       const std::string& deployment_id, const json::object* variables) {
  check_stage_name(name);
  if (state.records.stages.list(child_key(api_id)).size() >= kStagesPerApi) {
    throw errors::limit_exceeded(
        "Maximum number of stages for this API has been reached. Please contact AWS if you need "
        "additional stages.");
  }
  const std::int64_t now = state.environment.clock.now_s();
  json::object stage{{"deploymentId", deployment_id},
                     {"stageName", name},
                     {"cacheClusterEnabled", false},
                     {"cacheClusterStatus", "NOT_AVAILABLE"},
                     {"methodSettings", json::object()},
                     {"tracingEnabled", false},
                     {"createdDate", now},
                     {"lastUpdatedDate", now}};
  if (variables != nullptr && !variables->empty()) {
    check_stage_variables(*variables);
    stage["variables"] = *variables;
  }
  return stage;
}

json::object shown_stage(json::object stage) {
  stage["methodSettings"] = shown_method_settings(stage.at("methodSettings").as_object());
  return stage;
}

Reply create_stage(State& state, RequestContext& context, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const std::string name = text(input, "stageName");
  need_deployment(state, api_id, text(input, "deploymentId"));
  only_false(input, "cacheClusterEnabled");
  only_false(input, "tracingEnabled");
  if (state.records.stages.contains(child_key(api_id, name))) {
    throw errors::conflict("Stage already exists");
  }
  json::object stage = new_stage(state, api_id, name, text(input, "deploymentId"),
                                 json::find_object(input, "variables"));
  copy_members(input, stage, {"description"});
  take_tags(context, input, stage);
  state.records.stages.put(child_key(api_id, name), stage);
  state.view.load_api(state.records, api_id);
  return shown_stage(std::move(stage));
}

Reply get_stage(State& state, RequestContext&, const json::object& input) {
  return shown_stage(need_stage(state, text(input, "restApiId"), text(input, "stageName")));
}

Reply get_stages(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  need_api(state, api_id);
  const std::string deployment_id = text(input, "deploymentId");
  json::array stages;
  for (auto& [key, stage] : state.records.stages.list(child_key(api_id))) {
    if (!deployment_id.empty() && text(stage, "deploymentId") != deployment_id) continue;
    stages.push_back(shown_stage(std::move(stage)));
  }
  return json::object{{"item", std::move(stages)}};
}

Reply update_stage(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const std::string name = text(input, "stageName");
  json::object stage = need_stage(state, api_id, name);
  apply_patch(stage, json::find_array(input, "patchOperations"), patches(state, api_id));
  stage["lastUpdatedDate"] = state.environment.clock.now_s();
  state.records.stages.put(child_key(api_id, name), stage);
  state.view.load_api(state.records, api_id);
  return shown_stage(std::move(stage));
}

Reply delete_stage(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const std::string name = text(input, "stageName");
  need_stage(state, api_id, name);
  check_unused(state, api_id, name);
  state.records.stages.erase(child_key(api_id, name));
  state.view.load_api(state.records, api_id);
  state.meters.forget(child_key(child_key(api_id, name)));
  state.authorized.forget(child_key(child_key(api_id, name)));
  return {};
}

}  // namespace tandem::apigateway
