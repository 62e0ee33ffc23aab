// PutFunctionEventInvokeConfig and its like: how asynchronous invocations are tried again, and who
// is told how they ended.
#include "services/lambda/api/operations.h"
#include "services/lambda/api/pages.h"
#include "services/lambda/errors.h"
#include "services/lambda/model/async_settings.h"
#include "services/lambda/model/destination.h"

namespace tandem::lambda::api {
namespace {

/// With the qualifier that settings are kept under.
FunctionReference settings_of(const Scope& scope, const json::object& input) {
  FunctionReference named = reference_in(scope, input);
  if (named.qualifier.empty()) named.qualifier = kLatest;
  return named;
}

FunctionReference require_target(const Scope& scope, const json::object& input) {
  FunctionReference named = settings_of(scope, input);
  if (scope.functions.find(named.name, named.qualifier) == nullptr) {
    throw errors::not_found("The function doesn't exist.");
  }
  return named;
}

AsyncSettings require_settings(const Scope& scope, const FunctionReference& named) {
  const json::object* record = scope.functions.async_settings().find(named.name, named.qualifier);
  if (record == nullptr) {
    throw errors::not_found(fmt::format("The function {} doesn't have an EventInvokeConfig",
                                        scope.arn(named.name, named.qualifier)));
  }
  return AsyncSettings::from_record(*record);
}

/// A destination that could not be told anything is refused now, not when there is something.
std::string checked_destination(const Scope& scope, const FunctionReference& named,
                                const json::object& config, std::string_view member) {
  const json::object* part = json::find_object(config, member);
  std::string arn = part == nullptr ? "" : json::string_or(*part, "Destination");
  if (arn.empty()) return arn;
  const Destination destination =
      read_destination(arn, "DestinationConfig." + std::string(member), scope.environment.region,
                       scope.environment.account());
  if (destination.kind != Destination::Kind::kFunction) return arn;
  const FunctionReference& function = destination.function;
  if (function.name == named.name) {
    throw errors::invalid_parameter("You can't specify the function as a destination for itself.");
  }
  if (scope.functions.find(function.name, function.qualifier) == nullptr) {
    throw errors::invalid_parameter(fmt::format("The destination ARN {} is invalid.", arn));
  }
  return arn;
}

Reply save(Scope& scope, const FunctionReference& named, const json::object& input,
           AsyncSettings settings) {
  if (const auto retries = json::find_int(input, "MaximumRetryAttempts")) {
    settings.retries = static_cast<int>(*retries);
  }
  if (const auto age = json::find_int(input, "MaximumEventAgeInSeconds")) {
    settings.age_s = static_cast<int>(*age);
  }
  if (const json::object* config = json::find_object(input, "DestinationConfig")) {
    settings.on_success = checked_destination(scope, named, *config, "OnSuccess");
    settings.on_failure = checked_destination(scope, named, *config, "OnFailure");
  }
  settings.modified_ms = scope.environment.clock.now_ms();
  scope.functions.async_settings().put(named.name, named.qualifier, settings.to_record());
  return settings.shown(scope.arn(named.name, named.qualifier));
}

void require_something(const json::object& input) {
  for (const std::string_view member :
       {"MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"}) {
    if (input.contains(member)) return;
  }
  throw errors::invalid_parameter(
      "You must specify at least one of error handling or destination setting.");
}

}  // namespace

Reply put_function_event_invoke_config(Scope& scope, const json::object& input) {
  require_something(input);
  const FunctionReference named = require_target(scope, input);
  return save(scope, named, input, AsyncSettings());
}

Reply update_function_event_invoke_config(Scope& scope, const json::object& input) {
  require_something(input);
  const FunctionReference named = require_target(scope, input);
  return save(scope, named, input, require_settings(scope, named));
}

Reply get_function_event_invoke_config(Scope& scope, const json::object& input) {
  const FunctionReference named = settings_of(scope, input);
  return require_settings(scope, named).shown(scope.arn(named.name, named.qualifier));
}

Reply delete_function_event_invoke_config(Scope& scope, const json::object& input) {
  const FunctionReference named = settings_of(scope, input);
  require_settings(scope, named);
  scope.functions.async_settings().erase(named.name, named.qualifier);
  return {};
}

Reply list_function_event_invoke_configs(Scope& scope, const json::object& input) {
  const FunctionReference named = reference_in(scope, input);
  if (scope.functions.find(named.name) == nullptr) {
    throw errors::not_found("The function doesn't exist.");
  }
  service::Page page(kPages, input, "FunctionEventInvokeConfigs");
  for (const auto& [qualifier, record] : scope.functions.async_settings().of(named.name)) {
    const auto shown = [&, at = &qualifier, settings = record] {
      return AsyncSettings::from_record(*settings).shown(scope.arn(named.name, *at));
    };
    if (!page.add(qualifier, shown)) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::lambda::api
