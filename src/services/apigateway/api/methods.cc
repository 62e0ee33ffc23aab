#include "services/apigateway/api/methods.h"

#include <array>
#include <set>

#include "core/text.h"
#include "services/apigateway/api/common.h"
#include "services/apigateway/api/mapping_checks.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/api/references.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/mapping/parameter_expression.h"
#include "services/apigateway/model/names.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

/// Keys of a method's requestParameters, each followed by a name.
constexpr std::array<std::string_view, 5> kRequestParameters = {
    "method.request.path.", "method.request.querystring.", "method.request.header.",
    "method.request.multivaluequerystring.", "method.request.multivalueheader."};

void check_request_parameters(const json::object* parameters) {
  if (parameters == nullptr) return;
  std::set<std::string_view> names;
  for (const auto& [expression, required] : *parameters) {
    const std::string_view key = expression;
    const auto* prefix = std::find_if(
        kRequestParameters.begin(), kRequestParameters.end(),
        [&](std::string_view each) { return key.starts_with(each) && key.size() > each.size(); });
    if (prefix == kRequestParameters.end()) {
      throw errors::bad_request(mapping::mapping_errors(
          {fmt::format("Invalid mapping expression parameter specified: {}", key)}));
    }
    if (!names.insert(key.substr(prefix->size())).second) {
      throw errors::bad_request(
          "Parameter names must be unique across querystring, header and path");
    }
  }
}

PatchTable patches() {
  return {
      replace_flag("/apiKeyRequired", "apiKeyRequired"),
      replace_text("/operationName", "operationName"),
      replace_text("/requestValidatorId", "requestValidatorId"),
      // In whatever case (measured); what is shown is in capitals.
      {{"replace"},
       "/authorizationType",
       [](json::object& method, const PatchOperation& operation) {
         method["authorizationType"] = core::to_upper(operation.need_value());
       }},
      replace_text("/authorizerId", "authorizerId"),
      change_flag_entry("/requestParameters/{expression}", "requestParameters",
                        {"Invalid parameter name specified"}),
      change_map_entry("/requestModels/{type}", "requestModels",
                       {"Content-Type specified was not found"}),
  };
}

}  // namespace

MethodRecord::MethodRecord(State& state, const json::object& input)
    : state_(state),
      api_id_(text(input, "restApiId")),
      resource_id_(text(input, "resourceId")),
      name_(core::to_upper(text(input, "httpMethod"))) {
  auto resource = state.records.resources.get(child_key(api_id_, resource_id_));
  if (!resource) throw errors::no_such_resource();
  resource_ = std::move(*resource);
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

json::object& MethodRecord::integration() {
  json::value* found = method().if_contains("methodIntegration");
  if (found == nullptr) throw errors::no_such_integration();
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
  check_http_method(record.name());
  const std::string authorization = core::to_upper(text(input, "authorizationType"));
  check_authorization(state, text(input, "restApiId"), authorization, text(input, "authorizerId"));
  check_request_parameters(json::find_object(input, "requestParameters"));
  check_models(state, text(input, "restApiId"), json::find_object(input, "requestModels"));
  check_validator(state, text(input, "restApiId"), text(input, "requestValidatorId"));
  if (record.exists()) throw errors::conflict("Method already exists for this resource");
  json::object method{{"httpMethod", record.name()},
                      {"authorizationType", authorization},
                      {"apiKeyRequired", json::bool_or(input, "apiKeyRequired", false)}};
  if (authorization != "NONE") copy_members(input, method, {"authorizerId"});
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
  apply_patch(method, json::find_array(input, "patchOperations"), patches(), PatchWords::kShort);
  check_request_parameters(json::find_object(method, "requestParameters"));
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

}  // namespace tandem::apigateway
