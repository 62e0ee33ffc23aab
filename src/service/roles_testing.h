// Roles for tests: all are there, and let everybody in, but those that are said to be otherwise.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "service/roles.h"

namespace tandem::service {

struct FakeRoles final : Roles {
  Task<Answer> may_assume(std::string role_arn, std::string service) override {
    asked.push_back(std::move(service));
    const auto found = answers.find(role_arn);
    co_return found == answers.end() ? Answer::kYes : found->second;
  }
  std::map<std::string, Answer, std::less<>> answers;  ///< by ARN
  std::vector<std::string> asked;                      ///< the services
};

}  // namespace tandem::service
