#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/api/references.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/content_coding.h"
#include "services/apigateway/model/names.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kApisPerRegion = 600;
constexpr std::size_t kLongestName = 1'024;

void check_endpoint_type(std::string_view type) {
  if (type == "REGIONAL" || type == "EDGE") return;
  if (type == "PRIVATE") throw errors::not_implemented("Endpoint type PRIVATE");
  throw errors::bad_request(fmt::format("Invalid endpoint type specified: {}", type));
}

json::object endpoint_configuration(const json::object& input) {
  const json::object* given = json::find_object(input, "endpointConfiguration");
  std::string type = "EDGE";
  if (given != nullptr) {
    const json::array* types = json::find_array(*given, "types");
    if (types != nullptr && types->empty()) {
      throw errors::bad_request(
          "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.");
    }
    if (types != nullptr && types->size() > 1) {
      throw errors::bad_request("Only one endpoint type is allowed");
    }
    if (types != nullptr && types->size() == 1) type = json::to_std(types->front());
    const json::array* endpoints = json::find_array(*given, "vpcEndpointIds");
    if (endpoints != nullptr && !endpoints->empty())
      throw errors::not_implemented("vpcEndpointIds");
    if (json::string_or(*given, "ipAddressType", "ipv4") != "ipv4") {
      throw errors::not_implemented("endpointConfiguration.ipAddressType other than ipv4");
    }
  }
  check_endpoint_type(type);
  return {{"types", json::array{json::value(type)}}, {"ipAddressType", "ipv4"}};
}

void check_name(const json::object& api) {
  const std::string name = text(api, "name");
  if (name.empty()) throw errors::bad_request("No API name specified");
  if (name.size() > kLongestName) {
    throw errors::bad_request(
        fmt::format("API name exceeds maximum size of {} characters", kLongestName));
  }
}

void check_description(const json::object& input) {
  const auto description = json::find_string(input, "description");
  if (description && description->empty()) {
    throw errors::bad_request("Description cannot be an empty string");
  }
}

void check_key_source(std::string_view source) {
  if (source == "HEADER" || source == "AUTHORIZER") return;
  throw errors::bad_request("API key source must be one of: [AUTHORIZER, HEADER]");
}

/// Templates written for AWS may carry an empty policy; one that says something would have to be
/// enforced.
void check_policy(std::string_view policy) {
  if (!policy.empty()) throw errors::not_implemented("policy");
}

void change_media_type(json::object& api, const PatchOperation& operation) {
  json::value& types = api["binaryMediaTypes"];
  if (!types.is_array()) types = json::array();
  json::array& list = types.as_array();
  const json::value type(operation.captures.front());
  auto* found = std::find(list.begin(), list.end(), type);
  if (operation.op == "add") {
    if (found == list.end()) list.push_back(type);
    return;
  }
  if (found == list.end()) throw errors::not_found("Invalid binary media type specified");
  if (operation.op == "remove") {
    list.erase(found);
  } else {
    *found = operation.need_value();
  }
  if (list.empty()) api.erase("binaryMediaTypes");
}

void change_compression(json::object& api, const PatchOperation& operation) {
  const auto size = read_minimum_compression(operation.value);
  if (size) {
    api["minimumCompressionSize"] = *size;
  } else {
    api.erase("minimumCompressionSize");
  }
}

PatchTable patches() {
  return {
      replace_text("/name", "name"),
      replace_text("/description", "description"),
      replace_flag("/disableExecuteApiEndpoint", "disableExecuteApiEndpoint"),
      {{"add", "remove", "replace"}, "/binaryMediaTypes/{type}", change_media_type},
      {{"replace"}, "/minimumCompressionSize", change_compression},
      {{"replace"},
       "/apiKeySource",
       [](json::object& api, const PatchOperation& operation) {
         check_key_source(operation.need_value());
         api["apiKeySource"] = operation.need_value();
       }},
      {{"replace"},
       "/policy",
       [](json::object&, const PatchOperation& operation) {
         check_policy(operation.value.value_or(""));
       }},
      {{"replace"},
       "/endpointConfiguration/types/{type}",
       [](json::object& api, const PatchOperation& operation) {
         json::value& current = api.at("endpointConfiguration").at("types").at(0);
         if (current.as_string() != operation.captures.front()) {
           throw errors::bad_request("Invalid endpoint type specified to replace");
         }
         check_endpoint_type(operation.need_value());
         current = operation.need_value();
       }},
  };
}

/// A domain or plan that still needs the API keeps it from being deleted.
void check_unused(const State& state, const std::string& api_id) {
  for (const auto& [key, mapping] : state.records.mappings.list()) {
    if (text(mapping, "restApiId") == api_id) {
      throw errors::bad_request(
          "Please remove all base path mappings related to the API in your domains before deleting "
          "it");
    }
  }
  for (const auto& [plan_id, plan] : state.records.plans.list()) {
    const json::array* stages = json::find_array(plan, "apiStages");
    if (stages == nullptr) continue;
    for (const json::value& stage : *stages) {
      if (text(stage.as_object(), "apiId") != api_id) continue;
      throw errors::bad_request(fmt::format("Active stages in usage plan: {}:[{}]", plan_id,
                                            text(stage.as_object(), "stage")));
    }
  }
}

}  // namespace

void check_room_for_api(const State& state) {
  if (state.records.apis.list("", "", kApisPerRegion).size() < kApisPerRegion) return;
  throw errors::limit_exceeded(
      "Maximum number of Rest APIs has been reached. Please contact AWS if you need additional "
      "Rest APIs.");
}

Reply create_rest_api(State& state, RequestContext& context, const json::object& input) {
  check_name(input);
  check_description(input);
  check_key_source(json::string_or(input, "apiKeySource", "HEADER"));
  check_policy(text(input, "policy"));
  check_room_for_api(state);
  const std::string id = fresh_id(state, state.records.apis, "", 10);
  const std::string root_id = fresh_id(state, state.records.resources, id, 10);
  json::object api{{"id", id}, {"createdDate", state.environment.clock.now_s()}};
  copy_members(input, api, {"name", "description", "version"});
  const json::array* media_types = json::find_array(input, "binaryMediaTypes");
  if (media_types != nullptr && !media_types->empty()) api["binaryMediaTypes"] = *media_types;
  if (const json::value* size = json::find(input, "minimumCompressionSize")) {
    api["minimumCompressionSize"] = check_minimum_compression(size->to_number<std::int64_t>());
  }
  api["apiKeySource"] = json::string_or(input, "apiKeySource", "HEADER");
  api["endpointConfiguration"] = endpoint_configuration(input);
  api["disableExecuteApiEndpoint"] = json::bool_or(input, "disableExecuteApiEndpoint", false);
  api["rootResourceId"] = root_id;
  take_tags(context, input, api);

  store::WriteBatch batch;
  state.records.apis.put(batch, id, api);
  state.records.resources.put(batch, child_key(id, root_id), {{"id", root_id}, {"path", "/"}});
  put_first_models(state, id, batch);
  state.records.commit(std::move(batch));
  return api;
}

Reply get_rest_api(State& state, RequestContext&, const json::object& input) {
  return need_api(state, text(input, "restApiId"));
}

Reply get_rest_apis(State& state, RequestContext&, const json::object& input) {
  return list_page(input, {state.records.apis, "", nullptr,
                           [](const std::string&, json::object api) { return api; }});
}

Reply update_rest_api(State& state, RequestContext&, const json::object& input) {
  const std::string id = text(input, "restApiId");
  json::object api = need_api(state, id);
  apply_patch(api, json::find_array(input, "patchOperations"), patches());
  check_name(api);
  const bool renamed = state.records.apis.get(id)->at("name") != api.at("name");
  state.records.apis.put(id, api);
  if (renamed) state.view.load_api(state.records, id);
  return api;
}

Reply delete_rest_api(State& state, RequestContext&, const json::object& input) {
  const std::string id = text(input, "restApiId");
  need_api(state, id);
  check_unused(state, id);
  store::WriteBatch batch;
  state.records.apis.erase(batch, id);
  state.records.models.erase(batch, id);
  for (const auto* children :
       {&state.records.resources, &state.records.gateway_responses, &state.records.models,
        &state.records.validators, &state.records.authorizers, &state.records.deployments,
        &state.records.stages}) {
    erase_all(batch, *children, child_key(id));
  }
  state.records.commit(std::move(batch));
  state.view.load_api(state.records, id);
  state.meters.forget(child_key(id));
  state.authorized.forget(child_key(id));
  return {};
}

}  // namespace tandem::apigateway
