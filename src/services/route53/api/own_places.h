// The user's own lines about where DNS clients are.
#pragma once

#include "aws/places.h"
#include "service/config.h"

namespace tandem::route53 {

/// The table that comes with the program, and after it tandem-places.txt beside tandem.yaml where
/// there is one (docs/dns.md). Throws std::runtime_error naming file and line, which keeps the
/// process from starting.
aws::Places read_places(const service::Config& config);

}  // namespace tandem::route53
