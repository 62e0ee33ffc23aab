// An authorizer as the data plane uses it.
#pragma once

#include <chrono>
#include <memory>
#include <re2/re2.h>
#include <string>
#include <vector>

#include "core/json.h"
#include "services/apigateway/model/authorizers.h"

namespace tandem::apigateway {

/// An authorizer of a deployment, compiled with its stage.
struct CompiledAuthorizer {
  std::string id;
  bool token = false;  ///< TOKEN, else REQUEST
  std::vector<IdentitySource> sources;
  std::shared_ptr<const re2::RE2> expression;  ///< null: any token
  std::chrono::seconds ttl{0};
  std::string function_arn;  ///< empty when its stage variables name none
};
std::shared_ptr<const CompiledAuthorizer> compile_authorizer(const json::object& record,
                                                             const json::object* variables);
/// The snapshot's authorizer of a method of type CUSTOM; null for other methods.
std::shared_ptr<const CompiledAuthorizer> find_authorizer(const json::object& method,
                                                          const json::object& snapshot,
                                                          const json::object* variables);

}  // namespace tandem::apigateway
