// GetFunction, GetFunctionConfiguration, ListFunctions.
#include <algorithm>

#include "core/bytes.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/errors.h"

namespace tandem::lambda::api {
namespace {

constexpr std::int64_t kPage = 50;

/// State and its reason as for an image that is gone (Lambda API reference,
/// "FunctionConfiguration"): the function is there, and cannot be invoked. The code is the one for
/// what is the platform's fault.
json::object configuration(const Scope& scope, const Function& function,
                           std::string_view qualifier) {
  json::object out = function.configuration();
  if (const std::string damage = scope.watch.damage_of(function); !damage.empty()) {
    out["State"] = "Failed";
    out["StateReason"] = damage;
    out["StateReasonCode"] = "InternalError";
  }
  if (!qualifier.empty()) out["FunctionArn"] = function.arn + ":" + std::string(qualifier);
  return out;
}

/// The function as it is once its code has been looked at; it may have been replaced meanwhile.
Task<FunctionPtr> looked_at(Scope& scope, json::object input) {
  const FunctionPtr before = require_function(scope, input);
  co_await scope.watch.look_again(before);
  FunctionPtr now = scope.functions.find(before->name);
  if (now == nullptr || now->code_id != before->code_id) scope.watch.forget(before->code_id);
  co_return require_function(scope, input);
}

}  // namespace

Task<Reply> get_function(Scope& scope, json::object input) {
  const FunctionPtr function = co_await looked_at(scope, input);
  json::object out;
  out["Configuration"] = configuration(scope, *function, json::string_or(input, "Qualifier"));
  out["Code"] = {{"RepositoryType", "S3"}};
  if (!function->tags.empty()) out["Tags"] = function->tags;
  if (function->reserved_concurrency) {
    out["Concurrency"] = {{"ReservedConcurrentExecutions", *function->reserved_concurrency}};
  }
  co_return Reply(std::move(out));
}

Task<Reply> get_function_configuration(Scope& scope, json::object input) {
  const FunctionPtr function = co_await looked_at(scope, input);
  co_return Reply(configuration(scope, *function, json::string_or(input, "Qualifier")));
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
    functions.push_back(configuration(scope, *each->second, versions ? "$LATEST" : ""));
    last = each->first;
  }
  json::object out = {{"Functions", std::move(functions)}};
  if (each != scope.functions.all().end()) out["NextMarker"] = core::base64_encode(last);
  return out;
}

}  // namespace tandem::lambda::api
