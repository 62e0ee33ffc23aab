#include "service/region_settings.h"

#include <fmt/format.h>

#include "core/check.h"
#include "core/json.h"

namespace tandem::service {
namespace {

using Texts = std::map<std::string, std::string>;

json::object to_object(const Texts& texts) {
  json::object all;
  for (const auto& [name, text] : texts) all[name] = text;
  return all;
}

Texts texts_in(const json::object& document, std::string_view key) {
  Texts texts;
  const json::object* all = json::find_object(document, key);
  if (all == nullptr) return texts;
  for (const auto& [name, text] : *all) {
    if (text.is_string()) texts.emplace(name, json::to_std(text));
  }
  return texts;
}

}  // namespace

std::vector<std::string> RegionSettings::changed(const RegionSettings& other) const {
  std::vector<std::string> keys;
  if (function_network != other.function_network) keys.emplace_back("functions.network");
  if (function_root != other.function_root) keys.emplace_back("functions.root");
  if (runtimes != other.runtimes) keys.emplace_back("functions.runtimes");
  if (modules != other.modules) keys.emplace_back("functions.modules");
  if (integration_network != other.integration_network) keys.emplace_back("integrations.network");
  if (git_host != other.git_host) keys.emplace_back("git.host");
  if (capacity != other.capacity) keys.emplace_back("capacity");
  return keys;
}

std::string RegionSettings::add_to(std::string_view config_json) const {
  const auto parsed = json::parse_text(config_json);
  CHECK(parsed && parsed.value().is_object());
  json::object document = parsed.value().as_object();
  document["functions"] = json::object{{"network", sandbox::network_name(function_network)},
                                       {"root", sandbox::root_name(function_root)},
                                       {"runtimes", to_object(runtimes)},
                                       {"modules", to_object(modules)}};
  document["integrations"] = json::object{{"network", sandbox::network_name(integration_network)}};
  document["git"] = json::object{{"host", git_host}};
  document["capacity"] = capacity == CapacityMode::kEnforce ? "enforce" : "off";
  return json::to_text(document);
}

core::Parsed<RegionSettings> RegionSettings::from_json(std::string_view config_json) {
  const auto parsed = json::parse_text(config_json);
  if (!parsed) return parsed.error();
  RegionSettings settings;
  if (!parsed.value().is_object()) return settings;
  const json::object& document = parsed.value().as_object();
  if (const auto* functions = json::find_object(document, "functions")) {
    const std::string name = json::string_or(*functions, "network", "isolated");
    const auto network = sandbox::parse_network(name);
    if (!network) return core::ParseError{fmt::format("functions.network cannot be {}", name)};
    settings.function_network = *network;
    const std::string root_name = json::string_or(*functions, "root", "machine");
    const auto root = sandbox::parse_root(root_name);
    if (!root) return core::ParseError{fmt::format("functions.root cannot be {}", root_name)};
    settings.function_root = *root;
    settings.runtimes = texts_in(*functions, "runtimes");
    settings.modules = texts_in(*functions, "modules");
  }
  if (const auto* integrations = json::find_object(document, "integrations")) {
    const std::string name = json::string_or(*integrations, "network", "outbound");
    const auto network = sandbox::parse_network(name);
    if (!network || network == sandbox::Network::kIsolated) {
      return core::ParseError{fmt::format("integrations.network cannot be {}", name)};
    }
    settings.integration_network = *network;
  }
  if (const auto* git = json::find_object(document, "git")) {
    settings.git_host = json::string_or(*git, "host", settings.git_host);
  }
  const std::string capacity = json::string_or(document, "capacity", "off");
  if (capacity != "off" && capacity != "enforce") {
    return core::ParseError{fmt::format("capacity cannot be {}", capacity)};
  }
  settings.capacity = capacity == "enforce" ? CapacityMode::kEnforce : CapacityMode::kOff;
  return settings;
}

}  // namespace tandem::service
