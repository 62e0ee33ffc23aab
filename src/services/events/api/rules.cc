#include <algorithm>

#include "service/operation.h"
#include "services/events/api/operations.h"
#include "services/events/model/json_tokens.h"

namespace tandem::events::api {
namespace {

json::object describe(const Scope& scope, const std::string& name, const Rule& rule) {
  json::object out{{"Name", name}, {"Arn", scope.rule_arn(name)}};
  for (const std::string_view member : {"EventPattern", "State", "Description"}) {
    if (const auto text = json::find_string(rule.document, member)) out[member] = *text;
  }
  out["EventBusName"] = kDefaultBus;
  return out;
}

void set_state(const Scope& scope, const json::object& input, std::string_view state) {
  require_default_bus(scope, input);
  const std::string name = json::string_or(input, "Name");
  json::object document = require_rule(scope, name).document;
  document["State"] = state;
  scope.rules.put(name, std::move(document));
}

}  // namespace

/// "If you are updating an existing rule, the rule is replaced with what you specify in this
/// PutRule command. If you omit arguments in PutRule, the old values for those arguments are not
/// kept." Targets and tags are (API reference, PutRule).
json::object put_rule(const Scope& scope, const json::object& input) {
  require_default_bus(scope, input);
  const std::string name = json::string_or(input, "Name");
  const std::string pattern = json::string_or(input, "EventPattern");
  if (pattern.empty()) {
    throw errors::validation("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  }
  const std::string state = json::string_or(input, "State", "ENABLED");
  if (state != "ENABLED" && state != "DISABLED") {
    service::refuse_member("State", "the value " + state);
  }
  const Rule* before = scope.rules.find(name);
  if (before == nullptr && scope.rules.all().size() >= kMostRules) throw errors::limit_exceeded();
  json::object rule{{"EventPattern", pattern}, {"State", state}};
  const std::string description = json::string_or(input, "Description");
  if (!description.empty()) rule["Description"] = description;
  rule["Targets"] = before == nullptr ? json::array() : before->targets();
  if (before == nullptr) {
    const auto tags = service::tag_set(kTagRules, json::find(input, "Tags"), scope.caller);
    if (!tags.empty()) rule["tags"] = tags.map();
  } else if (const json::value* tags = json::find(before->document, "tags")) {
    rule["tags"] = *tags;
  }
  try {
    scope.rules.put(name, std::move(rule));
  } catch (const PatternError& error) {
    throw errors::invalid_pattern(error.what());
  }
  return {{"RuleArn", scope.rule_arn(name)}};
}

json::object describe_rule(const Scope& scope, const json::object& input) {
  require_default_bus(scope, input);
  const std::string name = json::string_or(input, "Name");
  json::object out = describe(scope, name, require_rule(scope, name));
  out["CreatedBy"] = scope.environment.account();
  return out;
}

json::object list_rules(const Scope& scope, const json::object& input) {
  require_default_bus(scope, input);
  const std::string prefix = json::string_or(input, "NamePrefix");
  service::Page page(kPages, input, "Rules");
  for (const auto& [name, rule] : scope.rules.all()) {
    if (!name.starts_with(prefix)) continue;
    if (!page.add(name, [&] { return describe(scope, name, rule); })) break;
  }
  return std::move(page).finish();
}

json::object list_rule_names_by_target(const Scope& scope, const json::object& input) {
  require_default_bus(scope, input);
  const std::string arn = json::string_or(input, "TargetArn");
  service::Page page(kPages, input, "RuleNames");
  for (const auto& [name, rule] : scope.rules.all()) {
    const json::array& targets = rule.targets();
    const bool has = std::any_of(targets.begin(), targets.end(), [&](const json::value& target) {
      return json::string_or(target.as_object(), "Arn") == arn;
    });
    if (has && !page.add(name, [&] { return json::value(json::string(name)); })) break;
  }
  return std::move(page).finish();
}

/// A rule that there is not is deleted without a word, as on AWS.
json::object delete_rule(const Scope& scope, const json::object& input) {
  require_default_bus(scope, input);
  const std::string name = json::string_or(input, "Name");
  const Rule* rule = scope.rules.find(name);
  if (rule == nullptr) return {};
  if (!rule->targets().empty()) {
    throw errors::validation("Rule can't be deleted since it has targets.");
  }
  scope.rules.erase(name);
  return {};
}

json::object enable_rule(const Scope& scope, const json::object& input) {
  set_state(scope, input, "ENABLED");
  return {};
}

json::object disable_rule(const Scope& scope, const json::object& input) {
  set_state(scope, input, "DISABLED");
  return {};
}

}  // namespace tandem::events::api
