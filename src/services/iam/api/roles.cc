#include "services/iam/api/operations.h"
#include "services/iam/errors.h"
#include "services/iam/model/paging.h"
#include "services/iam/model/policy_document.h"
#include "services/iam/model/tags.h"

namespace tandem::iam::api {
namespace {

constexpr std::int64_t kDefaultSession_s = 3600;
// "IAM and AWS STS quotas": role trust policy length.
constexpr std::size_t kMaxTrustPolicy = 2048;

enum class View { kCreated, kListed, kFull };

/// The API's Role. Each operation shows a little more or less of it.
json::object render(const json::object& role, View view) {
  json::object shown;
  for (const std::string_view member :
       {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "Description"}) {
    if (const auto* value = json::find(role, member)) shown[member] = *value;
  }
  shown["AssumeRolePolicyDocument"] = encoded_document(role, "AssumeRolePolicyDocument");
  if (view != View::kCreated) {
    shown["MaxSessionDuration"] = json::int_or(role, "MaxSessionDuration", kDefaultSession_s);
  }
  if (view == View::kFull) shown["RoleLastUsed"] = json::object();
  const auto* tags = json::find_array(role, "Tags");
  if (view != View::kListed && tags != nullptr && !tags->empty()) shown["Tags"] = *tags;
  return shown;
}

void check_trust_policy(std::string_view document) {
  check_policy(document, PolicyKind::kTrust);
  if (counted_size(document) > kMaxTrustPolicy) {
    throw errors::limit_exceeded("Cannot exceed quota for ACLSizePerRole: 2048");
  }
}

}  // namespace

json::object create_role(Scope& scope, const service::RequestContext& context,
                         const json::object& input) {
  const std::string name = name_of(input, "RoleName");
  if (scope.directory.find_role(name)) {
    throw errors::already_exists(fmt::format("Role with name {} already exists.", name));
  }
  const std::string document = json::string_or(input, "AssumeRolePolicyDocument");
  check_trust_policy(document);
  const std::string path = json::string_or(input, "Path", "/");
  json::object role = {
      {"Path", path},
      {"RoleName", name},
      {"RoleId", unique_id(scope, "AROA")},
      {"Arn", entity_arn(scope, "role", path, name)},
      {"CreateDate", scope.environment.clock.now_s()},
      {"AssumeRolePolicyDocument", document},
      {"MaxSessionDuration", json::int_or(input, "MaxSessionDuration", kDefaultSession_s)},
      {"Tags", service::tag_set(kTagRules, json::find(input, "Tags"), service::tag_source(context))
                   .list()}};
  if (const auto description = json::find_string(input, "Description")) {
    role["Description"] = *description;
  }
  scope.directory.put(Kind::kRole, role);
  return {{"Role", render(role, View::kCreated)}};
}

json::object get_role(Scope& scope, const service::RequestContext&, const json::object& input) {
  return {{"Role", render(scope.directory.role(name_of(input, "RoleName")), View::kFull)}};
}

json::object delete_role(Scope& scope, const service::RequestContext&, const json::object& input) {
  const std::string name = name_of(input, "RoleName");
  const json::object role = scope.directory.role(name);
  refuse_service_linked(role);
  refuse_with_policies(role);
  scope.directory.erase(Kind::kRole, name);
  if (scope.gone) scope.gone(json::string_or(role, "RoleId"));
  return {};
}

json::object list_roles(Scope& scope, const service::RequestContext&, const json::object& input) {
  const std::string prefix = json::string_or(input, "PathPrefix", "/");
  service::Page page(kPages, input, "Roles");
  for (const auto& [key, role] : scope.directory.entities(Kind::kRole)) {
    if (!json::string_or(role, "Path").starts_with(prefix)) continue;
    if (!page.add(key, [&] { return render(role, View::kListed); })) break;
  }
  return std::move(page).finish();
}

json::object update_role(Scope& scope, const service::RequestContext&, const json::object& input) {
  json::object role = scope.directory.role(name_of(input, "RoleName"));
  for (const std::string_view member : {"Description", "MaxSessionDuration"}) {
    if (const auto* value = json::find(input, member)) role[member] = *value;
  }
  scope.directory.put(Kind::kRole, role);
  return {};
}

json::object update_assume_role_policy(Scope& scope, const service::RequestContext&,
                                       const json::object& input) {
  json::object role = scope.directory.role(name_of(input, "RoleName"));
  refuse_service_linked(role);
  const std::string document = json::string_or(input, "PolicyDocument");
  check_trust_policy(document);
  role["AssumeRolePolicyDocument"] = document;
  scope.directory.put(Kind::kRole, role);
  return {};
}

json::object list_instance_profiles_for_role(Scope& scope, const service::RequestContext&,
                                             const json::object& input) {
  scope.directory.role(name_of(input, "RoleName"));
  // Instance profiles cannot be made here, so no role is in one.
  service::Page page(kPages, input, "InstanceProfiles");
  return std::move(page).finish();
}

}  // namespace tandem::iam::api
