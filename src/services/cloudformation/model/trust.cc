#include "services/cloudformation/model/trust.h"

#include <algorithm>
#include <fmt/format.h>

#include "aws/arn.h"
#include "aws/policy_wildcard.h"
#include "core/json.h"
#include "core/text.h"

namespace tandem::cloudformation {
namespace {

constexpr std::string_view kService = "cloudformation.amazonaws.com";

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

bool names_cloudformation(const json::object& statement) {
  const json::value* principal = json::find(statement, "Principal");
  if (principal == nullptr) return false;
  if (principal->is_string()) return any_text(principal, is_everyone);
  const auto* kinds = principal->if_object();
  return kinds != nullptr && any_text(json::find(*kinds, "Service"), [](std::string_view name) {
           return name == kService || name == "*";
         });
}

bool names_assume_role(const json::object& statement) {
  return any_text(json::find(statement, "Action"), [](std::string_view action) {
    return aws::matches_wildcard(core::to_lower(action), "sts:assumerole");
  });
}

}  // namespace

bool lets_in_cloudformation(std::string_view policy) {
  const auto parsed = json::parse_text(policy, 32);
  const auto* document = parsed ? parsed.value().if_object() : nullptr;
  const json::value* statements =
      document == nullptr ? nullptr : json::find(*document, "Statement");
  if (statements == nullptr) return false;
  bool allowed = false;
  const auto judge = [&](const json::value& value) {
    const auto* one = value.if_object();
    if (one == nullptr || !names_cloudformation(*one) || !names_assume_role(*one)) return true;
    if (json::string_or(*one, "Effect") == "Deny") return one->contains("Condition");
    allowed |= json::string_or(*one, "Effect") == "Allow";
    return true;
  };
  const auto* list = statements->if_array();
  const bool undenied =
      list == nullptr ? judge(*statements) : std::all_of(list->begin(), list->end(), judge);
  return undenied && allowed;
}

std::string role_name_of(std::string_view role_arn) {
  const auto arn = aws::Arn::parse(role_arn);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) return "";
  return arn->resource.substr(arn->resource.rfind('/') + 1);
}

std::string role_session_of(std::string_view role_arn) {
  const auto arn = aws::Arn::parse(role_arn);
  if (!arn) return std::string(role_arn);
  return aws::make_arn("sts", "", arn->account,
                       fmt::format("assumed-role/{}/AWSCloudFormation", role_name_of(role_arn)));
}

}  // namespace tandem::cloudformation
