#include "services/apigateway/model/authorizers.h"

#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/api/references.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kAuthorizersPerApi = 10;

void check_name_free(const State& state, const std::string& api_id,
                     const json::object& authorizer) {
  for (const auto& [key, other] : state.records.authorizers.list(child_key(api_id))) {
    if (text(other, "name") != text(authorizer, "name")) continue;
    if (text(other, "id") == text(authorizer, "id")) continue;
    throw errors::bad_request(
        fmt::format("Authorizer name must be unique. Authorizer {} already exists in this RestApi.",
                    text(authorizer, "name")));
  }
}

/// A role would stand for the caller, whose policies nobody reads here.
void check_credentials(std::string_view credentials) {
  if (!credentials.empty()) throw errors::not_implemented("authorizerCredentials");
}

PatchTable patches() {
  return {
      replace_text("/name", "name"),
      replace_text("/type", "type"),
      replace_text("/authType", "authType"),
      replace_text("/authorizerUri", "authorizerUri"),
      replace_text("/identitySource", "identitySource"),
      replace_text("/identityValidationExpression", "identityValidationExpression"),
      {{"replace"},
       "/authorizerResultTtlInSeconds",
       [](json::object& authorizer, const PatchOperation& operation) {
         authorizer["authorizerResultTtlInSeconds"] = operation.need_int();
       }},
      {{"replace"},
       "/authorizerCredentials",
       [](json::object&, const PatchOperation& operation) {
         check_credentials(operation.value.value_or(""));
       }},
  };
}

}  // namespace

json::object need_authorizer(const State& state, const std::string& api_id, const std::string& id) {
  need_api(state, api_id);
  auto authorizer = state.records.authorizers.get(child_key(api_id, id));
  if (!authorizer) throw errors::not_found("Invalid Authorizer identifier specified");
  return std::move(*authorizer);
}

Reply create_authorizer(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  need_api(state, api_id);
  check_credentials(text(input, "authorizerCredentials"));
  const std::string id = fresh_id(state, state.records.authorizers, api_id, 6);
  json::object authorizer{{"id", id}};
  copy_members(input, authorizer, {"name", "type"});
  authorizer["authType"] = json::string_or(input, "authType", "custom");
  copy_members(input, authorizer,
               {"authorizerUri", "identitySource", "identityValidationExpression",
                "authorizerResultTtlInSeconds"});
  check_authorizer(authorizer, state.environment.region);
  check_name_free(state, api_id, authorizer);
  const std::string prefix = child_key(api_id);
  if (state.records.authorizers.list(prefix, "", kAuthorizersPerApi).size() == kAuthorizersPerApi) {
    throw errors::limit_exceeded(
        "Maximum number of Authorizers for this API has been reached. Please contact AWS if you "
        "need additional Authorizers.");
  }
  state.records.authorizers.put(child_key(api_id, id), authorizer);
  return authorizer;
}

Reply get_authorizer(State& state, RequestContext&, const json::object& input) {
  return need_authorizer(state, text(input, "restApiId"), text(input, "authorizerId"));
}

Reply get_authorizers(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  need_api(state, api_id);
  return list_page(input, {state.records.authorizers, child_key(api_id), nullptr,
                           [](const std::string&, json::object authorizer) { return authorizer; }});
}

Reply update_authorizer(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const std::string id = text(input, "authorizerId");
  json::object authorizer = need_authorizer(state, api_id, id);
  apply_patch(authorizer, json::find_array(input, "patchOperations"), patches());
  check_authorizer(authorizer, state.environment.region);
  check_name_free(state, api_id, authorizer);
  state.records.authorizers.put(child_key(api_id, id), authorizer);
  return authorizer;
}

Reply delete_authorizer(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const std::string id = text(input, "authorizerId");
  need_authorizer(state, api_id, id);
  for (const auto& [key, resource] : state.records.resources.list(child_key(api_id))) {
    const json::object* methods = json::find_object(resource, "resourceMethods");
    if (methods == nullptr) continue;
    for (const auto& [name, method] : *methods) {
      if (text(method.as_object(), "authorizerId") != id) continue;
      throw errors::conflict(
          fmt::format("Cannot delete authorizer '{}', is referenced in method: {}/{}", id,
                      text(resource, "path"), std::string_view(name)));
    }
  }
  state.records.authorizers.erase(child_key(api_id, id));
  return {};
}

Reply flush_stage_authorizers_cache(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const std::string stage = text(input, "stageName");
  need_stage(state, api_id, stage);
  state.authorized.forget(child_key(child_key(api_id, stage)));
  return {};
}

void check_authorization(const State& state, const std::string& api_id, const std::string& type,
                         const std::string& authorizer_id) {
  if (type == "NONE") return;
  if (type == "AWS_IAM") throw errors::not_implemented("authorizationType " + type);
  if (type != "CUSTOM" && type != "COGNITO_USER_POOLS") {
    throw errors::bad_request(
        "Invalid authorization type specified. Valid options are [NONE, AWS_IAM, CUSTOM, "
        "COGNITO_USER_POOLS]");
  }
  const auto authorizer = state.records.authorizers.get(child_key(api_id, authorizer_id));
  if (authorizer_id.empty() || !authorizer) {
    throw errors::bad_request(
        "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or "
        "COGNITO_USER_POOLS requires a valid authorizer.");
  }
  if (type != "CUSTOM") throw errors::not_implemented("authorizationType " + type);
}

}  // namespace tandem::apigateway
