#include "services/apigateway/api/common.h"
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

void check_type(const std::string& type) {
  if (type == "AWS_PROXY") return;
  if (type == "AWS" || type == "HTTP" || type == "HTTP_PROXY" || type == "MOCK") {
    throw errors::not_implemented(fmt::format("Integration type {}", type));
  }
  throw errors::bad_request(
      "Enumeration value for integration type must be one of [HTTP, AWS, MOCK, HTTP_PROXY, "
      "AWS_PROXY]");
}

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

void check_integration_method(std::string_view method) {
  if (method.empty()) {
    throw errors::bad_request("Enumeration value for HttpMethod must be non-empty");
  }
  check_http_method(method);
}

void check_uri(const State& state, std::string_view uri) {
  const UriCheck check = check_lambda_uri(uri, state.environment.region);
  switch (check) {
    case UriCheck::kLambda:
      return;
    case UriCheck::kNotAnArn:
      throw errors::bad_request("Invalid ARN specified in the request");
    case UriCheck::kNoPath:
      throw errors::bad_request("AWS ARN for integration must contain path or action");
    case UriCheck::kOtherRegion:
      throw errors::not_implemented("Integration with a function of another region");
    case UriCheck::kOtherService:
      throw errors::bad_request(
          "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose "
          "stream invocations.");
  }
}

PatchTable patches(State& state) {
  return {
      {{"replace"},
       "/uri",
       [&state](json::object& integration, const PatchOperation& operation) {
         check_uri(state, operation.need_value());
         integration["uri"] = operation.need_value();
       }},
      {{"replace"},
       "/httpMethod",
       [](json::object& integration, const PatchOperation& operation) {
         check_integration_method(operation.need_value());
         integration["httpMethod"] = operation.need_value();
       }},
      {{"replace"},
       "/timeoutInMillis",
       [](json::object& integration, const PatchOperation& operation) {
         check_timeout(operation.need_int());
         integration["timeoutInMillis"] = operation.need_int();
       }},
      {{"replace"},
       "/passthroughBehavior",
       [](json::object& integration, const PatchOperation& operation) {
         check_passthrough(operation.need_value());
         integration["passthroughBehavior"] = operation.need_value();
       }},
  };
}

json::object& integration_of(MethodRecord& record) {
  json::value* found = record.method().if_contains("methodIntegration");
  if (found == nullptr) throw errors::no_such_integration();
  return found->as_object();
}

}  // namespace

Reply put_integration(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  json::object& method = record.method();
  check_type(text(input, "type"));
  check_integration_method(text(input, "integrationHttpMethod"));
  check_uri(state, text(input, "uri"));
  const std::int64_t timeout_ms = json::int_or(input, "timeoutInMillis", kMaxTimeoutMs);
  check_timeout(timeout_ms);
  const std::string passthrough = json::string_or(input, "passthroughBehavior", "WHEN_NO_MATCH");
  check_passthrough(passthrough);
  if (json::string_or(input, "connectionType", "INTERNET") != "INTERNET") {
    throw errors::not_implemented("connectionType VPC_LINK");
  }
  json::object integration{{"type", "AWS_PROXY"},
                           {"httpMethod", text(input, "integrationHttpMethod")},
                           {"uri", text(input, "uri")},
                           {"passthroughBehavior", passthrough},
                           {"timeoutInMillis", timeout_ms},
                           {"cacheNamespace", record.resource_id()},
                           {"cacheKeyParameters", json::array()}};
  copy_members(input, integration, {"connectionType"});
  method["methodIntegration"] = integration;
  record.store();
  return integration;
}

Reply get_integration(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  return integration_of(record);
}

Reply update_integration(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  json::object& integration = integration_of(record);
  apply_patch(integration, json::find_array(input, "patchOperations"), patches(state));
  record.store();
  return integration;
}

Reply delete_integration(State& state, RequestContext&, const json::object& input) {
  MethodRecord record(state, input);
  integration_of(record);
  record.method().erase("methodIntegration");
  record.store();
  return {};
}

}  // namespace tandem::apigateway
