// Groups and who is in them.
#include <algorithm>

#include "core/text.h"
#include "services/iam/api/operations.h"
#include "services/iam/errors.h"
#include "services/iam/model/paging.h"

namespace tandem::iam::api {
namespace {

// "IAM and AWS STS quotas".
constexpr std::size_t kMaxGroups = 300;
constexpr std::size_t kMaxGroupsOfUser = 10;

json::object render(const json::object& group) {
  json::object shown;
  for (const std::string_view member : {"Path", "GroupName", "GroupId", "Arn", "CreateDate"}) {
    if (const auto* value = json::find(group, member)) shown[member] = *value;
  }
  return shown;
}

/// In order of the lower-case name, as the users' own list has them.
std::vector<std::string> members_of(const json::object& group) {
  std::vector<std::string> names;
  if (const auto* members = json::find_array(group, "Members")) {
    for (const json::value& name : *members) names.push_back(json::to_std(name));
  }
  std::ranges::sort(names, {}, [](const std::string& name) { return core::to_lower(name); });
  return names;
}

void store_members(Scope& scope, json::object group, const std::vector<std::string>& names) {
  json::array members;
  for (const std::string& name : names) members.push_back(json::value(name));
  group["Members"] = std::move(members);
  scope.directory.put(Kind::kGroup, group);
}

json::object group_of(const Scope& scope, const json::object& input) {
  return scope.directory.entity(Kind::kGroup, name_of(input, "GroupName"));
}

/// As it was given when the user was made.
std::string user_of(const Scope& scope, const json::object& input) {
  return json::string_or(scope.directory.user(name_of(input, "UserName")), "UserName");
}

json::object list(const Directory::List& groups, const json::object& input) {
  const std::string prefix = json::string_or(input, "PathPrefix", "/");
  service::Page page(kPages, input, "Groups");
  for (const auto& [key, group] : groups) {
    if (!json::string_or(group, "Path").starts_with(prefix)) continue;
    if (!page.add(key, [&] { return render(group); })) break;
  }
  return std::move(page).finish();
}

}  // namespace

json::object create_group(Scope& scope, const service::RequestContext&, const json::object& input) {
  const std::string name = name_of(input, "GroupName");
  if (scope.directory.find(Kind::kGroup, name)) {
    throw errors::already_exists(fmt::format("Group with name {} already exists.", name));
  }
  if (scope.directory.entities(Kind::kGroup).size() >= kMaxGroups) {
    throw errors::limit_exceeded("Cannot exceed quota for GroupsPerAccount: 300");
  }
  const std::string path = json::string_or(input, "Path", "/");
  const json::object group = {{"Path", path},
                              {"GroupName", name},
                              {"GroupId", unique_id(scope, "AGPA")},
                              {"Arn", entity_arn(scope, "group", path, name)},
                              {"CreateDate", scope.environment.clock.now_s()}};
  scope.directory.put(Kind::kGroup, group);
  return {{"Group", render(group)}};
}

json::object get_group(Scope& scope, const service::RequestContext&, const json::object& input) {
  const json::object group = group_of(scope, input);
  service::Page page(kPages, input, "Users");
  for (const std::string& name : members_of(group)) {
    const auto user = scope.directory.find_user(name);
    if (!user) continue;
    if (!page.add(core::to_lower(name), [&] { return render_user(*user, UserView::kListed); }))
      break;
  }
  json::object answer = std::move(page).finish();
  answer["Group"] = render(group);
  return answer;
}

json::object delete_group(Scope& scope, const service::RequestContext&, const json::object& input) {
  const json::object group = group_of(scope, input);
  refuse_with_policies(group);
  if (!members_of(group).empty()) {
    throw errors::delete_conflict("Cannot delete entity, must remove users from group first.");
  }
  scope.directory.erase(Kind::kGroup, name_of(input, "GroupName"));
  return {};
}

json::object list_groups(Scope& scope, const service::RequestContext&, const json::object& input) {
  return list(scope.directory.entities(Kind::kGroup), input);
}

json::object list_groups_for_user(Scope& scope, const service::RequestContext&,
                                  const json::object& input) {
  return list(scope.directory.groups_of(user_of(scope, input)), input);
}

json::object add_user_to_group(Scope& scope, const service::RequestContext&,
                               const json::object& input) {
  const json::object group = group_of(scope, input);
  const std::string user = user_of(scope, input);
  std::vector<std::string> members = members_of(group);
  if (std::ranges::find(members, user) != members.end()) return {};
  if (scope.directory.groups_of(user).size() >= kMaxGroupsOfUser) {
    throw errors::limit_exceeded("Cannot exceed quota for GroupsPerUser: 10");
  }
  members.push_back(user);
  store_members(scope, group, members);
  return {};
}

json::object remove_user_from_group(Scope& scope, const service::RequestContext&,
                                    const json::object& input) {
  const json::object group = group_of(scope, input);
  const std::string user = user_of(scope, input);
  std::vector<std::string> members = members_of(group);
  if (std::erase(members, user) > 0) store_members(scope, group, members);
  return {};
}

}  // namespace tandem::iam::api
