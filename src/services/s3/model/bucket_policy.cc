#include "services/s3/model/bucket_policy.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <string>

#include "core/text.h"
#include "services/s3/errors.h"
#include "services/s3/model/policy_actions.h"

namespace tandem::s3 {
namespace {

using errors::malformed_policy;

// "Bucket policies are limited to 20 KB in size."
constexpr std::size_t kMaxPolicy = 20'480;
constexpr std::size_t kMaxDepth = 16;

template <std::size_t count>
bool among(const std::string_view (&known)[count], std::string_view name) {
  return std::find(std::begin(known), std::end(known), name) != std::end(known);
}

aws::ApiError bad_syntax() { return malformed_policy("Invalid policy syntax."); }

/// Calls visit with the text, or with each text of the list. False for any other form.
template <class Visit>
bool for_each_text(const json::value& value, Visit visit) {
  if (value.is_string()) {
    visit(json::view(value.get_string()));
    return true;
  }
  if (!value.is_array()) return false;
  for (const json::value& item : value.get_array()) {
    if (!item.is_string()) return false;
    visit(json::view(item.get_string()));
  }
  return true;
}

bool is_empty_list(const json::value& value) {
  return value.is_array() && value.get_array().empty();
}

/// The element, or what is excepted ("NotAction"). Throws when there is neither, or both.
const json::value& element_of(const json::object& statement, const std::string& name) {
  const auto* given = json::find(statement, name);
  const auto* except = json::find(statement, "Not" + name);
  if (given != nullptr && except != nullptr) {
    throw malformed_policy("Statement/policy already has instance of " + name);
  }
  const auto* element = given != nullptr ? given : except;
  if (element == nullptr) throw malformed_policy("Missing required field " + name);
  if (is_empty_list(*element)) {
    throw malformed_policy(fmt::format("Missing required field {} cannot be empty!", name));
  }
  return *element;
}

bool is_principal(std::string_view text) {
  if (text == "*") return true;
  const bool digits = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (digits) return text.size() == 12;
  // What IAM makes of the ARN of a principal that was deleted.
  if (text.starts_with("AIDA") || text.starts_with("AROA")) return true;
  return text.starts_with("arn:") && (text.find(":iam::") != std::string_view::npos ||
                                      text.find(":sts::") != std::string_view::npos);
}

void check_principal(const json::object& statement) {
  static constexpr std::string_view kTypes[] = {"AWS", "CanonicalUser", "Federated", "Service"};
  const auto invalid = [] { return malformed_policy("Invalid principal in policy"); };
  const json::value& principal = element_of(statement, "Principal");
  if (principal.is_string() && principal.get_string() == "*") return;
  if (!principal.is_object() || principal.get_object().empty()) throw invalid();
  for (const auto& [type, value] : principal.get_object()) {
    const bool accounts = type == "AWS";
    if (!among(kTypes, type) || is_empty_list(value)) throw invalid();
    const bool formed = for_each_text(value, [&](std::string_view text) {
      if (text.empty() || (accounts && !is_principal(text))) throw invalid();
    });
    if (!formed) throw invalid();
  }
}

void check_actions(const json::object& statement) {
  const auto invalid = [] { return malformed_policy("Policy has invalid action"); };
  const bool formed = for_each_text(element_of(statement, "Action"), [&](std::string_view action) {
    if (action == "*") return;
    const bool ours = core::equals_ignoring_case(action.substr(0, 3), "s3:");
    constexpr std::string_view kLetters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789*?";
    if (!ours || action.size() == 3 || action.find_first_not_of(kLetters, 3) != action.npos) {
      throw invalid();
    }
  });
  if (!formed) throw bad_syntax();
}

/// "arn:aws:s3:::bucket" or what is in it, for this bucket alone. Returns what it reaches.
ActionReach check_resources(const json::object& statement, std::string_view bucket) {
  ActionReach reach;
  const auto invalid = [] { return malformed_policy("Policy has invalid resource"); };
  const json::value& resources = element_of(statement, "Resource");
  const bool formed = for_each_text(resources, [&](std::string_view resource) {
    const auto start = resource.find(":s3:::");
    if (!resource.starts_with("arn:aws") || start == resource.npos) throw invalid();
    const std::string_view path = resource.substr(start + 6);
    const std::string_view name = path.substr(0, path.find('/'));
    // Names of buckets are in small letters.
    if (core::to_lower(name) != name || !matches_pattern(name, bucket)) throw invalid();
    const bool objects = path.size() > name.size() || name.find('*') != name.npos;
    reach.objects = reach.objects || objects;
    reach.buckets = reach.buckets || path.size() == name.size();
  });
  if (!formed) throw bad_syntax();
  return reach;
}

void check_that_actions_apply(const json::object& statement, const ActionReach& resources) {
  const auto* actions = json::find(statement, "Action");
  if (actions == nullptr || !statement.contains("Resource")) return;
  for_each_text(*actions, [&](std::string_view action) {
    const ActionReach reach = reach_of(action);
    if ((reach.objects && resources.objects) || (reach.buckets && resources.buckets)) return;
    throw malformed_policy("Action does not apply to any resource(s) in statement");
  });
}

/// IAM User Guide, "Condition operators".
bool is_operator(std::string_view name) {
  static constexpr std::string_view kOperators[] = {"ArnEquals",
                                                    "ArnLike",
                                                    "ArnNotEquals",
                                                    "ArnNotLike",
                                                    "BinaryEquals",
                                                    "Bool",
                                                    "DateEquals",
                                                    "DateGreaterThan",
                                                    "DateGreaterThanEquals",
                                                    "DateLessThan",
                                                    "DateLessThanEquals",
                                                    "DateNotEquals",
                                                    "IpAddress",
                                                    "NotIpAddress",
                                                    "Null",
                                                    "NumericEquals",
                                                    "NumericGreaterThan",
                                                    "NumericGreaterThanEquals",
                                                    "NumericLessThan",
                                                    "NumericLessThanEquals",
                                                    "NumericNotEquals",
                                                    "StringEquals",
                                                    "StringEqualsIgnoreCase",
                                                    "StringLike",
                                                    "StringNotEquals",
                                                    "StringNotEqualsIgnoreCase",
                                                    "StringNotLike"};
  for (const std::string_view prefix : {"ForAllValues:", "ForAnyValue:"}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  constexpr std::string_view kIfExists = "IfExists";
  if (name != "NullIfExists" && name.ends_with(kIfExists)) name.remove_suffix(kIfExists.size());
  return among(kOperators, name);
}

bool is_condition_value(const json::value& value) {
  return value.is_string() || value.is_bool() || value.is_number();
}

void check_conditions(const json::object& statement) {
  const auto* conditions = json::find(statement, "Condition");
  if (conditions == nullptr) return;
  if (!conditions->is_object()) throw bad_syntax();
  for (const auto& [operation, keys] : conditions->get_object()) {
    if (!is_operator(operation)) {
      throw malformed_policy(
          fmt::format("Invalid Condition type : {}", std::string_view(operation)));
    }
    if (!keys.is_object()) throw bad_syntax();
    for (const auto& [key, value] : keys.get_object()) {
      if (key.find(':') == key.npos) throw malformed_policy("Policy has an invalid condition key");
      const bool formed =
          is_condition_value(value) ||
          (value.is_array() &&
           std::all_of(value.get_array().begin(), value.get_array().end(), is_condition_value));
      if (!formed) throw bad_syntax();
    }
  }
}

void check_statement(const json::value& value, std::string_view bucket) {
  static constexpr std::string_view kElements[] = {"Sid",          "Effect",      "Principal",
                                                   "NotPrincipal", "Action",      "NotAction",
                                                   "Resource",     "NotResource", "Condition"};
  if (!value.is_object()) throw bad_syntax();
  const json::object& statement = value.get_object();
  for (const auto& [element, ignored] : statement) {
    if (among(kElements, element)) continue;
    throw malformed_policy(fmt::format("Unknown field {}", std::string_view(element)));
  }
  const auto* effect = json::find(statement, "Effect");
  if (effect == nullptr) throw malformed_policy("Missing required field Effect");
  if (!effect->is_string()) throw bad_syntax();
  const std::string_view word = json::view(effect->get_string());
  if (word != "Allow" && word != "Deny") {
    throw malformed_policy(fmt::format("Invalid effect: {}", word));
  }
  const auto* sid = json::find(statement, "Sid");
  if (sid != nullptr && !sid->is_string()) throw bad_syntax();
  check_principal(statement);
  check_actions(statement);
  const ActionReach resources = check_resources(statement, bucket);
  check_conditions(statement);
  check_that_actions_apply(statement, resources);
}

bool is_anyone(const json::object& statement) {
  const auto* principal = json::find(statement, "Principal");
  if (principal == nullptr) return true;  // anyone but …
  if (principal->is_string()) return true;
  bool anyone = false;
  for (const auto& [type, value] : principal->get_object()) {
    for_each_text(value, [&](std::string_view text) { anyone = anyone || text == "*"; });
  }
  return anyone;
}

/// A network of "very broad IP ranges", more than a /8 (or a /32 of IPv6), is no fixed value.
bool is_fixed_network(std::string_view network) {
  const auto slash = network.find('/');
  if (slash == network.npos) return true;
  const auto length = core::parse_int(network.substr(slash + 1));
  const bool wide = network.find(':') != network.npos;
  return length && *length >= (wide ? 32 : 8);
}

bool is_fixed(std::string_view key, std::string_view value) {
  if (core::equals_ignoring_case(key, "aws:SourceIp")) return is_fixed_network(value);
  return value.find_first_of("*?") == value.npos && value.find("${") == value.npos;
}

/// Conditions under which a grant to anyone is one to fixed sources.
bool restricts(const json::object& statement) {
  static constexpr std::string_view kKeys[] = {"aws:PrincipalOrgID",
                                               "aws:PrincipalOrgPaths",
                                               "aws:SourceAccount",
                                               "aws:SourceArn",
                                               "aws:SourceIp",
                                               "aws:SourceOwner",
                                               "aws:SourceVpc",
                                               "aws:SourceVpce",
                                               "aws:userid",
                                               "s3:DataAccessPointAccount",
                                               "s3:DataAccessPointArn",
                                               "s3:x-amz-server-side-encryption-aws-kms-key-id"};
  static constexpr std::string_view kPositive[] = {
      "ArnEquals", "ArnLike", "IpAddress", "StringEquals", "StringEqualsIgnoreCase", "StringLike"};
  const auto* conditions = json::find_object(statement, "Condition");
  if (conditions == nullptr) return false;
  for (const auto& [operation, keys] : *conditions) {
    if (!among(kPositive, operation)) continue;
    for (const auto& [key, values] : keys.get_object()) {
      const std::string_view name = key;
      const bool known = std::any_of(
          std::begin(kKeys), std::end(kKeys),
          [&](std::string_view each) { return core::equals_ignoring_case(each, name); });
      bool fixed = !is_empty_list(values);
      const bool texts = for_each_text(
          values, [&](std::string_view value) { fixed = fixed && is_fixed(name, value); });
      if (known && texts && fixed) return true;
    }
  }
  return false;
}

bool grants_publicly(const json::value& value) {
  const json::object& statement = value.get_object();
  return json::string_or(statement, "Effect") == "Allow" && is_anyone(statement) &&
         !restricts(statement);
}

}  // namespace

json::object parse_bucket_policy(std::string_view text, std::string_view bucket) {
  if (text.size() > kMaxPolicy) {
    throw malformed_policy("Policy exceeds the maximum allowed document size.");
  }
  const auto parsed = json::parse_text(text, kMaxDepth);
  if (!parsed || !parsed.value().is_object()) {
    throw malformed_policy(core::trim(text).starts_with('{')
                               ? "This policy contains invalid Json"
                               : "Policies must be valid JSON and the first byte must be '{'");
  }
  const json::object& policy = parsed.value().get_object();
  for (const auto& [element, ignored] : policy) {
    if (element == "Version" || element == "Id" || element == "Statement") continue;
    throw malformed_policy(fmt::format("Unknown field {}", std::string_view(element)));
  }
  if (policy.contains("Version")) {
    const std::string version = json::string_or(policy, "Version");
    if (version != "2012-10-17" && version != "2008-10-17") {
      throw malformed_policy("The policy must contain a valid version string");
    }
  }
  const auto* statements = json::find(policy, "Statement");
  if (statements == nullptr) throw malformed_policy("Missing required field Statement");
  if (is_empty_list(*statements)) {
    throw malformed_policy("Could not parse the policy: Statement is empty!");
  }
  if (!statements->is_array()) {
    check_statement(*statements, bucket);
  } else {
    for (const json::value& statement : statements->get_array()) check_statement(statement, bucket);
  }
  return policy;
}

bool is_public_policy(const json::object& policy) {
  const auto* statements = json::find(policy, "Statement");
  if (statements == nullptr) return false;
  if (!statements->is_array()) return grants_publicly(*statements);
  const json::array& all = statements->get_array();
  return std::any_of(all.begin(), all.end(), grants_publicly);
}

}  // namespace tandem::s3
