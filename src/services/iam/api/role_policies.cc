// A role's inline policies and the managed policies attached to it.
#include <algorithm>

#include "aws/arn.h"
#include "services/iam/api/operations.h"
#include "services/iam/errors.h"
#include "services/iam/model/paging.h"
#include "services/iam/model/policy_document.h"

namespace tandem::iam::api {
namespace {

// "IAM and AWS STS quotas".
constexpr std::size_t kMaxInlinePolicies = 10'240;
constexpr std::size_t kMaxAttached = 10;

json::object inline_policies(const json::object& role) {
  const auto* policies = json::find_object(role, "Policies");
  return policies != nullptr ? *policies : json::object();
}

std::vector<std::string> attached_policies(const json::object& role) {
  std::vector<std::string> arns;
  if (const auto* attached = json::find_array(role, "Attached")) {
    for (const json::value& arn : *attached) arns.push_back(json::to_std(arn));
  }
  return arns;
}

void store_attached(Scope& scope, json::object role, const std::vector<std::string>& arns) {
  json::array attached;
  for (const std::string& arn : arns) attached.push_back(json::value(arn));
  role["Attached"] = std::move(attached);
  scope.directory.put_role(role);
}

/// AWS's own policies are known by their ARN alone.
bool is_aws_managed(std::string_view arn) {
  const auto parsed = aws::Arn::parse(arn);
  return parsed && parsed->service == "iam" && parsed->account == "aws" &&
         parsed->resource.starts_with("policy/") && parsed->resource.size() > 7;
}

std::string policy_name(std::string_view arn) {
  return std::string(arn.substr(arn.rfind('/') + 1));
}

/// "/service-role/" of "arn:aws:iam::aws:policy/service-role/Name".
std::string policy_path(std::string_view arn) {
  const auto begin = arn.find('/');
  const auto end = arn.rfind('/');
  return std::string(arn.substr(begin, end - begin + 1));
}

}  // namespace

json::object put_role_policy(Scope& scope, const service::RequestContext&,
                             const json::object& input) {
  json::object role = scope.directory.role(name_of(input, "RoleName"));
  const std::string document = json::string_or(input, "PolicyDocument");
  check_policy(document, PolicyKind::kInline);
  json::object policies = inline_policies(role);
  policies[name_of(input, "PolicyName")] = document;
  std::size_t total = 0;
  for (const auto& [name, text] : policies) total += counted_size(json::view(text.as_string()));
  if (total > kMaxInlinePolicies) {
    throw errors::limit_exceeded(fmt::format(
        "Maximum policy size of 10240 bytes exceeded for role {}", name_of(input, "RoleName")));
  }
  role["Policies"] = std::move(policies);
  scope.directory.put_role(role);
  return {};
}

json::object get_role_policy(Scope& scope, const service::RequestContext&,
                             const json::object& input) {
  const json::object role = scope.directory.role(name_of(input, "RoleName"));
  const std::string name = name_of(input, "PolicyName");
  const json::object policies = inline_policies(role);
  if (!policies.contains(name)) throw errors::no_such_role_policy(name);
  return {{"RoleName", json::string_or(role, "RoleName")},
          {"PolicyName", name},
          {"PolicyDocument", encoded_document(policies, name)}};
}

json::object delete_role_policy(Scope& scope, const service::RequestContext&,
                                const json::object& input) {
  json::object role = scope.directory.role(name_of(input, "RoleName"));
  const std::string name = name_of(input, "PolicyName");
  json::object policies = inline_policies(role);
  if (policies.erase(name) == 0) throw errors::no_such_role_policy(name);
  role["Policies"] = std::move(policies);
  scope.directory.put_role(role);
  return {};
}

json::object list_role_policies(Scope& scope, const service::RequestContext&,
                                const json::object& input) {
  const json::object role = scope.directory.role(name_of(input, "RoleName"));
  std::vector<std::string> names;
  for (const auto& [name, document] : inline_policies(role)) names.emplace_back(name);
  std::sort(names.begin(), names.end());
  service::Page page(kPages, input, "PolicyNames");
  for (const std::string& name : names) {
    if (!page.add(name, [&] { return json::value(name); })) break;
  }
  return std::move(page).finish();
}

json::object attach_role_policy(Scope& scope, const service::RequestContext&,
                                const json::object& input) {
  const json::object role = scope.directory.role(name_of(input, "RoleName"));
  const std::string arn = json::string_or(input, "PolicyArn");
  if (!is_aws_managed(arn) && !scope.directory.find_policy(arn)) throw errors::not_attachable(arn);
  std::vector<std::string> arns = attached_policies(role);
  if (std::find(arns.begin(), arns.end(), arn) != arns.end()) return {};
  if (arns.size() == kMaxAttached) {
    throw errors::limit_exceeded("Cannot exceed quota for PoliciesPerRole: 10");
  }
  arns.push_back(arn);
  store_attached(scope, role, arns);
  return {};
}

json::object detach_role_policy(Scope& scope, const service::RequestContext&,
                                const json::object& input) {
  const json::object role = scope.directory.role(name_of(input, "RoleName"));
  const std::string arn = json::string_or(input, "PolicyArn");
  std::vector<std::string> arns = attached_policies(role);
  if (std::erase(arns, arn) == 0) throw errors::no_such_policy(arn);
  store_attached(scope, role, arns);
  return {};
}

json::object list_attached_role_policies(Scope& scope, const service::RequestContext&,
                                         const json::object& input) {
  const json::object role = scope.directory.role(name_of(input, "RoleName"));
  const std::string prefix = json::string_or(input, "PathPrefix", "/");
  std::vector<std::string> arns = attached_policies(role);
  std::sort(arns.begin(), arns.end());
  service::Page page(kPages, input, "AttachedPolicies");
  for (const std::string& arn : arns) {
    if (!policy_path(arn).starts_with(prefix)) continue;
    const auto line = [&] {
      return json::object{{"PolicyName", policy_name(arn)}, {"PolicyArn", arn}};
    };
    if (!page.add(arn, line)) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::iam::api
