// What a Lambda authorizer answers: who it is, and a policy that is held against each method's ARN.
// AWS, developer guide: "Output from an API Gateway Lambda authorizer".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "core/parsed.h"

namespace tandem::apigateway {

enum class Verdict { kAllow, kImplicitDeny, kExplicitDeny };

/// The statements of an IAM policy document that are about invoking methods.
class InvokePolicy {
 public:
  /// AWS, quotas: a policy's resource is at most 512 characters.
  static constexpr std::size_t kResourceBytes = 512;
  static constexpr std::size_t kStatements = 1'000;

  /// Fails for what is no policy document, and for what is not evaluated here (conditions,
  /// principals): the error names it.
  static core::Parsed<InvokePolicy> parse(const json::value& document);
  Verdict evaluate(std::string_view method_arn) const;

 private:
  struct Statement {
    bool allow = false;
    bool other_actions = false;    ///< NotAction
    bool other_resources = false;  ///< NotResource
    std::vector<std::string> actions;
    std::vector<std::string> resources;
  };
  static core::Parsed<Statement> parse_statement(const json::value& value);
  std::vector<Statement> statements_;
};

struct AuthorizerResult {
  std::string principal_id;
  InvokePolicy policy;
  /// As functions see it: every value is a text.
  std::vector<std::pair<std::string, std::string>> context;
  std::string usage_key;    ///< usageIdentifierKey: an API key's value
  std::string policy_text;  ///< the document as it came
};

/// AWS, quotas: what is kept of an authorizer's answer.
inline constexpr std::size_t kAuthorizerResultBytes = 1024 * 1024;

core::Parsed<AuthorizerResult> parse_authorizer_result(std::string_view payload);

}  // namespace tandem::apigateway
