#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/api/stages.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/names.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

/// The API as it is now. Resources without methods serve nothing and are left out.
json::object take_snapshot(const State& state, const std::string& api_id, const json::object& api) {
  json::array resources;
  for (auto& [key, resource] : state.records.resources.list(child_key(api_id))) {
    const json::object* methods = json::find_object(resource, "resourceMethods");
    if (methods == nullptr || methods->empty()) continue;
    for (const auto& [name, method] : *methods) {
      if (!method.as_object().contains("methodIntegration")) {
        throw errors::bad_request("No integration defined for method");
      }
    }
    resources.push_back(std::move(resource));
  }
  if (resources.empty()) throw errors::bad_request("The REST API doesn't contain any methods");
  const auto all_of = [&](const store::Documents& children) {
    json::array all;
    for (auto& [key, child] : children.list(child_key(api_id))) all.push_back(std::move(child));
    return all;
  };
  json::object snapshot{{"resources", std::move(resources)},
                        {"gatewayResponses", all_of(state.records.gateway_responses)},
                        {"models", all_of(state.records.models)},
                        {"requestValidators", all_of(state.records.validators)},
                        {"authorizers", all_of(state.records.authorizers)}};
  copy_members(
      api, snapshot,
      {"binaryMediaTypes", "minimumCompressionSize", "apiKeySource", "disableExecuteApiEndpoint"});
  return snapshot;
}

json::object summary_of(const json::object& snapshot) {
  json::object summary;
  for (const json::value& resource : snapshot.at("resources").as_array()) {
    json::object methods;
    for (const auto& [name, method] : resource.at("resourceMethods").as_object()) {
      methods[name] = {{"authorizationType", method.at("authorizationType")},
                       {"apiKeyRequired", method.at("apiKeyRequired")}};
    }
    summary[resource.at("path").as_string()] = std::move(methods);
  }
  return summary;
}

json::object show(json::object deployment) {
  deployment.erase("snapshot");
  return deployment;
}

/// Puts the stage the deployment names into batch: a new one, or the old one moved.
void deploy_to_stage(const State& state, const std::string& api_id,
                     const std::string& deployment_id, const json::object& input,
                     store::WriteBatch& batch) {
  const std::string name = text(input, "stageName");
  const json::object* variables = json::find_object(input, "variables");
  const std::string key = child_key(api_id, name);
  auto stage = state.records.stages.get(key);
  if (!stage) {
    stage = new_stage(state, api_id, name, deployment_id, variables);
  } else {
    (*stage)["deploymentId"] = deployment_id;
    (*stage)["lastUpdatedDate"] = state.environment.clock.now_s();
    if (variables != nullptr) {
      check_stage_variables(*variables);
      (*stage)["variables"] = *variables;
    }
  }
  const std::string description = text(input, "stageDescription");
  if (!description.empty()) (*stage)["description"] = description;
  state.records.stages.put(batch, key, *stage);
}

}  // namespace

Reply create_deployment(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const json::object api = need_api(state, api_id);
  only_false(input, "cacheClusterEnabled");
  only_false(input, "tracingEnabled");
  const bool has_stage = !text(input, "stageName").empty();
  // Terraform sends what it has nothing to say of as "" and {}.
  const json::object* variables = json::find_object(input, "variables");
  const bool describes_stage =
      (variables != nullptr && !variables->empty()) || !text(input, "stageDescription").empty();
  if (!has_stage && describes_stage) {
    throw errors::bad_request("Stage name must be specified to set stage properties");
  }
  const std::string id = fresh_id(state, state.records.deployments, api_id, 6);
  json::object deployment{{"id", id}, {"createdDate", state.environment.clock.now_s()}};
  copy_members(input, deployment, {"description"});
  deployment["snapshot"] = take_snapshot(state, api_id, api);
  store::WriteBatch batch;
  state.records.deployments.put(batch, child_key(api_id, id), deployment);
  if (has_stage) deploy_to_stage(state, api_id, id, input, batch);
  state.records.commit(std::move(batch));
  if (has_stage) state.view.load_api(state.records, api_id);
  return show(std::move(deployment));
}

Reply get_deployment(State& state, RequestContext&, const json::object& input) {
  json::object deployment =
      need_deployment(state, text(input, "restApiId"), text(input, "deploymentId"));
  if (const json::array* embed = json::find_array(input, "embed")) {
    for (const json::value& each : *embed) {
      if (each != "apisummary") throw errors::bad_request("Invalid embed parameter specified");
      deployment["apiSummary"] = summary_of(deployment.at("snapshot").as_object());
    }
  }
  return show(std::move(deployment));
}

Reply get_deployments(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  need_api(state, api_id);
  return list_page(input, {state.records.deployments, child_key(api_id), nullptr,
                           [](const std::string&, json::object deployment) {
                             return show(std::move(deployment));
                           }});
}

Reply update_deployment(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const std::string id = text(input, "deploymentId");
  json::object deployment = need_deployment(state, api_id, id);
  apply_patch(deployment, json::find_array(input, "patchOperations"),
              {replace_text("/description", "description")});
  state.records.deployments.put(child_key(api_id, id), deployment);
  return show(std::move(deployment));
}

Reply delete_deployment(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const std::string id = text(input, "deploymentId");
  need_deployment(state, api_id, id);
  for (const auto& [key, stage] : state.records.stages.list(child_key(api_id))) {
    if (text(stage, "deploymentId") == id) {
      throw errors::bad_request(
          "Active stages pointing to this deployment must be moved or deleted");
    }
  }
  state.records.deployments.erase(child_key(api_id, id));
  return {};
}

}  // namespace tandem::apigateway
