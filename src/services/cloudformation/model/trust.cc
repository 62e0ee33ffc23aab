#include "services/cloudformation/model/trust.h"

#include <fmt/format.h>

#include "aws/arn.h"
#include "aws/trust_policy.h"

namespace tandem::cloudformation {

std::string role_session_of(std::string_view role_arn) {
  const auto arn = aws::Arn::parse(role_arn);
  if (!arn) return std::string(role_arn);
  return aws::make_arn(
      "sts", "", arn->account,
      fmt::format("assumed-role/{}/AWSCloudFormation", aws::role_name_of(role_arn)));
}

}  // namespace tandem::cloudformation
