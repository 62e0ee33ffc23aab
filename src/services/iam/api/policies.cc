// Managed policies of the account. Each has its first version only.
#include "services/iam/api/operations.h"
#include "services/iam/errors.h"
#include "services/iam/model/paging.h"
#include "services/iam/model/policy_document.h"
#include "services/iam/model/tags.h"

namespace tandem::iam::api {
namespace {

constexpr std::string_view kVersion = "v1";
// "IAM and AWS STS quotas".
constexpr std::size_t kMaxManagedPolicy = 6'144;

enum class View { kListed, kFull };

json::object render(const json::object& policy, std::int64_t attachments, View view) {
  json::object shown;
  for (const std::string_view member :
       {"PolicyName", "PolicyId", "Arn", "Path", "CreateDate", "UpdateDate"}) {
    if (const auto* value = json::find(policy, member)) shown[member] = *value;
  }
  shown["DefaultVersionId"] = kVersion;
  shown["AttachmentCount"] = attachments;
  shown["PermissionsBoundaryUsageCount"] = 0;
  shown["IsAttachable"] = true;
  if (view == View::kListed) return shown;
  if (const auto* description = json::find(policy, "Description")) {
    shown["Description"] = *description;
  }
  if (const auto* tags = json::find_array(policy, "Tags"); tags != nullptr) shown["Tags"] = *tags;
  return shown;
}

/// Of one of AWS's own what its ARN says: neither its id nor its dates are known here.
json::object render_aws_managed(const std::string& arn, std::int64_t attachments) {
  return {{"PolicyName", policy_name(arn)},     {"Arn", arn},
          {"Path", policy_path(arn)},           {"AttachmentCount", attachments},
          {"PermissionsBoundaryUsageCount", 0}, {"IsAttachable", true}};
}

json::object find(const Scope& scope, const json::object& input) {
  const std::string arn = json::string_or(input, "PolicyArn");
  if (arn.starts_with("arn:aws:iam::aws:policy/")) {
    service::refuse_member("PolicyArn", "AWS managed policies are known by name only");
  }
  return scope.directory.policy(arn);
}

json::object render_version(const json::object& policy) {
  return {{"VersionId", kVersion},
          {"IsDefaultVersion", true},
          {"CreateDate", json::int_or(policy, "CreateDate", 0)}};
}

}  // namespace

json::object create_policy(Scope& scope, const service::RequestContext& context,
                           const json::object& input) {
  const std::string name = name_of(input, "PolicyName");
  const std::string path = json::string_or(input, "Path", "/");
  const std::string arn = entity_arn(scope, "policy", path, name);
  const std::string document = json::string_or(input, "PolicyDocument");
  check_policy(document, PolicyKind::kManaged);
  if (counted_size(document) > kMaxManagedPolicy) {
    throw errors::limit_exceeded("Cannot exceed quota for PolicySize: 6144");
  }
  if (scope.directory.find_policy(arn)) {
    throw errors::already_exists(
        fmt::format("A policy called {} already exists. Duplicate names are not allowed.", name));
  }
  const std::int64_t now_s = scope.environment.clock.now_s();
  json::object policy = {
      {"PolicyName", name},
      {"PolicyId", unique_id(scope, "ANPA")},
      {"Arn", arn},
      {"Path", path},
      {"Document", document},
      {"CreateDate", now_s},
      {"UpdateDate", now_s},
      {"Tags", service::tag_set(kTagRules, json::find(input, "Tags"), service::tag_source(context))
                   .list()}};
  if (const auto description = json::find_string(input, "Description")) {
    policy["Description"] = *description;
  }
  scope.directory.put_policy(policy);
  json::object shown = render(policy, 0, View::kListed);
  const auto* tags = json::find_array(policy, "Tags");
  if (tags != nullptr && !tags->empty()) shown["Tags"] = *tags;
  return {{"Policy", std::move(shown)}};
}

json::object get_policy(Scope& scope, const service::RequestContext&, const json::object& input) {
  const json::object policy = find(scope, input);
  const std::int64_t attachments = scope.directory.attachments(json::string_or(policy, "Arn"));
  return {{"Policy", render(policy, attachments, View::kFull)}};
}

json::object delete_policy(Scope& scope, const service::RequestContext&,
                           const json::object& input) {
  const std::string arn = json::string_or(find(scope, input), "Arn");
  if (scope.directory.attachments(arn) > 0) {
    throw errors::delete_conflict("Cannot delete a policy attached to entities.");
  }
  scope.directory.erase_policy(arn);
  return {};
}

/// Of AWS's own policies there are those that the account uses.
json::object list_policies(Scope& scope, const service::RequestContext&,
                           const json::object& input) {
  const std::string which = json::string_or(input, "Scope", "All");
  const std::string prefix = json::string_or(input, "PathPrefix", "/");
  const bool only_attached = json::bool_or(input, "OnlyAttached", false);
  const auto attachments = scope.directory.attachments();
  service::Page page(kPages, input, "Policies");
  if (which != "AWS") {
    for (const auto& [arn, policy] : scope.directory.policies()) {
      if (!json::string_or(policy, "Path").starts_with(prefix)) continue;
      const auto found = attachments.find(arn);
      const std::int64_t count = found == attachments.end() ? 0 : found->second;
      if (only_attached && count == 0) continue;
      if (!page.add(arn, [&] { return render(policy, count, View::kListed); })) break;
    }
  }
  // Their ARNs come after the account's, whose number stands where theirs say "aws".
  for (const auto& [arn, count] : attachments) {
    if (which == "Local" || !is_aws_managed(arn) || !policy_path(arn).starts_with(prefix)) continue;
    if (!page.add(arn, [&] { return render_aws_managed(arn, count); })) break;
  }
  return std::move(page).finish();
}

json::object get_policy_version(Scope& scope, const service::RequestContext&,
                                const json::object& input) {
  const json::object policy = find(scope, input);
  const std::string version = json::string_or(input, "VersionId");
  if (version != kVersion) {
    throw errors::no_such_entity(
        fmt::format("Policy {} version {} does not exist or is not "
                    "attachable.",
                    json::string_or(policy, "Arn"), version));
  }
  json::object shown = render_version(policy);
  shown["Document"] = encoded_document(policy, "Document");
  return {{"PolicyVersion", std::move(shown)}};
}

json::object list_policy_versions(Scope& scope, const service::RequestContext&,
                                  const json::object& input) {
  const json::object policy = find(scope, input);
  service::Page page(kPages, input, "Versions");
  page.add(kVersion, [&] { return render_version(policy); });
  return std::move(page).finish();
}

}  // namespace tandem::iam::api
