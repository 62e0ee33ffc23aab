// The credentials of functions' roles: temporary keys in their environment that the region's AWS
// API verifies.
#pragma once

#include <string>
#include <unordered_map>

#include "service/dispatch.h"
#include "services/lambda/exec/executor.h"

namespace tandem::lambda {

class RoleCredentials final : public CredentialSource {
 public:
  RoleCredentials(service::KeyRing& keys, core::Random& random, std::string account)
      : keys_(keys), random_(random), account_(std::move(account)) {}

  /// One key a function and role; the same again until forget().
  FunctionCredentials credentials_for(const Function& function) override;
  void forget(const std::string& function_name);
  void forget_all();

 private:
  struct Held {
    std::string role;
    FunctionCredentials credentials;
  };
  service::KeyRing& keys_;
  core::Random& random_;
  std::string account_;
  std::unordered_map<std::string, Held> held_;
};

}  // namespace tandem::lambda
