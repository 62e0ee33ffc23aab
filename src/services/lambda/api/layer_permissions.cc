// AddLayerVersionPermission, RemoveLayerVersionPermission, GetLayerVersionPolicy. The only account
// here owns all layers, so that what a policy lets others do is kept and told, and nobody asks.
#include <algorithm>

#include "aws/arn.h"
#include "core/ids.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/errors.h"
#include "services/lambda/model/policy.h"

namespace tandem::lambda::api {
namespace {

LayerVersion require_version(const Scope& scope, const json::object& input) {
  const std::int64_t number = layer_number(input);
  const std::string name = layer_of(scope, input);
  const LayerPtr version = scope.layers.find(name, number);
  if (version == nullptr) {
    throw errors::not_found(
        fmt::format("Layer version {} does not exist.",
                    aws::make_arn("lambda", scope.environment.region, scope.environment.account(),
                                  fmt::format("layer:{}:{}", name, number))));
  }
  return *version;
}

auto find_statement(json::array& statements, std::string_view id) {
  return std::find_if(statements.begin(), statements.end(), [&](const json::value& each) {
    return json::string_or(each.as_object(), "Sid") == id;
  });
}

void check_policy_revision(const json::object& input, const LayerVersion& version) {
  const auto given = json::find_string(input, "RevisionId");
  if (!given || *given == version.policy_revision_id) return;
  throw errors::user(412, "PreconditionFailedException",
                     "The RevisionId provided does not match the latest RevisionId. Call the "
                     "GetLayerPolicy API to retrieve the latest Revision Id");
}

}  // namespace

Reply add_layer_version_permission(Scope& scope, const json::object& input) {
  LayerVersion version = require_version(scope, input);
  const std::string id = json::string_or(input, "StatementId");
  if (find_statement(version.policy, id) != version.policy.end()) {
    throw errors::conflict(
        fmt::format("The statement id ({}) provided already exists. Please provide a new statement "
                    "id, or remove the existing statement.",
                    id));
  }
  check_policy_revision(input, version);
  json::object statement = make_layer_statement(input, version.version_arn());
  std::string text = json::serialize(statement);
  version.policy.push_back(std::move(statement));
  require_policy_fits(version.policy);
  version.policy_revision_id = core::uuid4(scope.environment.random);
  const std::string revision = version.policy_revision_id;
  scope.layers.put(std::move(version));
  return json::object{{"Statement", std::move(text)}, {"RevisionId", revision}};
}

Reply remove_layer_version_permission(Scope& scope, const json::object& input) {
  LayerVersion version = require_version(scope, input);
  check_policy_revision(input, version);
  const std::string id = json::string_or(input, "StatementId");
  const auto found = find_statement(version.policy, id);
  if (found == version.policy.end()) {
    throw errors::not_found(fmt::format("Statement {} is not found in resource policy.", id));
  }
  version.policy.erase(found);
  version.policy_revision_id = core::uuid4(scope.environment.random);
  scope.layers.put(std::move(version));
  return {};
}

Reply get_layer_version_policy(Scope& scope, const json::object& input) {
  const LayerVersion version = require_version(scope, input);
  if (version.policy.empty()) {
    throw errors::not_found("No policy is associated with the given resource.");
  }
  return json::object{{"Policy", policy_text(version.policy)},
                      {"RevisionId", version.policy_revision_id}};
}

}  // namespace tandem::lambda::api
