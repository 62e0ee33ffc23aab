#include "services/apigateway/api/methods.h"

#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/names.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

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
}

/// The two models every API has. Others need CreateModel.
void check_models(const json::object* models) {
  if (models == nullptr) return;
  for (const auto& [type, model] : *models) {
    if (model != "Empty" && model != "Error") {
      throw errors::bad_request(
          fmt::format("Invalid model identifier specified: {}", json::view(model.as_string())));
    }
  }
}

void check_authorization(std::string_view type) {
  if (type == "NONE") return;
  if (type == "AWS_IAM" || type == "CUSTOM" || type == "COGNITO_USER_POOLS") {
    throw errors::not_implemented(fmt::format("authorizationType {}", type));
  }
  throw errors::bad_request(
      "Invalid authorization type specified. Valid options are [NONE, AWS_IAM, CUSTOM, "
      "COGNITO_USER_POOLS]");
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
      {{"replace"},
       "/authorizationType",
       [](json::object&, const PatchOperation& operation) {
         check_authorization(operation.need_value());
       }},
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
  check_authorization(text(input, "authorizationType"));
  check_request_parameters(json::find_object(input, "requestParameters"));
  check_models(json::find_object(input, "requestModels"));
  if (record.exists()) throw errors::conflict("Method already exists for this resource");
  json::object method{{"httpMethod", text(input, "httpMethod")},
                      {"authorizationType", "NONE"},
                      {"apiKeyRequired", json::bool_or(input, "apiKeyRequired", false)}};
  copy_members(input, method, {"operationName"});
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
  check_models(json::find_object(method, "requestModels"));
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
  check_models(json::find_object(input, "responseModels"));
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
