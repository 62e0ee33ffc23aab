#include "services/apigateway/proxy/exchange.h"

#include <fmt/format.h>

namespace tandem::apigateway {

EventInput Exchange::event_input() const {
  return {request,
          *stage,
          *resource,
          parameters,
          http_method,
          event_path,
          context_path,
          host,
          account,
          ids.request_id,
          ids.extended_id,
          ids.trace_id,
          key ? key_value : std::string_view(),
          key ? std::string_view(key->id) : std::string_view(),
          time_ms,
          authorizer_json};
}

Refusal misconfigured(std::string_view what) {
  return Refusal::logged(GatewayResponse::kConfigurationError,
                         fmt::format("Execution failed due to configuration error: {}", what));
}

}  // namespace tandem::apigateway
