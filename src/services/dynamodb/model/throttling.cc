#include "services/dynamodb/model/throttling.h"

#include <string>

namespace tandem::dynamodb {
namespace {

json::array reasons(Access access, Limit limit, std::string_view table_arn) {
  return {json::object{{"reason", std::string("Table").append(throttling_reason(access, limit))},
                       {"resource", table_arn}}};
}

}  // namespace

aws::ApiError throttled(Access access, Limit limit, Billing billing, std::string_view table_arn) {
  if (billing == Billing::kProvisioned) {
    return aws::ApiError(400, "ProvisionedThroughputExceededException",
                         "The level of configured provisioned throughput for the table was "
                         "exceeded. Consider increasing your provisioning level with the "
                         "UpdateTable API.")
        .with("ThrottlingReasons", reasons(access, limit, table_arn));
  }
  if (limit == Limit::kAccount) {
    return aws::ApiError(400, "RequestLimitExceeded",
                         "Throughput exceeds the current throughput limit for your account. To "
                         "request a limit increase, contact AWS Support at "
                         "https://aws.amazon.com/support.")
        .with("ThrottlingReasons", reasons(access, limit, table_arn));
  }
  // The one of the three whose member begins with a small letter.
  return aws::ApiError(400, "ThrottlingException",
                       limit == Limit::kMaxOnDemand
                           ? "Throughput exceeds the maximum OnDemandThroughput configured on "
                             "table or index"
                           : "Throughput exceeds the current capacity of your table or index. "
                             "DynamoDB is automatically scaling your table or index so please try "
                             "again shortly. If exceptions persist, check if you have a hot key: "
                             "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
                             "bp-partition-key-design.html")
      .with("throttlingReasons", reasons(access, limit, table_arn));
}

std::string_view throttle_cause(Limit limit) {
  switch (limit) {
    case Limit::kProvisioned:
      return "ProvisionedThroughput";
    case Limit::kKeyRange:
    case Limit::kScaling:
      return "KeyRangeThroughput";
    case Limit::kMaxOnDemand:
      return "MaxOnDemandThroughput";
    case Limit::kAccount:
      return "AccountLimit";
  }
  return "";
}

}  // namespace tandem::dynamodb
