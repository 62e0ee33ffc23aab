// A function URL's CORS settings applied (API reference, Cors; Fetch standard §3.2).
#pragma once

#include <optional>

#include "core/json.h"
#include "net/http.h"

namespace tandem::lambda {

/// Answers a preflight by itself; nothing for any other request, and for a URL without settings.
std::optional<net::HttpResponse> answer_preflight(const json::object& cors,
                                                  const net::HttpRequest& request);
/// "CORS headers configured on the function URL take precedence over those in the response."
void apply_cors(const json::object& cors, const net::HttpRequest& request,
                net::HttpResponse& response);

}  // namespace tandem::lambda
