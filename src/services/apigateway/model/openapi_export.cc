#include "services/apigateway/model/openapi_export.h"

#include <fmt/format.h>
#include <map>

#include "core/text.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/json_schema.h"

namespace tandem::apigateway {
namespace {

constexpr std::string_view kExtension = "x-amazon-apigateway-";

std::string extension(std::string_view name) { return std::string(kExtension) + std::string(name); }

class Exporter {
 public:
  explicit Exporter(const ExportInput& input)
      : input_(input), api_id_(json::string_or(input.api, "id")) {}

  json::object run() {
    json::object document;
    document[input_.version2 ? "swagger" : "openapi"] = input_.version2 ? "2.0" : "3.0.1";
    document["info"] = info();
    add_place(document);
    document["paths"] = paths();
    json::object schemas = models();
    json::object security = security_schemes();
    if (input_.version2) {
      if (!security.empty()) document["securityDefinitions"] = std::move(security);
      if (!schemas.empty()) document["definitions"] = std::move(schemas);
    } else {
      json::object components;
      if (!schemas.empty()) components["schemas"] = std::move(schemas);
      if (!security.empty()) components["securitySchemes"] = std::move(security);
      if (!components.empty()) document["components"] = std::move(components);
    }
    if (input_.others) add_others(document);
    return document;
  }

 private:
  json::object info() const {
    json::object made{{"title", json::string_or(input_.api, "name")}};
    const std::string description = json::string_or(input_.api, "description");
    if (!description.empty()) made["description"] = description;
    made["version"] = input_.version;
    return made;
  }

  void add_place(json::object& document) const {
    if (input_.version2) {
      document["host"] = input_.host;
      document["basePath"] = "/" + std::string(input_.stage);
      document["schemes"] = json::array{"https"};
      return;
    }
    json::object variable{{"default", input_.stage}};
    json::object variables{{"basePath", std::move(variable)}};
    json::object server{{"url", fmt::format("https://{}/{{basePath}}", input_.host)},
                        {"variables", std::move(variables)}};
    json::array servers;
    servers.push_back(std::move(server));
    document["servers"] = std::move(servers);
  }

  const json::array& list(std::string_view member) const {
    static const json::array kNone;
    const json::array* found = json::find_array(input_.snapshot, member);
    return found == nullptr ? kNone : *found;
  }

  /// By id of an authorizer or a validator.
  std::string name_of(std::string_view member, std::string_view id) const {
    for (const json::value& each : list(member)) {
      if (json::string_or(each.as_object(), "id") == id) {
        return json::string_or(each.as_object(), "name");
      }
    }
    return "";
  }

  json::object paths() {
    std::map<std::string, const json::object*> sorted;
    for (const json::value& each : list("resources")) {
      sorted[json::string_or(each.as_object(), "path")] = &each.as_object();
    }
    json::object made;
    for (const auto& [path, resource] : sorted) {
      json::object item;
      for (const auto& [name, method] : resource->at("resourceMethods").as_object()) {
        const std::string key =
            name == "ANY" ? extension("any-method") : core::to_lower(std::string_view(name));
        item[key] = operation(method.as_object());
      }
      made[path] = std::move(item);
    }
    return made;
  }

  json::object operation(const json::object& method) {
    json::object made;
    const std::string id = json::string_or(method, "operationName");
    if (!id.empty()) made["operationId"] = id;
    add_body_types(method, made);
    json::array parameters = parameters_of(method);
    add_body(method, made, parameters);
    if (!parameters.empty()) made["parameters"] = std::move(parameters);
    made["responses"] = responses(method);
    json::array security = security_of(method);
    if (!security.empty()) made["security"] = std::move(security);
    const std::string validator =
        name_of("requestValidators", json::string_or(method, "requestValidatorId"));
    if (input_.others && !validator.empty()) made[extension("request-validator")] = validator;
    const json::object* integration = json::find_object(method, "methodIntegration");
    if (input_.integrations && integration != nullptr) {
      made[extension("integration")] = exported_integration(*integration);
    }
    return made;
  }

  /// Swagger's consumes and produces.
  void add_body_types(const json::object& method, json::object& made) const {
    if (!input_.version2) return;
    json::array consumes;
    if (const json::object* models = json::find_object(method, "requestModels")) {
      for (const auto& [type, model] : *models) consumes.emplace_back(type);
    }
    json::array produces;
    if (const json::object* responses = json::find_object(method, "methodResponses")) {
      for (const auto& [status, response] : *responses) {
        const json::object* models = json::find_object(response.as_object(), "responseModels");
        if (models == nullptr) continue;
        for (const auto& [type, model] : *models) {
          if (std::find(produces.begin(), produces.end(), json::value(type)) == produces.end()) {
            produces.emplace_back(type);
          }
        }
      }
    }
    if (!consumes.empty()) made["consumes"] = std::move(consumes);
    if (!produces.empty()) made["produces"] = std::move(produces);
  }

  json::array parameters_of(const json::object& method) const {
    json::array made;
    const json::object* parameters = json::find_object(method, "requestParameters");
    if (parameters == nullptr) return made;
    for (const auto& [key, required] : *parameters) {
      const auto parts = core::split(std::string_view(key), '.');
      if (parts.size() < 4) continue;
      const std::string_view in = parts[2] == "querystring" ? "query" : parts[2];
      json::object one{
          {"name", std::string_view(key).substr(std::string_view("method.request.").size() +
                                                parts[2].size() + 1)},
          {"in", in},
          {"required", in == "path" || required == true}};
      if (input_.version2) {
        one["type"] = "string";
      } else {
        one["schema"] = json::object{{"type", "string"}};
      }
      made.push_back(std::move(one));
    }
    return made;
  }

  json::object schema_of(std::string_view model) const {
    return {{"$ref", fmt::format("#/{}/{}", input_.version2 ? "definitions" : "components/schemas",
                                 model)}};
  }

  void add_body(const json::object& method, json::object& made, json::array& parameters) const {
    const json::object* models = json::find_object(method, "requestModels");
    if (models == nullptr || models->empty()) return;
    if (input_.version2) {
      const std::string model = json::to_std(models->begin()->value());
      json::object body{{"in", "body"}, {"name", model}, {"required", true}};
      body["schema"] = schema_of(model);
      parameters.push_back(std::move(body));
      return;
    }
    json::object content = content_of(*models);
    json::object body{{"content", std::move(content)}, {"required", true}};
    made["requestBody"] = std::move(body);
  }

  json::object content_of(const json::object& models) const {
    json::object content;
    for (const auto& [type, model] : models) {
      json::object media;
      media["schema"] = schema_of(json::view(model.as_string()));
      content[type] = std::move(media);
    }
    return content;
  }

  json::object responses(const json::object& method) const {
    json::object made;
    const json::object* given = json::find_object(method, "methodResponses");
    if (given == nullptr) return made;
    for (const auto& [status, response] : *given) {
      json::object one{{"description", fmt::format("{} response", std::string_view(status))}};
      const json::object& of = response.as_object();
      json::object headers;
      if (const json::object* parameters = json::find_object(of, "responseParameters")) {
        constexpr std::string_view kPrefix = "method.response.header.";
        for (const auto& [key, required] : *parameters) {
          if (std::string_view(key).size() <= kPrefix.size()) continue;
          json::object header;
          if (input_.version2) {
            header["type"] = "string";
          } else {
            header["schema"] = json::object{{"type", "string"}};
          }
          headers[std::string_view(key).substr(kPrefix.size())] = std::move(header);
        }
      }
      if (!headers.empty()) one["headers"] = std::move(headers);
      const json::object* models = json::find_object(of, "responseModels");
      if (models != nullptr && !models->empty()) {
        if (input_.version2) {
          one["schema"] = schema_of(json::view(models->begin()->value().as_string()));
        } else {
          one["content"] = content_of(*models);
        }
      }
      made[status] = std::move(one);
    }
    return made;
  }

  json::array security_of(const json::object& method) {
    json::array made;
    const auto add = [&](const std::string& name) {
      json::object one;
      one[name] = json::array();
      made.push_back(std::move(one));
    };
    const std::string authorizer = name_of("authorizers", json::string_or(method, "authorizerId"));
    if (input_.authorizers && !authorizer.empty()) add(authorizer);
    if (json::bool_or(method, "apiKeyRequired", false)) {
      api_key_ = true;
      add("api_key");
    }
    return made;
  }

  static json::object exported_integration(const json::object& integration) {
    json::object made;
    for (const auto& [member, value] : integration) {
      if (member == "integrationResponses" || member == "cacheNamespace" ||
          (member == "cacheKeyParameters" && value.as_array().empty())) {
        continue;
      }
      const bool lower = member == "type" || member == "passthroughBehavior";
      made[member] = lower ? json::value(core::to_lower(json::to_std(value))) : value;
    }
    json::object responses;
    if (const json::object* given = json::find_object(integration, "integrationResponses")) {
      for (const auto& [status, response] : *given) {
        json::object one = response.as_object();
        const std::string pattern = json::string_or(one, "selectionPattern");
        one.erase("selectionPattern");
        responses[pattern.empty() ? "default" : pattern] = std::move(one);
      }
    }
    if (!responses.empty()) made["responses"] = std::move(responses);
    return made;
  }

  /// References to models become the document's own.
  json::value localized(const json::value& schema) const {
    if (const json::array* items = schema.if_array()) {
      json::array made;
      for (const json::value& each : *items) made.push_back(localized(each));
      return made;
    }
    const json::object* members = schema.if_object();
    if (members == nullptr) return schema;
    json::object made;
    for (const auto& [name, value] : *members) {
      const auto model = name == "$ref" && value.is_string()
                             ? model_of_url(json::view(value.as_string()), api_id_)
                             : std::nullopt;
      made[name] = model ? schema_of(*model).at("$ref") : localized(value);
    }
    return made;
  }

  json::object models() const {
    json::object made;
    for (const json::value& each : list("models")) {
      const json::object& model = each.as_object();
      const std::string name = json::string_or(model, "name");
      if (json::string_or(model, "contentType") != "application/json") continue;
      auto parsed = json::parse_text(json::string_or(model, "schema"), kSchemaDepth);
      if (!parsed || !parsed.value().is_object()) continue;
      json::value schema = localized(parsed.value());
      schema.as_object().erase("$schema");
      made[name] = std::move(schema);
    }
    return made;
  }

  json::object security_schemes() const {
    json::object made;
    for (const json::value& each : list("authorizers")) {
      if (!input_.authorizers) break;
      const json::object& authorizer = each.as_object();
      json::object given{{"type", core::to_lower(json::string_or(authorizer, "type"))}};
      for (const std::string_view member :
           {"authorizerUri", "identitySource", "identityValidationExpression",
            "authorizerResultTtlInSeconds"}) {
        if (const json::value* value = json::find(authorizer, member)) given[member] = *value;
      }
      const std::string source = json::string_or(authorizer, "identitySource");
      constexpr std::string_view kHeader = "method.request.header.";
      const bool header = source.starts_with(kHeader) && source.find(',') == std::string::npos;
      json::object scheme{{"type", "apiKey"},
                          {"name", header ? source.substr(kHeader.size()) : "Unused"},
                          {"in", "header"}};
      scheme[extension("authtype")] = json::string_or(authorizer, "authType", "custom");
      scheme[extension("authorizer")] = std::move(given);
      made[json::string_or(authorizer, "name")] = std::move(scheme);
    }
    if (api_key_) {
      made["api_key"] = json::object{{"type", "apiKey"}, {"name", "x-api-key"}, {"in", "header"}};
    }
    return made;
  }

  void add_others(json::object& document) const {
    json::object validators;
    for (const json::value& each : list("requestValidators")) {
      json::object one = each.as_object();
      const std::string name = json::string_or(one, "name");
      one.erase("id");
      one.erase("name");
      validators[name] = std::move(one);
    }
    if (!validators.empty()) document[extension("request-validators")] = std::move(validators);
    json::object responses;
    for (const json::value& each : list("gatewayResponses")) {
      json::object one = each.as_object();
      const std::string type = json::string_or(one, "responseType");
      one.erase("responseType");
      one.erase("defaultResponse");
      responses[type] = std::move(one);
    }
    if (!responses.empty()) document[extension("gateway-responses")] = std::move(responses);
    if (const json::array* types = json::find_array(input_.snapshot, "binaryMediaTypes")) {
      document[extension("binary-media-types")] = *types;
    }
    if (const json::value* size = json::find(input_.snapshot, "minimumCompressionSize")) {
      document[extension("minimum-compression-size")] = *size;
    }
    if (json::string_or(input_.snapshot, "apiKeySource") == "AUTHORIZER") {
      document[extension("api-key-source")] = "AUTHORIZER";
    }
  }

  const ExportInput& input_;
  std::string api_id_;
  bool api_key_ = false;
};

}  // namespace

json::object export_openapi(const ExportInput& input) { return Exporter(input).run(); }

}  // namespace tandem::apigateway
