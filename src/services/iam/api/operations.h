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
Function tag_role;
Function untag_role;
Function list_role_tags;
Function list_instance_profiles_for_role;

Function put_role_policy;
Function get_role_policy;
Function delete_role_policy;
Function list_role_policies;
Function attach_role_policy;
Function detach_role_policy;
Function list_attached_role_policies;

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
Function create_access_key;
Function delete_access_key;
Function update_access_key;
Function list_access_keys;

/// Active keys only: others are dead to whoever verifies a signature.
void publish_key(const Scope& scope, const json::object& key);

/// "AROA" and 17 more characters: what AWS calls a unique id.
std::string unique_id(const Scope& scope, std::string_view prefix);
std::string entity_arn(const Scope& scope, std::string_view kind, std::string_view path,
                       std::string_view name);
std::string name_of(const json::object& input, std::string_view member);
/// Policy documents are percent-encoded in answers (RFC 3986).
std::string encoded_document(const json::object& from, std::string_view member);

}  // namespace tandem::iam::api
