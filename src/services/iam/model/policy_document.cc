#include "services/iam/model/policy_document.h"

#include <algorithm>
#include <set>

#include "core/json.h"
#include "services/iam/errors.h"

namespace tandem::iam {
namespace {

constexpr std::size_t kMaxDepth = 16;

/// Calls visit with the text, or with each text of the list. False for any other form.
template <class Visit>
bool for_each_text(const json::value& value, Visit visit) {
  if (value.is_string()) {
    visit(json::view(value.get_string()));
    return true;
  }
  if (!value.is_array() || value.get_array().empty()) return false;
  for (const json::value& item : value.get_array()) {
    if (!item.is_string()) return false;
    visit(json::view(item.get_string()));
  }
  return true;
}

aws::ApiError syntax_error() { return errors::malformed_policy("Syntax errors in policy."); }

void check_actions(const json::object& statement, PolicyKind kind) {
  const auto* actions = json::find(statement, "Action");
  const auto* excluded = json::find(statement, "NotAction");
  if ((actions == nullptr) == (excluded == nullptr)) {
    if (actions != nullptr) throw syntax_error();
    throw errors::malformed_policy("Policy statement must contain actions.");
  }
  const bool formed =
      for_each_text(actions != nullptr ? *actions : *excluded, [&](std::string_view action) {
        if (kind == PolicyKind::kTrust) {
          const bool assuming = action.starts_with("sts:") || action == "*";
          if (!assuming) {
            throw errors::malformed_policy(
                "AssumeRole policy may only specify STS AssumeRole actions.");
          }
        } else if (action != "*" && action.find(':') == std::string_view::npos) {
          throw errors::malformed_policy(
              "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
        }
      });
  if (!formed) throw syntax_error();
}

void check_resources(const json::object& statement) {
  const auto* resources = json::find(statement, "Resource");
  if (resources == nullptr) resources = json::find(statement, "NotResource");
  if (resources == nullptr) {
    throw errors::malformed_policy("Policy statement must contain resources.");
  }
  const bool formed = for_each_text(*resources, [](std::string_view resource) {
    if (resource == "*" || resource.starts_with("arn:")) return;
    throw errors::malformed_policy(
        fmt::format("Resource {} must be in ARN format or \"*\".", resource));
  });
  if (!formed) throw syntax_error();
}

void check_principal(const json::object& statement) {
  const auto* principal = json::find(statement, "Principal");
  if (principal == nullptr) principal = json::find(statement, "NotPrincipal");
  if (principal == nullptr) throw errors::malformed_policy("Missing required field Principal");
  if (principal->is_string() && principal->get_string() == "*") return;
  if (!principal->is_object() || principal->get_object().empty()) throw syntax_error();
  static constexpr std::string_view kTypes[] = {"AWS", "Service", "Federated", "CanonicalUser"};
  for (const auto& [type, value] : principal->get_object()) {
    const bool known = std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
    if (!known || !for_each_text(value, [](std::string_view) {})) {
      throw errors::malformed_policy(
          fmt::format("Invalid principal in policy: \"{}\"", std::string_view(type)));
    }
  }
}

void check_statement(const json::value& value, PolicyKind kind, std::set<std::string>& sids) {
  static constexpr std::string_view kElements[] = {"Sid",          "Effect",      "Principal",
                                                   "NotPrincipal", "Action",      "NotAction",
                                                   "Resource",     "NotResource", "Condition"};
  if (!value.is_object()) throw syntax_error();
  const json::object& statement = value.get_object();
  for (const auto& [element, ignored] : statement) {
    const bool known =
        std::find(std::begin(kElements), std::end(kElements), element) != std::end(kElements);
    if (!known) throw syntax_error();
  }
  const std::string effect = json::string_or(statement, "Effect");
  if (effect != "Allow" && effect != "Deny") throw syntax_error();
  const auto* condition = statement.if_contains("Condition");
  if (condition != nullptr && !condition->is_object()) throw syntax_error();
  if (const auto sid = json::find_string(statement, "Sid"); sid && !sids.insert(*sid).second) {
    throw errors::malformed_policy("Statement IDs (SID) in a single policy must be unique.");
  }
  if (kind == PolicyKind::kTrust) {
    if (statement.contains("Resource") || statement.contains("NotResource")) {
      throw errors::malformed_policy("Has prohibited field Resource");
    }
    check_principal(statement);
    check_actions(statement, kind);
    return;
  }
  if (statement.contains("Principal") || statement.contains("NotPrincipal")) {
    throw errors::malformed_policy("Policy document should not specify a principal.");
  }
  check_actions(statement, kind);
  check_resources(statement);
}

void check_version(const json::object& policy, PolicyKind kind) {
  const auto version = json::find_string(policy, "Version");
  if (version == "2012-10-17") return;
  // IAM User Guide, "Version": without one it is 2008-10-17, the default. (SAM's policy templates
  // have none.) Only what CreatePolicy makes has to be newer.
  if (kind != PolicyKind::kManaged && (!version || version == "2008-10-17")) return;
  throw errors::malformed_policy("Policy document must be version 2012-10-17 or greater.");
}

}  // namespace

void check_policy(std::string_view document, PolicyKind kind) {
  const auto parsed = json::parse_text(document, kMaxDepth);
  if (!parsed) {
    throw kind == PolicyKind::kTrust ? errors::malformed_policy("This policy contains invalid Json")
                                     : syntax_error();
  }
  if (!parsed.value().is_object()) throw syntax_error();
  const json::object& policy = parsed.value().get_object();
  for (const auto& [element, ignored] : policy) {
    if (element != "Version" && element != "Id" && element != "Statement") throw syntax_error();
  }
  check_version(policy, kind);
  const auto* statements = json::find(policy, "Statement");
  if (statements == nullptr) throw syntax_error();
  std::set<std::string> sids;
  if (!statements->is_array()) return check_statement(*statements, kind, sids);
  for (const json::value& statement : statements->get_array()) {
    check_statement(statement, kind, sids);
  }
}

std::size_t counted_size(std::string_view document) {
  return static_cast<std::size_t>(std::count_if(document.begin(), document.end(), [](char c) {
    return c != ' ' && c != '\t' && c != '\n' && c != '\r';
  }));
}

}  // namespace tandem::iam
