// The kinds of identities that policies are given to, and what sets them apart.
#pragma once

#include <cstddef>
#include <string_view>

namespace tandem::iam {

enum class Kind { kRole, kUser, kGroup };

struct KindFacts {
  std::string_view word;        ///< as messages say it
  std::string_view capital;     ///< at a message's beginning
  std::string_view name;        ///< the member with its name
  std::string_view collection;  ///< of the store
  /// "IAM and AWS STS quotas": characters of all inline policies, without white space.
  std::size_t inline_bytes;
  std::string_view attached_quota;
};

constexpr KindFacts facts_of(Kind kind) {
  switch (kind) {
    case Kind::kUser:
      return {"user", "User", "UserName", "users", 2'048, "PoliciesPerUser"};
    case Kind::kGroup:
      return {"group", "Group", "GroupName", "groups", 5'120, "PoliciesPerGroup"};
    case Kind::kRole:
      break;
  }
  return {"role", "Role", "RoleName", "roles", 10'240, "PoliciesPerRole"};
}

}  // namespace tandem::iam
