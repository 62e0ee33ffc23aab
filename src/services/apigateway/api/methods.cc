#include "services/apigateway/api/methods.h"

#include <set>

#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/api/references.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/names.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

constexpr std::string_view kRequestPrefix = "method.request.";

aws::ApiError bad_mapping(std::string_view expression) {
  return errors::bad_request(
      fmt::format("Invalid mapping expression specified: Validation Result: warnings : [], errors "
                  ": [Invalid mapping expression specified: {}]",
                  expression));
}

/// "method.request.querystring.page" and the like: one of prefixes, then a name.
void check_expressions(const json::object* parameters,
                       std::initializer_list<std::string_view> prefixes) {
  if (parameters == nullptr) return;
  for (const auto& [expression, required] : *parameters) {
    const std::string_view key = expression;
    const bool known = std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
      return key.starts_with(prefix) && key.size() > prefix.size();
    });
    if (!known) throw bad_mapping(key);
  }
}

void check_request_parameters(const json::object* parameters) {
  check_expressions(parameters, {"method.request.path.", "method.request.querystring.",
                                 "method.request.header."});
  if (parameters == nullptr) return;
  std::set<std::string_view> names;
  for (const auto& [expression, required] : *parameters) {
    const std::string_view key = expression;
    if (names.insert(key.substr(key.find('.', kRequestPrefix.size()) + 1)).second) continue;
    throw errors::bad_request("Parameter names must be unique across querystring, header and path");
  }
}

void copy_filled_maps(const json::object& input, json::object& to,
                      std::initializer_list<std::string_view> members) {
  for (const std::string_view member : members) {
    const json::object* map = json::find_object(input, member);
    if (map != nullptr && !map->empty()) to[member] = *map;
  }
}

PatchTable patches() {
  return {
      replace_flag("/apiKeyRequired", "apiKeyRequired"),
      replace_text("/operationName", "operationName"),
      replace_text("/requestValidatorId", "requestValidatorId"),
      replace_text("/authorizationType", "authorizationType"),
      replace_text("/authorizerId", "authorizerId"),
      {{"add", "replace", "remove"},
       "/requestParameters/{expression}",
       [](json::object& method, const PatchOperation& operation) {
         json::value& map = method["requestParameters"];
         if (!map.is_object()) map = json::object();
         const std::string& expression = operation.captures.front();
         if (operation.op == "remove") {
           map.as_object().erase(expression);
         } else {
           map.as_object()[expression] = operation.value.value_or("false") == "true";
         }
         check_request_parameters(&map.as_object());
       }},
      change_map_entry("/requestModels/{type}", "requestModels"),
  };
}

json::object& responses_of(json::object& method) {
  json::value& responses = method["methodResponses"];
  if (!responses.is_object()) responses = json::object();
  return responses.as_object();
}

}  // namespace

MethodRecord::MethodRecord(State& state, const json::object& input)
    : state_(state),
      api_id_(text(input, "restApiId")),
      resource_id_(text(input, "resourceId")),
      name_(text(input, "httpMethod")),
      resource_(need_resource(state, api_id_, resource_id_)) {
  json::value& methods = resource_["resourceMethods"];
  if (!methods.is_object()) methods = json::object();
}

bool MethodRecord::exists() const {
  return resource_.at("resourceMethods").as_object().contains(name_);
}

json::object& MethodRecord::method() {
  json::value* found = resource_["resourceMethods"].as_object().if_contains(name_);
  if (found == nullptr) throw errors::no_such_method();
  return found->as_object();
}

void MethodRecord::put(json::object method) {
  resource_["resourceMethods"].as_object()[name_] = std::move(method);
}

void MethodRecord::erase() { resource_["resourceMethods"].as_object().erase(name_); }

void MethodRecord::store() {
  json::object document = resource_;
  if (document["resourceMethods"].as_object().empty()) document.erase("resourceMethods");
  state_.records.resources.put(child_key(api_id_, resource_id_), document);
}

Reply put_method(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  check_http_method(text(input, "httpMethod"));
  check_authorization(state, text(input, "restApiId"), text(input, "authorizationType"),
                      text(input, "authorizerId"));
  check_request_parameters(json::find_object(input, "requestParameters"));
  check_models(state, text(input, "restApiId"), json::find_object(input, "requestModels"));
  check_validator(state, text(input, "restApiId"), text(input, "requestValidatorId"));
  if (record.exists()) throw errors::conflict("Method already exists for this resource");
  json::object method{{"httpMethod", text(input, "httpMethod")},
                      {"authorizationType", text(input, "authorizationType")},
                      {"apiKeyRequired", json::bool_or(input, "apiKeyRequired", false)}};
  if (text(input, "authorizationType") != "NONE") copy_members(input, method, {"authorizerId"});
  copy_members(input, method, {"operationName"});
  if (!text(input, "requestValidatorId").empty()) {
    copy_members(input, method, {"requestValidatorId"});
  }
  copy_filled_maps(input, method, {"requestParameters", "requestModels"});
  record.put(method);
  record.store();
  return method;
}

Reply get_method(State& state, RequestContext&, const json::object& input) {
  return MethodRecord(state, input).method();
}

Reply update_method(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  json::object& method = record.method();
  apply_patch(method, json::find_array(input, "patchOperations"), patches());
  check_models(state, text(input, "restApiId"), json::find_object(method, "requestModels"));
  check_validator(state, text(input, "restApiId"), text(method, "requestValidatorId"));
  check_authorization(state, text(input, "restApiId"), text(method, "authorizationType"),
                      text(method, "authorizerId"));
  if (text(method, "authorizationType") == "NONE") method.erase("authorizerId");
  if (text(method, "requestValidatorId").empty()) method.erase("requestValidatorId");
  record.store();
  return method;
}

Reply delete_method(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  record.method();
  record.erase();
  record.store();
  return {};
}

Reply put_method_response(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  const std::string status = text(input, "statusCode");
  json::object& responses = responses_of(record.method());
  check_expressions(json::find_object(input, "responseParameters"), {"method.response.header."});
  check_models(state, text(input, "restApiId"), json::find_object(input, "responseModels"));
  if (responses.contains(status)) {
    throw errors::conflict("Response already exists for this resource");
  }
  json::object response{{"statusCode", status}};
  copy_filled_maps(input, response, {"responseParameters", "responseModels"});
  responses[status] = response;
  record.store();
  return response;
}

Reply get_method_response(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  const json::value* found = responses_of(record.method()).if_contains(text(input, "statusCode"));
  if (found == nullptr) throw errors::no_such_response();
  return found->as_object();
}

Reply delete_method_response(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  json::object& method = record.method();
  if (responses_of(method).erase(text(input, "statusCode")) == 0) {
    throw errors::no_such_response();
  }
  if (responses_of(method).empty()) method.erase("methodResponses");
  record.store();
  return {};
}

}  // namespace tandem::apigateway
