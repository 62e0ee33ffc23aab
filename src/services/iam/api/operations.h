// IAM's operations.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "service/dispatch.h"
#include "service/environment.h"
#include "service/operation.h"
#include "services/iam/store/directory.h"

namespace tandem::iam::api {

struct Scope {
  const service::Environment& environment;
  Directory& directory;
  service::KeyRing& keys;
  /// Told the unique id of a role or user that was deleted, whose sessions end with it. May be
  /// empty.
  std::function<void(std::string_view unique_id)> gone;
};

using Function = json::object(Scope&, const service::RequestContext&, const json::object& input);

Function create_role;
Function get_role;
Function delete_role;
Function list_roles;
Function update_role;
Function update_assume_role_policy;
Function list_instance_profiles_for_role;

Function create_service_linked_role;
Function delete_service_linked_role;
Function get_service_linked_role_deletion_status;

/// The same for roles, users and groups.
using KindFunction = json::object(Kind, Scope&, const json::object& input);

KindFunction put_inline_policy;
KindFunction get_inline_policy;
KindFunction delete_inline_policy;
KindFunction list_inline_policies;
KindFunction attach_policy;
KindFunction detach_policy;
KindFunction list_attached_policies;

/// Of roles and users; groups have no tags.
json::object tag(Kind kind, Scope& scope, const service::RequestContext& context,
                 const json::object& input);
KindFunction untag;
KindFunction list_tags;

Function create_policy;
Function get_policy;
Function delete_policy;
Function list_policies;
Function get_policy_version;
Function list_policy_versions;

Function create_user;
Function get_user;
Function delete_user;
Function list_users;
Function create_group;
Function get_group;
Function delete_group;
Function list_groups;
Function list_groups_for_user;
Function add_user_to_group;
Function remove_user_from_group;
Function create_access_key;
Function delete_access_key;
Function update_access_key;
Function list_access_keys;

/// The members of the API's User: with its tags, or as lists show it.
enum class UserView { kListed, kFull };
json::object render_user(const json::object& user, UserView view);

/// Active keys only: others are dead to whoever verifies a signature.
void publish_key(const Scope& scope, const json::object& key);

/// AWS's own policies are known by their ARN alone.
bool is_aws_managed(std::string_view arn);
std::string policy_name(std::string_view arn);
/// "/service-role/" of "arn:aws:iam::aws:policy/service-role/Name".
std::string policy_path(std::string_view arn);

/// "AROA" and 17 more characters: what AWS calls a unique id.
std::string unique_id(const Scope& scope, std::string_view prefix);
std::string entity_arn(const Scope& scope, std::string_view kind, std::string_view path,
                       std::string_view name);
std::string name_of(const json::object& input, std::string_view member);
/// Of what is to be deleted (AWS's order: managed policies, then inline ones).
void refuse_with_policies(const json::object& entity);
/// Where the roles are that only their service changes ("Create a service-linked role").
inline constexpr std::string_view kServiceLinkedPath = "/aws-service-role/";
void refuse_service_linked(const json::object& role);
/// Policy documents are percent-encoded in answers (RFC 3986).
std::string encoded_document(const json::object& from, std::string_view member);

}  // namespace tandem::iam::api
