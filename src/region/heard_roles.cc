#include "region/heard_roles.h"

#include "aws/error.h"
#include "aws/trust_policy.h"
#include "core/text.h"

namespace tandem::region {
namespace {

/// What a frozen `global` may cost whoever names a role that the region has not heard of.
constexpr std::chrono::milliseconds kPatience{5'000};

bool lets_in(const json::object& role, std::string_view service) {
  return aws::lets_in(json::string_or(role, "AssumeRolePolicyDocument"), service);
}

}  // namespace

HeardRoles::HeardRoles(service::Node& node)
    : node_(node),
      iam_(
          node.http_client(),
          [&node](const aws::ApiCall&) {
            return net::HttpTarget{.address = node.config().global_address,
                                   .port = node.config().ports.endpoint};
          },
          {node.config().credentials.access_key_id, node.config().credentials.secret_access_key,
           ""},
          node.world().clock) {}

std::optional<json::object> HeardRoles::find(std::string_view role_arn) const {
  const std::string name = aws::role_name_of(role_arn);
  if (name.empty() || node_.identities() == nullptr) return std::nullopt;
  auto role = node_.identities()->find("roles", core::to_lower(name));
  if (role && json::string_or(*role, "Arn") != role_arn) return std::nullopt;
  return role;
}

bool HeardRoles::heard(std::string_view role_arn, std::string_view service) const {
  const auto role = find(role_arn);
  return role && lets_in(*role, service);
}

Task<service::Roles::Answer> HeardRoles::may_assume(std::string role_arn, std::string service) {
  const std::string name = aws::role_name_of(role_arn);
  if (name.empty()) co_return Answer::kNo;
  const auto known = find(role_arn);
  if (known && lets_in(*known, service)) co_return Answer::kYes;
  aws::ApiCall call;
  call.region = node_.options().region;
  call.service = "iam";
  call.operation = "GetRole";
  call.input["RoleName"] = name;
  Answer answer = Answer::kNo;
  try {
    const aws::ApiResult result = co_await iam_.call(std::move(call), kPatience);
    const auto* role = json::find_object(result.output, "Role");
    const bool is_it = role != nullptr && json::string_or(*role, "Arn") == role_arn;
    if (is_it && lets_in(*role, service)) answer = Answer::kYes;
  } catch (const aws::ApiError& error) {
    if (error.status() >= 500 && !known) answer = Answer::kUnknown;
  }
  co_return answer;
}

}  // namespace tandem::region
