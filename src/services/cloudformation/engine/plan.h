// What an update would change. Pure: change sets show it, and UpdateStack refuses to do nothing.
#pragma once

#include <string>
#include <vector>

#include "services/cloudformation/engine/resolution.h"
#include "services/cloudformation/resources/handler.h"

namespace tandem::cloudformation {

struct ChangeDetail {
  std::string attribute;  ///< "Properties", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"
  std::string name;       ///< the property
  enum class Recreation { kNever, kConditionally, kAlways } recreation = Recreation::kNever;
  bool dynamic = false;  ///< the value is known only after deployment
  std::string source;    ///< "DirectModification", "ParameterReference" …
  std::string cause;     ///< the parameter, resource or attribute
};

struct PlannedChange {
  enum class Action { kAdd, kModify, kRemove, kImport } action = Action::kAdd;
  enum class Replacement { kNo, kYes, kMaybe } replacement = Replacement::kNo;
  std::string logical_id;
  std::string physical_id;
  std::string type;
  std::vector<ChangeDetail> details;
};

struct Plan {
  std::vector<PlannedChange> changes;
  bool outputs_change = false;
  bool tags_change = false;
  bool empty() const { return changes.empty() && !outputs_change && !tags_change; }
};

/// stack: as deployed. old_template: its template; null when the stack is new.
Plan plan_changes(const StackRecord& stack, const Template* old_template,
                  const Definition& definition, const Resolution& resolution,
                  const ResourceTypes& types, const FindExport& find_export);

/// The declared resources in an order in which each comes after what it needs.
std::vector<std::string> creation_order(const Dependencies& dependencies);

/// The stack's tags beside the resource's own, when its type has Tags.
void add_stack_tags(const Shape& shape, const json::array& stack_tags, json::object& properties);

}  // namespace tandem::cloudformation
