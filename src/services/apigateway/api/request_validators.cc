#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/api/references.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kValidatorsPerApi = 100;

json::object need_validator(const State& state, const std::string& api_id, const std::string& id) {
  need_api(state, api_id);
  auto validator = state.records.validators.get(child_key(api_id, id));
  if (!validator) throw errors::not_found("Invalid Request Validator identifier specified");
  return std::move(*validator);
}

}  // namespace

void check_validator(const State& state, const std::string& api_id, std::string_view id) {
  if (id.empty() || state.records.validators.contains(child_key(api_id, id))) return;
  throw errors::bad_request("Invalid Request Validator identifier specified");
}

Reply create_request_validator(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  need_api(state, api_id);
  const std::string prefix = child_key(api_id);
  if (state.records.validators.list(prefix, "", kValidatorsPerApi).size() == kValidatorsPerApi) {
    throw errors::limit_exceeded(
        "Maximum number of Request Validators for this API has been reached. Please contact AWS "
        "if you need additional Request Validators.");
  }
  const std::string id = fresh_id(state, state.records.validators, api_id, 6);
  json::object validator{{"id", id}};
  copy_members(input, validator, {"name"});
  for (const std::string_view what : {"validateRequestBody", "validateRequestParameters"}) {
    validator[what] = json::bool_or(input, what, false);
  }
  state.records.validators.put(child_key(api_id, id), validator);
  return validator;
}

Reply get_request_validator(State& state, RequestContext&, const json::object& input) {
  return need_validator(state, text(input, "restApiId"), text(input, "requestValidatorId"));
}

Reply get_request_validators(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  need_api(state, api_id);
  return list_page(input, {state.records.validators, child_key(api_id), nullptr,
                           [](const std::string&, json::object validator) { return validator; }});
}

Reply update_request_validator(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const std::string id = text(input, "requestValidatorId");
  json::object validator = need_validator(state, api_id, id);
  apply_patch(
      validator, json::find_array(input, "patchOperations"),
      {replace_text("/name", "name"), replace_flag("/validateRequestBody", "validateRequestBody"),
       replace_flag("/validateRequestParameters", "validateRequestParameters")});
  state.records.validators.put(child_key(api_id, id), validator);
  return validator;
}

Reply delete_request_validator(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const std::string id = text(input, "requestValidatorId");
  need_validator(state, api_id, id);
  for (const auto& [key, resource] : state.records.resources.list(child_key(api_id))) {
    const json::object* methods = json::find_object(resource, "resourceMethods");
    if (methods == nullptr) continue;
    for (const auto& [name, method] : *methods) {
      if (text(method.as_object(), "requestValidatorId") != id) continue;
      throw errors::conflict(fmt::format(
          "Cannot delete request validator '{}', is referenced in method request: {}/{}", id,
          text(resource, "path"), std::string_view(name)));
    }
  }
  state.records.validators.erase(child_key(api_id, id));
  return {};
}

}  // namespace tandem::apigateway
