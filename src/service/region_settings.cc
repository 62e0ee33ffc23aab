#include "service/region_settings.h"

#include <fmt/format.h>

#include "core/check.h"
#include "core/json.h"

namespace tandem::service {

std::vector<std::string> RegionSettings::changed(const RegionSettings& other) const {
  std::vector<std::string> keys;
  if (function_network != other.function_network) keys.emplace_back("functions.network");
  if (git_host != other.git_host) keys.emplace_back("git.host");
  return keys;
}

std::string RegionSettings::add_to(std::string_view config_json) const {
  const auto parsed = json::parse_text(config_json);
  CHECK(parsed && parsed.value().is_object());
  json::object document = parsed.value().as_object();
  document["functions"] = json::object{{"network", sandbox::network_name(function_network)}};
  document["git"] = json::object{{"host", git_host}};
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
  }
  if (const auto* git = json::find_object(document, "git")) {
    settings.git_host = json::string_or(*git, "host", settings.git_host);
  }
  return settings;
}

}  // namespace tandem::service
