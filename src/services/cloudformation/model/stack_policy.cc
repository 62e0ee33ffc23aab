#include "services/cloudformation/model/stack_policy.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "aws/policy_wildcard.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

/// User Guide: 16 KB; the number of statements follows from it.
constexpr std::size_t kMostBytes = 16'384;

[[noreturn]] void refuse() {
  throw validation_error("Error validating stack policy: Invalid stack policy");
}

/// One text or a list of them.
std::vector<std::string> texts_of(const json::value& value) {
  if (value.is_string()) return {json::to_std(value)};
  const auto* list = value.if_array();
  if (list == nullptr || list->empty()) refuse();
  std::vector<std::string> texts;
  for (const auto& one : *list) {
    if (!one.is_string()) refuse();
    texts.push_back(json::to_std(one));
  }
  return texts;
}

bool is_action(std::string_view name) {
  return name == "Update:*" || name == "Update:Modify" || name == "Update:Replace" ||
         name == "Update:Delete" || name == "*";
}

// The user guide has two conditions, on the type alone.
std::vector<PolicyStatement::Types> conditions_of(const json::value& value) {
  std::vector<PolicyStatement::Types> conditions;
  const auto* object = value.if_object();
  if (object == nullptr) refuse();
  for (const auto& [name, argument] : *object) {
    const bool patterns = name == "StringLike";
    const auto* keys = argument.if_object();
    if ((!patterns && name != "StringEquals") || keys == nullptr) refuse();
    for (const auto& [key, types] : *keys) {
      if (key != "ResourceType") refuse();
      conditions.push_back({texts_of(types), patterns});
    }
  }
  return conditions;
}

/// What stands under a name or, turned round, under another one. Exactly one of them must be there.
std::vector<std::string> one_of(const json::object& in, std::string_view name,
                                std::string_view not_name, bool& turned) {
  const json::value* plain = json::find(in, name);
  const json::value* other = json::find(in, not_name);
  if ((plain == nullptr) == (other == nullptr)) refuse();
  turned = other != nullptr;
  return texts_of(turned ? *other : *plain);
}

PolicyStatement statement_of(const json::value& value) {
  const auto* in = value.if_object();
  if (in == nullptr) refuse();
  constexpr std::string_view kMembers[] = {"Sid",       "Effect",   "Action",      "NotAction",
                                           "Principal", "Resource", "NotResource", "Condition"};
  for (const auto& [name, ignored] : *in) {
    if (std::find(std::begin(kMembers), std::end(kMembers), name) == std::end(kMembers)) refuse();
  }
  PolicyStatement statement;
  const std::string effect = json::string_or(*in, "Effect");
  if (effect != "Allow" && effect != "Deny") refuse();
  statement.allows = effect == "Allow";
  if (json::string_or(*in, "Principal") != "*") refuse();
  statement.actions = one_of(*in, "Action", "NotAction", statement.all_but_actions);
  if (!std::all_of(statement.actions.begin(), statement.actions.end(), is_action)) refuse();
  statement.resources = one_of(*in, "Resource", "NotResource", statement.all_but_resources);
  if (const json::value* condition = json::find(*in, "Condition")) {
    statement.conditions = conditions_of(*condition);
  }
  return statement;
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& one) { return aws::matches_wildcard(one, text); });
}

bool holds(const PolicyStatement::Types& condition, std::string_view type) {
  if (condition.patterns) return any_matches(condition.types, type);
  return std::find(condition.types.begin(), condition.types.end(), type) != condition.types.end();
}

bool applies(const PolicyStatement& statement, std::string_view resource, std::string_view type,
             UpdateAction action) {
  if (any_matches(statement.actions, name_of(action)) == statement.all_but_actions) return false;
  if (any_matches(statement.resources, resource) == statement.all_but_resources) return false;
  return std::all_of(statement.conditions.begin(), statement.conditions.end(),
                     [&](const auto& one) { return holds(one, type); });
}

}  // namespace

std::string_view name_of(UpdateAction action) {
  switch (action) {
    case UpdateAction::kReplace:
      return "Update:Replace";
    case UpdateAction::kDelete:
      return "Update:Delete";
    case UpdateAction::kModify:
      break;
  }
  return "Update:Modify";
}

StackPolicy StackPolicy::parse(std::string_view text) {
  if (text.size() > kMostBytes) {
    throw validation_error(
        fmt::format("1 validation error detected: Value at 'stackPolicyBody' failed to satisfy "
                    "constraint: Member must have length less than or equal to {}",
                    kMostBytes));
  }
  const auto parsed = json::parse_text(text, 16);
  const auto* object = parsed ? parsed.value().if_object() : nullptr;
  if (object == nullptr) refuse();
  StackPolicy policy;
  for (const auto& [name, value] : *object) {
    if (name == "Version" || name == "Id") continue;
    if (name != "Statement") refuse();
    const auto* list = value.if_array();
    if (list == nullptr) {
      policy.statements_.push_back(statement_of(value));
      continue;
    }
    for (const auto& one : *list) policy.statements_.push_back(statement_of(one));
  }
  return policy;
}

std::vector<std::string> StackPolicy::named_resources() const {
  constexpr std::string_view kLogical = "LogicalResourceId/";
  std::vector<std::string> names;
  for (const PolicyStatement& statement : statements_) {
    for (const std::string& resource : statement.resources) {
      const bool one = resource.starts_with(kLogical) && resource.find('*') == std::string::npos;
      if (one) names.push_back(resource.substr(kLogical.size()));
    }
  }
  return names;
}

std::string StackPolicy::denial(std::string_view logical_id, std::string_view type,
                                UpdateAction action) const {
  const std::string resource = fmt::format("LogicalResourceId/{}", logical_id);
  bool allowed = false;
  for (std::size_t i = 0; i < statements_.size(); ++i) {
    if (!applies(statements_[i], resource, type, action)) continue;
    if (!statements_[i].allows) {
      return fmt::format(
          "Action denied by stack policy: Statement [#{}] does not allow [{}] for resource [{}]",
          i + 1, name_of(action), resource);
    }
    allowed = true;
  }
  return allowed ? "" : "Action not allowed by stack policy";
}

}  // namespace tandem::cloudformation
