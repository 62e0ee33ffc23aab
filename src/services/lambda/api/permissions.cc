// AddPermission, RemovePermission, GetPolicy.
#include <algorithm>

#include "core/ids.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/errors.h"
#include "services/lambda/model/policy.h"

namespace tandem::lambda::api {
namespace {

constexpr std::size_t kPolicyBytes = 20'480;

auto find_statement(json::array& statements, std::string_view id) {
  return std::find_if(statements.begin(), statements.end(), [&](const json::value& each) {
    return json::string_or(each.as_object(), "Sid") == id;
  });
}

aws::ApiError no_policy() {
  return errors::not_found("No policy is associated with the given resource.");
}

/// A qualifier's own policy: what is asked of $LATEST by name is the function's.
FunctionPtr policy_holder(const Scope& scope, const json::object& input) {
  const FunctionReference named = reference_in(scope, input);
  if (named.qualifier == kLatest) {
    throw errors::invalid_parameter("We currently do not support adding policies for $LATEST.");
  }
  return require_function(scope, named);
}

void save(Scope& scope, Function function) {
  function.policy_revision_id = core::uuid4(scope.environment.random);
  scope.functions.put(std::move(function));
}

}  // namespace

Reply add_permission(Scope& scope, const json::object& input) {
  const FunctionPtr before = policy_holder(scope, input);
  check_revision(input, before->policy_revision_id);
  Function function = *before;
  const std::string id = json::string_or(input, "StatementId");
  if (find_statement(function.policy, id) != function.policy.end()) {
    throw errors::conflict(
        fmt::format("The statement id ({}) provided already exists. Please provide a new statement "
                    "id, or remove the existing statement.",
                    id));
  }
  json::object statement =
      make_statement(input, function.is_latest() ? function.arn : function.qualified_arn());
  std::string text = json::serialize(statement);
  function.policy.push_back(std::move(statement));
  const std::size_t size = policy_text(function.policy).size();
  if (size > kPolicyBytes) {
    throw errors::user(400, "PolicyLengthExceededException",
                       fmt::format("The final policy size ({}) is bigger than the limit ({}).",
                                   size, kPolicyBytes));
  }
  save(scope, std::move(function));
  return json::object{{"Statement", std::move(text)}};
}

Reply remove_permission(Scope& scope, const json::object& input) {
  const FunctionPtr before = policy_holder(scope, input);
  if (before->policy.empty()) throw no_policy();
  check_revision(input, before->policy_revision_id);
  Function function = *before;
  const std::string id = json::string_or(input, "StatementId");
  const auto found = find_statement(function.policy, id);
  if (found == function.policy.end()) {
    throw errors::not_found(fmt::format("Statement {} is not found in resource policy.", id));
  }
  function.policy.erase(found);
  save(scope, std::move(function));
  return {};
}

Reply get_policy(Scope& scope, const json::object& input) {
  const FunctionPtr function = require_function(scope, input);
  if (function->policy.empty()) throw no_policy();
  return json::object{{"Policy", policy_text(function->policy)},
                      {"RevisionId", function->policy_revision_id}};
}

}  // namespace tandem::lambda::api
