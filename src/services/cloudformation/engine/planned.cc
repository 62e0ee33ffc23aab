#include "services/cloudformation/engine/planned.h"

#include <algorithm>

namespace tandem::cloudformation {
namespace {

json::object to_json(const ChangeDetail& detail) {
  return {{"attribute", detail.attribute},
          {"name", detail.name},
          {"recreation", static_cast<int>(detail.recreation)},
          {"dynamic", detail.dynamic},
          {"source", detail.source},
          {"cause", detail.cause}};
}

ChangeDetail detail_from(const json::object& document) {
  ChangeDetail detail;
  detail.attribute = json::string_or(document, "attribute");
  detail.name = json::string_or(document, "name");
  detail.recreation =
      static_cast<ChangeDetail::Recreation>(json::int_or(document, "recreation", 0));
  detail.dynamic = json::bool_or(document, "dynamic", false);
  detail.source = json::string_or(document, "source");
  detail.cause = json::string_or(document, "cause");
  return detail;
}

json::object to_json(const PlannedChange& change) {
  json::array details;
  for (const ChangeDetail& detail : change.details) details.push_back(to_json(detail));
  return {{"action", static_cast<int>(change.action)},
          {"replacement", static_cast<int>(change.replacement)},
          {"logical_id", change.logical_id},
          {"physical_id", change.physical_id},
          {"type", change.type},
          {"policy_action", change.policy_action},
          {"details", std::move(details)}};
}

PlannedChange change_from(const json::object& document) {
  PlannedChange change;
  change.action = static_cast<PlannedChange::Action>(json::int_or(document, "action", 0));
  change.replacement =
      static_cast<PlannedChange::Replacement>(json::int_or(document, "replacement", 0));
  change.logical_id = json::string_or(document, "logical_id");
  change.physical_id = json::string_or(document, "physical_id");
  change.type = json::string_or(document, "type");
  change.policy_action = json::string_or(document, "policy_action");
  if (const auto* details = json::find_array(document, "details")) {
    for (const auto& detail : *details) change.details.push_back(detail_from(detail.as_object()));
  }
  return change;
}

}  // namespace

bool PlannedChange::is_open() const {
  return std::any_of(details.begin(), details.end(),
                     [](const ChangeDetail& detail) { return detail.dynamic; });
}

// One without any detail is one that failed before: it is tried again.
bool PlannedChange::touches_properties() const {
  return details.empty() ||
         std::any_of(details.begin(), details.end(),
                     [](const ChangeDetail& detail) { return detail.attribute == "Properties"; });
}

const PlannedChange* Plan::find(std::string_view logical_id) const {
  const auto found = std::find_if(changes.begin(), changes.end(), [&](const PlannedChange& one) {
    return one.logical_id == logical_id;
  });
  return found == changes.end() ? nullptr : &*found;
}

std::map<std::string, std::string, std::less<>> Plan::imports() const {
  std::map<std::string, std::string, std::less<>> found;
  for (const PlannedChange& change : changes) {
    if (change.action != PlannedChange::Action::kImport) continue;
    found.emplace(change.logical_id, change.physical_id);
  }
  return found;
}

json::object to_json(const Plan& plan) {
  json::array changes;
  for (const PlannedChange& change : plan.changes) changes.push_back(to_json(change));
  return {{"changes", std::move(changes)},
          {"outputs_change", plan.outputs_change},
          {"tags_change", plan.tags_change}};
}

Plan plan_from(const json::object& document) {
  Plan plan;
  if (const auto* changes = json::find_array(document, "changes")) {
    for (const auto& change : *changes) plan.changes.push_back(change_from(change.as_object()));
  }
  plan.outputs_change = json::bool_or(document, "outputs_change", false);
  plan.tags_change = json::bool_or(document, "tags_change", false);
  return plan;
}

}  // namespace tandem::cloudformation
