#include "topology/made.h"

#include <algorithm>

#include "core/files.h"
#include "topology/stacks.h"

namespace tandem::topology {
namespace {

MadeStack stack_from(const json::object& in) {
  MadeStack stack{
      json::string_or(in, "region"), json::string_or(in, "name"), json::string_or(in, "id"), {}};
  if (const auto* list = json::find_array(in, "resources")) {
    for (const json::value& one : *list) {
      const auto* resource = one.if_object();
      if (resource == nullptr) continue;
      stack.resources.push_back({json::string_or(*resource, "logicalId"),
                                 json::string_or(*resource, "type"),
                                 json::string_or(*resource, "physicalId")});
    }
  }
  return stack;
}

json::object to_json(const MadeStack& stack) {
  json::array resources;
  for (const ResourceState& one : stack.resources) {
    resources.push_back(json::object{
        {"logicalId", one.logical_id}, {"type", one.type}, {"physicalId", one.physical_id}});
  }
  return {{"region", stack.region},
          {"name", stack.name},
          {"id", stack.id},
          {"resources", std::move(resources)}};
}

}  // namespace

bool Made::has_region(std::string_view region) const {
  return std::any_of(stacks.begin(), stacks.end(),
                     [&](const MadeStack& stack) { return stack.region == region; });
}

std::string domain_of(const Made& made) {
  for (const MadeStack& stack : made.stacks) {
    for (const ResourceState& one : stack.resources) {
      if (one.type == "AWS::ApiGateway::DomainName") return one.physical_id;
    }
  }
  return "";
}

Task<Made> read_made(Cloud cloud, Topology topology) {
  Made made{topology.table.name, {}};
  const std::vector<std::string> names{data_stack_name(topology), app_stack_name(topology),
                                       front_stack_name(topology), routing_stack_name(topology)};
  for (const Region& region : topology.regions) {
    for (const std::string& name : names) {
      const json::object stack = co_await cloud.stack(region.name, name);
      if (stack.empty()) continue;
      MadeStack one{region.name, name, json::string_or(stack, "StackId"), {}};
      one.resources = co_await cloud.resources(region.name, name);
      made.stacks.push_back(std::move(one));
    }
  }
  co_return made;
}

Made load_made(const std::filesystem::path& file) {
  const auto parsed = json::parse_text(core::find_file(file).value_or(""));
  if (!parsed || !parsed.value().is_object()) return {};
  const json::object& document = parsed.value().as_object();
  Made made{json::string_or(document, "table"), {}};
  if (const auto* stacks = json::find_array(document, "stacks")) {
    for (const json::value& one : *stacks) {
      if (one.is_object()) made.stacks.push_back(stack_from(one.as_object()));
    }
  }
  return made;
}

void save_made(const std::filesystem::path& file, const Made& made) {
  json::array stacks;
  for (const MadeStack& stack : made.stacks) stacks.push_back(to_json(stack));
  const json::object document{{"table", made.table}, {"stacks", std::move(stacks)}};
  const std::string text = json::to_text(document) + "\n";
  if (core::find_file(file) != text) core::write_file_atomically(file, text, core::kSecretMode);
}

}  // namespace tandem::topology
