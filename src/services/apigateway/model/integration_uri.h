// The integration URI of a function:
// arn:aws:apigateway:<region>:lambda:path/2015-03-31/functions/<function ARN>/invocations
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::apigateway {

enum class UriCheck { kLambda, kNotAnArn, kNoPath, kOtherService, kOtherRegion };
/// region is the API's own. Stage variables ("${stageVariables.name}") may stand anywhere in the
/// function's ARN.
UriCheck check_lambda_uri(std::string_view uri, std::string_view region);

/// The function's ARN with variables filled in; an unknown variable is empty text. Empty when the
/// URI does not name a function.
std::string function_arn_of(std::string_view uri, const json::object* variables);

}  // namespace tandem::apigateway
