// What a client is told that is throttled (Developer Guide, "Error handling with DynamoDB"; API
// Reference, "ThrottlingReason").
#pragma once

#include <string_view>

#include "aws/error.h"
#include "services/dynamodb/model/throughput.h"

namespace tandem::dynamodb {

enum class Billing : std::uint8_t { kProvisioned, kOnDemand };

aws::ApiError throttled(Access access, Limit limit, Billing billing, std::string_view table_arn);

/// What CloudWatch calls the cause: "ProvisionedThroughput" of "WriteProvisionedThroughput…".
std::string_view throttle_cause(Limit limit);

}  // namespace tandem::dynamodb
