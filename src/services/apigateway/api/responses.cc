// Method responses and integration responses: declared by status, each within its owner's record.
#include "core/text.h"
#include "services/apigateway/api/common.h"
#include "services/apigateway/api/mapping_checks.h"
#include "services/apigateway/api/methods.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/api/references.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/mapping/parameter_expression.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

constexpr std::string_view kOfMethod = "methodResponses";
constexpr std::string_view kOfIntegration = "integrationResponses";
constexpr MissingEntry kNoParameter{"Invalid parameter name specified"};
constexpr MissingEntry kNoType{"Content-Type specified was not found"};

/// A method response declares headers alone.
void check_declared_headers(const json::object* parameters) {
  if (parameters == nullptr) return;
  std::vector<std::string> found;
  for (const auto& [target, required] : *parameters) {
    auto parsed = mapping::parse_parameter_target(mapping::Direction::kResponse, target);
    if (!parsed) found.push_back(parsed.error().message);
  }
  if (!found.empty()) throw errors::bad_request(mapping::mapping_errors(found));
}

void check_method_response(const State& state, const json::object& input,
                           const json::object& response) {
  check_declared_headers(json::find_object(response, "responseParameters"));
  check_models(state, text(input, "restApiId"), json::find_object(response, "responseModels"));
}

void check_integration_response(const json::object& response, const json::object& method) {
  check_selection_pattern(text(response, "selectionPattern"));
  check_templates(json::find_object(response, "responseTemplates"));
  check_response_mappings(json::find_object(response, "responseParameters"), method,
                          text(response, "statusCode"));
}

PatchTable method_response_patches() {
  return {change_flag_entry("/responseParameters/{expression}", "responseParameters", kNoParameter),
          change_map_entry("/responseModels/{type}", "responseModels", kNoType)};
}

/// Of a member that may be taken away again.
PatchRule set_or_remove(std::string_view path, std::string_view member) {
  return {{"add", "replace", "remove"},
          path,
          [member](json::object& document, const PatchOperation& operation) {
            if (operation.op == "remove" || operation.value.value_or("").empty()) {
              document.erase(member);
            } else {
              document[member] = operation.need_value();
            }
          }};
}

PatchTable integration_response_patches() {
  return {change_map_entry("/responseParameters/{expression}", "responseParameters", kNoParameter),
          change_map_entry("/responseTemplates/{type}", "responseTemplates", kNoType),
          set_or_remove("/selectionPattern", "selectionPattern"),
          set_or_remove("/contentHandling", "contentHandling")};
}

void check_content_handling(const json::object& response) {
  const std::string handling = text(response, "contentHandling");
  if (handling.empty() || handling == "CONVERT_TO_TEXT" || handling == "CONVERT_TO_BINARY") return;
  throw errors::bad_request(
      "Enumeration value for contentHandling must be one of [CONVERT_TO_BINARY, CONVERT_TO_TEXT]");
}

}  // namespace

bool Responses::contains(const std::string& status) const {
  const json::object* all = json::find_object(owner_, member_);
  return all != nullptr && all->contains(status);
}

json::object& Responses::at(const std::string& status) {
  if (!contains(status)) throw errors::no_such_response();
  return owner_[member_].as_object()[status].as_object();
}

void Responses::put(const std::string& status, json::object response) {
  json::value& all = owner_[member_];
  if (!all.is_object()) all = json::object();
  all.as_object()[status] = std::move(response);
}

void Responses::erase(const std::string& status) {
  at(status);
  json::object& all = owner_[member_].as_object();
  all.erase(status);
  if (all.empty()) owner_.erase(member_);
}

Reply put_method_response(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  const std::string status = text(input, "statusCode");
  Responses responses(record.method(), kOfMethod);
  json::object response{{"statusCode", status}};
  copy_filled_maps(input, response, {"responseParameters", "responseModels"});
  check_method_response(state, input, response);
  if (responses.contains(status)) {
    throw errors::conflict("Response already exists for this resource");
  }
  responses.put(status, response);
  record.store();
  return response;
}

Reply get_method_response(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  return Responses(record.method(), kOfMethod).at(text(input, "statusCode"));
}

Reply update_method_response(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  json::object& response = Responses(record.method(), kOfMethod).at(text(input, "statusCode"));
  apply_patch(response, json::find_array(input, "patchOperations"), method_response_patches(),
              PatchWords::kShort);
  check_method_response(state, input, response);
  record.store();
  return response;
}

Reply delete_method_response(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  Responses(record.method(), kOfMethod).erase(text(input, "statusCode"));
  record.store();
  return {};
}

/// Takes the place of one that is there. A status without a method response is accepted (measured):
/// using it is what fails.
Reply put_integration_response(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  const std::string status = text(input, "statusCode");
  json::object response{{"statusCode", status}};
  copy_members(input, response, {"selectionPattern", "contentHandling"});
  copy_filled_maps(input, response, {"responseParameters", "responseTemplates"});
  Responses responses(record.integration(), kOfIntegration);
  check_integration_response(response, record.method());
  responses.put(status, response);
  record.store();
  return response;
}

Reply get_integration_response(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  return Responses(record.integration(), kOfIntegration).at(text(input, "statusCode"));
}

Reply update_integration_response(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  json::object& response =
      Responses(record.integration(), kOfIntegration).at(text(input, "statusCode"));
  apply_patch(response, json::find_array(input, "patchOperations"), integration_response_patches(),
              PatchWords::kShort);
  check_content_handling(response);
  check_integration_response(response, record.method());
  record.store();
  return response;
}

Reply delete_integration_response(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  Responses(record.integration(), kOfIntegration).erase(text(input, "statusCode"));
  record.store();
  return {};
}

}  // namespace tandem::apigateway
