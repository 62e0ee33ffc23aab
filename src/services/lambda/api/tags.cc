// TagResource, UntagResource, ListTags, and reserved concurrency.
#include "services/lambda/model/tags.h"

#include "services/lambda/api/operations.h"
#include "services/lambda/errors.h"
#include "services/lambda/model/rules.h"

namespace tandem::lambda::api {
namespace {

FunctionPtr tagged_function(const Scope& scope, const json::object& input) {
  const FunctionReference named = reference_in(scope, json::string_or(input, "Resource"), "");
  if (!named.qualifier.empty()) {
    throw errors::invalid_parameter(
        "Tags on function aliases and versions are not supported. Please specify either a function "
        "or an event source mapping ARN.");
  }
  return require_function(scope, named);
}

service::TagSet tags_of(const Function& function) {
  const json::value stored = function.tags;
  return service::TagSet(kTagRules, &stored);
}

}  // namespace

Reply tag_resource(Scope& scope, const json::object& input) {
  Function function = *tagged_function(scope, input);
  service::TagSet tags = tags_of(function);
  tags.merge(service::read_tags(json::find(input, "Tags")), service::TagSource::kCaller);
  function.tags = tags.map();
  scope.functions.put(std::move(function));
  return {};
}

Reply untag_resource(Scope& scope, const json::object& input) {
  Function function = *tagged_function(scope, input);
  service::TagSet tags = tags_of(function);
  tags.remove(json::find_array(input, "TagKeys"));
  function.tags = tags.map();
  scope.functions.put(std::move(function));
  return {};
}

Reply list_tags(Scope& scope, const json::object& input) {
  return json::object{{"Tags", tagged_function(scope, input)->tags}};
}

Reply put_function_concurrency(Scope& scope, const json::object& input) {
  Function function = *require_latest(scope, input);
  const std::int64_t reserved = json::int_or(input, "ReservedConcurrentExecutions", 0);
  const int elsewhere = scope.functions.reserved_elsewhere(function.name);
  if (reserved > kAccountConcurrency - kUnreservedMinimum - elsewhere) {
    throw errors::invalid_parameter(
        "Specified ReservedConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100].");
  }
  function.reserved_concurrency = static_cast<int>(reserved);
  scope.functions.put(std::move(function));
  return json::object{{"ReservedConcurrentExecutions", reserved}};
}

Reply get_function_concurrency(Scope& scope, const json::object& input) {
  const FunctionPtr function = require_latest(scope, input);
  json::object out;
  if (function->reserved_concurrency) {
    out["ReservedConcurrentExecutions"] = *function->reserved_concurrency;
  }
  return out;
}

Reply delete_function_concurrency(Scope& scope, const json::object& input) {
  Function function = *require_latest(scope, input);
  function.reserved_concurrency.reset();
  scope.functions.put(std::move(function));
  return {};
}

}  // namespace tandem::lambda::api
