// Steps 8 and 9 of the pipeline: API key, then throttles and quota.
#pragma once

#include <optional>
#include <string_view>

#include "services/apigateway/proxy/gateway_response.h"
#include "services/apigateway/state.h"

namespace tandem::apigateway {

struct Admission {
  std::optional<GatewayResponse> refusal;
  std::shared_ptr<const CompiledKey> key;  ///< null when the method needs none
};

/// Counts the request when it lets it in. key_value is what the API looks at, or empty. A method
/// that needs no key ignores plans even when one is sent.
Admission admit(State& state, const CompiledStage& stage, const CompiledMethod& method,
                std::string_view key_value);

}  // namespace tandem::apigateway
