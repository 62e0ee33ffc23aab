// PutGatewayResponse, GetGatewayResponse, GetGatewayResponses, DeleteGatewayResponse.
#include "services/apigateway/model/gateway_responses.h"

#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/errors.h"

namespace tandem::apigateway {
namespace {

json::object shown(const State& state, const std::string& api_id, const GatewayResponseType& type) {
  auto record = state.records.gateway_responses.get(child_key(api_id, type.name));
  return record ? std::move(*record) : default_gateway_response(type);
}

}  // namespace

Reply put_gateway_response(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  need_api(state, api_id);
  json::object made = make_gateway_response(input);
  state.records.gateway_responses.put(child_key(api_id, text(input, "responseType")), made);
  return made;
}

Reply get_gateway_response(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  need_api(state, api_id);
  for (const GatewayResponseType& type : gateway_response_types()) {
    if (type.name == text(input, "responseType")) return shown(state, api_id, type);
  }
  throw errors::bad_request("Invalid gateway response type specified");
}

// API reference: "The GatewayResponses collection does not support pagination and the limit does
// not apply here."
Reply get_gateway_responses(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  need_api(state, api_id);
  json::array items;
  for (const GatewayResponseType& type : gateway_response_types()) {
    items.push_back(shown(state, api_id, type));
  }
  return json::object{{"items", std::move(items)}};
}

Reply delete_gateway_response(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  need_api(state, api_id);
  const std::string key = child_key(api_id, text(input, "responseType"));
  if (!state.records.gateway_responses.contains(key)) {
    throw errors::not_found("Gateway response type not defined on api");
  }
  state.records.gateway_responses.erase(key);
  return {};
}

}  // namespace tandem::apigateway
