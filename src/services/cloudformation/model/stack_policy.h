// Stack policies: which updates of which resources a stack takes (User Guide, "Prevent updates to
// stack resources"). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace tandem::cloudformation {

enum class UpdateAction { kModify, kReplace, kDelete };
/// "Update:Modify".
std::string_view name_of(UpdateAction action);

struct PolicyStatement {
  bool allows = false;
  std::vector<std::string> actions;    ///< patterns
  std::vector<std::string> resources;  ///< patterns: "LogicalResourceId/Web*", "*"
  bool all_but_actions = false;        ///< NotAction
  bool all_but_resources = false;      ///< NotResource
  struct Types {
    std::vector<std::string> types;
    bool patterns = false;  ///< StringLike
  };
  std::vector<Types> conditions;  ///< on ResourceType: each of them must hold
};

class StackPolicy {
 public:
  /// Throws ValidationError as SetStackPolicy does.
  static StackPolicy parse(std::string_view text);

  /// The logical ids that it names without a wildcard.
  std::vector<std::string> named_resources() const;
  /// Why the action is not to be had; empty: it is allowed. What no statement allows is denied.
  std::string denial(std::string_view logical_id, std::string_view type, UpdateAction action) const;

 private:
  std::vector<PolicyStatement> statements_;
};

}  // namespace tandem::cloudformation
