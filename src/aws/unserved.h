// Errors of AWS's services that have no model here, in the shape of the protocol they are asked in.
#pragma once

#include <string_view>

#include "aws/error.h"
#include "net/http.h"

namespace tandem::aws {

/// service: the name it is signed by, or that its host begins with; may be empty. What the request
/// looks like decides, and by the name what looks like REST. Both may be unknown: then rest-json.
net::HttpResponse encode_unserved_error(const net::HttpRequest& request, std::string_view service,
                                        std::string_view request_id, const ApiError& error);

}  // namespace tandem::aws
