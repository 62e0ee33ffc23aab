#include "core/ids.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/errors.h"

namespace tandem::lambda::api {

FunctionReference reference_in(const Scope& scope, std::string_view name,
                               std::string_view qualifier) {
  return parse_reference(name, qualifier, scope.environment.region, scope.environment.account());
}

FunctionReference reference_in(const Scope& scope, const json::object& input) {
  return reference_in(scope, json::string_or(input, "FunctionName"),
                      json::string_or(input, "Qualifier"));
}

FunctionPtr require_function(const Scope& scope, const FunctionReference& named) {
  FunctionPtr function = scope.functions.find(named.name, named.qualifier);
  if (function == nullptr) {
    throw errors::function_not_found(scope.arn(named.name, named.qualifier));
  }
  return function;
}

FunctionPtr require_function(const Scope& scope, const json::object& input) {
  return require_function(scope, reference_in(scope, input));
}

FunctionPtr require_latest(const Scope& scope, const json::object& input) {
  const FunctionReference named = reference_in(scope, json::string_or(input, "FunctionName"), "");
  // Asked with a version's name (appleboy/lambda-action #6).
  if (!named.qualifier.empty() && named.qualifier != kLatest) {
    throw errors::invalid_parameter(
        "Current operation does not support versions other than $LATEST.");
  }
  return require_function(scope, named);
}

const json::array& policy_of(const Scope& scope, const FunctionReference& named) {
  static const json::array kNone;
  if (const json::object* alias = scope.functions.aliases().find(named.name, named.qualifier)) {
    const json::array* policy = json::find_array(*alias, "policy");
    return policy == nullptr ? kNone : *policy;
  }
  const FunctionPtr function = scope.functions.find(named.name, named.qualifier);
  return function == nullptr ? kNone : function->policy;
}

std::optional<Asked> find_invoked(const Scope& scope, std::string_view name) {
  try {
    Asked asked{reference_in(scope, name, ""), nullptr};
    asked.function =
        scope.functions.draw(asked.named.name, asked.named.qualifier, scope.environment.random);
    if (asked.function != nullptr) return asked;
  } catch (const aws::ApiError&) {
    // Of another region or account, or no name at all.
  }
  return std::nullopt;
}

void check_revision(const json::object& input, const std::string& current) {
  const auto given = json::find_string(input, "RevisionId");
  if (given && *given != current) throw errors::precondition_failed();
}

UpdateGuard::UpdateGuard(Scope& scope, std::string name) : scope_(scope), name_(std::move(name)) {
  if (!scope_.updating.insert(name_).second) {
    throw errors::update_in_progress(scope_.arn(name_));
  }
}

}  // namespace tandem::lambda::api
