#include "services/iam/store/directory.h"

#include <algorithm>

#include "core/text.h"
#include "services/iam/errors.h"

namespace tandem::iam {

Directory::Directory(store::Store& store)
    : store_(store),
      roles_(store, "roles"),
      users_(store, "users"),
      policies_(store, "policies"),
      keys_(store, "keys") {}

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
  roles_.put(core::to_lower(json::string_or(role, "RoleName")), role);
}

void Directory::put_user(const json::object& user) {
  users_.put(core::to_lower(json::string_or(user, "UserName")), user);
}

void Directory::put_policy(const json::object& policy) {
  policies_.put(json::string_or(policy, "Arn"), policy);
}

void Directory::erase_role(std::string_view name) { roles_.erase(core::to_lower(name)); }

void Directory::erase_user(std::string_view name) { users_.erase(core::to_lower(name)); }

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
  keys_.put(json::string_or(key, "AccessKeyId"), key);
}

Directory::List Directory::access_keys_of(std::string_view user) const {
  List found = keys_.list();
  std::erase_if(found, [&](const auto& entry) {
    return !core::equals_ignoring_case(json::string_or(entry.second, "UserName"), user);
  });
  return found;
}

}  // namespace tandem::iam
