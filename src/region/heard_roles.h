// What a region knows of IAM's roles: what it has heard, which is behind by moments and there while
// IAM is not. That may say yes; IAM itself is asked before anything is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "service/node.h"
#include "service/remote_api.h"
#include "service/roles.h"

namespace tandem::region {

class HeardRoles final : public service::Roles {
 public:
  /// Borrows node.
  explicit HeardRoles(service::Node& node);
  Task<Answer> may_assume(std::string role_arn, std::string service) override;
  /// By what the region has heard alone. Throws StoreError.
  bool heard(std::string_view role_arn, std::string_view service) const;

 private:
  std::optional<json::object> find(std::string_view role_arn) const;

  service::Node& node_;
  service::RemoteApi iam_;
};

}  // namespace tandem::region
