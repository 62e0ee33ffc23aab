// The account's roles, users, groups, managed policies and access keys, as documents.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "services/iam/model/kind.h"
#include "store/documents.h"
#include "store/store.h"

namespace tandem::iam {

/// Documents hold the members of the API's Role, User, Group and Policy. Beside them a role, a user
/// and a group have
///   Policies: {name: document text}, their inline policies;
///   Attached: [ARN], their managed ones;
/// and a group its Members: [UserName], a policy its Document, an access key its SecretAccessKey.
/// Names are unique without regard to case, and documents are kept under the lower-case name.
class Directory {
 public:
  explicit Directory(store::Store& store);

  /// Told of each record after it has changed or gone: "roles", "users", "groups", "policies" or
  /// "keys", and its id in that collection.
  using Changed = std::function<void(std::string_view kind, std::string_view id)>;
  void on_changed(Changed told) { changed_ = std::move(told); }

  /// Throw ApiError NoSuchEntity.
  json::object entity(Kind kind, std::string_view name) const;
  json::object role(std::string_view name) const { return entity(Kind::kRole, name); }
  json::object user(std::string_view name) const { return entity(Kind::kUser, name); }
  json::object policy(std::string_view arn) const;

  std::optional<json::object> find(Kind kind, std::string_view name) const;
  std::optional<json::object> find_role(std::string_view name) const {
    return find(Kind::kRole, name);
  }
  std::optional<json::object> find_user(std::string_view name) const {
    return find(Kind::kUser, name);
  }
  std::optional<json::object> find_policy(std::string_view arn) const { return policies_.get(arn); }

  void put(Kind kind, const json::object& entity);
  void put_policy(const json::object& policy);
  void erase(Kind kind, std::string_view name);
  void erase_policy(std::string_view arn);

  using List = std::vector<std::pair<std::string, json::object>>;
  List entities(Kind kind) const;
  List policies() const { return policies_.list(); }
  /// Of a collection by its name; in order of id: at most this many whose id is greater than after.
  std::optional<json::object> find(std::string_view kind, std::string_view id) const {
    return store::Documents(store_, kind).get(id);
  }
  List list(std::string_view kind, std::string_view after, std::size_t most) const {
    return store::Documents(store_, kind).list("", after, most);
  }
  /// The groups a user is in.
  List groups_of(std::string_view user) const;
  /// How many roles, users and groups each managed policy is attached to that is at all, by ARN.
  std::map<std::string, std::int64_t, std::less<>> attachments() const;
  std::int64_t attachments(std::string_view arn) const;

  /// A service-linked role's deletion, by its task; of them so many are kept.
  void keep_deletion(std::string_view task, std::int64_t now_ms, std::size_t most);
  bool has_deletion(std::string_view task) const { return deletions_.contains(task); }

  std::optional<json::object> find_access_key(std::string_view id) const { return keys_.get(id); }
  void put_access_key(const json::object& key);
  void erase_access_key(std::string_view id);
  List access_keys() const { return keys_.list(); }
  List access_keys_of(std::string_view user) const;

 private:
  void put(store::Documents& kind, std::string_view name, std::string_view id,
           const json::object& document);
  void erase(store::Documents& kind, std::string_view name, std::string_view id);

  store::Store& store_;
  Changed changed_;
  store::Documents policies_;
  store::Documents keys_;
  store::Documents deletions_;
};

}  // namespace tandem::iam
