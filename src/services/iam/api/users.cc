// Users and their access keys.
#include "aws/arn.h"
#include "services/iam/api/operations.h"
#include "services/iam/errors.h"
#include "services/iam/model/paging.h"
#include "services/iam/model/tags.h"

namespace tandem::iam::api {
namespace {

// "IAM and AWS STS quotas".
constexpr std::size_t kMaxAccessKeys = 2;

/// The user named in the request, or the one that signed it. Nothing for the root user.
std::optional<std::string> user_meant(const service::RequestContext& context,
                                      const json::object& input) {
  if (auto name = json::find_string(input, "UserName")) return name;
  const auto arn = aws::Arn::parse(context.caller.arn);
  if (!arn || !arn->resource.starts_with("user/")) return std::nullopt;
  return arn->resource.substr(arn->resource.rfind('/') + 1);
}

json::object require_user(const Scope& scope, const service::RequestContext& context,
                          const json::object& input) {
  const auto name = user_meant(context, input);
  if (!name) {
    throw errors::validation_error("Must specify userName when calling with non-User credentials");
  }
  return scope.directory.user(*name);
}

json::object require_key(const Scope& scope, const service::RequestContext& context,
                         const json::object& input) {
  const std::string id = json::string_or(input, "AccessKeyId");
  auto key = scope.directory.find_access_key(id);
  if (!key) throw errors::no_such_access_key(id);
  const auto name = user_meant(context, input);
  if (name && json::string_or(scope.directory.user(*name), "UserName") !=
                  json::string_or(*key, "UserName")) {
    throw errors::no_such_access_key(id);
  }
  return std::move(*key);
}

/// Everything but the secret.
json::object metadata(const json::object& key) {
  json::object shown;
  for (const std::string_view member : {"UserName", "AccessKeyId", "Status", "CreateDate"}) {
    if (const auto* value = json::find(key, member)) shown[member] = *value;
  }
  return shown;
}

}  // namespace

json::object render_user(const json::object& user, UserView view) {
  json::object shown;
  for (const std::string_view member : {"Path", "UserName", "UserId", "Arn", "CreateDate"}) {
    if (const auto* value = json::find(user, member)) shown[member] = *value;
  }
  const auto* tags = json::find_array(user, "Tags");
  if (view == UserView::kFull && tags != nullptr && !tags->empty()) shown["Tags"] = *tags;
  return shown;
}

json::object create_user(Scope& scope, const service::RequestContext& context,
                         const json::object& input) {
  const std::string name = name_of(input, "UserName");
  if (scope.directory.find_user(name)) {
    throw errors::already_exists(fmt::format("User with name {} already exists.", name));
  }
  const std::string path = json::string_or(input, "Path", "/");
  const json::object user = {
      {"Path", path},
      {"UserName", name},
      {"UserId", unique_id(scope, "AIDA")},
      {"Arn", entity_arn(scope, "user", path, name)},
      {"CreateDate", scope.environment.clock.now_s()},
      {"Tags", service::tag_set(kTagRules, json::find(input, "Tags"), service::tag_source(context))
                   .list()}};
  scope.directory.put(Kind::kUser, user);
  return {{"User", render_user(user, UserView::kFull)}};
}

json::object get_user(Scope& scope, const service::RequestContext& context,
                      const json::object& input) {
  const auto name = user_meant(context, input);
  if (name) return {{"User", render_user(scope.directory.user(*name), UserView::kFull)}};
  const std::string& account = scope.environment.account();
  json::object root = {{"UserId", account},
                       {"Arn", aws::make_arn("iam", "", account, "root")},
                       {"Path", "/"},
                       {"UserName", "root"},
                       {"CreateDate", 0}};
  return {{"User", std::move(root)}};
}

json::object delete_user(Scope& scope, const service::RequestContext&, const json::object& input) {
  const json::object user = scope.directory.user(name_of(input, "UserName"));
  const std::string name = json::string_or(user, "UserName");
  refuse_with_policies(user);
  if (!scope.directory.groups_of(name).empty()) {
    throw errors::delete_conflict("Cannot delete entity, must remove users from group first.");
  }
  if (!scope.directory.access_keys_of(name).empty()) {
    throw errors::delete_conflict("Cannot delete entity, must delete access keys first.");
  }
  scope.directory.erase(Kind::kUser, name);
  if (scope.gone) scope.gone(json::string_or(user, "UserId"));
  return {};
}

json::object list_users(Scope& scope, const service::RequestContext&, const json::object& input) {
  const std::string prefix = json::string_or(input, "PathPrefix", "/");
  service::Page page(kPages, input, "Users");
  for (const auto& [key, user] : scope.directory.entities(Kind::kUser)) {
    if (!json::string_or(user, "Path").starts_with(prefix)) continue;
    if (!page.add(key, [&] { return render_user(user, UserView::kListed); })) break;
  }
  return std::move(page).finish();
}

void publish_key(const Scope& scope, const json::object& key) {
  const std::string id = json::string_or(key, "AccessKeyId");
  const auto user = scope.directory.find_user(json::string_or(key, "UserName"));
  if (!user) return scope.keys.erase(id);
  if (json::string_or(key, "Status") != "Active") return scope.keys.erase(id);
  scope.keys.set(id, {.secret = json::string_or(key, "SecretAccessKey"),
                      .arn = json::string_or(*user, "Arn")});
}

json::object create_access_key(Scope& scope, const service::RequestContext& context,
                               const json::object& input) {
  const json::object user = require_user(scope, context, input);
  const std::string name = json::string_or(user, "UserName");
  if (scope.directory.access_keys_of(name).size() >= kMaxAccessKeys) {
    throw errors::limit_exceeded("Cannot exceed quota for AccessKeysPerUser: 2");
  }
  const service::KeyMint& mint = scope.keys.mint();
  const std::string id =
      mint.make_id("AKIA", service::KeyMint::kIdentities, scope.environment.random);
  json::object key = {{"UserName", name},
                      {"AccessKeyId", id},
                      {"Status", "Active"},
                      {"SecretAccessKey", mint.secret_of(id)},
                      {"CreateDate", scope.environment.clock.now_s()}};
  scope.directory.put_access_key(key);
  publish_key(scope, key);
  // The only time the secret is shown.
  return {{"AccessKey", std::move(key)}};
}

json::object delete_access_key(Scope& scope, const service::RequestContext& context,
                               const json::object& input) {
  const std::string id = json::string_or(require_key(scope, context, input), "AccessKeyId");
  scope.directory.erase_access_key(id);
  scope.keys.erase(id);
  return {};
}

json::object update_access_key(Scope& scope, const service::RequestContext& context,
                               const json::object& input) {
  json::object key = require_key(scope, context, input);
  const std::string status = json::string_or(input, "Status");
  if (status == "Expired") service::refuse_member("Status Expired of UpdateAccessKey");
  key["Status"] = status;
  scope.directory.put_access_key(key);
  publish_key(scope, key);
  return {};
}

json::object list_access_keys(Scope& scope, const service::RequestContext& context,
                              const json::object& input) {
  const json::object user = require_user(scope, context, input);
  service::Page page(kPages, input, "AccessKeyMetadata");
  for (const auto& [id, key] : scope.directory.access_keys_of(json::string_or(user, "UserName"))) {
    if (!page.add(id, [&] { return metadata(key); })) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::iam::api
