#include "services/cloudformation/engine/records.h"

#include <algorithm>

namespace tandem::cloudformation {
namespace {

template <class Strings>
json::array array_of(const Strings& strings) {
  json::array result;
  for (const std::string& text : strings) result.push_back(json::string(text));
  return result;
}

template <class Strings>
Strings strings_in(const json::object& in, std::string_view key) {
  Strings result;
  if (const auto* list = json::find_array(in, key)) {
    for (const auto& text : *list) result.insert(result.end(), json::to_std(text));
  }
  return result;
}

json::object object_in(const json::object& in, std::string_view key) {
  const auto* object = json::find_object(in, key);
  return object == nullptr ? json::object() : *object;
}

std::string_view name_of(OnFailure action) {
  switch (action) {
    case OnFailure::kDelete:
      return "DELETE";
    case OnFailure::kDoNothing:
      return "DO_NOTHING";
    case OnFailure::kRollback:
      break;
  }
  return "ROLLBACK";
}

OnFailure on_failure_named(std::string_view name) {
  if (name == "DELETE") return OnFailure::kDelete;
  return name == "DO_NOTHING" ? OnFailure::kDoNothing : OnFailure::kRollback;
}

json::array outputs_of(const std::vector<OutputRecord>& outputs) {
  json::array result;
  for (const OutputRecord& output : outputs) {
    result.push_back(json::object{{"key", output.key},
                                  {"value", output.value},
                                  {"description", output.description},
                                  {"export", output.export_name}});
  }
  return result;
}

}  // namespace

bool ResourceRecord::is_deployed() const {
  return !physical_id.empty() && status != ResourceStatus::kCreateFailed &&
         status != ResourceStatus::kCreateInProgress && status != ResourceStatus::kDeleteComplete;
}

bool ResourceRecord::has_secret_attributes() const {
  const auto* response = json::find_object(attributes, kResponseAttribute);
  return response != nullptr && json::bool_or(*response, "no_echo", false);
}

bool StackRecord::in_progress() const {
  return name_of(status).ends_with("_IN_PROGRESS") && status != StackStatus::kReviewInProgress;
}

json::array shown_parameters(const Definition& definition) {
  json::array shown;
  for (const auto& [key, value] : definition.parameters) {
    const bool masked = definition.no_echo.contains(key);
    shown.push_back(json::object{{"ParameterKey", key},
                                 {"ParameterValue", masked ? std::string(kMask) : value}});
  }
  return shown;
}

json::object to_json(const Definition& definition) {
  json::object parameters;
  for (const auto& [key, value] : definition.parameters) parameters[key] = value;
  return {{"template", definition.template_body},
          {"parameters", std::move(parameters)},
          {"no_echo", array_of(definition.no_echo)},
          {"tags", definition.tags},
          {"capabilities", array_of(definition.capabilities)}};
}

Definition definition_from(const json::object& document) {
  Definition definition;
  definition.template_body = json::string_or(document, "template");
  for (const auto& member : object_in(document, "parameters")) {
    definition.parameters.emplace(member.key(), json::to_std(member.value()));
  }
  definition.no_echo = strings_in<std::set<std::string>>(document, "no_echo");
  if (const auto* tags = json::find_array(document, "tags")) definition.tags = *tags;
  definition.capabilities = strings_in<std::vector<std::string>>(document, "capabilities");
  return definition;
}

json::object to_json(const ResourceRecord& resource) {
  json::object document{{"logical_id", resource.logical_id},
                        {"type", resource.type},
                        {"physical_id", resource.physical_id},
                        {"status", name_of(resource.status)},
                        {"status_reason", resource.status_reason},
                        {"updated_ms", resource.updated_ms},
                        {"properties", resource.properties},
                        {"attributes", resource.attributes},
                        {"metadata", resource.metadata},
                        {"shown", resource.shown},
                        {"depends_on", array_of(resource.depends_on)},
                        {"deletion_policy", name_of(resource.deletion_policy)},
                        {"update_replace_policy", name_of(resource.update_replace_policy)}};
  if (resource.uncertain) document["uncertain"] = true;
  if (resource.attempted) document["attempted"] = *resource.attempted;
  return document;
}

ResourceRecord resource_from(const json::object& document) {
  ResourceRecord resource;
  resource.logical_id = json::string_or(document, "logical_id");
  resource.type = json::string_or(document, "type");
  resource.physical_id = json::string_or(document, "physical_id");
  resource.uncertain = json::bool_or(document, "uncertain", false);
  resource.status = resource_status_named(json::string_or(document, "status"));
  resource.status_reason = json::string_or(document, "status_reason");
  resource.updated_ms = json::int_or(document, "updated_ms", 0);
  resource.properties = object_in(document, "properties");
  resource.attributes = object_in(document, "attributes");
  resource.metadata = object_in(document, "metadata");
  resource.shown = json::string_or(document, "shown");
  resource.depends_on = strings_in<std::set<std::string>>(document, "depends_on");
  resource.deletion_policy = deletion_policy_named(json::string_or(document, "deletion_policy"));
  resource.update_replace_policy =
      deletion_policy_named(json::string_or(document, "update_replace_policy"));
  if (document.contains("attempted")) resource.attempted = object_in(document, "attempted");
  return resource;
}

json::object to_json(const StackRecord& stack) {
  json::array garbage;
  for (const ResourceRecord& resource : stack.garbage) garbage.push_back(to_json(resource));
  return {{"id", stack.id},
          {"uuid", stack.uuid},
          {"name", stack.name},
          {"status", name_of(stack.status)},
          {"status_reason", stack.status_reason},
          {"description", stack.description},
          {"created_ms", stack.created_ms},
          {"updated_ms", stack.updated_ms},
          {"deleted_ms", stack.deleted_ms},
          {"on_failure", name_of(stack.on_failure)},
          {"timeout_minutes", stack.timeout_minutes},
          {"termination_protection", stack.termination_protection},
          {"change_set_id", stack.change_set_id},
          {"token", stack.token},
          {"operation", stack.operation},
          {"caller", stack.caller},
          {"role_arn", stack.role_arn},
          {"operation_id", stack.operation_id},
          {"policy", stack.policy},
          {"update_policy", stack.update_policy},
          {"outputs", outputs_of(stack.outputs)},
          {"imports", array_of(stack.imports)},
          {"retain", array_of(stack.retain)},
          {"delete_requested", stack.delete_requested},
          {"cancel_requested", stack.cancel_requested},
          {"from_failed", stack.from_failed},
          {"skip", array_of(stack.skip)},
          {"garbage", std::move(garbage)},
          {"next_event", stack.next_event},
          {"last_event_ms", stack.last_event_ms}};
}

StackRecord stack_from(const json::object& document) {
  StackRecord stack;
  stack.id = json::string_or(document, "id");
  stack.uuid = json::string_or(document, "uuid");
  stack.name = json::string_or(document, "name");
  stack.status = stack_status_named(json::string_or(document, "status"));
  stack.status_reason = json::string_or(document, "status_reason");
  stack.description = json::string_or(document, "description");
  stack.created_ms = json::int_or(document, "created_ms", 0);
  stack.updated_ms = json::int_or(document, "updated_ms", 0);
  stack.deleted_ms = json::int_or(document, "deleted_ms", 0);
  stack.on_failure = on_failure_named(json::string_or(document, "on_failure"));
  stack.timeout_minutes = json::int_or(document, "timeout_minutes", 0);
  stack.termination_protection = json::bool_or(document, "termination_protection", false);
  stack.change_set_id = json::string_or(document, "change_set_id");
  stack.token = json::string_or(document, "token");
  stack.operation = json::string_or(document, "operation");
  stack.caller = json::string_or(document, "caller");
  stack.role_arn = json::string_or(document, "role_arn");
  stack.operation_id = json::string_or(document, "operation_id");
  stack.policy = json::string_or(document, "policy");
  stack.update_policy = json::string_or(document, "update_policy");
  stack.imports = strings_in<std::set<std::string>>(document, "imports");
  stack.retain = strings_in<std::set<std::string>>(document, "retain");
  stack.delete_requested = json::bool_or(document, "delete_requested", false);
  stack.cancel_requested = json::bool_or(document, "cancel_requested", false);
  stack.from_failed = json::bool_or(document, "from_failed", false);
  stack.skip = strings_in<std::set<std::string>>(document, "skip");
  stack.next_event = static_cast<std::uint64_t>(json::int_or(document, "next_event", 0));
  stack.last_event_ms = json::int_or(document, "last_event_ms", 0);
  if (const auto* outputs = json::find_array(document, "outputs")) {
    for (const auto& one : *outputs) {
      const json::object& output = one.as_object();
      stack.outputs.push_back({json::string_or(output, "key"), json::string_or(output, "value"),
                               json::string_or(output, "description"),
                               json::string_or(output, "export")});
    }
  }
  if (const auto* garbage = json::find_array(document, "garbage")) {
    for (const auto& one : *garbage) stack.garbage.push_back(resource_from(one.as_object()));
  }
  return stack;
}

std::vector<std::string> secrets_of(const StackRecord& stack) {
  std::vector<std::string> secrets;
  const auto collect = [&](const Definition& definition) {
    for (const std::string& name : definition.no_echo) {
      const auto text = definition.parameters.find(name);
      // Very short values would mask ordinary words and protect nothing.
      if (text != definition.parameters.end() && text->second.size() >= 4) {
        secrets.push_back(text->second);
      }
    }
  };
  for (const auto& [id, resource] : stack.resources) {
    if (!resource.has_secret_attributes()) continue;
    for (const auto& [name, value] : resource.attributes) {
      const auto* text = value.if_string();
      if (text != nullptr && text->size() >= 4) secrets.push_back(json::to_std(value));
    }
  }
  collect(stack.definition);
  if (stack.previous) collect(*stack.previous);
  std::sort(secrets.begin(), secrets.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
  return secrets;
}

std::string without_secrets(std::string text, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 4)) {
      text.replace(at, secret.size(), kMask);
    }
  }
  return text;
}

}  // namespace tandem::cloudformation
