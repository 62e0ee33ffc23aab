#include "services/cloudformation/model/template_sections.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/text.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

constexpr std::size_t kMostParameters = 200;
constexpr std::size_t kMostMappings = 200;
constexpr std::size_t kMostResources = 500;
constexpr std::size_t kMostOutputs = 200;
constexpr std::size_t kLongestName = 255;

bool is_alphanumeric(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

void check_name(std::string_view kind, std::string_view name) {
  if (!is_alphanumeric(name)) {
    throw format_error(fmt::format("{} name {} is non alphanumeric.", kind, name));
  }
  if (name.size() > kLongestName) {
    throw format_error(
        fmt::format("{} name {} is longer than {} characters.", kind, name, kLongestName));
  }
}

const json::object& member_object(const json::object::value_type& member, std::string_view kind) {
  const auto* object = member.value().if_object();
  if (object == nullptr) {
    throw format_error(fmt::format("Every {} member must be a JSON object.", kind));
  }
  return *object;
}

// A scalar as the string CloudFormation turns it into; nothing for lists and objects.
std::optional<std::string> scalar_text(const json::value* value) {
  if (value == nullptr || value->is_object() || value->is_array()) return std::nullopt;
  return value->is_string() ? json::to_std(*value) : json::to_text(*value);
}

std::optional<double> number_in(const json::object& in, std::string_view key) {
  const auto text = scalar_text(json::find(in, key));
  if (!text) return std::nullopt;
  try {
    std::size_t used = 0;
    const double number = std::stod(*text, &used);
    if (used == text->size()) return number;
  } catch (const std::exception&) {
    // Falls through to the refusal below.
  }
  throw format_error(fmt::format("Parameter property '{}' must be a number.", key));
}

std::optional<std::int64_t> length_in(const json::object& in, std::string_view key) {
  const auto number = number_in(in, key);
  if (!number) return std::nullopt;
  if (*number < 0 || *number > 1e9) {
    throw format_error(fmt::format("Parameter property '{}' is out of range.", key));
  }
  return static_cast<std::int64_t>(*number);
}

std::string text_in(const json::object& in, std::string_view key) {
  const json::value* value = json::find(in, key);
  if (value == nullptr) return "";
  if (!value->is_string())
    throw format_error(fmt::format("Every {} member must be a string.", key));
  return json::to_std(*value);
}

void check_members(const json::object& in, std::initializer_list<std::string_view> known,
                   std::string_view what) {
  for (const auto& member : in) {
    const std::string_view key = member.key();
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw validation_error(fmt::format("Invalid template {} property '{}'", what, key));
    }
  }
}

void check_type(const ParameterDeclaration& parameter) {
  const std::string_view type = parameter.type;
  if (type == "String" || type == "Number" || type == "CommaDelimitedList" ||
      type == "List<Number>" || type == "List<String>") {
    return;
  }
  // Values of these types are names in AWS; they are taken as strings. What must be looked up (SSM
  // parameters) is refused.
  const bool list = type.starts_with("List<AWS::") && type.ends_with(">");
  const bool named = type.starts_with("AWS::") || list;
  if (named && type.find("AWS::SSM::") == std::string_view::npos) return;
  throw format_error(fmt::format("Unrecognized parameter type: {}", type));
}

ParameterDeclaration read_parameter(std::string_view name, const json::object& in) {
  check_members(in,
                {"Type", "Default", "AllowedValues", "AllowedPattern", "ConstraintDescription",
                 "Description", "MinLength", "MaxLength", "MinValue", "MaxValue", "NoEcho"},
                "parameter");
  ParameterDeclaration parameter;
  parameter.name = name;
  const auto type = json::find_string(in, "Type");
  if (!type) throw format_error("Every Parameters object must contain a Type member.");
  parameter.type = *type;
  check_type(parameter);
  if (const json::value* value = json::find(in, "Default")) {
    parameter.default_value = scalar_text(value);
    if (!parameter.default_value) throw format_error("Every Default member must be a string.");
  }
  if (const json::value* allowed = json::find(in, "AllowedValues")) {
    if (!allowed->is_array()) throw format_error("Every AllowedValues member must be a list.");
    for (const auto& value : allowed->get_array()) {
      const auto text = scalar_text(&value);
      if (!text) throw format_error("Every AllowedValues value must be a string.");
      parameter.allowed_values.push_back(*text);
    }
  }
  parameter.allowed_pattern = text_in(in, "AllowedPattern");
  parameter.constraint_description = text_in(in, "ConstraintDescription");
  parameter.description = text_in(in, "Description");
  parameter.min_length = length_in(in, "MinLength");
  parameter.max_length = length_in(in, "MaxLength");
  parameter.min_value = number_in(in, "MinValue");
  parameter.max_value = number_in(in, "MaxValue");
  const auto no_echo = scalar_text(json::find(in, "NoEcho"));
  parameter.no_echo = no_echo && core::equals_ignoring_case(*no_echo, "true");
  return parameter;
}

std::vector<std::string> read_depends_on(const json::object& in) {
  std::vector<std::string> names;
  const json::value* value = json::find(in, "DependsOn");
  if (value == nullptr) return names;
  if (value->is_string()) return {json::to_std(*value)};
  const auto* list = value->if_array();
  if (list == nullptr) {
    throw format_error("DependsOn must be a string or list of strings.");
  }
  for (const auto& name : *list) {
    if (!name.is_string()) throw format_error("DependsOn must be a string or list of strings.");
    if (std::find(names.begin(), names.end(), json::to_std(name)) == names.end()) {
      names.push_back(json::to_std(name));
    }
  }
  return names;
}

json::object object_member(const json::object& in, std::string_view key, std::string_view id) {
  const json::value* value = json::find(in, key);
  if (value == nullptr) return {};
  if (!value->is_object()) {
    throw format_error(
        fmt::format("[/Resources/{}/{}] Every {} member must be an object.", id, key, key));
  }
  return value->get_object();
}

/// "Version" stands beside Type in AWS's own examples of custom resources, and says nothing
/// (CloudFormation User Guide, "AWS::CloudFormation::CustomResource", "Create a custom resource").
void check_attributes(std::string_view id, const json::object& in) {
  for (const char* absent : {"CreationPolicy", "UpdatePolicy"}) {
    if (!in.contains(absent)) continue;
    throw format_error(
        fmt::format("Attributes of resources that Tandem does not have: [{}] of {}", absent, id));
  }
  const std::string type = json::string_or(in, "Type");
  const bool custom = type.starts_with("Custom::") || type == "AWS::CloudFormation::CustomResource";
  check_members(in,
                {"Type", "Properties", "Metadata", "DependsOn", "Condition", "DeletionPolicy",
                 "UpdateReplacePolicy", "Description", custom ? "Version" : "Type"},
                "resource");
}

ResourceDeclaration read_resource(std::string_view id, const json::object& in) {
  check_attributes(id, in);
  ResourceDeclaration resource;
  resource.logical_id = id;
  const auto type = json::find_string(in, "Type");
  if (!type) {
    throw format_error(
        fmt::format("[/Resources/{}] Every Resources object must contain a Type member.", id));
  }
  resource.type = *type;
  resource.properties = object_member(in, "Properties", id);
  resource.metadata = object_member(in, "Metadata", id);
  resource.depends_on = read_depends_on(in);
  resource.condition = text_in(in, "Condition");
  resource.has_deletion_policy = json::find(in, "DeletionPolicy") != nullptr;
  const auto take_policy = [&](std::string_view key, DeletionPolicy& policy,
                               json::value& function) {
    const json::value* value = json::find(in, key);
    if (value == nullptr) return;
    if (function_name(*value).empty()) {
      policy = read_policy(*value, key);
    } else {
      function = *value;
    }
  };
  take_policy("DeletionPolicy", resource.deletion_policy, resource.deletion_policy_function);
  take_policy("UpdateReplacePolicy", resource.update_replace_policy,
              resource.update_replace_policy_function);
  return resource;
}

OutputDeclaration read_output(std::string_view name, const json::object& in) {
  check_members(in, {"Value", "Description", "Export", "Condition"}, "output");
  OutputDeclaration output;
  output.name = name;
  const json::value* value = json::find(in, "Value");
  if (value == nullptr) throw format_error("Every Outputs member must contain a Value object");
  if (value->is_array() || (value->is_object() && function_name(*value).empty())) {
    throw format_error("Every Value member must be a string.");
  }
  output.value = *value;
  output.description = text_in(in, "Description");
  output.condition = text_in(in, "Condition");
  if (const json::value* exported = json::find(in, "Export")) {
    const json::value* export_name =
        exported->is_object() ? json::find(exported->get_object(), "Name") : nullptr;
    if (export_name == nullptr) {
      throw format_error(
          fmt::format("Output {} is malformed. The Name field of every Export member "
                      "must be specified and consist of a valid value.",
                      name));
    }
    output.export_name = *export_name;
  }
  return output;
}

void check_count(std::size_t count, std::size_t most, std::string_view what) {
  if (count > most) {
    throw format_error(
        fmt::format("Number of {}, {}, is greater than maximum allowed, {}", what, count, most));
  }
}

}  // namespace

json::object read_section(const json::object& document, std::string_view name) {
  const json::value* section = json::find(document, name);
  if (section == nullptr) return {};
  if (!section->is_object()) {
    throw format_error(fmt::format("{} must be an object.", name));
  }
  return section->get_object();
}

std::vector<ParameterDeclaration> read_parameters(const json::object& section) {
  check_count(section.size(), kMostParameters, "parameters");
  std::vector<ParameterDeclaration> parameters;
  for (const auto& member : section) {
    check_name("Parameter", member.key());
    parameters.push_back(read_parameter(member.key(), member_object(member, "Parameters")));
  }
  return parameters;
}

json::object read_mappings(json::object section) {
  check_count(section.size(), kMostMappings, "mappings");
  for (const auto& mapping : section) {
    check_name("Mapping", mapping.key());
    for (const auto& key : member_object(mapping, "Mappings")) {
      const json::object& attributes = member_object(key, "Mappings");
      for (const auto& attribute : attributes) {
        if (attribute.value().is_object()) {
          throw format_error(fmt::format("Every Mappings attribute must be a String or a List."));
        }
      }
    }
  }
  return section;
}

json::object read_conditions(json::object section) {
  for (const auto& condition : section) {
    check_name("Condition", condition.key());
    if (!condition.value().is_object()) {
      throw format_error(
          "Conditions can only be boolean operations on parameters and other "
          "conditions");
    }
  }
  return section;
}

std::vector<ResourceDeclaration> read_resources(const json::object& section) {
  if (section.empty()) throw format_error("At least one Resources member must be defined.");
  check_count(section.size(), kMostResources, "resources");
  std::vector<ResourceDeclaration> resources;
  for (const auto& member : section) {
    check_name("Resource", member.key());
    const auto* object = member.value().if_object();
    if (object == nullptr) {
      throw format_error(
          fmt::format("Resource {} must be an object.", std::string_view(member.key())));
    }
    resources.push_back(read_resource(member.key(), *object));
  }
  return resources;
}

std::vector<OutputDeclaration> read_outputs(const json::object& section) {
  check_count(section.size(), kMostOutputs, "outputs");
  std::vector<OutputDeclaration> outputs;
  for (const auto& member : section) {
    check_name("Output", member.key());
    outputs.push_back(read_output(member.key(), member_object(member, "Outputs")));
  }
  return outputs;
}

}  // namespace tandem::cloudformation
