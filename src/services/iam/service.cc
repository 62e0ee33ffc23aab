#include "services/iam/service.h"

#include <utility>

#include "aws/arn.h"
#include "service/table.h"

namespace tandem::iam {
namespace {

using service::row;

/// The operations that roles, users and groups have alike.
class KindRows {
 public:
  KindRows(api::Scope& scope, Kind kind, std::vector<service::Operation>& rows)
      : scope_(scope), kind_(kind), rows_(rows) {}

  void add(std::string_view name, api::KindFunction function,
           std::vector<std::string_view> accepts) {
    accepts.push_back(facts_of(kind_).name);
    rows_.push_back(row(
        scope_, name,
        [function, kind = kind_](api::Scope& scope, const json::object& input) {
          return function(kind, scope, input);
        },
        std::move(accepts)));
  }
  void add_policies(std::string_view put, std::string_view get, std::string_view erase,
                    std::string_view list) {
    add(put, api::put_inline_policy, {"PolicyName", "PolicyDocument"});
    add(get, api::get_inline_policy, {"PolicyName"});
    add(erase, api::delete_inline_policy, {"PolicyName"});
    add(list, api::list_inline_policies, {"Marker", "MaxItems"});
  }
  void add_attachments(std::string_view attach, std::string_view detach, std::string_view list) {
    add(attach, api::attach_policy, {"PolicyArn"});
    add(detach, api::detach_policy, {"PolicyArn"});
    add(list, api::list_attached_policies, {"PathPrefix", "Marker", "MaxItems"});
  }
  void add_tags(std::string_view tag, std::string_view untag, std::string_view list) {
    rows_.push_back(row(
        scope_, tag,
        [kind = kind_](api::Scope& scope, service::RequestContext& context,
                       const json::object& input) { return api::tag(kind, scope, context, input); },
        {facts_of(kind_).name, "Tags"}));
    add(untag, api::untag, {"TagKeys"});
    add(list, api::list_tags, {"Marker", "MaxItems"});
  }

 private:
  api::Scope& scope_;
  Kind kind_;
  std::vector<service::Operation>& rows_;
};

void add_kinds(api::Scope& s, std::vector<service::Operation>& rows) {
  KindRows roles(s, Kind::kRole, rows);
  roles.add_policies("PutRolePolicy", "GetRolePolicy", "DeleteRolePolicy", "ListRolePolicies");
  roles.add_attachments("AttachRolePolicy", "DetachRolePolicy", "ListAttachedRolePolicies");
  roles.add_tags("TagRole", "UntagRole", "ListRoleTags");
  KindRows users(s, Kind::kUser, rows);
  users.add_policies("PutUserPolicy", "GetUserPolicy", "DeleteUserPolicy", "ListUserPolicies");
  users.add_attachments("AttachUserPolicy", "DetachUserPolicy", "ListAttachedUserPolicies");
  users.add_tags("TagUser", "UntagUser", "ListUserTags");
  KindRows groups(s, Kind::kGroup, rows);
  groups.add_policies("PutGroupPolicy", "GetGroupPolicy", "DeleteGroupPolicy", "ListGroupPolicies");
  groups.add_attachments("AttachGroupPolicy", "DetachGroupPolicy", "ListAttachedGroupPolicies");
}

std::vector<service::Operation> entity_rows(api::Scope& s) {
  return {
      row(s, "CreateRole", api::create_role,
          {"Path", "RoleName", "AssumeRolePolicyDocument", "Description", "MaxSessionDuration",
           "Tags"}),
      row(s, "GetRole", api::get_role, {"RoleName"}),
      row(s, "DeleteRole", api::delete_role, {"RoleName"}),
      row(s, "ListRoles", api::list_roles, {"PathPrefix", "Marker", "MaxItems"}),
      row(s, "UpdateRole", api::update_role, {"RoleName", "Description", "MaxSessionDuration"}),
      row(s, "UpdateAssumeRolePolicy", api::update_assume_role_policy,
          {"RoleName", "PolicyDocument"}),
      row(s, "ListInstanceProfilesForRole", api::list_instance_profiles_for_role,
          {"RoleName", "Marker", "MaxItems"}),
      row(s, "CreatePolicy", api::create_policy,
          {"PolicyName", "Path", "PolicyDocument", "Description", "Tags"}),
      row(s, "GetPolicy", api::get_policy, {"PolicyArn"}),
      row(s, "DeletePolicy", api::delete_policy, {"PolicyArn"}),
      row(s, "ListPolicies", api::list_policies,
          {"Scope", "OnlyAttached", "PathPrefix", "Marker", "MaxItems"}),
      row(s, "GetPolicyVersion", api::get_policy_version, {"PolicyArn", "VersionId"}),
      row(s, "ListPolicyVersions", api::list_policy_versions, {"PolicyArn", "Marker", "MaxItems"}),
      row(s, "CreateServiceLinkedRole", api::create_service_linked_role,
          {"AWSServiceName", "Description", "CustomSuffix"}),
      row(s, "DeleteServiceLinkedRole", api::delete_service_linked_role, {"RoleName"}),
      row(s, "GetServiceLinkedRoleDeletionStatus", api::get_service_linked_role_deletion_status,
          {"DeletionTaskId"}),
      row(s, "CreateGroup", api::create_group, {"Path", "GroupName"}),
      row(s, "GetGroup", api::get_group, {"GroupName", "Marker", "MaxItems"}),
      row(s, "DeleteGroup", api::delete_group, {"GroupName"}),
      row(s, "ListGroups", api::list_groups, {"PathPrefix", "Marker", "MaxItems"}),
      row(s, "ListGroupsForUser", api::list_groups_for_user, {"UserName", "Marker", "MaxItems"}),
      row(s, "AddUserToGroup", api::add_user_to_group, {"GroupName", "UserName"}),
      row(s, "RemoveUserFromGroup", api::remove_user_from_group, {"GroupName", "UserName"}),
      row(s, "CreateUser", api::create_user, {"Path", "UserName", "Tags"}),
      row(s, "GetUser", api::get_user, {"UserName"}),
      row(s, "DeleteUser", api::delete_user, {"UserName"}),
      row(s, "ListUsers", api::list_users, {"PathPrefix", "Marker", "MaxItems"}),
      row(s, "CreateAccessKey", api::create_access_key, {"UserName"}),
      row(s, "DeleteAccessKey", api::delete_access_key, {"UserName", "AccessKeyId"}),
      row(s, "UpdateAccessKey", api::update_access_key, {"UserName", "AccessKeyId", "Status"}),
      row(s, "ListAccessKeys", api::list_access_keys, {"UserName", "Marker", "MaxItems"}),
  };
}

std::vector<service::Operation> table(api::Scope& s) {
  std::vector<service::Operation> rows = entity_rows(s);
  add_kinds(s, rows);
  return rows;
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
  return [this, keys = directory_.access_keys()] {
    for (const auto& [id, key] : keys) scope_.keys.erase(id);
    if (emptied_) emptied_();
  };
}

std::vector<service::IdentityKind> IamService::identity_kinds() const {
  std::vector<service::IdentityKind> kinds;
  for (const std::string_view kind : {"policies", "roles", "users"}) {
    kinds.push_back(
        {.name = std::string(kind),
         .find = [this, kind](auto id) { return directory_.find(kind, id); },
         .list = [this, kind](auto after,
                              auto most) { return directory_.list(kind, after, most); }});
  }
  kinds.push_back({.name = "keys",
                   .find = [this](std::string_view id) -> std::optional<json::object> {
                     const auto key = directory_.find_access_key(id);
                     if (!key) return std::nullopt;
                     return shown_key(*key);
                   },
                   .list =
                       [this](auto after, auto most) {
                         auto found = directory_.list("keys", after, most);
                         for (auto& [id, key] : found) key = shown_key(key);
                         return found;
                       }});
  return kinds;
}

/// Whose it is and whether it is good: everything but the secret, which follows from the id.
json::object IamService::shown_key(const json::object& key) const {
  json::object shown;
  for (const std::string_view member : {"UserName", "Status"}) {
    shown[member] = json::string_or(key, member);
  }
  const auto user = directory_.find_user(json::string_or(key, "UserName"));
  if (user) shown["Arn"] = json::string_or(*user, "Arn");
  return shown;
}

std::optional<json::object> IamService::find_role(std::string_view arn) const {
  return with_arn(directory_.find_role(name_in(arn)), arn);
}

std::optional<json::object> IamService::find_user(std::string_view arn) const {
  return with_arn(directory_.find_user(name_in(arn)), arn);
}

}  // namespace tandem::iam
