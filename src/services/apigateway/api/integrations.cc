#include "core/text.h"
#include "services/apigateway/api/common.h"
#include "services/apigateway/api/mapping_checks.h"
#include "services/apigateway/api/methods.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/integration_uri.h"
#include "services/apigateway/model/names.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

constexpr std::int64_t kMinTimeoutMs = 50;
constexpr std::int64_t kMaxTimeoutMs = 29'000;

bool is_http(std::string_view type) { return type == "HTTP" || type == "HTTP_PROXY"; }

void check_timeout(std::int64_t timeout_ms) {
  if (timeout_ms < kMinTimeoutMs || timeout_ms > kMaxTimeoutMs) {
    throw errors::bad_request(
        fmt::format("Timeout should be between {} ms and {} ms", kMinTimeoutMs, kMaxTimeoutMs));
  }
}

void check_passthrough(std::string_view behavior) {
  if (behavior != "WHEN_NO_MATCH" && behavior != "WHEN_NO_TEMPLATES" && behavior != "NEVER") {
    throw errors::bad_request("Invalid passthrough behavior specified: " + std::string(behavior));
  }
}

void check_content_handling(std::string_view handling) {
  if (handling.empty() || handling == "CONVERT_TO_TEXT" || handling == "CONVERT_TO_BINARY") return;
  throw errors::bad_request(
      "Enumeration value for contentHandling must be one of [CONVERT_TO_BINARY, CONVERT_TO_TEXT]");
}

void check_aws_target(const State& state, std::string_view type, std::string_view uri) {
  switch (check_aws_uri(uri)) {
    case UriCheck::kNotAnArn:
      throw errors::bad_request("Invalid ARN specified in the request");
    case UriCheck::kNoPath:
      throw errors::bad_request("AWS ARN for integration must contain path or action");
    case UriCheck::kFine:
      break;
  }
  const auto parsed = parse_aws_uri(uri);
  if (type == "AWS_PROXY" && !names_function(*parsed)) {
    throw errors::bad_request(
        "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose "
        "stream invocations.");
  }
  if (names_function(*parsed) && names_other_region(*parsed, state.environment.region)) {
    throw errors::not_implemented("Integration with a function of another region");
  }
}

/// The caller's own identity would have to be known, which takes authorizationType AWS_IAM.
void check_credentials(std::string_view credentials) {
  if (credentials.empty()) return;
  if (credentials.find(":user/") != std::string_view::npos) {
    throw errors::not_implemented("Integration credentials of the caller");
  }
  if (!credentials.starts_with("arn:") && credentials.find("${") == std::string_view::npos) {
    throw errors::bad_request("Invalid ARN specified in the request");
  }
}

/// What holds between the members, whichever call has brought them together.
void check_integration(const State& state, const json::object& integration,
                       const json::object& method) {
  const std::string type = text(integration, "type");
  if (type != "MOCK") {
    const std::string http_method = text(integration, "httpMethod");
    if (http_method.empty()) {
      throw errors::bad_request("Enumeration value for HttpMethod must be non-empty");
    }
    check_http_method(http_method);
    if (!is_http(type)) {
      check_aws_target(state, type, text(integration, "uri"));
    } else if (!is_http_uri(text(integration, "uri"))) {
      throw errors::bad_request("Invalid HTTP endpoint specified for URI");
    }
  }
  check_timeout(json::int_or(integration, "timeoutInMillis", kMaxTimeoutMs));
  check_passthrough(text(integration, "passthroughBehavior"));
  check_content_handling(text(integration, "contentHandling"));
  check_credentials(text(integration, "credentials"));
  if (json::string_or(integration, "connectionType", "INTERNET") != "INTERNET") {
    throw errors::not_implemented("connectionType VPC_LINK");
  }
  const json::object* mappings = json::find_object(integration, "requestParameters");
  check_request_mappings(mappings, method);
  check_templates(json::find_object(integration, "requestTemplates"));
  check_cache_keys(json::find_array(integration, "cacheKeyParameters"), method, mappings);
}

void copy_filled_texts(const json::object& input, json::object& to,
                       std::initializer_list<std::string_view> members) {
  for (const std::string_view member : members) {
    if (const std::string value = text(input, member); !value.empty()) to[member] = value;
  }
}

/// Only an HTTP back end can have a certificate that nobody has signed.
void take_tls(const json::object& input, json::object& integration) {
  const json::object* tls = json::find_object(input, "tlsConfig");
  if (tls == nullptr || tls->empty()) return;
  if (!is_http(text(integration, "type"))) {
    throw errors::bad_request("TLS configuration is only supported for HTTP and HTTP_PROXY");
  }
  integration["tlsConfig"] = *tls;
}

json::object new_integration(const MethodRecord& record, const json::object& input) {
  const std::string type = text(input, "type");
  json::object integration{{"type", type}};
  if (type != "MOCK") {
    // MOCK takes both and keeps neither (measured).
    if (const std::string method = text(input, "integrationHttpMethod"); !method.empty()) {
      integration["httpMethod"] = core::to_upper(method);
    }
    copy_filled_texts(input, integration, {"uri"});
  }
  if (is_http(type)) integration["connectionType"] = "INTERNET";
  copy_filled_texts(input, integration, {"connectionType", "credentials"});
  copy_filled_maps(input, integration, {"requestParameters", "requestTemplates"});
  integration["passthroughBehavior"] =
      json::string_or(input, "passthroughBehavior", "WHEN_NO_MATCH");
  copy_filled_texts(input, integration, {"contentHandling"});
  integration["timeoutInMillis"] = json::int_or(input, "timeoutInMillis", kMaxTimeoutMs);
  integration["cacheNamespace"] = json::string_or(input, "cacheNamespace", record.resource_id());
  const json::array* keys = json::find_array(input, "cacheKeyParameters");
  integration["cacheKeyParameters"] = keys == nullptr ? json::array() : *keys;
  take_tls(input, integration);
  return integration;
}

PatchRule set_text(std::string_view path, std::string_view member) {
  return {{"add", "replace", "remove"},
          path,
          [member](json::object& integration, const PatchOperation& operation) {
            if (operation.op == "remove" || operation.value.value_or("").empty()) {
              integration.erase(member);
            } else {
              integration[member] = operation.need_value();
            }
          }};
}

void change_cache_keys(json::object& integration, const PatchOperation& operation) {
  json::array& keys = integration["cacheKeyParameters"].as_array();
  const json::value key(operation.captures.front());
  auto* found = std::find(keys.begin(), keys.end(), key);
  if (operation.op == "add") {
    if (found == keys.end()) keys.push_back(key);
    return;
  }
  if (found == keys.end()) throw errors::not_found("Invalid parameter name specified");
  keys.erase(found);
}

PatchTable patches() {
  return {
      replace_text("/uri", "uri"),
      {{"replace"},
       "/httpMethod",
       [](json::object& integration, const PatchOperation& operation) {
         integration["httpMethod"] = core::to_upper(operation.need_value());
       }},
      {{"replace"},
       "/timeoutInMillis",
       [](json::object& integration, const PatchOperation& operation) {
         integration["timeoutInMillis"] = operation.need_int();
       }},
      replace_text("/passthroughBehavior", "passthroughBehavior"),
      replace_text("/cacheNamespace", "cacheNamespace"),
      replace_text("/connectionType", "connectionType"),
      set_text("/contentHandling", "contentHandling"),
      set_text("/credentials", "credentials"),
      change_map_entry("/requestParameters/{expression}", "requestParameters",
                       {"Invalid parameter name specified"}),
      change_map_entry("/requestTemplates/{type}", "requestTemplates",
                       {"Content-Type specified was not found"}),
      {{"add", "remove"}, "/cacheKeyParameters/{name}", change_cache_keys},
      {{"add", "replace"},
       "/tlsConfig/insecureSkipVerification",
       [](json::object& integration, const PatchOperation& operation) {
         take_tls({{"tlsConfig", {{"insecureSkipVerification", operation.need_bool()}}}},
                  integration);
       }},
  };
}

}  // namespace

Reply put_integration(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  json::object& method = record.method();
  json::object integration = new_integration(record, input);
  check_integration(state, integration, method);
  method["methodIntegration"] = integration;
  record.store();
  return integration;
}

Reply get_integration(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  return record.integration();
}

Reply update_integration(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  json::object& integration = record.integration();
  apply_patch(integration, json::find_array(input, "patchOperations"), patches(),
              PatchWords::kShort);
  check_integration(state, integration, record.method());
  record.store();
  return integration;
}

Reply delete_integration(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  record.integration();
  record.method().erase("methodIntegration");
  record.store();
  return {};
}

}  // namespace tandem::apigateway
