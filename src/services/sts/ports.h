// What STS needs to know of the account's identities. Wired to IAM where the process is assembled.
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

}  // namespace tandem::sts
