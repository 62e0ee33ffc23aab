// GetFunction, GetFunctionConfiguration, ListFunctions.

#include "service/page.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/api/pages.h"
#include "services/lambda/errors.h"

namespace tandem::lambda::api {
/// State and its reason as for an image that is gone (Lambda API reference,
/// "FunctionConfiguration"): the function is there, and cannot be invoked. The code is the one for
/// what is the platform's fault.
json::object function_configuration(const Scope& scope, const Function& function,
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

namespace {

/// The function as it is once its code has been looked at; it may have been replaced meanwhile.
Task<FunctionPtr> looked_at(Scope& scope, json::object input) {
  const FunctionPtr before = require_function(scope, input);
  co_await scope.watch.look_again(before);
  const FunctionPtr now = scope.functions.find_again(*before);
  const bool same = now != nullptr && now->code_id == before->code_id;
  if (!same && !scope.functions.uses_code(before->code_id)) scope.watch.forget(before->code_id);
  co_return require_function(scope, input);
}

}  // namespace

Task<Reply> get_function(Scope& scope, json::object input) {
  const FunctionPtr function = co_await looked_at(scope, input);
  const FunctionReference named = reference_in(scope, input);
  json::object out;
  out["Configuration"] = function_configuration(scope, *function, named.qualifier);
  out["Code"] = json::object{{"RepositoryType", "S3"}};
  // These are the whole function's, whichever version is asked for.
  const FunctionPtr latest = scope.functions.find(function->name);
  if (!latest->tags.empty()) out["Tags"] = latest->tags;
  if (latest->reserved_concurrency) {
    out["Concurrency"] = {{"ReservedConcurrentExecutions", *latest->reserved_concurrency}};
  }
  const std::string location = co_await scope.downloads.location_of(function);
  if (!location.empty()) out["Code"].as_object()["Location"] = location;
  co_return Reply(std::move(out));
}

Task<Reply> get_function_configuration(Scope& scope, json::object input) {
  const FunctionPtr function = co_await looked_at(scope, input);
  const FunctionReference named = reference_in(scope, input);
  co_return Reply(function_configuration(scope, *function, named.qualifier));
}

Reply list_functions(Scope& scope, const json::object& input) {
  // FunctionVersion has one value, ALL.
  const bool versions = input.contains("FunctionVersion");
  service::Page page(kPages, input, "Functions");
  const auto add = [&](std::int64_t number, const Function& function) {
    // No name holds a zero byte: a function's versions come before the next function.
    return page.add(function.name + '\0' + service::sortable(number), [&] {
      return function_configuration(scope, function, versions ? function.version : "");
    });
  };
  for (const auto& [name, function] : scope.functions.all()) {
    bool room = add(0, *function);
    if (versions) {
      for (const auto& [number, version] : scope.functions.versions(name)) {
        if (room) room = add(number, *version);
      }
    }
    if (!room) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::lambda::api
