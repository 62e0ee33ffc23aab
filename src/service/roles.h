// Roles in whose name services act: whether they may, as the region that wires them can tell.
#pragma once

#include <string>

#include "core/task.h"

namespace tandem::service {

class Roles {
 public:
  virtual ~Roles() = default;
  enum class Answer {
    kYes,
    kNo,
    /// IAM does not answer, and the region has not heard of such a role. Who makes something that
    /// will act as the role later goes on: that has to be possible while IAM is down, and an
    /// unknown role is not a wrong one.
    kUnknown,
  };
  /// Whether the role is there and its trust policy lets service ("lambda.amazonaws.com") in.
  /// Throws StoreError.
  virtual Task<Answer> may_assume(std::string role_arn, std::string service) = 0;
};

}  // namespace tandem::service
