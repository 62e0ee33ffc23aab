// The credentials of functions' roles: temporary keys in their environment that the region's AWS
// API verifies.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>

#include "service/environment.h"
#include "service/key_ring.h"
#include "services/lambda/exec/executor.h"

namespace tandem::lambda {

class RoleCredentials final : public CredentialSource {
 public:
  RoleCredentials(service::KeyRing& keys, const service::Environment& environment)
      : keys_(keys), environment_(environment) {}

  /// One key a function's version and role; the same again until forget().
  FunctionCredentials credentials_for(const Function& function) override;
  /// Of a version (Function::key). Its key lives on for as long as an invocation can that has it.
  void forget(const std::string& function_key);
  void forget_all();

 private:
  struct Held {
    std::string role;
    FunctionCredentials credentials;
  };
  void drop_ended();

  service::KeyRing& keys_;
  const service::Environment& environment_;
  std::unordered_map<std::string, Held> held_;
  struct Ending {
    std::string access_key_id;
    std::int64_t at_s;
  };
  std::deque<Ending> ending_;  ///< in order of their ends
};

}  // namespace tandem::lambda
