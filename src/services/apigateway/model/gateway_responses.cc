#include "services/apigateway/model/gateway_responses.h"

#include <array>

#include "core/text.h"
#include "net/http_parser.h"
#include "services/apigateway/errors.h"

namespace tandem::apigateway {
namespace {

constexpr std::array<GatewayResponseType, 21> kTypes = {{{"ACCESS_DENIED", 403},
                                                         {"API_CONFIGURATION_ERROR", 500},
                                                         {"AUTHORIZER_CONFIGURATION_ERROR", 500},
                                                         {"AUTHORIZER_FAILURE", 500},
                                                         {"BAD_REQUEST_BODY", 400},
                                                         {"BAD_REQUEST_PARAMETERS", 400},
                                                         {kDefault4xx, 0},
                                                         {kDefault5xx, 0},
                                                         {"EXPIRED_TOKEN", 403},
                                                         {"INTEGRATION_FAILURE", 504},
                                                         {"INTEGRATION_TIMEOUT", 504},
                                                         {"INVALID_API_KEY", 403},
                                                         {"INVALID_SIGNATURE", 403},
                                                         {"MISSING_AUTHENTICATION_TOKEN", 403},
                                                         {"QUOTA_EXCEEDED", 429},
                                                         {"REQUEST_TOO_LARGE", 413},
                                                         {"RESOURCE_NOT_FOUND", 404},
                                                         {"THROTTLED", 429},
                                                         {"UNAUTHORIZED", 401},
                                                         {"UNSUPPORTED_MEDIA_TYPE", 415},
                                                         {"WAF_FILTERED", 403}}};

constexpr std::string_view kHeaderPrefix = "gatewayresponse.header.";
constexpr std::string_view kDefaultTemplate = R"({"message":$context.error.messageString})";

json::object default_templates() { return {{"application/json", kDefaultTemplate}}; }

bool is_static(std::string_view value) {
  return value.size() >= 2 && value.front() == '\'' && value.back() == '\'';
}

void check_parameter(std::string_view key, std::string_view value) {
  if (!key.starts_with(kHeaderPrefix) || !net::is_token(key.substr(kHeaderPrefix.size()))) {
    throw errors::bad_request(
        fmt::format("Invalid mapping expression parameter specified: {}", key));
  }
  if (!is_static(value)) {
    throw errors::not_implemented(fmt::format("Gateway response parameter value {}", value));
  }
  if (!net::is_field_value(value)) {
    throw errors::bad_request(
        fmt::format("Invalid mapping expression parameter specified: {}", key));
  }
}

/// The default template written out, with or without blanks, is what is rendered anyway.
bool is_default_template(std::string_view type, std::string_view text) {
  std::string bare;
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') bare += c;
  }
  return type == "application/json" && bare == kDefaultTemplate;
}

void check_status(std::string_view status) {
  const auto code = core::parse_int(status);
  if (status.size() != 3 || !code || *code < 200 || *code > 599) {
    throw errors::bad_request(fmt::format("Invalid status code specified: {}", status));
  }
}

}  // namespace

std::span<const GatewayResponseType> gateway_response_types() { return kTypes; }

json::object default_gateway_response(const GatewayResponseType& type) {
  json::object shown{{"responseType", type.name}};
  if (type.status != 0) shown["statusCode"] = std::to_string(type.status);
  shown["responseParameters"] = json::object();
  shown["responseTemplates"] = default_templates();
  shown["defaultResponse"] = true;
  return shown;
}

json::object make_gateway_response(const json::object& input) {
  json::object made{{"responseType", json::string_or(input, "responseType")}};
  if (const auto status = json::find_string(input, "statusCode")) {
    check_status(*status);
    made["statusCode"] = *status;
  }
  const json::object* parameters = json::find_object(input, "responseParameters");
  made["responseParameters"] = parameters == nullptr ? json::object() : *parameters;
  for (const auto& [key, value] : made["responseParameters"].as_object()) {
    check_parameter(key, json::view(value.as_string()));
  }
  const json::object* templates = json::find_object(input, "responseTemplates");
  const bool given = templates != nullptr && !templates->empty();
  made["responseTemplates"] = given ? *templates : default_templates();
  for (const auto& [type, text] : made["responseTemplates"].as_object()) {
    if (!is_default_template(type, json::view(text.as_string()))) {
      throw errors::not_implemented(
          fmt::format("Gateway response template for {}", std::string_view(type)));
    }
  }
  made["defaultResponse"] = false;
  return made;
}

ResponseShape response_shape(const json::object& record) {
  ResponseShape shape;
  if (const auto status = json::find_string(record, "statusCode")) {
    shape.status = static_cast<int>(core::parse_int(*status).value());
  }
  for (const auto& [key, value] : record.at("responseParameters").as_object()) {
    const std::string_view quoted = json::view(value.as_string());
    shape.headers.emplace_back(std::string_view(key).substr(kHeaderPrefix.size()),
                               quoted.substr(1, quoted.size() - 2));
  }
  return shape;
}

const ResponseShape* find_shape(const ResponseShapes& shapes, std::string_view type, int status) {
  auto found = type.empty() ? shapes.end() : shapes.find(type);
  if (found == shapes.end()) found = shapes.find(status < 500 ? kDefault4xx : kDefault5xx);
  return found == shapes.end() ? nullptr : &found->second;
}

}  // namespace tandem::apigateway
