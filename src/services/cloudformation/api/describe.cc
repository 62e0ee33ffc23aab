// DescribeStacks, ListStacks, DescribeStackEvents, the resource listings, ListExports, ListImports.
#include <algorithm>
#include <fmt/format.h>

#include "core/text.h"
#include "services/cloudformation/api/operations.h"
#include "services/cloudformation/api/request.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

double seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000.0; }

json::object not_checked(std::string_view member) { return {{member, "NOT_CHECKED"}}; }

json::array outputs_of(const StackRecord& stack) {
  json::array outputs;
  for (const OutputRecord& output : stack.outputs) {
    json::object shown{{"OutputKey", output.key}, {"OutputValue", output.value}};
    if (!output.description.empty()) shown["Description"] = output.description;
    if (!output.export_name.empty()) shown["ExportName"] = output.export_name;
    outputs.push_back(std::move(shown));
  }
  return outputs;
}

json::object describe_stack(const StackRecord& stack) {
  json::object shown{{"StackId", stack.id},
                     {"StackName", stack.name},
                     {"CreationTime", seconds(stack.created_ms)},
                     {"StackStatus", name_of(stack.status)},
                     {"DisableRollback", stack.on_failure == OnFailure::kDoNothing},
                     {"RollbackConfiguration", json::object()},
                     {"NotificationARNs", json::array()},
                     {"Tags", stack.definition.tags},
                     {"EnableTerminationProtection", stack.termination_protection},
                     {"DriftInformation", not_checked("StackDriftStatus")}};
  if (!stack.change_set_id.empty()) shown["ChangeSetId"] = stack.change_set_id;
  if (!stack.description.empty()) shown["Description"] = stack.description;
  if (!stack.role_arn.empty()) shown["RoleARN"] = stack.role_arn;
  if (!stack.status_reason.empty()) shown["StackStatusReason"] = stack.status_reason;
  if (stack.updated_ms != 0) shown["LastUpdatedTime"] = seconds(stack.updated_ms);
  if (stack.deleted_ms != 0) shown["DeletionTime"] = seconds(stack.deleted_ms);
  if (stack.timeout_minutes != 0) shown["TimeoutInMinutes"] = stack.timeout_minutes;
  if (!stack.definition.capabilities.empty()) {
    json::array capabilities;
    for (const std::string& one : stack.definition.capabilities) {
      capabilities.push_back(json::string(one));
    }
    shown["Capabilities"] = std::move(capabilities);
  }
  json::array parameters = shown_parameters(stack.definition);
  if (!parameters.empty()) shown["Parameters"] = std::move(parameters);
  json::array outputs = outputs_of(stack);
  if (!outputs.empty()) shown["Outputs"] = std::move(outputs);
  return shown;
}

json::object summarise(const StackRecord& stack) {
  json::object shown{{"StackId", stack.id},
                     {"StackName", stack.name},
                     {"CreationTime", seconds(stack.created_ms)},
                     {"StackStatus", name_of(stack.status)},
                     {"DriftInformation", not_checked("StackDriftStatus")}};
  if (!stack.description.empty()) shown["TemplateDescription"] = stack.description;
  if (!stack.status_reason.empty()) shown["StackStatusReason"] = stack.status_reason;
  if (stack.updated_ms != 0) shown["LastUpdatedTime"] = seconds(stack.updated_ms);
  if (stack.deleted_ms != 0) shown["DeletionTime"] = seconds(stack.deleted_ms);
  return shown;
}

json::object describe(const ResourceRecord& resource, std::string_view time_member) {
  json::object shown{{"LogicalResourceId", resource.logical_id},
                     {"ResourceType", resource.type},
                     {time_member, seconds(resource.updated_ms)},
                     {"ResourceStatus", name_of(resource.status)},
                     {"DriftInformation", not_checked("StackResourceDriftStatus")}};
  if (!resource.physical_id.empty()) shown["PhysicalResourceId"] = resource.physical_id;
  if (!resource.status_reason.empty()) shown["ResourceStatusReason"] = resource.status_reason;
  return shown;
}

// Resources that an operation has not reached have no status and are not shown.
bool is_shown(const ResourceRecord& resource) { return resource.status != ResourceStatus::kNone; }

/// Newest first. Stacks of one millisecond are told apart by their ids.
std::string age_key(const StackRecord& stack) {
  return service::sortable(stack.created_ms) + '/' + stack.uuid;
}

template <typename Wanted, typename Show>
json::object page_of_stacks(const StackStore& stacks, const json::object& input,
                            std::string_view member, Wanted wanted, Show show) {
  std::vector<StackPtr> newest_first;
  for (const StackPtr& stack : stacks.all()) {
    if (wanted(*stack)) newest_first.push_back(stack);
  }
  std::sort(newest_first.begin(), newest_first.end(),
            [](const StackPtr& a, const StackPtr& b) { return age_key(*b) < age_key(*a); });
  service::Page page(kPages, input, member, service::Page::Order::kDescending);
  for (const StackPtr& stack : newest_first) {
    if (!page.add(age_key(*stack), [&] { return show(*stack); })) break;
  }
  return std::move(page).finish();
}

StackPtr find_described(StackStore& stacks, const std::string& name) {
  check_stack_name(name);
  StackPtr stack = stacks.find(name);
  if (!stack) throw stack_not_described(name);
  return stack;
}

}  // namespace

json::object Operations::describe_stacks(const json::object& input) {
  json::object output;
  if (const auto name = json::find_string(input, "StackName")) {
    const StackPtr stack = find_described(engine_.stacks(), *name);
    output["Stacks"] = json::array{describe_stack(*stack)};
    return output;
  }
  return page_of_stacks(
      engine_.stacks(), input, "Stacks", [](const StackRecord& stack) { return !stack.deleted(); },
      describe_stack);
}

json::object Operations::list_stacks(const json::object& input) {
  const std::vector<std::string> wanted = string_list(input, "StackStatusFilter");
  const auto matches = [&](const StackRecord& stack) {
    return wanted.empty() ||
           std::find(wanted.begin(), wanted.end(), name_of(stack.status)) != wanted.end();
  };
  return page_of_stacks(engine_.stacks(), input, "StackSummaries", matches, summarise);
}

json::object Operations::describe_stack_events(const json::object& input) {
  const std::string name = json::string_or(input, "StackName");
  check_stack_name(name);
  const StackPtr stack = engine_.stacks().find(name);
  if (!stack) throw stack_not_found(name);
  service::Page page(kPages, input, "StackEvents", service::Page::Order::kDescending);
  std::optional<std::uint64_t> before;
  if (!page.after().empty()) {
    before = core::parse_uint(page.after());
    if (!before) throw kPages.invalid();
  }
  // One more than a page holds, which tells that there is another page.
  const auto most = static_cast<std::size_t>(kPages.usual) + 1;
  for (auto& [number, event] : engine_.stacks().events(*stack, before, most)) {
    const std::string key = service::sortable(static_cast<std::int64_t>(number));
    if (!page.add(key, [&, &one = event] { return std::move(one); })) break;
  }
  return std::move(page).finish();
}

json::object Operations::describe_stack_resource(const json::object& input) {
  const std::string name = json::string_or(input, "StackName");
  const std::string id = json::string_or(input, "LogicalResourceId");
  check_stack_name(name);
  const StackPtr stack = engine_.stacks().find(name);
  if (!stack) throw validation_error(fmt::format("Stack '{}' does not exist", name));
  const auto resource = stack->resources.find(id);
  if (resource == stack->resources.end() || !is_shown(resource->second)) {
    throw validation_error(fmt::format("Resource {} does not exist for stack {}", id, stack->name));
  }
  json::object detail = describe(resource->second, "LastUpdatedTimestamp");
  detail["StackName"] = stack->name;
  detail["StackId"] = stack->id;
  detail["Metadata"] = json::to_text(resource->second.metadata);
  return {{"StackResourceDetail", std::move(detail)}};
}

json::object Operations::describe_stack_resources(const json::object& input) {
  const auto name = json::find_string(input, "StackName");
  const auto logical_id = json::find_string(input, "LogicalResourceId");
  const auto physical_id = json::find_string(input, "PhysicalResourceId");
  if (name.has_value() == physical_id.has_value()) {
    throw validation_error("You must specify either StackName or PhysicalResourceId, but not both");
  }
  StackPtr stack;
  if (name) {
    stack = find_described(engine_.stacks(), *name);
  } else {
    for (const StackPtr& one : engine_.stacks().all()) {
      for (const auto& [id, resource] : one->resources) {
        if (!one->deleted() && resource.physical_id == *physical_id) stack = one;
      }
    }
    if (!stack) {
      throw validation_error(fmt::format("Stack for {} does not exist", *physical_id));
    }
  }
  json::array shown;
  for (const auto& [id, resource] : stack->resources) {
    if (!is_shown(resource) || (logical_id && id != *logical_id)) continue;
    json::object one = describe(resource, "Timestamp");
    one["StackName"] = stack->name;
    one["StackId"] = stack->id;
    shown.push_back(std::move(one));
  }
  return {{"StackResources", std::move(shown)}};
}

json::object Operations::list_stack_resources(const json::object& input) {
  const StackPtr stack = find_described(engine_.stacks(), json::string_or(input, "StackName"));
  service::Page page(kPages, input, "StackResourceSummaries");
  for (const auto& [id, resource] : stack->resources) {
    if (!is_shown(resource)) continue;
    const auto shown = [&one = resource] { return describe(one, "LastUpdatedTimestamp"); };
    if (!page.add(id, shown)) break;
  }
  return std::move(page).finish();
}

json::object Operations::list_exports(const json::object& input) {
  std::map<std::string, json::object> by_name;
  for (const StackPtr& stack : engine_.stacks().all()) {
    if (stack->deleted()) continue;
    for (const OutputRecord& output : stack->outputs) {
      if (output.export_name.empty()) continue;
      by_name[output.export_name] = {
          {"ExportingStackId", stack->id}, {"Name", output.export_name}, {"Value", output.value}};
    }
  }
  service::Page page(kPages, input, "Exports");
  for (auto& [name, one] : by_name) {
    if (!page.add(name, [&exported = one] { return std::move(exported); })) break;
  }
  return std::move(page).finish();
}

json::object Operations::list_imports(const json::object& input) {
  const std::string name = json::string_or(input, "ExportName");
  const auto found = engine_.find_export(name);
  if (!found) throw validation_error(fmt::format("Export '{}' does not exist", name));
  StackRecord exporter;
  exporter.id = found->stack_id;
  std::vector<std::string> importers = engine_.importers(name, exporter);
  if (importers.empty()) {
    throw validation_error(fmt::format("Export '{}' is not imported by any stack.", name));
  }
  std::sort(importers.begin(), importers.end());
  service::Page page(kPages, input, "Imports");
  for (const std::string& stack : importers) {
    if (!page.add(stack, [&] { return json::string(stack); })) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::cloudformation
