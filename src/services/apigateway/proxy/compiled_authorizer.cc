#include "services/apigateway/proxy/compiled_authorizer.h"

#include "services/apigateway/model/integration_uri.h"

namespace tandem::apigateway {

std::shared_ptr<const CompiledAuthorizer> compile_authorizer(const json::object& record,
                                                             const json::object* variables) {
  auto compiled = std::make_shared<CompiledAuthorizer>();
  compiled->id = json::string_or(record, "id");
  compiled->token = json::string_or(record, "type") == "TOKEN";
  compiled->sources = identity_sources_of(record);
  compiled->expression = token_expression_of(record);
  compiled->ttl = std::chrono::seconds(ttl_of(record));
  compiled->function_arn = function_arn_of(json::string_or(record, "authorizerUri"), variables);
  return compiled;
}

std::shared_ptr<const CompiledAuthorizer> find_authorizer(const json::object& method,
                                                          const json::object& snapshot,
                                                          const json::object* variables) {
  if (json::string_or(method, "authorizationType") != "CUSTOM") return nullptr;
  const std::string id = json::string_or(method, "authorizerId");
  if (const json::array* all = json::find_array(snapshot, "authorizers")) {
    for (const json::value& each : *all) {
      const json::object& record = each.as_object();
      if (json::string_or(record, "id") == id) return compile_authorizer(record, variables);
    }
  }
  // A method that asks for one is never open: this one's function is not there.
  return std::make_shared<CompiledAuthorizer>();
}

}  // namespace tandem::apigateway
