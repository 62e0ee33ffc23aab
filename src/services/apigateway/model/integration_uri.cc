#include "services/apigateway/model/integration_uri.h"

#include "aws/arn.h"

namespace tandem::apigateway {
namespace {

constexpr std::string_view kPathPrefix = "path/";
constexpr std::string_view kFunctions = "path/2015-03-31/functions/";
constexpr std::string_view kInvocations = "/invocations";
constexpr std::string_view kVariable = "${stageVariables.";

}  // namespace

UriCheck check_lambda_uri(std::string_view uri, std::string_view region) {
  const auto arn = aws::Arn::parse(uri);
  if (!arn || arn->service != "apigateway") return UriCheck::kNotAnArn;
  const std::string_view resource = arn->resource;
  if (!resource.starts_with(kPathPrefix) && !resource.starts_with("action/")) {
    return UriCheck::kNoPath;
  }
  // The service stands where other ARNs have the account.
  if (arn->account != "lambda") return UriCheck::kOtherService;
  if (!resource.starts_with(kFunctions) || !resource.ends_with(kInvocations) ||
      resource.size() <= kFunctions.size() + kInvocations.size()) {
    return UriCheck::kNoPath;
  }
  const auto function = aws::Arn::parse(resource.substr(kFunctions.size()));
  const bool elsewhere = function && !function->region.empty() && function->region != region &&
                         function->region.find('$') == std::string::npos;
  return arn->region != region || elsewhere ? UriCheck::kOtherRegion : UriCheck::kLambda;
}

std::string function_arn_of(std::string_view uri, const json::object* variables) {
  const auto start = uri.find(kFunctions);
  if (start == std::string_view::npos || !uri.ends_with(kInvocations)) return "";
  std::string_view rest = uri.substr(start + kFunctions.size());
  if (rest.size() <= kInvocations.size()) return "";
  rest.remove_suffix(kInvocations.size());
  std::string arn;
  for (;;) {
    const auto from = rest.find(kVariable);
    arn += rest.substr(0, from);
    if (from == std::string_view::npos) return arn;
    rest.remove_prefix(from + kVariable.size());
    const auto end = rest.find('}');
    if (end == std::string_view::npos) return arn;
    if (variables != nullptr) arn += json::string_or(*variables, rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
}

}  // namespace tandem::apigateway
