// What STS needs to know of the account's identities. Wired to IAM where the process is assembled,
// in a region to what it has heard of IAM's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::sts {

struct Role {
  std::string name;
  std::string id;            ///< "AROA…"
  std::string trust_policy;  ///< its document
  std::int64_t max_session_s = 3600;
};

class Identities {
 public:
  virtual ~Identities() = default;
  virtual std::optional<Role> find_role(std::string_view arn) const = 0;
  /// "AIDA…" of the user with this ARN.
  virtual std::optional<std::string> find_user_id(std::string_view arn) const = 0;
};

/// Who callers are, as far as a region has heard of them.
class Callers {
 public:
  virtual ~Callers() = default;
  /// "AIDA…" of a user, "AROA…:session" of a role's session; nothing of the root.
  virtual std::optional<std::string> find_user_id(std::string_view access_key_id,
                                                  std::string_view arn) const = 0;
};

}  // namespace tandem::sts
