#include <algorithm>

#include "core/text.h"
#include "services/logs/api/operations.h"
#include "services/logs/errors.h"

namespace tandem::logs::api {
namespace {

json::object describe(const Scope& scope, const std::string& name, const json::object& group) {
  const std::string arn = scope.group_arn(name);
  json::object out = {{"logGroupName", name},
                      {"creationTime", json::int_or(group, "creationTime", 0)},
                      {"metricFilterCount", 0},
                      {"arn", arn + ":*"},
                      {"storedBytes", json::int_or(group, "storedBytes", 0)},
                      {"logGroupClass", "STANDARD"},
                      {"logGroupArn", arn}};
  if (const auto days = json::find_int(group, "retentionInDays")) out["retentionInDays"] = *days;
  return out;
}

}  // namespace

json::object create_log_group(const Scope& scope, const json::object& input) {
  const std::string name = json::string_or(input, "logGroupName");
  if (scope.logs.group(name)) throw errors::group_exists();
  json::object group = new_group(scope.now_ms());
  const auto tags = service::tag_set(kTagRules, json::find(input, "tags"), scope.caller);
  if (!tags.empty()) group["tags"] = tags.map();
  scope.logs.put_group(name, group);
  return {};
}

json::object delete_log_group(const Scope& scope, const json::object& input) {
  const std::string name = json::string_or(input, "logGroupName");
  require_group(scope, name);
  scope.logs.erase_group(name);
  return {};
}

json::object describe_log_groups(const Scope& scope, const json::object& input) {
  const std::string prefix = json::string_or(input, "logGroupNamePrefix");
  const auto pattern = json::find_string(input, "logGroupNamePattern");
  if (!prefix.empty() && pattern) {
    throw errors::invalid_parameter(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  }
  // "If you specify a string for logGroupNamePattern, … all log groups that have names containing
  // that string, regardless of case" (API reference).
  const std::string wanted = core::to_lower(pattern.value_or(""));
  service::Page page(kPages, input, "logGroups");
  scope.logs.each_group(prefix, page.after(), [&](const std::string& name, json::object group) {
    if (core::to_lower(name).find(wanted) == std::string::npos) return true;
    return page.add(name, [&] { return describe(scope, name, group); });
  });
  return std::move(page).finish();
}

json::object put_retention_policy(const Scope& scope, const json::object& input) {
  const std::string name = json::string_or(input, "logGroupName");
  const std::int64_t days = json::int_or(input, "retentionInDays", 0);
  if (!is_retention(days)) {
    throw errors::invalid_parameter(fmt::format(
        "1 validation error detected: Value '{}' at 'retentionInDays' failed to satisfy "
        "constraint: Member must satisfy enum value set: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, "
        "180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]",
        days));
  }
  json::object group = require_group(scope, name);
  group["retentionInDays"] = days;
  scope.logs.put_group(name, group);
  return {};
}

json::object delete_retention_policy(const Scope& scope, const json::object& input) {
  const std::string name = json::string_or(input, "logGroupName");
  json::object group = require_group(scope, name);
  group.erase("retentionInDays");
  scope.logs.put_group(name, group);
  return {};
}

}  // namespace tandem::logs::api
