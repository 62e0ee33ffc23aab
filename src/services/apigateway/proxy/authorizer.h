// Step 7 of the pipeline: Lambda authorizers. AWS, developer guide: "Use API Gateway Lambda
// authorizers".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/task.h"
#include "services/apigateway/ports.h"
#include "services/apigateway/proxy/authorizer_cache.h"
#include "services/apigateway/proxy/compiled_authorizer.h"
#include "services/apigateway/proxy/event.h"
#include "services/apigateway/proxy/gateway_response.h"

namespace tandem::apigateway {

inline constexpr std::size_t kMethodArnBytes = 1'600;  ///< AWS, quotas: more is answered 414

/// One call of the function and what came of it.
struct AuthorizerCall {
  std::shared_ptr<const AuthorizerResult> result;  ///< null: there is no policy
  std::optional<Refusal> refusal;                  ///< beside a null result
  std::string payload;                             ///< what the function answered
  std::string problem;                             ///< why there is no policy, for the log
  std::int64_t latency_ms = 0;
};

/// What authorizers work with.
struct AuthorizerWorld {
  FunctionInvoker& functions;
  AuthorizerCache& cache;
  core::Clock& clock;
};

/// Calls the function whatever is cached. identity as identity_of() has it.
Task<AuthorizerCall> call_authorizer(AuthorizerWorld world,
                                     std::shared_ptr<const CompiledAuthorizer> authorizer,
                                     std::string event, std::string source_arn);

/// The values of the authorizer's sources; nothing when one is missing or empty, or a token does
/// not look as it must: 401 without a call.
std::optional<std::vector<std::string>> identity_of(const CompiledAuthorizer& authorizer,
                                                    const EventInput& input);
std::string authorizer_event(const CompiledAuthorizer& authorizer, const EventInput& input,
                             const std::vector<std::string>& identity, std::string_view method_arn);
std::string authorizer_source_arn(std::string_view region, std::string_view account,
                                  std::string_view api_id, std::string_view authorizer_id);

struct Authorization {
  std::optional<Refusal> refusal;
  std::shared_ptr<const AuthorizerResult> result;
  std::int64_t latency_ms = 0;  ///< 0: from the cache
  /// requestContext.authorizer as JSON.
  std::string context_json() const;
};
/// The whole step. input lives until it is done.
Task<Authorization> authorize(AuthorizerWorld world,
                              std::shared_ptr<const CompiledAuthorizer> authorizer,
                              const EventInput* input, std::string method_arn,
                              std::string source_arn);

}  // namespace tandem::apigateway
