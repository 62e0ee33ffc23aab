// The data plane: from an HTTP request to the back end's answer, in the order AWS documents: host,
// base path, resource and method, authorizer, API key, throttles and quota, request validator, then
// the integration: map in, ask the back end, map out. Each step finds something out about an
// Exchange, or ends it.
#pragma once

#include <string>
#include <string_view>

#include "core/task.h"
#include "net/http.h"
#include "services/apigateway/state.h"

namespace tandem::apigateway {

/// Whether host is an execute-api name of the region or a custom domain.
bool serves_host(const State& state, std::string_view host);

/// Never throws what a client could cause. Borrows state.
Task<net::HttpResponse> serve_request(State& state, net::HttpRequest request);

}  // namespace tandem::apigateway
