#include "services/apigateway/proxy/validation.h"

#include <algorithm>

#include "core/text.h"

namespace tandem::apigateway {
namespace {

using Parameter = RequestChecks::Parameter;

constexpr std::string_view kPrefix = "method.request.";

std::optional<Parameter> parameter_of(std::string_view expression) {
  if (!expression.starts_with(kPrefix)) return std::nullopt;
  expression.remove_prefix(kPrefix.size());
  const auto dot = expression.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view kind = expression.substr(0, dot);
  const std::string name(expression.substr(dot + 1));
  if (kind == "header") return Parameter{Parameter::Where::kHeader, name};
  if (kind == "path") return Parameter{Parameter::Where::kPath, name};
  if (kind == "querystring") return Parameter{Parameter::Where::kQuery, name};
  return std::nullopt;
}

/// Named by their full keys' order: headers, then the path's, then the query's.
std::vector<Parameter> required_of(const json::object& method) {
  std::map<std::string, Parameter> sorted;
  if (const json::object* parameters = json::find_object(method, "requestParameters")) {
    for (const auto& [expression, required] : *parameters) {
      const auto parameter = parameter_of(expression);
      if (parameter && required.is_bool() && required.as_bool()) {
        sorted.emplace(expression, *parameter);
      }
    }
  }
  std::vector<Parameter> all;
  for (auto& [expression, parameter] : sorted) all.push_back(std::move(parameter));
  return all;
}

const json::object* find_validator(const json::object& snapshot, std::string_view id) {
  const json::array* validators = json::find_array(snapshot, "requestValidators");
  if (id.empty() || validators == nullptr) return nullptr;
  for (const json::value& each : *validators) {
    if (json::string_or(each.as_object(), "id") == id) return &each.as_object();
  }
  return nullptr;
}

bool is_blank(std::string_view text) { return core::trim(text).empty(); }

bool has_query(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find_first_of("&;");
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? "" : query.substr(end + 1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    if (core::percent_decode(pair.substr(0, equals), core::Plus::kSpace) != name) continue;
    if (!is_blank(core::percent_decode(pair.substr(equals + 1), core::Plus::kSpace))) return true;
  }
  return false;
}

bool has(const Parameter& parameter, const net::HttpRequest& request, const PathParameters& path) {
  switch (parameter.where) {
    case Parameter::Where::kHeader:
      return !is_blank(request.headers.get_or(parameter.name));
    case Parameter::Where::kQuery:
      return has_query(request.query(), parameter.name);
    case Parameter::Where::kPath:
      break;
  }
  return std::any_of(path.begin(), path.end(), [&](const auto& each) {
    return each.first == parameter.name && !is_blank(each.second);
  });
}

}  // namespace

SnapshotSchemas::SnapshotSchemas(std::string api_id, const json::object& snapshot)
    : api_id_(std::move(api_id)) {
  const json::array* models = json::find_array(snapshot, "models");
  if (models == nullptr) return;
  for (const json::value& each : *models) {
    models_[json::string_or(each.as_object(), "name")] = &each.as_object();
  }
}

std::shared_ptr<const JsonSchema> SnapshotSchemas::find(const std::string& model) {
  const auto found = models_.find(model);
  if (found == models_.end()) return nullptr;
  if (json::string_or(*found->second, "contentType") != "application/json") return nullptr;
  std::shared_ptr<const JsonSchema>& compiled = compiled_[model];
  if (compiled == nullptr) {
    compiled = JsonSchema::compile(api_id_, model, [this](std::string_view name) {
      const auto other = models_.find(name);
      return other == models_.end() ? std::nullopt : json::find_string(*other->second, "schema");
    });
  }
  return compiled;
}

std::shared_ptr<const RequestChecks> compile_checks(const json::object& method,
                                                    const json::object& snapshot,
                                                    SnapshotSchemas& schemas) {
  const json::object* validator =
      find_validator(snapshot, json::string_or(method, "requestValidatorId"));
  if (validator == nullptr) return nullptr;
  auto checks = std::make_shared<RequestChecks>();
  if (json::bool_or(*validator, "validateRequestParameters", false)) {
    checks->required = required_of(method);
  }
  const json::object* models = json::find_object(method, "requestModels");
  if (models != nullptr && json::bool_or(*validator, "validateRequestBody", false)) {
    for (const auto& [type, model] : *models) {
      if (auto schema = schemas.find(json::to_std(model))) {
        checks->models[core::to_lower(type)] = std::move(schema);
      }
    }
  }
  return checks;
}

std::optional<Refusal> check_parameters(const RequestChecks& checks,
                                        const net::HttpRequest& request,
                                        const PathParameters& path) {
  std::vector<std::string> missing;
  for (const Parameter& each : checks.required) {
    if (!has(each, request, path)) missing.push_back(each.name);
  }
  if (missing.empty()) return std::nullopt;
  return Refusal{GatewayResponse::kBadRequestParameters,
                 "Missing required request parameters: [" + core::join(missing, ", ") + "]"};
}

std::shared_ptr<const JsonSchema> schema_for(const RequestChecks& checks,
                                             const net::HttpRequest& request) {
  if (checks.models.empty()) return nullptr;
  const std::string_view given = request.headers.get_or("Content-Type", "application/json");
  const std::string type = core::to_lower(core::trim(given.substr(0, given.find(';'))));
  auto found = checks.models.find(type);
  if (found == checks.models.end()) found = checks.models.find("$default");
  return found == checks.models.end() ? nullptr : found->second;
}

bool body_fits(const JsonSchema& schema, std::string_view body) {
  if (core::trim(body).empty()) return schema.fits(json::object());
  const auto parsed = json::parse_text(body, kSchemaDepth);
  return parsed && schema.fits(parsed.value());
}

Task<std::optional<Refusal>> validate(core::Workers* workers,
                                      std::shared_ptr<const RequestChecks> checks,
                                      const net::HttpRequest* request, const PathParameters* path) {
  if (auto refusal = check_parameters(*checks, *request, *path)) co_return refusal;
  const std::shared_ptr<const JsonSchema> schema = schema_for(*checks, *request);
  if (schema == nullptr) co_return std::nullopt;
  bool fits = false;
  if (request->body.size() <= kJudgedOnLoop && !schema->has_patterns()) {
    fits = body_fits(*schema, request->body);
  } else {
    // The frame keeps both alive; g++ 12 destroys what a closure owns within co_await twice.
    const auto judge = [judged = schema.get(), body = std::string_view(request->body)] {
      return body_fits(*judged, body);
    };
    fits = co_await core::run_blocking(*workers, judge);
  }
  if (fits) co_return std::nullopt;
  co_return Refusal(GatewayResponse::kBadRequestBody);
}

}  // namespace tandem::apigateway
