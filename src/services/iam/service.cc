#include "services/iam/service.h"

#include <utility>

#include "aws/arn.h"

namespace tandem::iam {
namespace {

service::Operation row(std::string_view name, api::Function* function, api::Scope& scope,
                       std::vector<std::string_view> accepts) {
  auto handler = service::sync_handler(
      [function, &scope](service::RequestContext& context, const json::object& input) {
        return service::Reply(function(scope, context, input));
      });
  return {name, std::move(handler), std::move(accepts), {}};
}

std::vector<service::Operation> table(api::Scope& s) {
  return {
      row("CreateRole", api::create_role, s,
          {"Path", "RoleName", "AssumeRolePolicyDocument", "Description", "MaxSessionDuration",
           "Tags"}),
      row("GetRole", api::get_role, s, {"RoleName"}),
      row("DeleteRole", api::delete_role, s, {"RoleName"}),
      row("ListRoles", api::list_roles, s, {"PathPrefix", "Marker", "MaxItems"}),
      row("UpdateRole", api::update_role, s, {"RoleName", "Description", "MaxSessionDuration"}),
      row("UpdateAssumeRolePolicy", api::update_assume_role_policy, s,
          {"RoleName", "PolicyDocument"}),
      row("TagRole", api::tag_role, s, {"RoleName", "Tags"}),
      row("UntagRole", api::untag_role, s, {"RoleName", "TagKeys"}),
      row("ListRoleTags", api::list_role_tags, s, {"RoleName", "Marker", "MaxItems"}),
      row("ListInstanceProfilesForRole", api::list_instance_profiles_for_role, s,
          {"RoleName", "Marker", "MaxItems"}),
      row("PutRolePolicy", api::put_role_policy, s, {"RoleName", "PolicyName", "PolicyDocument"}),
      row("GetRolePolicy", api::get_role_policy, s, {"RoleName", "PolicyName"}),
      row("DeleteRolePolicy", api::delete_role_policy, s, {"RoleName", "PolicyName"}),
      row("ListRolePolicies", api::list_role_policies, s, {"RoleName", "Marker", "MaxItems"}),
      row("AttachRolePolicy", api::attach_role_policy, s, {"RoleName", "PolicyArn"}),
      row("DetachRolePolicy", api::detach_role_policy, s, {"RoleName", "PolicyArn"}),
      row("ListAttachedRolePolicies", api::list_attached_role_policies, s,
          {"RoleName", "PathPrefix", "Marker", "MaxItems"}),
      row("CreatePolicy", api::create_policy, s,
          {"PolicyName", "Path", "PolicyDocument", "Description", "Tags"}),
      row("GetPolicy", api::get_policy, s, {"PolicyArn"}),
      row("DeletePolicy", api::delete_policy, s, {"PolicyArn"}),
      row("ListPolicies", api::list_policies, s,
          {"Scope", "OnlyAttached", "PathPrefix", "Marker", "MaxItems"}),
      row("GetPolicyVersion", api::get_policy_version, s, {"PolicyArn", "VersionId"}),
      row("ListPolicyVersions", api::list_policy_versions, s, {"PolicyArn", "Marker", "MaxItems"}),
      row("CreateUser", api::create_user, s, {"Path", "UserName", "Tags"}),
      row("GetUser", api::get_user, s, {"UserName"}),
      row("DeleteUser", api::delete_user, s, {"UserName"}),
      row("ListUsers", api::list_users, s, {"PathPrefix", "Marker", "MaxItems"}),
      row("CreateAccessKey", api::create_access_key, s, {"UserName"}),
      row("DeleteAccessKey", api::delete_access_key, s, {"UserName", "AccessKeyId"}),
      row("UpdateAccessKey", api::update_access_key, s, {"UserName", "AccessKeyId", "Status"}),
      row("ListAccessKeys", api::list_access_keys, s, {"UserName", "Marker", "MaxItems"}),
  };
}

/// The entity whose name ends the ARN, if it is really the one with that ARN.
std::optional<json::object> with_arn(std::optional<json::object> entity, std::string_view arn) {
  if (!entity || json::string_or(*entity, "Arn") != arn) return std::nullopt;
  return entity;
}

std::string_view name_in(std::string_view arn) { return arn.substr(arn.rfind('/') + 1); }

}  // namespace

IamService::IamService(service::Environment environment, service::KeyRing& keys)
    : environment_(std::move(environment)),
      directory_(environment_.store),
      scope_{environment_, directory_, keys, {}},
      operations_(table(scope_)) {}

void IamService::start() {
  for (const auto& [id, key] : directory_.access_keys()) api::publish_key(scope_, key);
}

std::function<void()> IamService::forgetting() {
  return [&ring = scope_.keys, keys = directory_.access_keys()] {
    for (const auto& [id, key] : keys) ring.erase(id);
  };
}

std::optional<json::object> IamService::find_role(std::string_view arn) const {
  return with_arn(directory_.find_role(name_in(arn)), arn);
}

std::optional<json::object> IamService::find_user(std::string_view arn) const {
  return with_arn(directory_.find_user(name_in(arn)), arn);
}

}  // namespace tandem::iam
