// Service-linked roles: made for a service under a name of the service's own, and changed by
// nobody.
#include "services/iam/model/service_linked.h"

#include "core/ids.h"
#include "services/iam/api/operations.h"
#include "services/iam/errors.h"

namespace tandem::iam::api {
namespace {

constexpr std::int64_t kSession_s = 3600;
/// How many deletions are told of afterwards.
constexpr std::size_t kTasksKept = 100;

std::string trust_policy(std::string_view service) {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Action":["sts:AssumeRole"],"Effect":"Allow",)"
      R"("Principal":{{"Service":["{}"]}}}}]}})",
      service);
}

std::string role_name(const ServiceLinked& linked, std::string_view suffix) {
  std::string name = fmt::format("AWSServiceRoleFor{}", linked.name);
  if (!suffix.empty()) name += fmt::format("_{}", suffix);
  return name;
}

ServiceLinked service_of(const json::object& input) {
  const std::string service = json::string_or(input, "AWSServiceName");
  const auto linked = find_service_linked(service);
  if (!linked) service::refuse_member("AWSServiceName " + service);
  return *linked;
}

}  // namespace

json::object create_service_linked_role(Scope& scope, const service::RequestContext&,
                                        const json::object& input) {
  const ServiceLinked linked = service_of(input);
  const std::string suffix = json::string_or(input, "CustomSuffix");
  if (!suffix.empty() && !linked.takes_suffix) {
    throw errors::invalid_input(fmt::format("Custom suffix is not allowed for {}", linked.service));
  }
  const std::string name = role_name(linked, suffix);
  if (scope.directory.find_role(name)) {
    throw errors::invalid_input(fmt::format(
        "Service role name {} has been taken in this account, please try a different suffix.",
        name));
  }
  const std::string path = fmt::format("{}{}/", kServiceLinkedPath, linked.service);
  json::object role = {{"Path", path},
                       {"RoleName", name},
                       {"RoleId", unique_id(scope, "AROA")},
                       {"Arn", entity_arn(scope, "role", path, name)},
                       {"CreateDate", scope.environment.clock.now_s()},
                       {"AssumeRolePolicyDocument", trust_policy(linked.service)},
                       {"MaxSessionDuration", kSession_s}};
  if (const auto description = json::find_string(input, "Description")) {
    role["Description"] = *description;
  }
  scope.directory.put(Kind::kRole, role);
  json::object shown = role;
  shown.erase("MaxSessionDuration");
  shown["AssumeRolePolicyDocument"] = encoded_document(role, "AssumeRolePolicyDocument");
  return {{"Role", std::move(shown)}};
}

/// No service here is in its way, so it is deleted when this returns.
json::object delete_service_linked_role(Scope& scope, const service::RequestContext&,
                                        const json::object& input) {
  const json::object role = scope.directory.role(name_of(input, "RoleName"));
  const std::string path = json::string_or(role, "Path");
  if (!path.starts_with(kServiceLinkedPath)) {
    throw errors::invalid_input(fmt::format("Service linked role {} is not a service linked role.",
                                            name_of(input, "RoleName")));
  }
  const std::string task = fmt::format("task{}{}/{}", path, json::string_or(role, "RoleName"),
                                       core::uuid4(scope.environment.random));
  scope.directory.keep_deletion(task, scope.environment.clock.now_ms(), kTasksKept);
  scope.directory.erase(Kind::kRole, name_of(input, "RoleName"));
  if (scope.gone) scope.gone(json::string_or(role, "RoleId"));
  return {{"DeletionTaskId", task}};
}

json::object get_service_linked_role_deletion_status(Scope& scope, const service::RequestContext&,
                                                     const json::object& input) {
  const std::string task = json::string_or(input, "DeletionTaskId");
  if (!scope.directory.has_deletion(task)) {
    throw errors::no_such_entity(fmt::format("Deletion task {} cannot be found.", task));
  }
  return {{"Status", "SUCCEEDED"}};
}

}  // namespace tandem::iam::api
