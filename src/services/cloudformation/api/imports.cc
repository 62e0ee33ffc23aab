// What an import change set may be. The rules and their texts are AWS's (User Guide, "Import AWS
// resources into a CloudFormation stack"); where AWS's text is not known, ours names the resource.
#include <fmt/format.h>

#include "core/text.h"
#include "services/cloudformation/api/operations.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

bool is_table(std::string_view type) {
  return type == "AWS::DynamoDB::Table" || type == "AWS::DynamoDB::GlobalTable";
}

struct Wish {
  std::string logical_id;
  std::string type;
  const json::object* identifier;
};

std::vector<Wish> wishes_in(const json::object& input) {
  std::vector<Wish> wishes;
  const auto* list = json::find_array(input, "ResourcesToImport");
  if (list == nullptr || list->empty()) {
    throw validation_error("ResourcesToImport must be specified when ChangeSetType is IMPORT.");
  }
  std::set<std::string> seen;
  for (const auto& one : *list) {
    const json::object& wish = one.as_object();
    wishes.push_back({json::string_or(wish, "LogicalResourceId"),
                      json::string_or(wish, "ResourceType"),
                      json::find_object(wish, "ResourceIdentifier")});
    if (!seen.insert(wishes.back().logical_id).second) {
      throw validation_error(
          fmt::format("Resource [{}] is specified more than once in "
                      "ResourcesToImport.",
                      wishes.back().logical_id));
    }
  }
  return wishes;
}

void check_types(const std::vector<Wish>& wishes, const ResourceTypes& types) {
  std::vector<std::string> unsupported;
  for (const Wish& wish : wishes) {
    const ResourceType* type = types.find(wish.type);
    if (type == nullptr || type->primary_identifier.empty()) unsupported.push_back(wish.type);
  }
  if (!unsupported.empty()) {
    throw validation_error("The following resource types are not supported for resource import: " +
                           core::join(unsupported, ","));
  }
}

void check_declared(const std::vector<Wish>& wishes, const Resolution& resolution) {
  std::vector<std::string> undeclared;
  std::vector<std::string> without_policy;
  for (const Wish& wish : wishes) {
    const ResourceDeclaration* declared = resolution.source().find_resource(wish.logical_id);
    if (declared == nullptr || !resolution.includes(wish.logical_id)) {
      undeclared.push_back(wish.logical_id);
      continue;
    }
    if (declared->type != wish.type) {
      throw validation_error(fmt::format(
          "ResourceType [{}] of resource [{}] in ResourceToImport does not match the type [{}] in "
          "the template.",
          wish.type, wish.logical_id, declared->type));
    }
    if (!declared->has_deletion_policy) without_policy.push_back(wish.logical_id);
  }
  if (!undeclared.empty()) {
    throw validation_error(
        fmt::format("The logical resource ids {} provided in ResourceToImport do not exist in the "
                    "template.",
                    bracketed(undeclared)));
  }
  if (!without_policy.empty()) {
    throw validation_error(
        fmt::format("The following resources to import {} must have DeletionPolicy attribute "
                    "specified in the template.",
                    bracketed(without_policy)));
  }
}

// The one value that tells which resource is meant; the template may say the same, nothing else.
std::string identifier_of(const Wish& wish, const ResourceType& type, const Resolution& resolution,
                          Resolver& resolver) {
  const std::string& property = type.primary_identifier;
  const auto given =
      wish.identifier == nullptr ? std::nullopt : json::find_string(*wish.identifier, property);
  if (!given || given->empty() || wish.identifier->size() != 1) {
    throw validation_error(fmt::format(
        "ResourceIdentifier of resource [{}] is not valid. Resources of type {} are identified by "
        "[{}].",
        wish.logical_id, wish.type, property));
  }
  const ResourceDeclaration& declared = *resolution.source().find_resource(wish.logical_id);
  const json::value* in_template = json::find(declared.properties, property);
  if (in_template == nullptr) return *given;
  Evaluator evaluator(resolution.scope(), resolver);
  const auto value = evaluator.evaluate(*in_template);
  const bool differs =
      value && !is_unknown(*value) && scalar_text(*value).value_or(*given) != *given;
  if (differs) {
    throw validation_error(
        fmt::format("The Identifier [{}] for resource [{}] does not match the "
                    "identifier value defined in the template.",
                    property, wish.logical_id));
  }
  return *given;
}

aws::ApiError in_a_stack(const std::vector<std::string>& logical_ids) {
  return validation_error(
      fmt::format("Resources {} passed in ResourceToImport are already in a stack and cannot be "
                  "imported.",
                  bracketed(logical_ids)));
}

}  // namespace

Operations::Importing Operations::importing(const json::object& input, const StackRecord& stack,
                                            const Wanted& wanted, Plan& planned) const {
  const std::vector<Wish> wishes = wishes_in(input);
  check_types(wishes, engine_.types());
  check_declared(wishes, *wanted.resolution);
  Importing found;
  const std::set<std::string> unknown;  // given at all: what does not exist yet is unknown
  RecordResolver resolver(stack, engine_.export_finder(), &unknown);
  for (const Wish& wish : wishes) {
    const ResourceType& type = *engine_.types().find(wish.type);
    const auto present = stack.resources.find(wish.logical_id);
    if (present != stack.resources.end() && !present->second.physical_id.empty()) {
      throw in_a_stack({wish.logical_id});
    }
    const std::string id = identifier_of(wish, type, *wanted.resolution, resolver);
    found.emplace(wish.logical_id, id);
  }
  check_free(found, wanted.resolution->source());
  std::vector<std::string> modified;
  std::vector<std::string> missing;
  for (PlannedChange& change : planned.changes) {
    const auto imported = found.find(change.logical_id);
    if (change.action != PlannedChange::Action::kAdd) {
      modified.push_back(change.logical_id);
    } else if (imported == found.end()) {
      missing.push_back(change.logical_id);
    } else {
      change.action = PlannedChange::Action::kImport;
      change.physical_id = imported->second;
    }
  }
  if (!modified.empty()) {
    throw validation_error(
        fmt::format("You have modified resources {} in your template that are not being imported. "
                    "Update, create or delete operations cannot be executed during import "
                    "operations.",
                    bracketed(modified)));
  }
  if (!missing.empty()) {
    throw validation_error(
        fmt::format("Resources {} are missing from ResourceToImport list", bracketed(missing)));
  }
  if (planned.outputs_change) {
    throw validation_error("As part of the import operation, you cannot modify or add [Outputs]");
  }
  return found;
}

// "The resource to import does not belong to another stack in the same Region" (User Guide). The
// two types of tables are two views of one resource.
bool Operations::is_owned(std::string_view type, std::string_view physical_id) const {
  for (const StackPtr& stack : engine_.stacks().all()) {
    if (stack->deleted()) continue;
    for (const auto& [logical_id, resource] : stack->resources) {
      const bool same_type = resource.type == type || (is_table(resource.type) && is_table(type));
      const bool owned = resource.status != ResourceStatus::kDeleteComplete &&
                         resource.status != ResourceStatus::kDeleteSkipped &&
                         resource.status != ResourceStatus::kImportFailed;
      if (same_type && owned && resource.physical_id == physical_id) return true;
    }
  }
  return false;
}

void Operations::check_free(const Importing& importing, const Template& source) const {
  std::vector<std::string> taken;
  for (const auto& [logical_id, identifier] : importing) {
    if (is_owned(source.find_resource(logical_id)->type, identifier)) taken.push_back(logical_id);
  }
  if (!taken.empty()) throw in_a_stack(taken);
}

Task<std::string> Operations::missing_import(Importing importing, const Template* source) {
  for (const auto& [logical_id, identifier] : importing) {
    const ResourceType* type = engine_.types().find(source->find_resource(logical_id)->type);
    try {
      co_await engine_.read_existing(type, identifier);
    } catch (const aws::ApiError& error) {
      if (!means_gone(error)) throw;
      co_return fmt::format("Resource of type '{}' with identifier '{}' was not found.", type->name,
                            identifier);
    }
  }
  co_return "";
}

}  // namespace tandem::cloudformation
