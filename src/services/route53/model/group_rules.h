// What Route 53 says when record sets of one name and type do not go together.
#pragma once

#include <string>
#include <string_view>

#include "aws/places.h"
#include "services/route53/model/record_set.h"

namespace tandem::route53 {

/// "weighted", "latency" …
std::string_view policy_text(Policy policy);

/// Of a record set whose name and type have sets of another policy.
std::string mixing_problem(const RecordSet& record, const aws::Places& places);

/// Of two sets of one policy that stand for the same: a region, a location, or a role in failover.
/// Empty when they may stand beside each other.
std::string twin_problem(const RecordSet& record, const RecordSet& other,
                         const aws::Places& places);

}  // namespace tandem::route53
