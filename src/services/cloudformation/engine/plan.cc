#include "services/cloudformation/engine/plan.h"

#include <algorithm>

#include "aws/error.h"

namespace tandem::cloudformation {
namespace {

// Why a property's value differs: its text in the template, or what it refers to.
ChangeDetail explain(const std::string& property, const json::value* before,
                     const json::value* after, const StackRecord& stack,
                     const Definition& definition, const std::set<std::string>& unknown,
                     const std::set<std::string>& changing) {
  ChangeDetail detail;
  detail.attribute = "Properties";
  detail.name = property;
  detail.source = "DirectModification";
  if (before == nullptr || after == nullptr || *before != *after) return detail;
  visit_references(*after, nullptr, [&](const Reference& one) {
    if (unknown.contains(one.name) || (changing.contains(one.name) && !one.attribute.empty())) {
      const bool attribute = !one.attribute.empty();
      detail.source = attribute ? "ResourceAttribute" : "ResourceReference";
      detail.cause = attribute ? one.name + '.' + one.attribute : one.name;
      return;
    }
    const auto is = definition.parameters.find(one.name);
    const auto was = stack.definition.parameters.find(one.name);
    const bool known =
        is != definition.parameters.end() && was != stack.definition.parameters.end();
    if (known && is->second != was->second && detail.cause.empty()) {
      detail.source = "ParameterReference";
      detail.cause = one.name;
    }
  });
  return detail;
}

// RetainExceptOnCreate is told as what it comes to for what is there already.
std::string_view kept_or_deleted(DeletionPolicy policy) {
  return policy == DeletionPolicy::kDelete ? "Delete" : "Retain";
}

class Planner {
 public:
  Planner(const StackRecord& stack, const Template* old_template, const Definition& definition,
          const Resolution& resolution, const ResourceTypes& types, const FindExport& find_export)
      : stack_(stack),
        old_template_(old_template),
        definition_(definition),
        resolution_(resolution),
        types_(types),
        resolver_(stack, find_export, &unknown_, &changing_) {}

  Plan run() {
    std::map<std::string, PlannedChange> found;
    for (const std::string& id : creation_order(resolution_.dependencies())) consider(id, found);
    Plan plan;
    // Shown in the template's order, removals last.
    for (const ResourceDeclaration& resource : resolution_.source().resources) {
      const auto change = found.find(resource.logical_id);
      if (change != found.end()) plan.changes.push_back(std::move(change->second));
    }
    for (const auto& [id, resource] : stack_.resources) {
      if (resolution_.includes(id) || !resource.is_deployed()) continue;
      PlannedChange change;
      change.action = PlannedChange::Action::kRemove;
      change.logical_id = id;
      change.physical_id = resource.physical_id;
      change.type = resource.type;
      change.policy_action = kept_or_deleted(resource.deletion_policy);
      plan.changes.push_back(std::move(change));
    }
    plan.tags_change = definition_.tags != stack_.definition.tags;
    plan.outputs_change = outputs_change();
    return plan;
  }

 private:
  void consider(const std::string& id, std::map<std::string, PlannedChange>& found) {
    const ResourceDeclaration& declared = *resolution_.source().find_resource(id);
    PlannedChange change;
    change.logical_id = id;
    change.type = declared.type;
    const auto record = stack_.resources.find(id);
    if (record == stack_.resources.end() || !record->second.is_deployed()) {
      // Whatever refers to it is open until it has been made.
      unknown_.insert(id);
      found.emplace(id, std::move(change));
      return;
    }
    change.action = PlannedChange::Action::kModify;
    change.physical_id = record->second.physical_id;
    compare_properties(declared, record->second, change);
    compare_rest(declared, record->second, change);
    if (change.replacement != PlannedChange::Replacement::kNo) {
      change.policy_action = "ReplaceAnd";
      change.policy_action += kept_or_deleted(record->second.update_replace_policy);
    }
    // What a changed resource tells of itself may be something else afterwards.
    if (!change.details.empty()) changing_.insert(id);
    if (change.replacement != PlannedChange::Replacement::kNo) unknown_.insert(id);
    // What failed is tried again, also when nothing else has changed.
    const bool again = record->second.status == ResourceStatus::kUpdateFailed;
    if (!change.details.empty() || again) found.emplace(id, std::move(change));
  }

  void compare_properties(const ResourceDeclaration& declared, const ResourceRecord& record,
                          PlannedChange& change) {
    const Shape& shape = types_.find(declared.type)->shape;
    Evaluator evaluator(resolution_.scope(), resolver_);
    json::object evaluated = evaluator.evaluate_object(declared.properties);
    add_stack_tags(shape, definition_.tags, evaluated);
    const Conformed after = conform(shape, evaluated);
    const ResourceDeclaration* old_declared =
        old_template_ == nullptr ? nullptr : old_template_->find_resource(declared.logical_id);
    std::vector<PropertyChange> changes = compare(shape, record.properties, after.properties);
    if (record.attempted) {
      // After a failed update the resource may be as that one wanted it.
      for (PropertyChange& one : compare(shape, *record.attempted, after.properties)) {
        const bool known = std::any_of(changes.begin(), changes.end(),
                                       [&](const auto& other) { return other.name == one.name; });
        if (!known) changes.push_back({std::move(one.name), false, false});
      }
    }
    if (!after.error.empty()) add_unserved(declared, old_declared, changes);
    for (const PropertyChange& one : changes) {
      const json::value* old_text =
          old_declared == nullptr ? nullptr : old_declared->properties.if_contains(one.name);
      ChangeDetail detail = explain(one.name, old_text, declared.properties.if_contains(one.name),
                                    stack_, definition_, unknown_, changing_);
      const json::value* value = after.properties.if_contains(one.name);
      detail.dynamic = value != nullptr && is_unknown(*value);
      detail.recreation = one.conditional ? ChangeDetail::Recreation::kConditionally
                          : one.replaces  ? ChangeDetail::Recreation::kAlways
                                          : ChangeDetail::Recreation::kNever;
      if (one.replaces && !detail.dynamic) {
        change.replacement = PlannedChange::Replacement::kYes;
      } else if ((one.replaces || one.conditional) &&
                 change.replacement == PlannedChange::Replacement::kNo) {
        change.replacement = PlannedChange::Replacement::kMaybe;
      }
      change.details.push_back(std::move(detail));
    }
  }

  /// What a template says newly and the type has not (or not so) is in no record: it is a change
  /// all the same, which fails when it is carried out.
  static void add_unserved(const ResourceDeclaration& declared,
                           const ResourceDeclaration* old_declared,
                           std::vector<PropertyChange>& changes) {
    if (old_declared == nullptr) return;
    for (const auto& [key, value] : declared.properties) {
      const json::value* old = old_declared->properties.if_contains(key);
      if (old != nullptr && *old == value) continue;
      const std::string name(key);
      const bool known = std::any_of(changes.begin(), changes.end(),
                                     [&](const auto& other) { return other.name == name; });
      if (!known) changes.push_back({name, false, false});
    }
  }

  void compare_rest(const ResourceDeclaration& declared, const ResourceRecord& record,
                    PlannedChange& change) {
    const auto differs = [&](std::string attribute) {
      ChangeDetail detail;
      detail.attribute = std::move(attribute);
      detail.source = "DirectModification";
      change.details.push_back(std::move(detail));
    };
    Evaluator evaluator(resolution_.scope(), resolver_);
    if (evaluator.evaluate_object(declared.metadata) != record.metadata) differs("Metadata");
    if (declared.deletion_policy != record.deletion_policy) differs("DeletionPolicy");
    if (declared.update_replace_policy != record.update_replace_policy) {
      differs("UpdateReplacePolicy");
    }
  }

  bool outputs_change() {
    const std::vector<OutputRecord> after = evaluate_outputs(resolution_, resolver_);
    return after != stack_.outputs;
  }

  const StackRecord& stack_;
  const Template* old_template_;
  const Definition& definition_;
  const Resolution& resolution_;
  const ResourceTypes& types_;
  std::set<std::string> unknown_;   ///< made anew, or perhaps
  std::set<std::string> changing_;  ///< changed in place
  RecordResolver resolver_;
};

}  // namespace

Plan plan_changes(const StackRecord& stack, const Template* old_template,
                  const Definition& definition, const Resolution& resolution,
                  const ResourceTypes& types, const FindExport& find_export) {
  return Planner(stack, old_template, definition, resolution, types, find_export).run();
}

Step settle(const PlannedChange& change, const Shape& shape, const json::object& before,
            const json::object& after) {
  if (!change.is_open()) {
    if (change.replacement == PlannedChange::Replacement::kYes) return Step::kReplace;
    return change.touches_properties() ? Step::kUpdate : Step::kRest;
  }
  const std::vector<PropertyChange> changes = compare(shape, before, after);
  const bool replaces = std::any_of(changes.begin(), changes.end(),
                                    [](const PropertyChange& one) { return one.replaces; });
  if (replaces) return Step::kReplace;
  return changes.empty() ? Step::kRest : Step::kUpdate;
}

std::vector<std::string> creation_order(const Dependencies& dependencies) {
  std::vector<std::string> order;
  std::set<std::string> done;
  // No cycles: each round takes at least one.
  while (order.size() < dependencies.size()) {
    for (const auto& [id, needed] : dependencies) {
      const bool ready = !done.contains(id) &&
                         std::all_of(needed.begin(), needed.end(),
                                     [&](const std::string& one) { return done.contains(one); });
      if (!ready) continue;
      order.push_back(id);
      done.insert(id);
    }
  }
  return order;
}

void add_stack_tags(const Shape& shape, const json::array& stack_tags, json::object& properties) {
  const Member* member = shape.find("Tags");
  if (stack_tags.empty() || member == nullptr || member->refused ||
      member->shape.kind != Shape::Kind::kList) {
    return;
  }
  json::value& tags = properties["Tags"];
  if (tags.is_null()) tags = json::array();
  auto* list = tags.if_array();
  if (list == nullptr) return;  // conform() says what is wrong with it
  for (const json::value& tag : stack_tags) {
    const std::string key = json::string_or(tag.as_object(), "Key");
    const bool own = std::any_of(list->begin(), list->end(), [&](const json::value& one) {
      return one.is_object() && json::string_or(one.get_object(), "Key") == key;
    });
    if (!own) list->push_back(tag);
  }
}

}  // namespace tandem::cloudformation
