// A template, parsed: its sections as the engine reads them. Pure; throws ValidationError.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace tandem::cloudformation {

struct ParameterDeclaration {
  std::string name;
  std::string type = "String";
  std::optional<std::string> default_value;
  std::vector<std::string> allowed_values;
  std::string allowed_pattern;
  std::string constraint_description;
  std::string description;
  std::optional<std::int64_t> min_length;
  std::optional<std::int64_t> max_length;
  std::optional<double> min_value;
  std::optional<double> max_value;
  bool no_echo = false;
};

enum class DeletionPolicy { kDelete, kRetain, kRetainExceptOnCreate };
std::string_view name_of(DeletionPolicy policy);
DeletionPolicy deletion_policy_named(std::string_view name);
/// key: "DeletionPolicy" or "UpdateReplacePolicy", which know different ones. Throws.
DeletionPolicy read_policy(const json::value& value, std::string_view key);

struct ResourceDeclaration {
  std::string logical_id;
  std::string type;
  std::size_t line = 0;     ///< of its type in the template's text; 0: not known
  json::object properties;  ///< with intrinsic functions
  json::object metadata;    ///< with intrinsic functions
  std::vector<std::string> depends_on;
  std::string condition;             ///< empty: none
  bool has_deletion_policy = false;  ///< an import asks for one
  DeletionPolicy deletion_policy = DeletionPolicy::kDelete;
  DeletionPolicy update_replace_policy = DeletionPolicy::kDelete;
  /// Functions that say what the policies are (kDelete until then); null without.
  json::value deletion_policy_function;
  json::value update_replace_policy_function;
};

struct OutputDeclaration {
  std::string name;
  json::value value;
  std::string description;
  std::optional<json::value> export_name;
  std::string condition;
};

struct Template {
  std::string version;
  std::string description;
  json::object metadata;
  std::vector<ParameterDeclaration> parameters;
  json::object mappings;
  json::object conditions;
  std::vector<ResourceDeclaration> resources;
  std::vector<OutputDeclaration> outputs;

  const ParameterDeclaration* find_parameter(std::string_view name) const;
  const ResourceDeclaration* find_resource(std::string_view logical_id) const;
};

/// Checks the shape of every section, not what refers to what (references.h does).
Template parse_template(std::string_view text);

/// "Ref" for {"Ref": …}, "Fn::Join" for {"Fn::Join": …}; empty when value is not a function call.
/// "Condition" counts only where a condition is expected and is not reported here.
std::string_view function_name(const json::value& value);

}  // namespace tandem::cloudformation
