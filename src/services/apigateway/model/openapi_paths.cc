// Resources, methods and integrations of an OpenAPI document.
#include <algorithm>
#include <array>

#include "core/text.h"
#include "services/apigateway/model/names.h"
#include "services/apigateway/model/openapi_parts.h"

namespace tandem::apigateway {
namespace {

constexpr std::string_view kAnyMethod = "x-amazon-apigateway-any-method";
constexpr std::string_view kIntegration = "x-amazon-apigateway-integration";
constexpr std::string_view kValidator = "x-amazon-apigateway-request-validator";

constexpr std::array<std::string_view, 7> kMethods = {"get",  "put",   "post",   "delete",
                                                      "head", "patch", "options"};

std::string method_name(std::string_view key) {
  if (key == kAnyMethod) return "ANY";
  const bool known = std::find(kMethods.begin(), kMethods.end(), key) != kMethods.end();
  return known ? core::to_upper(key) : std::string();
}

/// Where a parameter is, in API Gateway's words; empty for bodies, forms and cookies.
std::string_view place_of(std::string_view in) {
  if (in == "header") return "header";
  if (in == "query") return "querystring";
  return in == "path" ? "path" : "";
}

/// Content types that an operation of Swagger takes or gives.
std::vector<std::string> types_of(const json::object& operation, const json::object& root,
                                  std::string_view member) {
  std::vector<std::string> types = texts_in(operation, member);
  if (types.empty()) types = texts_in(root, member);
  if (types.empty()) types.emplace_back("application/json");
  return types;
}

}  // namespace

void OpenApiReader::read_paths(const std::string& prefix) {
  const json::object* paths = json::find_object(root, "paths");
  if (paths == nullptr) throw invalid_openapi();
  if (prefix != "/" && !prefix.empty()) out.paths.push_back(prefix);
  for (const auto& [name, value] : *paths) {
    const std::string_view path = name;
    if (path.starts_with("x-")) continue;
    const json::object* item = resolve(value);
    if (!path.starts_with('/') || item == nullptr) {
      warn(fmt::format("Invalid path '{}'. Ignoring.", path));
      continue;
    }
    std::string full = prefix == "/" ? "" : prefix;
    if (path != "/") full += path;
    while (full.ends_with('/')) full.pop_back();
    read_item(full.empty() ? "/" : full, *item);
  }
}

void OpenApiReader::read_item(const std::string& path, const json::object& item) {
  out.paths.push_back(path);
  for (const auto& [key, value] : item) {
    const std::string name = method_name(key);
    if (name.empty()) {
      if (key == "trace")
        warn(fmt::format("Method TRACE of '{}' is not supported. Ignoring.", path));
      continue;
    }
    if (!value.is_object()) throw invalid_openapi();
    if (out.methods.size() >= kOpenApiMethods) throw invalid_openapi();
    read_operation(path, name, item, value.as_object());
  }
}

void OpenApiReader::read_operation(const std::string& path, std::string_view name,
                                   const json::object& item, const json::object& operation) {
  OpenApiMethod method;
  method.path = path;
  method.http_method = name;
  const std::string id = json::string_or(operation, "operationId");
  if (!id.empty()) method.method["operationName"] = id;
  apply_security(operation, method);
  json::object& parameters = method.method["requestParameters"].emplace_object();
  // Measured: every variable of the path is one, declared or not.
  for (const std::string_view part : core::split(path, '/')) {
    if (part.size() > 2 && part.front() == '{' && part.back() == '}') {
      parameters[fmt::format("method.request.path.{}", variable_name(part))] = true;
    }
  }
  read_parameters(item, operation, method);
  read_parameters(operation, operation, method);
  read_body(operation, method);
  method.validator = json::string_or(operation, kValidator, json::string_or(root, kValidator));
  if (const json::object* responses = json::find_object(operation, "responses")) {
    for (const auto& [status, value] : *responses) {
      const json::object* response = resolve(value);
      if (response != nullptr) read_response(status, *response, operation, method);
    }
  }
  if (const json::object* integration = json::find_object(operation, kIntegration)) {
    read_integration(*integration, method);
  }
  out.methods.push_back(std::move(method));
}

void OpenApiReader::read_parameters(const json::object& holder, const json::object& operation,
                                    OpenApiMethod& method) {
  const json::array* parameters = json::find_array(holder, "parameters");
  if (parameters == nullptr) return;
  for (const json::value& each : *parameters) {
    const json::object* parameter = resolve(each);
    if (parameter == nullptr) {
      warn("A parameter's reference was not found. Ignoring.");
      continue;
    }
    const std::string in = json::string_or(*parameter, "in");
    const json::object* schema = json::find_object(*parameter, "schema");
    if (in == "body" && schema != nullptr) {
      const auto model = model_of(*schema, method.path + method.http_method);
      if (!model) continue;
      for (const std::string& type : types_of(operation, root, "consumes")) {
        method.method["requestModels"].is_object()
            ? method.method["requestModels"].as_object()[type] = *model
            : method.method["requestModels"] = json::object{{type, *model}};
      }
    }
    const std::string_view place = place_of(in);
    if (place.empty()) continue;
    const std::string key =
        fmt::format("method.request.{}.{}", place, json::string_or(*parameter, "name"));
    method.method["requestParameters"].as_object()[key] =
        place == "path" || json::bool_or(*parameter, "required", false);
  }
}

void OpenApiReader::read_body(const json::object& operation, OpenApiMethod& method) {
  const json::value* given = version2 ? nullptr : json::find(operation, "requestBody");
  const json::object* body = given == nullptr ? nullptr : resolve(*given);
  const json::object* content = body == nullptr ? nullptr : json::find_object(*body, "content");
  if (content == nullptr) return;
  json::object models_by_type;
  for (const auto& [type, media] : *content) {
    const json::object* of = media.if_object();
    const json::object* schema = of == nullptr ? nullptr : json::find_object(*of, "schema");
    if (schema == nullptr) continue;
    const auto model =
        model_of(*schema, method.path + method.http_method + std::string(std::string_view(type)));
    if (model) models_by_type[type] = *model;
  }
  if (!models_by_type.empty()) method.method["requestModels"] = std::move(models_by_type);
}

void OpenApiReader::read_response(std::string_view status, const json::object& response,
                                  const json::object& operation, OpenApiMethod& method) {
  const auto code = core::parse_uint(status);
  if (status.size() != 3 || !code) {
    if (!status.starts_with("x-")) {
      warn(fmt::format("Response '{}' of method {} for resource '{}' has no status code. Ignoring.",
                       status, method.http_method, method.path));
    }
    return;
  }
  json::object made{{"statusCode", status}};
  json::object headers;
  if (const json::object* given = json::find_object(response, "headers")) {
    for (const auto& [name, header] : *given) {
      headers[fmt::format("method.response.header.{}", std::string_view(name))] = false;
    }
  }
  if (!headers.empty()) made["responseParameters"] = std::move(headers);
  json::object by_type;
  const std::string where = method.path + method.http_method + std::string(status);
  if (const json::object* schema = json::find_object(response, "schema"); version2 && schema) {
    if (const auto model = model_of(*schema, where)) {
      for (const std::string& type : types_of(operation, root, "produces")) by_type[type] = *model;
    }
  }
  const json::object* content = version2 ? nullptr : json::find_object(response, "content");
  if (content != nullptr) {
    for (const auto& [type, media] : *content) {
      const json::object* of = media.if_object();
      const json::object* schema = of == nullptr ? nullptr : json::find_object(*of, "schema");
      if (schema == nullptr) continue;
      const auto model = model_of(*schema, where + std::string(std::string_view(type)));
      if (model) by_type[type] = *model;
    }
  }
  if (!by_type.empty()) made["responseModels"] = std::move(by_type);
  method.responses.push_back(std::move(made));
}

void OpenApiReader::read_integration(const json::object& given, OpenApiMethod& method) {
  json::object made;
  for (const std::string_view member : {"type", "passthroughBehavior", "contentHandling",
                                        "connectionType", "responseTransferMode"}) {
    const std::string value = json::string_or(given, member);
    if (!value.empty()) made[member] = core::to_upper(value);
  }
  for (const std::string_view member : {"uri", "credentials", "connectionId", "cacheNamespace",
                                        "timeoutInMillis", "cacheKeyParameters", "tlsConfig"}) {
    if (const json::value* value = json::find(given, member)) made[member] = *value;
  }
  const std::string http_method = json::string_or(given, "httpMethod");
  if (!http_method.empty()) made["integrationHttpMethod"] = core::to_upper(http_method);
  for (const std::string_view member : {"requestParameters", "requestTemplates"}) {
    json::object map;
    if (const json::object* values = json::find_object(given, member)) {
      for (const auto& [name, value] : *values) {
        if (value.is_string()) {
          map[name] = value;
          continue;
        }
        // Measured.
        warn(fmt::format(
            "Invalid format for '{}'. Expected type string for property '{}' of "
            "resource '{}' and method '{}' but got '{}'",
            member, std::string_view(name), method.path, method.http_method, json::to_text(value)));
      }
    }
    if (!map.empty()) made[member] = std::move(map);
  }
  method.integration = std::move(made);
  const json::object* responses = json::find_object(given, "responses");
  if (responses == nullptr) return;
  for (const auto& [pattern, value] : *responses) {
    const json::object* response = value.if_object();
    if (response == nullptr) throw invalid_openapi();
    json::object one{{"statusCode", text_in(*response, "statusCode")}};
    if (pattern != "default") one["selectionPattern"] = pattern;
    for (const std::string_view member : {"responseParameters", "responseTemplates"}) {
      json::object map = text_map(*response, member);
      if (!map.empty()) one[member] = std::move(map);
    }
    const std::string handling = json::string_or(*response, "contentHandling");
    if (!handling.empty()) one["contentHandling"] = core::to_upper(handling);
    method.integration_responses.push_back(std::move(one));
  }
}

}  // namespace tandem::apigateway
