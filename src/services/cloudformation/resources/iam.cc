// AWS::IAM::Role and AWS::IAM::Policy.
#include <algorithm>

#include "services/cloudformation/resources/common.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

// Inline policies by name.
std::map<std::string, std::string> policies_of(const json::object& properties) {
  std::map<std::string, std::string> policies;
  if (const auto* list = json::find_array(properties, "Policies")) {
    for (const auto& one : *list) {
      policies[text_of(one.as_object(), "PolicyName")] =
          document_text(one.as_object().at("PolicyDocument"));
    }
  }
  return policies;
}

std::vector<std::string> strings(const json::object& properties, std::string_view name) {
  std::vector<std::string> result;
  if (const auto* list = json::find_array(properties, name)) {
    for (const auto& one : *list) result.push_back(json::to_std(one));
  }
  return result;
}

bool contains(const std::vector<std::string>& in, const std::string& text) {
  return std::find(in.begin(), in.end(), text) != in.end();
}

class Role final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    Physical physical;
    physical.id = json::find_string(properties, "RoleName").value_or(context.generated_name(64));
    json::object request = keep(properties, {"Path", "Description", "MaxSessionDuration", "Tags"});
    request["RoleName"] = physical.id;
    request["AssumeRolePolicyDocument"] = document_text(properties.at("AssumeRolePolicyDocument"));
    json::array tags = tag_list(context.system_tags());
    if (const auto* own = json::find_array(properties, "Tags")) {
      tags.insert(tags.end(), own->begin(), own->end());
    }
    request["Tags"] = std::move(tags);
    context.intend(physical);
    json::object made = co_await context.call("iam", "CreateRole", std::move(request));
    if (const auto* role = json::find_object(made, "Role")) {
      physical.attributes = keep(*role, {"Arn", "RoleId"});
    }
    context.claim(physical);
    co_await settle_policies(context, physical.id, {}, properties);
    co_return physical;
  }

  // IAM lives in another process: while this one is dead anybody may make a role of that name.
  Task<std::optional<Physical>> find(HandlerContext& context, Physical intended, json::object,
                                     std::set<std::string>) const override {
    json::object request{{"RoleName", intended.id}};
    json::object found = co_await context.call("iam", "GetRole", std::move(request));
    const auto* role = json::find_object(found, "Role");
    if (role == nullptr || !context.has_system_tags(tag_map(*role))) co_return std::nullopt;
    co_return intended;
  }

  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    json::object request{{"RoleName", identifier}};
    json::object found = co_await context.call("iam", "GetRole", std::move(request));
    const auto* role = json::find_object(found, "Role");
    co_return Physical{std::move(identifier),
                       role == nullptr ? json::object() : keep(*role, {"Arn", "RoleId"})};
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    if (differs(before, after, "AssumeRolePolicyDocument")) {
      json::object request{{"RoleName", physical.id},
                           {"PolicyDocument", document_text(after.at("AssumeRolePolicyDocument"))}};
      co_await context.call("iam", "UpdateAssumeRolePolicy", std::move(request));
    }
    if (differs(before, after, "Description") || differs(before, after, "MaxSessionDuration")) {
      json::object request{{"RoleName", physical.id},
                           {"Description", json::string_or(after, "Description")},
                           {"MaxSessionDuration", json::int_or(after, "MaxSessionDuration", 3600)}};
      co_await context.call("iam", "UpdateRole", std::move(request));
    }
    co_await settle_policies(context, physical.id, before, after);
    const TagChanges tags = tag_changes(before, after);
    if (!tags.removed.empty()) {
      json::object request{{"RoleName", physical.id}, {"TagKeys", tags.removed}};
      co_await context.call("iam", "UntagRole", std::move(request));
    }
    if (!tags.set.empty()) {
      json::object request{{"RoleName", physical.id}, {"Tags", tag_list(tags.set)}};
      co_await context.call("iam", "TagRole", std::move(request));
    }
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical physical,
                    json::object properties) const override {
    // Another one of that name, made since, is not this stack's.
    const Physical present = co_await read(context, physical.id);
    const std::string id = json::string_or(physical.attributes, "RoleId");
    if (!id.empty() && json::string_or(present.attributes, "RoleId") != id) co_return;
    co_await settle_policies(context, physical.id, properties, {});
    json::object request{{"RoleName", physical.id}};
    co_await context.call("iam", "DeleteRole", std::move(request));
  }

 private:
  static Task<void> settle_policies(HandlerContext& context, std::string role, json::object before,
                                    json::object after) {
    const auto old_policies = policies_of(before);
    const auto new_policies = policies_of(after);
    for (const auto& [name, document] : old_policies) {
      if (new_policies.contains(name)) continue;
      json::object request{{"RoleName", role}, {"PolicyName", name}};
      co_await context.call_unless_gone("iam", "DeleteRolePolicy", std::move(request));
    }
    for (const auto& [name, document] : new_policies) {
      const auto old = old_policies.find(name);
      if (old != old_policies.end() && old->second == document) continue;
      json::object request{{"RoleName", role}, {"PolicyName", name}, {"PolicyDocument", document}};
      co_await context.call("iam", "PutRolePolicy", std::move(request));
    }
    const auto old_managed = strings(before, "ManagedPolicyArns");
    const auto new_managed = strings(after, "ManagedPolicyArns");
    for (const std::string& arn : old_managed) {
      if (contains(new_managed, arn)) continue;
      json::object request{{"RoleName", role}, {"PolicyArn", arn}};
      co_await context.call_unless_gone("iam", "DetachRolePolicy", std::move(request));
    }
    for (const std::string& arn : new_managed) {
      if (contains(old_managed, arn)) continue;
      json::object request{{"RoleName", role}, {"PolicyArn", arn}};
      co_await context.call("iam", "AttachRolePolicy", std::move(request));
    }
  }
};

class Policy final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    if (strings(properties, "Roles").empty()) {
      throw HandlerError("InvalidRequest",
                         "At least one of [Groups,Roles,Users] must be "
                         "non-empty.");
    }
    Physical physical;
    physical.id = context.generated_name(128);
    physical.attributes["Id"] = physical.id;
    context.claim(physical);
    co_await put(context, properties);
    co_return physical;
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    const auto roles = strings(after, "Roles");
    const bool renamed = differs(before, after, "PolicyName");
    co_await put(context, after);
    for (const std::string& role : strings(before, "Roles")) {
      if (!renamed && contains(roles, role)) continue;
      co_await drop(context, role, text_of(before, "PolicyName"));
    }
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical, json::object properties) const override {
    for (const std::string& role : strings(properties, "Roles")) {
      co_await drop(context, role, text_of(properties, "PolicyName"));
    }
  }

 private:
  static Task<void> put(HandlerContext& context, json::object properties) {
    for (const std::string& role : strings(properties, "Roles")) {
      json::object request{{"RoleName", role},
                           {"PolicyName", text_of(properties, "PolicyName")},
                           {"PolicyDocument", document_text(properties.at("PolicyDocument"))}};
      co_await context.call("iam", "PutRolePolicy", std::move(request));
    }
  }
  static Task<void> drop(HandlerContext& context, std::string role, std::string policy) {
    json::object request{{"RoleName", role}, {"PolicyName", policy}};
    co_await context.call_unless_gone("iam", "DeleteRolePolicy", std::move(request));
  }
};

}  // namespace

ResourceType iam_role() {
  return importable_by("RoleName",
                       declare("AWS::IAM::Role",
                               {.serves = "AssumeRolePolicyDocument Description ManagedPolicyArns "
                                          "MaxSessionDuration Path Policies RoleName Tags"},
                               {"Arn", "RoleId"}, "RoleName", std::make_unique<Role>()));
}

ResourceType iam_policy() {
  return declare("AWS::IAM::Policy", {.serves = "PolicyDocument PolicyName Roles"}, {"Id"}, "",
                 std::make_unique<Policy>());
}

}  // namespace tandem::cloudformation
