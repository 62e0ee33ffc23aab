// IAM of the account: roles, managed policies, users and access keys. It keeps policies and checks
// their grammar; it does not decide by them who may do what.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "service/dispatch.h"
#include "service/environment.h"
#include "service/identity_feed.h"
#include "service/service.h"
#include "services/iam/api/operations.h"
#include "services/iam/store/directory.h"

namespace tandem::iam {

class IamService final : public service::Service {
 public:
  /// Access keys are put into keys, which is borrowed.
  IamService(service::Environment environment, service::KeyRing& keys);

  std::string_view name() const override { return "iam"; }
  const std::vector<service::Operation>& operations() const override { return operations_; }
  void start() override;

  /// Called with the unique id of each role and user that is deleted.
  void on_gone(std::function<void(std::string_view unique_id)> told) {
    scope_.gone = std::move(told);
  }

  /// What regions are told of, without secrets; borrows this. told: of each record after it has
  /// changed or gone. emptied: after all of them are gone at once.
  std::vector<service::IdentityKind> identity_kinds() const;
  void on_changed(Directory::Changed told) { directory_.on_changed(std::move(told)); }
  void on_emptied(std::function<void()> told) { emptied_ = std::move(told); }

  /// For the process's other services, by ARN: members of the API's Role, its trust policy as plain
  /// text in AssumeRolePolicyDocument.
  std::optional<json::object> find_role(std::string_view arn) const;
  std::optional<json::object> find_user(std::string_view arn) const;

 private:
  const service::Environment& environment() const override { return environment_; }
  std::function<void()> forgetting() override;
  json::object shown_key(const json::object& key) const;

  service::Environment environment_;
  Directory directory_;
  std::function<void()> emptied_;
  api::Scope scope_;
  std::vector<service::Operation> operations_;
};

}  // namespace tandem::iam
