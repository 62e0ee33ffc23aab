#include "aws/trust_policy.h"

#include <algorithm>

#include "aws/arn.h"
#include "aws/policy_wildcard.h"
#include "core/json.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

/// Whether one text, or one of a list of them, is wanted.
template <class Wanted>
bool any_text(const json::value* value, Wanted wanted) {
  if (value == nullptr) return false;
  if (value->is_string()) return wanted(json::view(value->get_string()));
  const auto* list = value->if_array();
  return list != nullptr && std::any_of(list->begin(), list->end(), [&](const json::value& one) {
           return one.is_string() && wanted(json::view(one.get_string()));
         });
}

bool is_everyone(std::string_view name) { return name == "*"; }

bool names_service(const json::object& statement, std::string_view service) {
  const json::value* principal = json::find(statement, "Principal");
  if (principal == nullptr) return false;
  if (principal->is_string()) return any_text(principal, is_everyone);
  const auto* kinds = principal->if_object();
  return kinds != nullptr &&
         any_text(json::find(*kinds, "Service"), [service](std::string_view name) {
           return name == service || is_everyone(name);
         });
}

bool names_assume_role(const json::object& statement) {
  return any_text(json::find(statement, "Action"), [](std::string_view action) {
    return matches_wildcard(core::to_lower(action), "sts:assumerole");
  });
}

bool allows(std::string_view policy, std::string_view service) {
  const auto parsed = json::parse_text(policy, 32);
  const auto* document = parsed ? parsed.value().if_object() : nullptr;
  const json::value* statements =
      document == nullptr ? nullptr : json::find(*document, "Statement");
  if (statements == nullptr) return false;
  bool allowed = false;
  const auto judge = [&](const json::value& value) {
    const auto* one = value.if_object();
    if (one == nullptr || !names_service(*one, service) || !names_assume_role(*one)) return true;
    if (json::string_or(*one, "Effect") == "Deny") return one->contains("Condition");
    allowed |= json::string_or(*one, "Effect") == "Allow";
    return true;
  };
  const auto* list = statements->if_array();
  const bool undenied =
      list == nullptr ? judge(*statements) : std::all_of(list->begin(), list->end(), judge);
  return undenied && allowed;
}

}  // namespace

bool lets_in(std::string_view policy, std::string_view service) {
  // No JSON text begins so.
  if (policy.starts_with('%')) return allows(core::percent_decode(policy), service);
  return allows(policy, service);
}

std::string role_name_of(std::string_view role_arn) {
  const auto arn = Arn::parse(role_arn);
  if (!arn || !arn->resource.starts_with("role/")) return "";
  return arn->resource.substr(arn->resource.rfind('/') + 1);
}

}  // namespace tandem::aws
