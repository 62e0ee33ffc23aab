// GetFunction, GetFunctionConfiguration, ListFunctions.

#include "service/page.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/errors.h"

namespace tandem::lambda::api {
namespace {

// "… returns up to 50 items in each response, even if you set the number higher."
constexpr service::PageStyle kPages{
    .token = "Marker",
    .next = "NextMarker",
    .limit = "MaxItems",
    .usual = 50,
    .most = 50,
    .invalid = [] { return errors::invalid_parameter("Invalid marker."); }};

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
  const bool versions = input.contains("FunctionVersion");
  service::Page page(kPages, input, "Functions");
  const auto& all = scope.functions.all();
  for (auto each = all.upper_bound(page.after()); each != all.end(); ++each) {
    const auto shown = [&] {
      return configuration(scope, *each->second, versions ? "$LATEST" : "");
    };
    if (!page.add(each->first, shown)) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::lambda::api
