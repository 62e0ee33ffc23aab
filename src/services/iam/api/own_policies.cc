// The inline policies of roles, users and groups, and the managed policies attached to them.
#include <algorithm>

#include "aws/arn.h"
#include "services/iam/api/operations.h"
#include "services/iam/errors.h"
#include "services/iam/model/paging.h"
#include "services/iam/model/policy_document.h"

namespace tandem::iam::api {
namespace {

// "IAM and AWS STS quotas".
constexpr std::size_t kMaxAttached = 10;

json::object holder_of(const Scope& scope, Kind kind, const json::object& input) {
  return scope.directory.entity(kind, name_of(input, facts_of(kind).name));
}

json::object inline_policies(const json::object& holder) {
  const auto* policies = json::find_object(holder, "Policies");
  return policies != nullptr ? *policies : json::object();
}

std::vector<std::string> attached_policies(const json::object& holder) {
  std::vector<std::string> arns;
  if (const auto* attached = json::find_array(holder, "Attached")) {
    for (const json::value& arn : *attached) arns.push_back(json::to_std(arn));
  }
  return arns;
}

void store_attached(Scope& scope, Kind kind, json::object holder,
                    const std::vector<std::string>& arns) {
  json::array attached;
  for (const std::string& arn : arns) attached.push_back(json::value(arn));
  holder["Attached"] = std::move(attached);
  scope.directory.put(kind, holder);
}

/// Whose policies are to change. Those of a service-linked role are the service's own.
json::object changing(const Scope& scope, Kind kind, const json::object& input) {
  json::object holder = holder_of(scope, kind, input);
  if (kind == Kind::kRole) refuse_service_linked(holder);
  return holder;
}

}  // namespace

bool is_aws_managed(std::string_view arn) {
  const auto parsed = aws::Arn::parse(arn);
  return parsed && parsed->service == "iam" && parsed->account == "aws" &&
         parsed->resource.starts_with("policy/") && parsed->resource.size() > 7;
}

std::string policy_name(std::string_view arn) {
  return std::string(arn.substr(arn.rfind('/') + 1));
}

std::string policy_path(std::string_view arn) {
  const auto begin = arn.find('/');
  const auto end = arn.rfind('/');
  return std::string(arn.substr(begin, end - begin + 1));
}

json::object put_inline_policy(Kind kind, Scope& scope, const json::object& input) {
  json::object holder = changing(scope, kind, input);
  const std::string document = json::string_or(input, "PolicyDocument");
  check_policy(document, PolicyKind::kInline);
  json::object policies = inline_policies(holder);
  policies[name_of(input, "PolicyName")] = document;
  std::size_t total = 0;
  for (const auto& [name, text] : policies) total += counted_size(json::view(text.as_string()));
  const KindFacts facts = facts_of(kind);
  if (total > facts.inline_bytes) {
    throw errors::limit_exceeded(fmt::format("Maximum policy size of {} bytes exceeded for {} {}",
                                             facts.inline_bytes, facts.word,
                                             name_of(input, facts.name)));
  }
  holder["Policies"] = std::move(policies);
  scope.directory.put(kind, holder);
  return {};
}

json::object get_inline_policy(Kind kind, Scope& scope, const json::object& input) {
  const json::object holder = holder_of(scope, kind, input);
  const std::string name = name_of(input, "PolicyName");
  const json::object policies = inline_policies(holder);
  if (!policies.contains(name)) throw errors::no_such_inline_policy(facts_of(kind).word, name);
  const std::string_view member = facts_of(kind).name;
  return {{member, json::string_or(holder, member)},
          {"PolicyName", name},
          {"PolicyDocument", encoded_document(policies, name)}};
}

json::object delete_inline_policy(Kind kind, Scope& scope, const json::object& input) {
  json::object holder = changing(scope, kind, input);
  const std::string name = name_of(input, "PolicyName");
  json::object policies = inline_policies(holder);
  if (policies.erase(name) == 0) throw errors::no_such_inline_policy(facts_of(kind).word, name);
  holder["Policies"] = std::move(policies);
  scope.directory.put(kind, holder);
  return {};
}

json::object list_inline_policies(Kind kind, Scope& scope, const json::object& input) {
  const json::object holder = holder_of(scope, kind, input);
  std::vector<std::string> names;
  for (const auto& [name, document] : inline_policies(holder)) names.emplace_back(name);
  std::sort(names.begin(), names.end());
  service::Page page(kPages, input, "PolicyNames");
  for (const std::string& name : names) {
    if (!page.add(name, [&] { return json::value(name); })) break;
  }
  return std::move(page).finish();
}

json::object attach_policy(Kind kind, Scope& scope, const json::object& input) {
  const json::object holder = changing(scope, kind, input);
  const std::string arn = json::string_or(input, "PolicyArn");
  if (!aws::Arn::parse(arn)) {
    throw errors::validation_error(fmt::format("Invalid ARN: {} Could not be parsed!", arn));
  }
  if (!is_aws_managed(arn) && !scope.directory.find_policy(arn)) throw errors::not_attachable(arn);
  std::vector<std::string> arns = attached_policies(holder);
  if (std::find(arns.begin(), arns.end(), arn) != arns.end()) return {};
  if (arns.size() == kMaxAttached) {
    throw errors::limit_exceeded(
        fmt::format("Cannot exceed quota for {}: 10", facts_of(kind).attached_quota));
  }
  arns.push_back(arn);
  store_attached(scope, kind, holder, arns);
  return {};
}

json::object detach_policy(Kind kind, Scope& scope, const json::object& input) {
  const json::object holder = changing(scope, kind, input);
  const std::string arn = json::string_or(input, "PolicyArn");
  std::vector<std::string> arns = attached_policies(holder);
  if (std::erase(arns, arn) == 0) throw errors::no_such_policy(arn);
  store_attached(scope, kind, holder, arns);
  return {};
}

json::object list_attached_policies(Kind kind, Scope& scope, const json::object& input) {
  const json::object holder = holder_of(scope, kind, input);
  const std::string prefix = json::string_or(input, "PathPrefix", "/");
  std::vector<std::string> arns = attached_policies(holder);
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
