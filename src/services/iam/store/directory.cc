#include "services/iam/store/directory.h"

#include <algorithm>

#include "core/text.h"
#include "services/iam/errors.h"

namespace tandem::iam {

namespace {

constexpr std::string_view kRoles = "roles";
constexpr std::string_view kUsers = "users";
constexpr std::string_view kPolicies = "policies";
constexpr std::string_view kKeys = "keys";

}  // namespace

Directory::Directory(store::Store& store)
    : store_(store),
      roles_(store, kRoles),
      users_(store, kUsers),
      policies_(store, kPolicies),
      keys_(store, kKeys) {}

void Directory::put(store::Documents& kind, std::string_view name, std::string_view id,
                    const json::object& document) {
  kind.put(id, document);
  if (changed_) changed_(name, id);
}

void Directory::erase(store::Documents& kind, std::string_view name, std::string_view id) {
  kind.erase(id);
  if (changed_) changed_(name, id);
}

std::optional<json::object> Directory::find_role(std::string_view name) const {
  return roles_.get(core::to_lower(name));
}

std::optional<json::object> Directory::find_user(std::string_view name) const {
  return users_.get(core::to_lower(name));
}

json::object Directory::role(std::string_view name) const {
  auto found = find_role(name);
  if (!found) throw errors::no_such_role(name);
  return std::move(*found);
}

json::object Directory::user(std::string_view name) const {
  auto found = find_user(name);
  if (!found) throw errors::no_such_user(name);
  return std::move(*found);
}

json::object Directory::policy(std::string_view arn) const {
  auto found = find_policy(arn);
  if (!found) throw errors::no_such_policy(arn);
  return std::move(*found);
}

void Directory::put_role(const json::object& role) {
  put(roles_, kRoles, core::to_lower(json::string_or(role, "RoleName")), role);
}

void Directory::put_user(const json::object& user) {
  put(users_, kUsers, core::to_lower(json::string_or(user, "UserName")), user);
}

void Directory::put_policy(const json::object& policy) {
  put(policies_, kPolicies, json::string_or(policy, "Arn"), policy);
}

void Directory::erase_role(std::string_view name) { erase(roles_, kRoles, core::to_lower(name)); }

void Directory::erase_user(std::string_view name) { erase(users_, kUsers, core::to_lower(name)); }

void Directory::erase_policy(std::string_view arn) { erase(policies_, kPolicies, arn); }

void Directory::erase_access_key(std::string_view id) { erase(keys_, kKeys, id); }

std::int64_t Directory::attachments(std::string_view arn) const {
  std::int64_t count = 0;
  for (const auto& [name, role] : roles_.list()) {
    const auto* attached = json::find_array(role, "Attached");
    if (attached == nullptr) continue;
    count += std::any_of(attached->begin(), attached->end(), [&](const json::value& entry) {
      return entry.is_string() && json::view(entry.get_string()) == arn;
    });
  }
  return count;
}

void Directory::put_access_key(const json::object& key) {
  put(keys_, kKeys, json::string_or(key, "AccessKeyId"), key);
}

Directory::List Directory::access_keys_of(std::string_view user) const {
  List found = keys_.list();
  std::erase_if(found, [&](const auto& entry) {
    return !core::equals_ignoring_case(json::string_or(entry.second, "UserName"), user);
  });
  return found;
}

}  // namespace tandem::iam
