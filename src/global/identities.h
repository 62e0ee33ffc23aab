// STS asks IAM who is who.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/iam/service.h"
#include "services/sts/ports.h"

namespace tandem::global {

class AccountIdentities final : public sts::Identities {
 public:
  explicit AccountIdentities(const iam::IamService& iam) : iam_(iam) {}

  std::optional<sts::Role> find_role(std::string_view arn) const override {
    const auto role = iam_.find_role(arn);
    if (!role) return std::nullopt;
    return sts::Role{.name = json::string_or(*role, "RoleName"),
                     .id = json::string_or(*role, "RoleId"),
                     .trust_policy = json::string_or(*role, "AssumeRolePolicyDocument"),
                     .max_session_s = json::int_or(*role, "MaxSessionDuration", 3600)};
  }
  std::optional<std::string> find_user_id(std::string_view arn) const override {
    const auto user = iam_.find_user(arn);
    if (!user) return std::nullopt;
    return json::find_string(*user, "UserId");
  }

 private:
  const iam::IamService& iam_;
};

}  // namespace tandem::global
