// A function's resource-based policy: statements made by AddPermission, and whether they let a
// caller in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::lambda {

/// Who asks to invoke a function from inside the region. An empty principal is the account itself,
/// which needs no statement.
struct Invoker {
  std::string principal;   ///< "apigateway.amazonaws.com"
  std::string source_arn;  ///< "arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/todos"
};

/// The statement AddPermission's input asks for. Throws InvalidParameterValueException for a
/// principal that is none.
json::object make_statement(const json::object& input, std::string_view function_arn);

/// The statement of a layer version's policy that AddLayerVersionPermission asks for.
json::object make_layer_statement(const json::object& input, std::string_view version_arn);
/// Throws PolicyLengthExceededException.
void require_policy_fits(const json::array& statements);

/// {"Version": …, "Id": "default", "Statement": […]} as text.
std::string policy_text(const json::array& statements);

/// Whether any statement allows lambda:InvokeFunction to invoker.
bool allows_invoke(const json::array& statements, const Invoker& invoker);

/// Whether everybody may call the function through a URL of AuthType NONE. "Starting in October
/// 2025, new function URLs will require both lambda:InvokeFunctionUrl and lambda:InvokeFunction".
bool allows_public_url(const json::array& statements);

/// IAM's ArnLike: six components, each with * and ? wildcards.
bool arn_like(std::string_view pattern, std::string_view arn);

}  // namespace tandem::lambda
