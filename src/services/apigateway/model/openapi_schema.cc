// Models and security schemes of an OpenAPI document.
#include <algorithm>
#include <array>

#include "core/bytes.h"
#include "core/text.h"
#include "services/apigateway/model/json_schema.h"
#include "services/apigateway/model/openapi_parts.h"

namespace tandem::apigateway {
namespace {

// AWS, developer guide, "Amazon API Gateway important notes": what of a schema is not supported.
constexpr std::array<std::string_view, 11> kDropped = {
    "discriminator", "example",      "examples",         "readOnly", "writeOnly", "xml",
    "deprecated",    "externalDocs", "exclusiveMinimum", "nullable", "default"};

bool is_dropped(std::string_view keyword) {
  return keyword.starts_with("x-") ||
         std::find(kDropped.begin(), kDropped.end(), keyword) != kDropped.end();
}

/// "Pet" of "#/definitions/Pet" and "#/components/schemas/Pet".
std::optional<std::string> model_in(std::string_view reference) {
  for (const std::string_view prefix : {"#/definitions/", "#/components/schemas/"}) {
    if (!reference.starts_with(prefix)) continue;
    const std::string_view rest = reference.substr(prefix.size());
    if (rest.find('/') == std::string_view::npos) return core::percent_decode(rest);
  }
  return std::nullopt;
}

bool is_alphanumeric(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

/// Keywords whose members are schemas by names of the author's.
bool holds_names(std::string_view keyword) {
  return keyword == "properties" || keyword == "patternProperties" || keyword == "definitions" ||
         keyword == "dependencies";
}

}  // namespace

json::value OpenApiReader::converted(const json::value& schema) const {
  if (const json::array* list = schema.if_array()) {
    json::array made;
    for (const json::value& each : *list) made.push_back(converted(each));
    return made;
  }
  const json::object* members = schema.if_object();
  if (members == nullptr) return schema;
  json::object made;
  for (const auto& [keyword, value] : *members) {
    if (is_dropped(keyword)) continue;
    if (keyword == "enum" || keyword == "required") {
      made[keyword] = value;
    } else if (keyword == "$ref" && value.is_string()) {
      const auto model = model_in(json::view(value.as_string()));
      made[keyword] = model ? json::value(json::string(model_url(api_id, *model))) : value;
    } else if (holds_names(keyword) && value.is_object()) {
      json::object named;
      for (const auto& [name, each] : value.as_object()) named[name] = converted(each);
      made[keyword] = std::move(named);
    } else {
      made[keyword] = converted(value);
    }
  }
  return made;
}

void OpenApiReader::add_model(std::string_view name, const json::value& schema) {
  if (!models.emplace(name).second) return;
  json::object model{{"name", name}, {"contentType", "application/json"}};
  if (const json::object* given = schema.if_object()) {
    if (const auto description = json::find_string(*given, "description")) {
      model["description"] = *description;
    }
  }
  model["schema"] = json::to_text(converted(schema));
  out.models.push_back(std::move(model));
}

void OpenApiReader::read_models() {
  const json::object* all = json::find_object(root, version2 ? "definitions" : "components");
  if (all != nullptr && !version2) all = json::find_object(*all, "schemas");
  if (all == nullptr) return;
  for (const auto& [name, schema] : *all) {
    if (is_alphanumeric(name)) {
      add_model(name, schema);
    } else {
      warn(fmt::format("Model name must be alphanumeric: {}", std::string_view(name)));
    }
  }
}

std::optional<std::string> OpenApiReader::model_of(const json::object& schema,
                                                   std::string_view where) {
  if (const auto reference = json::find_string(schema, "$ref")) {
    auto model = model_in(*reference);
    if (model && models.contains(*model)) return model;
    warn(fmt::format("Reference to model '{}' not found. Ignoring.", model.value_or(*reference)));
    return std::nullopt;
  }
  if (schema.empty()) return std::nullopt;
  // Unnamed schemas become models with names of no meaning; the same one each time.
  std::string name = "MODEL" + core::hex_encode(core::sha256(where)).substr(0, 6);
  add_model(name, schema);
  return name;
}

void OpenApiReader::read_scheme(std::string_view name, const json::object& scheme) {
  using Kind = Security::Kind;
  const std::string auth_type = json::string_or(scheme, "x-amazon-apigateway-authtype");
  const json::object* given = json::find_object(scheme, "x-amazon-apigateway-authorizer");
  if (given == nullptr) {
    const bool key = json::string_or(scheme, "type") == "apiKey" &&
                     core::equals_ignoring_case(json::string_or(scheme, "name"), "x-api-key");
    const bool iam = core::equals_ignoring_case(auth_type, "awsSigv4");
    const Kind kind = iam ? Kind::kIam : key ? Kind::kApiKey : Kind::kNothing;
    schemes_.emplace_back(name, Security{kind});
    return;
  }
  json::object authorizer{{"name", name},
                          {"type", core::to_upper(json::string_or(*given, "type"))}};
  if (!auth_type.empty()) authorizer["authType"] = auth_type;
  for (const std::string_view member :
       {"authorizerUri", "authorizerCredentials", "identitySource", "identityValidationExpression",
        "authorizerResultTtlInSeconds", "providerARNs"}) {
    if (const json::value* value = json::find(*given, member)) authorizer[member] = *value;
  }
  if (authorizer.at("type") == "TOKEN" && !authorizer.contains("identitySource")) {
    authorizer["identitySource"] =
        "method.request.header." + json::string_or(scheme, "name", "Authorization");
  }
  schemes_.emplace_back(name, Security{Kind::kAuthorizer});
  out.authorizers.push_back(std::move(authorizer));
}

void OpenApiReader::read_security_schemes() {
  const json::object* all =
      json::find_object(root, version2 ? "securityDefinitions" : "components");
  if (all != nullptr && !version2) all = json::find_object(*all, "securitySchemes");
  if (all == nullptr) return;
  for (const auto& [name, scheme] : *all) {
    if (const json::object* found = resolve(scheme)) read_scheme(name, *found);
  }
}

void OpenApiReader::apply_security(const json::object& operation, OpenApiMethod& method) {
  method.method["authorizationType"] = "NONE";
  const json::array* security = json::find_array(operation, "security");
  // Measured: OpenAPI 3's security of the whole document counts.
  if (security == nullptr && !version2) security = json::find_array(root, "security");
  if (security != nullptr) {
    for (const json::value& each : *security) {
      if (!each.is_object()) continue;
      for (const auto& [name, scopes] : each.as_object()) {
        const std::string_view wanted = name;
        const auto found = std::find_if(schemes_.begin(), schemes_.end(),
                                        [&](const auto& one) { return one.first == wanted; });
        using Kind = Security::Kind;
        const Kind kind = found == schemes_.end() ? Kind::kNothing : found->second.kind;
        if (kind == Kind::kNothing) {
          warn(fmt::format("Security scheme '{}' is of no type that API Gateway knows. Ignoring.",
                           wanted));
        } else if (kind == Kind::kApiKey) {
          method.method["apiKeyRequired"] = true;
        } else if (kind == Kind::kIam) {
          method.method["authorizationType"] = "AWS_IAM";
        } else {
          method.method["authorizationType"] = "CUSTOM";
          method.authorizer = wanted;
        }
      }
    }
  }
  const json::object* auth = json::find_object(operation, "x-amazon-apigateway-auth");
  if (auth == nullptr) auth = json::find_object(root, "x-amazon-apigateway-auth");
  if (auth == nullptr) return;
  method.method["authorizationType"] = core::to_upper(json::string_or(*auth, "type", "NONE"));
  if (method.method.at("authorizationType") != "CUSTOM") method.authorizer.clear();
}

}  // namespace tandem::apigateway
