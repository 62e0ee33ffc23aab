// The HTTP answer made of what a function returned through its URL (payload format 2.0; developer
// guide, "Response payload format").
#pragma once

#include <optional>
#include <string_view>

#include "net/http.h"

namespace tandem::lambda {

/// Nothing for what is no JSON, or asks for what no HTTP answer can be: 502 for the client.
std::optional<net::HttpResponse> make_url_response(std::string_view payload);

}  // namespace tandem::lambda
