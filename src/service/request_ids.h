// Request ids in the form each service gives them.
#pragma once

#include <string>
#include <string_view>

#include "core/random.h"

namespace tandem::service {

/// DynamoDB: 52 upper case letters and digits. S3: 16 of them. Others: a UUID.
std::string make_request_id(std::string_view service, core::Random& random);

}  // namespace tandem::service
