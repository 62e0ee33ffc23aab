// Fn::Cidr: an address block cut into equal subnets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::cloudformation {

/// count subnets, each with host_bits bits of hosts, from the start of block ("10.0.0.0/16" or
/// IPv6). Throws "Template error: …" when they do not fit.
std::vector<std::string> cidr_blocks(std::string_view block, std::int64_t count,
                                     std::int64_t host_bits);

}  // namespace tandem::cloudformation
