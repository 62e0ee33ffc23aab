#include "services/iam/store/directory.h"

#include <algorithm>

#include "core/text.h"
#include "services/iam/errors.h"

namespace tandem::iam {

namespace {

constexpr std::string_view kPolicies = "policies";
constexpr std::string_view kKeys = "keys";

}  // namespace

Directory::Directory(store::Store& store)
    : store_(store),
      policies_(store, kPolicies),
      keys_(store, kKeys),
      deletions_(store, "deletions") {}

void Directory::put(store::Documents& kind, std::string_view name, std::string_view id,
                    const json::object& document) {
  kind.put(id, document);
  if (changed_) changed_(name, id);
}

void Directory::erase(store::Documents& kind, std::string_view name, std::string_view id) {
  kind.erase(id);
  if (changed_) changed_(name, id);
}

std::optional<json::object> Directory::find(Kind kind, std::string_view name) const {
  return find(facts_of(kind).collection, core::to_lower(name));
}

json::object Directory::entity(Kind kind, std::string_view name) const {
  auto found = find(kind, name);
  if (!found) throw errors::no_such(facts_of(kind).word, name);
  return std::move(*found);
}

Directory::List Directory::entities(Kind kind) const {
  return store::Documents(store_, facts_of(kind).collection).list();
}

json::object Directory::policy(std::string_view arn) const {
  auto found = find_policy(arn);
  if (!found) throw errors::no_such_policy(arn);
  return std::move(*found);
}

void Directory::put(Kind kind, const json::object& entity) {
  const KindFacts facts = facts_of(kind);
  store::Documents documents(store_, facts.collection);
  put(documents, facts.collection, core::to_lower(json::string_or(entity, facts.name)), entity);
}

void Directory::put_policy(const json::object& policy) {
  put(policies_, kPolicies, json::string_or(policy, "Arn"), policy);
}

void Directory::erase(Kind kind, std::string_view name) {
  store::Documents documents(store_, facts_of(kind).collection);
  erase(documents, facts_of(kind).collection, core::to_lower(name));
}

void Directory::erase_policy(std::string_view arn) { erase(policies_, kPolicies, arn); }

void Directory::erase_access_key(std::string_view id) { erase(keys_, kKeys, id); }

namespace {

/// Whether the array is there and holds the text.
bool holds(const json::object& document, std::string_view member, std::string_view text) {
  const auto* array = json::find_array(document, member);
  return array != nullptr && std::ranges::any_of(*array, [&](const json::value& entry) {
           return entry.is_string() && json::view(entry.get_string()) == text;
         });
}

}  // namespace

std::map<std::string, std::int64_t, std::less<>> Directory::attachments() const {
  std::map<std::string, std::int64_t, std::less<>> counts;
  for (const Kind kind : {Kind::kRole, Kind::kUser, Kind::kGroup}) {
    for (const auto& [name, entity] : entities(kind)) {
      const auto* attached = json::find_array(entity, "Attached");
      if (attached == nullptr) continue;
      for (const json::value& arn : *attached) ++counts[json::to_std(arn)];
    }
  }
  return counts;
}

std::int64_t Directory::attachments(std::string_view arn) const {
  std::int64_t count = 0;
  for (const Kind kind : {Kind::kRole, Kind::kUser, Kind::kGroup}) {
    for (const auto& [name, entity] : entities(kind)) count += holds(entity, "Attached", arn);
  }
  return count;
}

Directory::List Directory::groups_of(std::string_view user) const {
  List groups = entities(Kind::kGroup);
  std::erase_if(groups, [&](const auto& group) { return !holds(group.second, "Members", user); });
  return groups;
}

void Directory::keep_deletion(std::string_view task, std::int64_t now_ms, std::size_t most) {
  List kept = deletions_.list();
  std::ranges::sort(kept, {},
                    [](const auto& entry) { return json::int_or(entry.second, "At", 0); });
  for (std::size_t i = 0; kept.size() - i >= most; ++i) deletions_.erase(kept[i].first);
  deletions_.put(task, {{"At", now_ms}});
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
