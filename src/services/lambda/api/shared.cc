#include "core/ids.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/errors.h"

namespace tandem::lambda::api {

FunctionPtr require_function(const Scope& scope, std::string_view name,
                             std::string_view qualifier) {
  const FunctionReference reference =
      parse_reference(name, qualifier, scope.environment.region, scope.environment.account());
  FunctionPtr function = scope.functions.find(reference.name);
  const bool latest = reference.qualifier.empty() || reference.qualifier == "$LATEST";
  if (function == nullptr || !latest) {
    std::string arn = scope.arn(reference.name);
    if (!reference.qualifier.empty()) arn += ":" + reference.qualifier;
    throw errors::function_not_found(arn);
  }
  return function;
}

FunctionPtr require_function(const Scope& scope, const json::object& input) {
  return require_function(scope, json::string_or(input, "FunctionName"),
                          json::string_or(input, "Qualifier"));
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
