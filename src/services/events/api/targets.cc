#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "services/events/api/operations.h"
#include "services/events/model/target_arn.h"

namespace tandem::events::api {
namespace {

/// By id.
std::map<std::string, json::value> by_id(const json::array& targets) {
  std::map<std::string, json::value> found;
  for (const json::value& target : targets) {
    found[json::string_or(target.as_object(), "Id")] = target;
  }
  return found;
}

json::array to_list(std::map<std::string, json::value> targets) {
  json::array list;
  for (auto& [id, target] : targets) list.push_back(std::move(target));
  return list;
}

json::object failures(json::array entries) {
  const auto count = static_cast<std::int64_t>(entries.size());
  return {{"FailedEntryCount", count}, {"FailedEntries", std::move(entries)}};
}

}  // namespace

json::object put_targets(const Scope& scope, const json::object& input) {
  const json::array& given = *json::find_array(input, "Targets");
  for (const json::value& target : given) {
    check_target(target.as_object(), scope.environment.region, scope.environment.account());
  }
  require_default_bus(scope, input);
  const std::string name = json::string_or(input, "Rule");
  json::object document = require_rule(scope, name).document;
  auto targets = by_id(document.at("Targets").as_array());
  for (auto& [id, target] : by_id(given)) targets[id] = std::move(target);
  if (targets.size() > kMostTargets) throw errors::limit_exceeded();
  document["Targets"] = to_list(std::move(targets));
  scope.rules.put(name, std::move(document));
  return failures({});
}

json::object list_targets_by_rule(const Scope& scope, const json::object& input) {
  require_default_bus(scope, input);
  const Rule& rule = require_rule(scope, json::string_or(input, "Rule"));
  service::Page page(kPages, input, "Targets");
  for (auto& [id, target] : by_id(rule.targets())) {
    if (!page.add(id, [&] { return target; })) break;
  }
  return std::move(page).finish();
}

json::object remove_targets(const Scope& scope, const json::object& input) {
  require_default_bus(scope, input);
  const std::string name = json::string_or(input, "Rule");
  json::object document = require_rule(scope, name).document;
  auto targets = by_id(document.at("Targets").as_array());
  json::array failed;
  for (const json::value& each : *json::find_array(input, "Ids")) {
    const std::string id = json::to_std(each);
    if (targets.erase(id) > 0) continue;
    failed.push_back(json::object{
        {"TargetId", id},
        {"ErrorCode", "ResourceNotFoundException"},
        {"ErrorMessage",
         fmt::format("Rule '{}' does not have a target with the Id '{}'.", name, id)}});
  }
  document["Targets"] = to_list(std::move(targets));
  scope.rules.put(name, std::move(document));
  return failures(std::move(failed));
}

}  // namespace tandem::events::api
