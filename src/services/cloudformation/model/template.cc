#include "services/cloudformation/model/template.h"

#include <algorithm>
#include <fmt/format.h>

#include "services/cloudformation/errors.h"
#include "services/cloudformation/model/template_sections.h"
#include "services/cloudformation/model/template_text.h"

namespace tandem::cloudformation {
namespace {

constexpr std::string_view kSections[] = {"AWSTemplateFormatVersion",
                                          "Description",
                                          "Metadata",
                                          "Parameters",
                                          "Mappings",
                                          "Conditions",
                                          "Resources",
                                          "Outputs"};
// Sections AWS knows and this engine does not carry out.
constexpr std::string_view kRefusedSections[] = {"Transform", "Rules", "Hooks"};

template <std::size_t N>
bool contains(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

void check_sections(const json::object& document) {
  std::vector<std::string> unknown;
  for (const auto& member : document) {
    const std::string_view name = member.key();
    if (contains(kRefusedSections, name)) {
      throw format_error(
          fmt::format("section {} is not supported.{}", name,
                      name == "Transform"
                          ? " Macros are not run here: write the resources that they stand for "
                            "(AWS::Lambda::Function, AWS::IAM::Role and AWS::ApiGateway::RestApi "
                            "instead of AWS::Serverless::Function)."
                          : ""));
    }
    if (!contains(kSections, name)) unknown.emplace_back(name);
  }
  if (!unknown.empty()) {
    throw validation_error("Invalid template property or properties " + bracketed(unknown));
  }
}

std::string read_version(const json::object& document) {
  const json::value* version = json::find(document, "AWSTemplateFormatVersion");
  if (version == nullptr) return "";
  if (!version->is_string() || json::view(version->get_string()) != "2010-09-09") {
    throw format_error(
        fmt::format("Unsupported template version: {}",
                    version->is_string() ? json::to_std(*version) : json::to_text(*version)));
  }
  return "2010-09-09";
}

std::string read_description(const json::object& document) {
  const json::value* description = json::find(document, "Description");
  if (description == nullptr) return "";
  if (!description->is_string()) {
    throw format_error("Template description must be a string.");
  }
  std::string text = json::to_std(*description);
  if (text.size() > 1024) {
    throw format_error("Template description may not exceed 1024 bytes.");
  }
  return text;
}

// Resources are declared in the order of the text, so one pass over it finds where. What is written
// with escapes, or made by an anchor, is not found and has no line.
void find_lines(std::string_view text, std::vector<ResourceDeclaration>& resources) {
  std::size_t at = 0;
  std::size_t line = 1;
  for (ResourceDeclaration& resource : resources) {
    const std::size_t id = text.find(resource.logical_id, at);
    const std::size_t type = id == std::string_view::npos
                                 ? id
                                 : text.find(resource.type, id + resource.logical_id.size());
    if (type == std::string_view::npos) continue;
    line += static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(at),
                                                text.begin() + static_cast<std::ptrdiff_t>(type),
                                                '\n'));
    resource.line = line;
    at = type;
  }
}

}  // namespace

std::string_view name_of(DeletionPolicy policy) {
  switch (policy) {
    case DeletionPolicy::kRetain:
      return "Retain";
    case DeletionPolicy::kRetainExceptOnCreate:
      return "RetainExceptOnCreate";
    case DeletionPolicy::kDelete:
      break;
  }
  return "Delete";
}

DeletionPolicy deletion_policy_named(std::string_view name) {
  if (name == "Retain") return DeletionPolicy::kRetain;
  if (name == "RetainExceptOnCreate") return DeletionPolicy::kRetainExceptOnCreate;
  return DeletionPolicy::kDelete;
}

DeletionPolicy read_policy(const json::value& value, std::string_view key) {
  const std::string name = value.is_string() ? json::to_std(value) : "";
  if (name == "Delete" || name == "Retain") return deletion_policy_named(name);
  if (name == "RetainExceptOnCreate" && key == "DeletionPolicy") return deletion_policy_named(name);
  if (name == "Snapshot") {
    throw format_error(fmt::format("{} Snapshot is not supported.", key));
  }
  throw format_error(fmt::format("Unrecognized {} {} for resource", key,
                                 name.empty() ? json::to_text(value) : name));
}

const ParameterDeclaration* Template::find_parameter(std::string_view name) const {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [&](const auto& parameter) { return parameter.name == name; });
  return found == parameters.end() ? nullptr : &*found;
}

const ResourceDeclaration* Template::find_resource(std::string_view logical_id) const {
  const auto found = std::find_if(resources.begin(), resources.end(), [&](const auto& resource) {
    return resource.logical_id == logical_id;
  });
  return found == resources.end() ? nullptr : &*found;
}

Template parse_template(std::string_view text) {
  const json::object document = parse_template_text(text);
  check_sections(document);
  Template result;
  result.version = read_version(document);
  result.description = read_description(document);
  result.metadata = read_section(document, "Metadata");
  result.parameters = read_parameters(read_section(document, "Parameters"));
  result.mappings = read_mappings(read_section(document, "Mappings"));
  result.conditions = read_conditions(read_section(document, "Conditions"));
  result.resources = read_resources(read_section(document, "Resources"));
  find_lines(text, result.resources);
  result.outputs = read_outputs(read_section(document, "Outputs"));
  return result;
}

std::string_view function_name(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr || object->size() != 1) return {};
  const std::string_view name = object->begin()->key();
  return name == "Ref" || name.starts_with("Fn::") ? name : std::string_view();
}

}  // namespace tandem::cloudformation
