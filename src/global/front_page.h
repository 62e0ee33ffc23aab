// What a browser gets at the unified endpoint: where things are, and what to type.
#pragma once

#include <optional>

#include "net/http.h"
#include "service/config.h"

namespace tandem::global {

/// Nothing when the request is not a browser's for the page itself: `GET /` is S3's ListBuckets,
/// which is signed and asks for no HTML. Says nothing that is secret.
std::optional<net::HttpResponse> front_page(const net::HttpRequest& request,
                                            const service::Config& config);

}  // namespace tandem::global
