// The credentials of builds' roles: temporary keys that the region's AWS API verifies, for as long
// as their build goes on.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "service/environment.h"
#include "service/key_ring.h"
#include "services/codebuild/ports.h"

namespace tandem::codebuild {

/// "arn:aws:sts::123456789012:assumed-role/name/AWSCodeBuild-<uuid>".
std::string session_arn(const std::string& role_arn, const std::string& uuid,
                        const std::string& account);

class RoleKeys {
 public:
  /// Borrows both.
  RoleKeys(service::KeyRing& keys, const service::Environment& environment)
      : keys_(keys), environment_(environment) {}

  /// For a build of this role: the same again until a quarter of an hour before they end, which is
  /// when AWS's SDKs ask anew.
  RoleCredentials give(const std::string& uuid, const std::string& role_arn);
  /// The build is over, and so are its keys.
  void end(const std::string& uuid);

 private:
  service::KeyRing& keys_;
  const service::Environment& environment_;
  std::map<std::string, std::vector<RoleCredentials>> held_;  ///< by uuid; the newest last
};

}  // namespace tandem::codebuild
