#include "services/cloudformation/engine/resolution.h"

#include <algorithm>
#include <fmt/format.h>

#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

// Functions and parameters may put together what the evaluator looks for in the template's text.
void refuse_dynamic_references(const json::value& value) {
  if (const auto* text = value.if_string()) {
    if (json::view(*text).find("{{resolve:") == std::string_view::npos) return;
    throw template_error("dynamic references ({{resolve:...}}) are not supported");
  }
  if (const auto* list = value.if_array()) {
    for (const auto& item : *list) refuse_dynamic_references(item);
  } else if (const auto* object = value.if_object()) {
    for (const auto& member : *object) refuse_dynamic_references(member.value());
  }
}

bool is_export_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ':' ||
           c == '-';
  });
}

void check_export_names(const std::vector<OutputRecord>& outputs) {
  std::set<std::string> seen;
  std::vector<std::string> repeated;
  for (const OutputRecord& output : outputs) {
    const std::string& name = output.export_name;
    if (name.empty()) continue;
    if (is_unknown(json::string(name))) {
      throw format_error(
          fmt::format("Output {} is malformed.  The Name field of Export must not depend on any "
                      "resources, imported values, or Fn::GetAZs.",
                      output.key));
    }
    if (!is_export_name(name)) {
      throw format_error(
          fmt::format("Output {} is malformed. The Name field of every Export member must be "
                      "specified and consist only of alphanumeric characters, colons, or hyphens.",
                      output.key));
    }
    if (!seen.insert(name).second) repeated.push_back(name);
  }
  if (repeated.empty()) return;
  throw format_error(
      fmt::format("The Outputs section contains duplicate Export names: {}. Specify a unique name "
                  "for each export.",
                  bracketed(repeated)));
}

/// What stands in a template's frame is known before any resource is.
class FrameOnly final : public Resolver {
 public:
  explicit FrameOnly(std::string_view where) : where_(where) {}
  json::value ref(std::string_view logical_id) override { refuse(logical_id); }
  json::value attribute(std::string_view logical_id, std::string_view) override {
    refuse(logical_id);
  }
  json::value import_value(std::string_view name) override { refuse(name); }

 private:
  [[noreturn]] void refuse(std::string_view name) const {
    throw template_error(fmt::format(
        "{} may depend on parameters, conditions and mappings only, not on {}", where_, name));
  }
  std::string_view where_;
};

DeletionPolicy evaluate_policy(const Scope& scope, const json::value& function,
                               std::string_view key) {
  FrameOnly resolver(key);
  const auto value = Evaluator(scope, resolver).evaluate(function);
  return value ? read_policy(*value, key) : DeletionPolicy::kDelete;  // AWS::NoValue
}

}  // namespace

Resolution::Resolution(const Definition& definition, PseudoParameters pseudo,
                       const TypeCatalog& types)
    : template_(parse_template(definition.template_body)),
      scope_{template_, parameter_values(template_, definition.parameters), pseudo, {}},
      masked_{template_, masked_values(template_, definition.parameters), std::move(pseudo), {}} {
  check_references(template_, types);
  scope_.conditions = evaluate_conditions(scope_);
  // Conditions compare the real values: masking must not change which branch is taken.
  masked_.conditions = scope_.conditions;
  check_conditional_references(template_, scope_.conditions);
  dependencies_ = dependencies_of(template_, scope_.conditions);
  for (ResourceDeclaration& resource : template_.resources) {
    if (!includes(resource.logical_id)) continue;
    if (!resource.deletion_policy_function.is_null()) {
      resource.deletion_policy =
          evaluate_policy(scope_, resource.deletion_policy_function, "DeletionPolicy");
    }
    if (!resource.update_replace_policy_function.is_null()) {
      resource.update_replace_policy =
          evaluate_policy(scope_, resource.update_replace_policy_function, "UpdateReplacePolicy");
    }
  }
}

bool Resolution::includes(const OutputDeclaration& output) const {
  const auto condition = scope_.conditions.find(output.condition);
  return output.condition.empty() || (condition != scope_.conditions.end() && condition->second);
}

const ResourceRecord* RecordResolver::find(std::string_view logical_id) const {
  if (unknown_ != nullptr && unknown_->contains(std::string(logical_id))) return nullptr;
  const auto found = stack_.resources.find(logical_id);
  if (found == stack_.resources.end() || found->second.physical_id.empty()) return nullptr;
  return &found->second;
}

json::value RecordResolver::ref(std::string_view logical_id) {
  if (const ResourceRecord* resource = find(logical_id)) {
    return json::string(resource->physical_id);
  }
  if (unknown_ != nullptr) return json::string(kUnknown);
  throw format_error(fmt::format(
      "Unresolved resource dependencies [{}] in the Resources block of the template", logical_id));
}

json::value RecordResolver::attribute(std::string_view logical_id, std::string_view attribute) {
  const ResourceRecord* resource = find(logical_id);
  const bool changing = changing_ != nullptr && changing_->contains(std::string(logical_id));
  const json::value* value =
      resource == nullptr || changing ? nullptr : json::find(resource->attributes, attribute);
  if (value != nullptr && masked_ && resource->has_secret_attributes()) return json::string(kMask);
  if (value != nullptr) return *value;
  if (unknown_ != nullptr) return json::string(kUnknown);
  const auto* response =
      resource == nullptr ? nullptr : json::find_object(resource->attributes, kResponseAttribute);
  if (response != nullptr) {
    throw validation_error(fmt::format(
        "CustomResource attribute error: Vendor response doesn't contain {} attribute in "
        "object {} in S3 bucket {}",
        attribute, json::string_or(*response, "object"), json::string_or(*response, "bucket")));
  }
  throw template_error(fmt::format("resource {} does not support attribute type {} in Fn::GetAtt",
                                   logical_id, attribute));
}

json::value RecordResolver::import_value(std::string_view export_name) {
  const auto found = find_export_(export_name);
  if (!found) throw validation_error(fmt::format("No export named {} found", export_name));
  imported_.emplace(export_name);
  return json::string(found->value);
}

std::set<std::string> rehearse(const Resolution& resolution, const StackRecord& stack,
                               const FindExport& find_export) {
  // Every resource counts as unknown: nothing here depends on what exists.
  std::set<std::string> all;
  for (const auto& [logical_id, needed] : resolution.dependencies()) all.insert(logical_id);
  RecordResolver resolver(stack, find_export, &all);
  Evaluator evaluator(resolution.scope(), resolver);
  for (const ResourceDeclaration& resource : resolution.source().resources) {
    if (!resolution.includes(resource.logical_id)) continue;
    refuse_dynamic_references(evaluator.evaluate_object(resource.properties));
    evaluator.evaluate_object(resource.metadata);
  }
  check_export_names(evaluate_outputs(resolution, resolver));
  return resolver.imported();
}

std::vector<OutputRecord> evaluate_outputs(const Resolution& resolution, Resolver& resolver) {
  Evaluator evaluator(resolution.scope(), resolver);
  std::vector<OutputRecord> outputs;
  for (const OutputDeclaration& declared : resolution.source().outputs) {
    if (!resolution.includes(declared)) continue;
    OutputRecord output;
    output.key = declared.name;
    output.description = declared.description;
    output.value = evaluator.evaluate_text(declared.value,
                                           fmt::format("Value field of output {}", declared.name));
    if (declared.export_name) {
      output.export_name = evaluator.evaluate_text(
          *declared.export_name, fmt::format("Export name of output {}", declared.name));
    }
    outputs.push_back(std::move(output));
  }
  return outputs;
}

std::string required_capability(const Template& source) {
  std::string required;
  for (const ResourceDeclaration& resource : source.resources) {
    if (!resource.type.starts_with("AWS::IAM::")) continue;
    for (const std::string_view name :
         {"RoleName", "ManagedPolicyName", "UserName", "GroupName", "InstanceProfileName"}) {
      if (resource.properties.contains(name)) return "CAPABILITY_NAMED_IAM";
    }
    required = "CAPABILITY_IAM";
  }
  return required;
}

void check_capabilities(const Template& source, const std::vector<std::string>& given) {
  const std::string required = required_capability(source);
  if (required.empty()) return;
  const auto has = [&](std::string_view name) {
    return std::find(given.begin(), given.end(), name) != given.end();
  };
  // The named capability covers the plain one.
  if (has("CAPABILITY_NAMED_IAM") || (required == "CAPABILITY_IAM" && has(required))) return;
  throw insufficient_capabilities(required);
}

}  // namespace tandem::cloudformation
