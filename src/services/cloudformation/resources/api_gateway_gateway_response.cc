#include "services/cloudformation/resources/common.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

class GatewayResponse final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    Physical physical;
    physical.id = text_of(properties, "RestApiId") + "-" + text_of(properties, "ResponseType");
    physical.attributes["Id"] = physical.id;
    context.intend(physical);
    co_await put(context, std::move(properties));
    co_return physical;
  }
  Task<Physical> update(HandlerContext& context, Physical physical, json::object,
                        json::object after) const override {
    co_await put(context, std::move(after));
    co_return physical;
  }
  Task<void> remove(HandlerContext& context, Physical, json::object properties) const override {
    json::object request{{"restApiId", text_of(properties, "RestApiId")},
                         {"responseType", text_of(properties, "ResponseType")}};
    co_await context.call("apigateway", "DeleteGatewayResponse", std::move(request));
  }

 private:
  /// PutGatewayResponse replaces the whole.
  static Task<void> put(HandlerContext& context, json::object properties) {
    json::object request = pick(properties, {{"RestApiId", "restApiId"},
                                             {"ResponseType", "responseType"},
                                             {"StatusCode", "statusCode"},
                                             {"ResponseParameters", "responseParameters"},
                                             {"ResponseTemplates", "responseTemplates"}});
    co_await context.call("apigateway", "PutGatewayResponse", std::move(request));
  }
};

}  // namespace

ResourceType api_gateway_gateway_response() {
  return declare(
      "AWS::ApiGateway::GatewayResponse",
      {.serves = "ResponseParameters ResponseTemplates ResponseType RestApiId StatusCode"}, {"Id"},
      "", std::make_unique<GatewayResponse>());
}

}  // namespace tandem::cloudformation
