// AddPermission, RemovePermission, GetPolicy.
#include <algorithm>

#include "core/ids.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/errors.h"
#include "services/lambda/model/policy.h"

namespace tandem::lambda::api {
namespace {

auto find_statement(json::array& statements, std::string_view id) {
  return std::find_if(statements.begin(), statements.end(), [&](const json::value& each) {
    return json::string_or(each.as_object(), "Sid") == id;
  });
}

aws::ApiError no_policy() {
  return errors::not_found("No policy is associated with the given resource.");
}

/// The policy of a function, a version or an alias, each of which has its own.
struct Policy {
  FunctionReference named;
  std::string arn;  ///< what its statements are for
  FunctionPtr function;
  bool of_alias = false;
  json::array statements;
  std::string revision_id;
};

Policy read_policy(const Scope& scope, const json::object& input) {
  Policy policy;
  policy.named = reference_in(scope, input);
  policy.arn = scope.arn(policy.named.name, policy.named.qualifier);
  policy.function = require_function(scope, {policy.named.name, ""});
  if (is_alias_name(policy.named.qualifier)) {
    const json::object* alias =
        scope.functions.aliases().find(policy.named.name, policy.named.qualifier);
    if (alias == nullptr) throw errors::alias_not_found(policy.arn);
    policy.of_alias = true;
    policy.statements = policy_of(scope, policy.named);
    policy.revision_id = json::string_or(*alias, "policy_revision_id");
    return policy;
  }
  policy.function = require_function(scope, policy.named);
  policy.statements = policy.function->policy;
  policy.revision_id = policy.function->policy_revision_id;
  return policy;
}

void save(Scope& scope, Policy policy) {
  policy.revision_id = core::uuid4(scope.environment.random);
  if (policy.of_alias) {
    auto& aliases = scope.functions.aliases();
    json::object record = *aliases.find(policy.named.name, policy.named.qualifier);
    record["policy"] = std::move(policy.statements);
    record["policy_revision_id"] = policy.revision_id;
    aliases.put(policy.named.name, policy.named.qualifier, std::move(record));
    return;
  }
  Function function = *policy.function;
  function.policy = std::move(policy.statements);
  function.policy_revision_id = policy.revision_id;
  scope.functions.put(std::move(function));
}

}  // namespace

Reply add_permission(Scope& scope, const json::object& input) {
  Policy policy = read_policy(scope, input);
  if (policy.named.qualifier == kLatest) {
    throw errors::invalid_parameter("We currently do not support adding policies for $LATEST.");
  }
  check_revision(input, policy.revision_id);
  const std::string id = json::string_or(input, "StatementId");
  if (find_statement(policy.statements, id) != policy.statements.end()) {
    throw errors::conflict(
        fmt::format("The statement id ({}) provided already exists. Please provide a new statement "
                    "id, or remove the existing statement.",
                    id));
  }
  json::object statement = make_statement(input, policy.arn);
  std::string text = json::serialize(statement);
  policy.statements.push_back(std::move(statement));
  require_policy_fits(policy.statements);
  save(scope, std::move(policy));
  return json::object{{"Statement", std::move(text)}};
}

Reply remove_permission(Scope& scope, const json::object& input) {
  Policy policy = read_policy(scope, input);
  if (policy.statements.empty()) throw no_policy();
  check_revision(input, policy.revision_id);
  const std::string id = json::string_or(input, "StatementId");
  const auto found = find_statement(policy.statements, id);
  if (found == policy.statements.end()) {
    throw errors::not_found(fmt::format("Statement {} is not found in resource policy.", id));
  }
  policy.statements.erase(found);
  save(scope, std::move(policy));
  return {};
}

Reply get_policy(Scope& scope, const json::object& input) {
  const Policy policy = read_policy(scope, input);
  if (policy.statements.empty()) throw no_policy();
  return json::object{{"Policy", policy_text(policy.statements)},
                      {"RevisionId", policy.revision_id}};
}

}  // namespace tandem::lambda::api
