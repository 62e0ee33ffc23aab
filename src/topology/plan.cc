#include "topology/plan.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tandem::topology {
namespace {

using Action = ResourceChange::Action;
using Kind = Step::Kind;
using Phase = Step::Phase;

std::string_view name_of(Action action) {
  switch (action) {
    case Action::kAdd:
      return "add";
    case Action::kModify:
      return "modify";
    case Action::kReplace:
      return "replace";
    case Action::kMayReplace:
      return "may replace";
    case Action::kRemove:
      return "remove";
  }
  return "";
}

std::string_view sign_of(Action action) {
  switch (action) {
    case Action::kAdd:
      return "  +";
    case Action::kModify:
      return "  ~";
    case Action::kReplace:
    case Action::kMayReplace:
      return "-/+";
    case Action::kRemove:
      return "  -";
  }
  return "";
}

std::string_view remark_of(Action action) {
  switch (action) {
    case Action::kReplace:
      return "  (deleted, and made anew)";
    case Action::kMayReplace:
      return "  (deleted and made anew, if its new form asks for it)";
    case Action::kRemove:
      return "  (DELETED)";
    case Action::kAdd:
    case Action::kModify:
      break;
  }
  return "";
}

std::string line_of(const ResourceChange& change, std::size_t width) {
  std::string line = fmt::format("    {} {:<{}}  {}", sign_of(change.action), change.logical_id,
                                 width, change.type);
  if (!change.physical_id.empty()) line += "  " + change.physical_id;
  if (!change.condition.empty()) line += fmt::format("  (if {})", change.condition);
  return line + std::string(remark_of(change.action)) + "\n";
}

std::string paragraph_of(const Step& step) {
  std::string text =
      fmt::format("  {:<14} {:<16} {}\n", step.spec.region, step.subject(), name_of(step.kind));
  std::size_t width = 0;
  for (const ResourceChange& change : step.changes) {
    width = std::max(width, change.logical_id.size());
  }
  for (const ResourceChange& change : step.changes) text += line_of(change, width);
  if (!step.unknown.empty()) {
    text += fmt::format("        known after apply: {}\n", fmt::join(step.unknown, ", "));
  }
  for (const std::string& reason : step.reasons) text += "        " + reason + "\n";
  return text;
}

/// The data stack has nothing to do at first, and something in the end: it is shown there.
bool comes_again(const Plan& plan, const Step& step) {
  return step.phase == Phase::kData && step.kind == Kind::kNone &&
         plan.find(Phase::kDrop, step.spec.region) != nullptr;
}

struct Counts {
  std::size_t steps = 0;  ///< that do something
  std::size_t unchanged = 0;
  std::map<Action, std::size_t> resources;

  std::size_t of(Action action) const {
    const auto found = resources.find(action);
    return found == resources.end() ? 0 : found->second;
  }
};

Counts count(const Plan& plan) {
  Counts counts;
  for (const Step& step : plan.steps) {
    if (comes_again(plan, step)) continue;
    ++(step.kind == Kind::kNone ? counts.unchanged : counts.steps);
    for (const ResourceChange& change : step.changes) ++counts.resources[change.action];
  }
  return counts;
}

json::object to_json(const ResourceChange& change) {
  json::object shown{{"action", name_of(change.action)},
                     {"logicalId", change.logical_id},
                     {"type", change.type},
                     {"deletes", change.deletes()}};
  if (!change.physical_id.empty()) shown["physicalId"] = change.physical_id;
  if (!change.condition.empty()) shown["condition"] = change.condition;
  return shown;
}

json::object to_json(const Step& step) {
  json::array changes;
  for (const ResourceChange& change : step.changes) changes.push_back(to_json(change));
  json::array unknown;
  for (const std::string& name : step.unknown) unknown.push_back(json::string(name));
  json::array reasons;
  for (const std::string& reason : step.reasons) reasons.push_back(json::string(reason));
  json::object shown{{"region", step.spec.region},
                     {"action", name_of(step.kind)},
                     {"changes", std::move(changes)},
                     {"knownAfterApply", std::move(unknown)},
                     {"reasons", std::move(reasons)}};
  shown[step.spec.name.empty() ? "subject" : "stack"] = step.subject();
  return shown;
}

}  // namespace

std::string Step::subject() const {
  if (phase == Phase::kCode) return "code package";
  if (phase == Phase::kMend) return "mending";
  return spec.name;
}

std::vector<Step> Plan::of(Phase phase) const {
  std::vector<Step> found;
  std::copy_if(steps.begin(), steps.end(), std::back_inserter(found),
               [&](const Step& step) { return step.phase == phase; });
  return found;
}

const Step* Plan::find(Phase phase, std::string_view region) const {
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const Step& step) {
    return step.phase == phase && step.spec.region == region;
  });
  return found == steps.end() ? nullptr : &*found;
}

Step* Plan::find(Phase phase, std::string_view region) {
  return const_cast<Step*>(std::as_const(*this).find(phase, region));
}

bool Plan::changes() const {
  return std::any_of(steps.begin(), steps.end(),
                     [](const Step& step) { return step.kind != Kind::kNone; });
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kNone:
      return "unchanged";
    case Kind::kCreate:
      return "create";
    case Kind::kUpdate:
      return "update";
    case Kind::kRecreate:
      return "delete, and create anew";
    case Kind::kDelete:
      return "DELETE";
    case Kind::kUpload:
      return "upload";
    case Kind::kMend:
      return "mend";
  }
  return "";
}

std::string text_of(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps) {
    if (!comes_again(plan, step)) text += paragraph_of(step);
  }
  for (const std::string& warning : plan.warnings) text += "Warning: " + warning + ".\n";
  const Counts counts = count(plan);
  if (counts.steps == 0) {
    return text + "Nothing to change: everything is as tandem.yaml says.\n";
  }
  return text + fmt::format(
                    "Plan: {} step{}, {} unchanged; resources: {} to add, {} to modify, {} to "
                    "replace, {} to delete.\n",
                    counts.steps, counts.steps == 1 ? "" : "s", counts.unchanged,
                    counts.of(Action::kAdd), counts.of(Action::kModify),
                    counts.of(Action::kReplace) + counts.of(Action::kMayReplace),
                    counts.of(Action::kRemove));
}

json::object to_json(const Plan& plan) {
  json::array steps;
  for (const Step& step : plan.steps) steps.push_back(to_json(step));
  json::array warnings;
  for (const std::string& warning : plan.warnings) warnings.push_back(json::string(warning));
  const Counts counts = count(plan);
  return {{"changes", plan.changes()},
          {"steps", std::move(steps)},
          {"warnings", std::move(warnings)},
          {"summary",
           json::object{{"steps", counts.steps},
                        {"unchanged", counts.unchanged},
                        {"add", counts.of(Action::kAdd)},
                        {"modify", counts.of(Action::kModify)},
                        {"replace", counts.of(Action::kReplace) + counts.of(Action::kMayReplace)},
                        {"delete", counts.of(Action::kRemove)}}}};
}

}  // namespace tandem::topology
