#include "services/cloudformation/resources/common.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

json::object address(const json::object& properties) {
  return pick(
      properties,
      {{"RestApiId", "restApiId"}, {"ResourceId", "resourceId"}, {"HttpMethod", "httpMethod"}});
}

void merge(json::object& into, const json::object& more) {
  for (const auto& member : more) into[member.key()] = member.value();
}

class Method final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    Physical physical;
    physical.id = context.generated_name(128);
    json::object request = address(properties);
    request["authorizationType"] = json::string_or(properties, "AuthorizationType", "NONE");
    merge(request, pick(properties, {{"ApiKeyRequired", "apiKeyRequired"},
                                     {"AuthorizerId", "authorizerId"},
                                     {"AuthorizationScopes", "authorizationScopes"},
                                     {"OperationName", "operationName"},
                                     {"RequestModels", "requestModels"},
                                     {"RequestParameters", "requestParameters"},
                                     {"RequestValidatorId", "requestValidatorId"}}));
    const bool taken = co_await exists(context, "apigateway", "GetMethod", address(properties));
    if (!taken) context.intend(physical);
    co_await context.call("apigateway", "PutMethod", std::move(request));
    context.claim(physical);
    co_await put_responses(context, properties);
    if (const auto* integration = json::find_object(properties, "Integration")) {
      co_await put_integration(context, properties, *integration);
    }
    co_return physical;
  }

  // A method is only ever read through a deployment's snapshot, so taking it away and putting it
  // again is not seen by anyone.
  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    json::object request = address(before);
    co_await context.call_unless_gone("apigateway", "DeleteMethod", std::move(request));
    co_await create(context, std::move(after));
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical, json::object properties) const override {
    json::object request = address(properties);
    co_await context.call("apigateway", "DeleteMethod", std::move(request));
  }

 private:
  static Task<void> put_responses(HandlerContext& context, json::object properties) {
    const auto* responses = json::find_array(properties, "MethodResponses");
    if (responses == nullptr) co_return;
    for (const auto& response : *responses) {
      json::object request = address(properties);
      merge(request, pick(response.as_object(), {{"StatusCode", "statusCode"},
                                                 {"ResponseModels", "responseModels"},
                                                 {"ResponseParameters", "responseParameters"}}));
      co_await context.call("apigateway", "PutMethodResponse", std::move(request));
    }
  }

  static Task<void> put_integration(HandlerContext& context, json::object properties,
                                    json::object integration) {
    json::object request = address(properties);
    merge(request, pick(integration, {{"Type", "type"},
                                      {"IntegrationHttpMethod", "integrationHttpMethod"},
                                      {"Uri", "uri"},
                                      {"ConnectionType", "connectionType"},
                                      {"ConnectionId", "connectionId"},
                                      {"Credentials", "credentials"},
                                      {"RequestParameters", "requestParameters"},
                                      {"RequestTemplates", "requestTemplates"},
                                      {"PassthroughBehavior", "passthroughBehavior"},
                                      {"ContentHandling", "contentHandling"},
                                      {"TimeoutInMillis", "timeoutInMillis"},
                                      {"CacheNamespace", "cacheNamespace"},
                                      {"CacheKeyParameters", "cacheKeyParameters"}}));
    co_await context.call("apigateway", "PutIntegration", std::move(request));
    const auto* responses = json::find_array(integration, "IntegrationResponses");
    if (responses == nullptr) co_return;
    for (const auto& response : *responses) {
      json::object answer = address(properties);
      merge(answer, pick(response.as_object(), {{"StatusCode", "statusCode"},
                                                {"SelectionPattern", "selectionPattern"},
                                                {"ResponseParameters", "responseParameters"},
                                                {"ResponseTemplates", "responseTemplates"},
                                                {"ContentHandling", "contentHandling"}}));
      co_await context.call("apigateway", "PutIntegrationResponse", std::move(answer));
    }
  }
};

}  // namespace

ResourceType api_gateway_method() {
  return declare("AWS::ApiGateway::Method",
                 {.serves = "ApiKeyRequired AuthorizationScopes AuthorizationType AuthorizerId "
                            "HttpMethod Integration MethodResponses OperationName RequestModels "
                            "RequestParameters RequestValidatorId ResourceId RestApiId",
                  .refuses = "Integration/IntegrationTarget Integration/ResponseTransferMode"},
                 {}, "", std::make_unique<Method>());
}

}  // namespace tandem::cloudformation
