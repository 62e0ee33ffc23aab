// CreateAlias, GetAlias, UpdateAlias, DeleteAlias, ListAliases.
#include <algorithm>
#include <cctype>
#include <fmt/format.h>

#include "core/ids.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/api/pages.h"
#include "services/lambda/errors.h"
#include "services/lambda/model/alias.h"
#include "services/lambda/model/name.h"

namespace tandem::lambda::api {
namespace {

std::string alias_name(const json::object& input) { return json::string_or(input, "Name"); }

const json::object& require_alias(const Scope& scope, const Function& function,
                                  const std::string& name) {
  const json::object* record = scope.functions.aliases().find(function.name, name);
  if (record == nullptr) throw errors::alias_not_found(scope.arn(function.name, name));
  return *record;
}

/// A number is a version's. The pattern has look-ahead, which the frame does not check.
void check_new_name(const std::string& name) {
  const bool spelled = std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
  });
  if (spelled && is_alias_name(name)) return;
  throw errors::user(
      400, "ValidationException",
      fmt::format("1 validation error detected: Value '{}' at 'name' failed to satisfy constraint: "
                  "Member must satisfy regular expression pattern: "
                  "(?!^[0-9]+$)([a-zA-Z0-9-_]+)",
                  name));
}

/// Both versions are there; what an invocation may do must not depend on the draw.
void check_versions(const Scope& scope, const std::string& function, const Alias& alias) {
  const FunctionPtr version = require_function(scope, {function, alias.version});
  alias.check_routing();
  if (alias.other_version.empty()) return;
  // As Lambda says it (serverless-heaven/serverless-aws-alias #64).
  if (require_function(scope, {function, alias.other_version})->role != version->role) {
    throw errors::invalid_parameter(
        "Specified versions must be associated with the same execution role");
  }
}

json::object shown(const Scope& scope, const std::string& function, const Alias& alias) {
  return alias.configuration(scope.arn(function, alias.name));
}

}  // namespace

Reply create_alias(Scope& scope, const json::object& input) {
  const FunctionPtr function = require_latest(scope, input);
  Alias alias;
  alias.name = alias_name(input);
  check_new_name(alias.name);
  alias.version = json::string_or(input, "FunctionVersion");
  alias.description = json::string_or(input, "Description");
  if (const auto* routing = json::find_object(input, "RoutingConfig")) alias.set_routing(*routing);
  check_versions(scope, function->name, alias);
  if (scope.functions.aliases().find(function->name, alias.name) != nullptr) {
    throw errors::conflict("Alias already exists: " + scope.arn(function->name, alias.name));
  }
  alias.revision_id = core::uuid4(scope.environment.random);
  json::object record;
  alias.write_to(record);
  scope.functions.aliases().put(function->name, alias.name, std::move(record));
  return shown(scope, function->name, alias);
}

Reply get_alias(Scope& scope, const json::object& input) {
  const FunctionPtr function = require_latest(scope, input);
  const json::object& record = require_alias(scope, *function, alias_name(input));
  return shown(scope, function->name, Alias::from_record(record));
}

Reply update_alias(Scope& scope, const json::object& input) {
  const FunctionPtr function = require_latest(scope, input);
  json::object record = require_alias(scope, *function, alias_name(input));
  Alias alias = Alias::from_record(record);
  check_revision(input, alias.revision_id);
  alias.version = json::string_or(input, "FunctionVersion", alias.version);
  alias.description = json::string_or(input, "Description", alias.description);
  if (const auto* routing = json::find_object(input, "RoutingConfig")) alias.set_routing(*routing);
  check_versions(scope, function->name, alias);
  alias.revision_id = core::uuid4(scope.environment.random);
  alias.write_to(record);
  scope.functions.aliases().put(function->name, alias.name, std::move(record));
  return shown(scope, function->name, alias);
}

Reply delete_alias(Scope& scope, const json::object& input) {
  const FunctionPtr function = require_latest(scope, input);
  // AWS says yes to one that is not there.
  scope.functions.erase_alias(function->name, alias_name(input));
  return {};
}

Reply list_aliases(Scope& scope, const json::object& input) {
  const FunctionPtr function = require_latest(scope, input);
  const auto version = json::find_string(input, "FunctionVersion");
  service::Page page(kPages, input, "Aliases");
  for (const auto& [name, record] : scope.functions.aliases().of(function->name)) {
    const Alias alias = Alias::from_record(*record);
    if (version && alias.version != *version) continue;
    if (!page.add(name, [&] { return shown(scope, function->name, alias); })) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::lambda::api
