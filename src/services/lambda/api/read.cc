// GetFunction, GetFunctionConfiguration, ListFunctions.
#include <algorithm>

#include "core/bytes.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/errors.h"

namespace tandem::lambda::api {
namespace {

constexpr std::int64_t kPage = 50;

json::object configuration(const Function& function, std::string_view qualifier) {
  json::object out = function.configuration();
  if (!qualifier.empty()) out["FunctionArn"] = function.arn + ":" + std::string(qualifier);
  return out;
}

}  // namespace

Reply get_function(Scope& scope, const json::object& input) {
  const FunctionPtr function = require_function(scope, input);
  json::object out;
  out["Configuration"] = configuration(*function, json::string_or(input, "Qualifier"));
  out["Code"] = {{"RepositoryType", "S3"}};
  if (!function->tags.empty()) out["Tags"] = function->tags;
  if (function->reserved_concurrency) {
    out["Concurrency"] = {{"ReservedConcurrentExecutions", *function->reserved_concurrency}};
  }
  return out;
}

Reply get_function_configuration(Scope& scope, const json::object& input) {
  const FunctionPtr function = require_function(scope, input);
  return configuration(*function, json::string_or(input, "Qualifier"));
}

Reply list_functions(Scope& scope, const json::object& input) {
  std::string after;
  if (const auto marker = json::find_string(input, "Marker"); marker && !marker->empty()) {
    const auto name = core::base64_decode(*marker);
    if (!name) throw errors::invalid_parameter("Invalid marker.");
    after = *name;
  }
  // "… returns up to 50 items in each response, even if you set the number higher."
  const auto limit =
      static_cast<std::size_t>(std::min(kPage, json::int_or(input, "MaxItems", kPage)));
  const bool versions = input.contains("FunctionVersion");
  json::array functions;
  auto each = scope.functions.all().upper_bound(after);
  std::string last;
  for (; each != scope.functions.all().end() && functions.size() < limit; ++each) {
    functions.push_back(configuration(*each->second, versions ? "$LATEST" : ""));
    last = each->first;
  }
  json::object out = {{"Functions", std::move(functions)}};
  if (each != scope.functions.all().end()) out["NextMarker"] = core::base64_encode(last);
  return out;
}

}  // namespace tandem::lambda::api
