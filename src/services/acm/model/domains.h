// Domain names of certificates, and the DNS record ACM wants to see for each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace tandem::acm {

/// Whether ACM takes it in a request; a leading "*." is allowed. (The model's pattern has
/// look-around, which the frame's validator leaves to the service.)
bool is_domain_name(std::string_view name);

/// domain and alternatives in lower case, each once, domain first.
std::vector<std::string> distinct_names(std::string_view domain,
                                        const std::vector<std::string>& alternatives);

/// {"Name": "_<hash>.example.com.", "Type": "CNAME", "Value":
/// "_<hash>.<zone>.acm-validations.aws."}. The same for a name in every request of an account; a
/// wildcard has its parent's record.
json::object validation_record(std::string_view account, std::string_view name);

}  // namespace tandem::acm
