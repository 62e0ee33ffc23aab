// Compressed bodies on their way in and out.
#pragma once

#include <optional>

#include "core/task.h"
#include "core/workers.h"
#include "net/http.h"
#include "services/apigateway/proxy/gateway_response.h"
#include "services/apigateway/proxy/view.h"

namespace tandem::apigateway {

/// Takes the coding off the request's body. Its header stays, as on AWS (serverless-http #194).
/// The request outlives this.
Task<std::optional<Refusal>> unpack_request(core::Workers* workers, const CompiledStage* stage,
                                            net::HttpRequest* request);

/// Compresses the answer where the API does so and the client asks for it. Both outlive this.
Task<void> pack_response(core::Workers* workers, const CompiledStage* stage,
                         const net::HttpRequest* request, net::HttpResponse* response);

/// Whether there is anything to do.
bool is_packed(const net::HttpRequest& request);
bool may_pack(const CompiledStage& stage, const net::HttpResponse& response);

}  // namespace tandem::apigateway
