// What an operation does to a stack's resources, one value: computed once (plan.h), shown by a
// change set, stored with it, and carried out.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

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
  std::string physical_id;  ///< of an import: the primary identifier
  std::string type;
  std::vector<ChangeDetail> details;
  /// What becomes of what the change takes away, as DescribeChangeSet says it: "Delete", "Retain",
  /// "ReplaceAndDelete" …; empty: nothing is taken away.
  std::string policy_action;

  /// What is decided only when the values are known.
  bool is_open() const;
  /// Whether it is the resource itself that changes, not only what the stack knows of it.
  bool touches_properties() const;
};

struct Plan {
  std::vector<PlannedChange> changes;
  bool outputs_change = false;
  bool tags_change = false;

  bool empty() const { return changes.empty() && !outputs_change && !tags_change; }
  /// Null: nothing of the resource changes.
  const PlannedChange* find(std::string_view logical_id) const;
  /// Logical id → primary identifier.
  std::map<std::string, std::string, std::less<>> imports() const;
};

json::object to_json(const Plan& plan);
Plan plan_from(const json::object& document);

}  // namespace tandem::cloudformation
