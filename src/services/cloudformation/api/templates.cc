// GetTemplate, GetTemplateSummary, ValidateTemplate.
#include <algorithm>
#include <fmt/format.h>

#include "core/text.h"
#include "services/cloudformation/api/operations.h"
#include "services/cloudformation/api/request.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

json::object declaration(const ParameterDeclaration& declared) {
  json::object shown{{"ParameterKey", declared.name}, {"NoEcho", declared.no_echo}};
  if (declared.default_value) shown["DefaultValue"] = *declared.default_value;
  if (!declared.description.empty()) shown["Description"] = declared.description;
  return shown;
}

void put_capabilities(json::object& output, const Template& source) {
  const std::string capability = required_capability(source);
  if (capability.empty()) return;
  std::vector<std::string> types;
  for (const ResourceDeclaration& resource : source.resources) {
    if (resource.type.starts_with("AWS::IAM::") &&
        std::find(types.begin(), types.end(), resource.type) == types.end()) {
      types.push_back(resource.type);
    }
  }
  output["Capabilities"] = json::array{json::string(capability)};
  output["CapabilitiesReason"] =
      fmt::format("The following resource(s) require capabilities: {}", bracketed(types));
}

json::array resource_types_of(const Template& source) {
  std::vector<std::string> types;
  for (const ResourceDeclaration& resource : source.resources) {
    if (std::find(types.begin(), types.end(), resource.type) == types.end()) {
      types.push_back(resource.type);
    }
  }
  json::array shown;
  for (const std::string& type : types) shown.push_back(json::string(type));
  return shown;
}

}  // namespace

json::array Operations::identifiers_of(const Template& source) const {
  json::array summaries;
  for (const json::value& type_name : resource_types_of(source)) {
    const ResourceType* type = engine_.types().find(json::to_std(type_name));
    if (type == nullptr || type->primary_identifier.empty()) continue;
    json::array ids;
    for (const ResourceDeclaration& resource : source.resources) {
      if (resource.type == type->name) ids.push_back(json::string(resource.logical_id));
    }
    summaries.push_back(
        json::object{{"ResourceType", type_name},
                     {"LogicalResourceIds", std::move(ids)},
                     {"ResourceIdentifiers", json::array{json::string(type->primary_identifier)}}});
  }
  return summaries;
}

json::object Operations::get_template(const json::object& input) {
  std::string body;
  if (input.contains("ChangeSetName")) {
    const FoundChangeSet found = find_change_set(input);
    body = definition_from(*json::find_object(found.document, "definition")).template_body;
  } else {
    if (!input.contains("StackName")) {
      throw validation_error("StackName is required if ChangeSetName is not specified.");
    }
    const std::string name = json::string_or(input, "StackName");
    check_stack_name(name);
    const StackPtr stack = engine_.stacks().find(name);
    if (!stack) throw stack_not_described(name);
    body = stack->definition.template_body;
  }
  return {{"TemplateBody", body}, {"StagesAvailable", json::array{"Original", "Processed"}}};
}

Task<service::Reply> Operations::get_template_summary(Context& context, json::object input) {
  std::string text;
  if (const auto name = json::find_string(input, "StackName")) {
    const StackPtr stack = engine_.stacks().find(*name);
    if (!stack) throw stack_not_described(*name);
    text = stack->definition.template_body;
  } else {
    text = co_await template_text(input, nullptr, context.caller.arn);
  }
  const Template source = parse_template(text);
  json::object output;
  json::array parameters;
  for (const ParameterDeclaration& declared : source.parameters) {
    json::object shown = declaration(declared);
    shown["ParameterType"] = declared.type;
    json::object constraints;
    if (!declared.allowed_values.empty()) {
      json::array allowed;
      for (const std::string& value : declared.allowed_values) {
        allowed.push_back(json::string(value));
      }
      constraints["AllowedValues"] = std::move(allowed);
    }
    shown["ParameterConstraints"] = std::move(constraints);
    parameters.push_back(std::move(shown));
  }
  output["Parameters"] = std::move(parameters);
  if (!source.description.empty()) output["Description"] = source.description;
  if (!source.version.empty()) output["Version"] = source.version;
  if (!source.metadata.empty()) output["Metadata"] = json::to_text(source.metadata);
  output["ResourceTypes"] = resource_types_of(source);
  json::array identifiers = identifiers_of(source);
  if (!identifiers.empty()) output["ResourceIdentifierSummaries"] = std::move(identifiers);
  put_capabilities(output, source);
  co_return output;
}

Task<service::Reply> Operations::validate_template(Context& context, json::object input) {
  const std::string text = co_await template_text(input, nullptr, context.caller.arn);
  const Template source = parse_template(text);
  check_references(source, engine_.types());
  check_supported(source, engine_.types());
  // What conditions leave out is known with the parameters' values only.
  if (source.conditions.empty()) dependencies_of(source, {});
  json::object output;
  json::array parameters;
  for (const ParameterDeclaration& declared : source.parameters) {
    parameters.push_back(declaration(declared));
  }
  output["Parameters"] = std::move(parameters);
  if (!source.description.empty()) output["Description"] = source.description;
  put_capabilities(output, source);
  co_return output;
}

}  // namespace tandem::cloudformation
