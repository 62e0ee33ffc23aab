#include "service/function_settings.h"

#include <fmt/format.h>

#include "core/check.h"
#include "core/json.h"

namespace tandem::service {

std::string FunctionSettings::add_to(std::string_view config_json) const {
  const auto parsed = json::parse_text(config_json);
  CHECK(parsed && parsed.value().is_object());
  json::object document = parsed.value().as_object();
  document["functions"] = json::object{{"network", sandbox::network_name(network)}};
  return json::to_text(document);
}

core::Parsed<FunctionSettings> FunctionSettings::from_json(std::string_view config_json) {
  const auto parsed = json::parse_text(config_json);
  if (!parsed) return parsed.error();
  FunctionSettings settings;
  if (!parsed.value().is_object()) return settings;
  const auto* given = json::find_object(parsed.value().as_object(), "functions");
  if (given == nullptr) return settings;
  const std::string name = json::string_or(*given, "network", "isolated");
  const auto network = sandbox::parse_network(name);
  if (!network) return core::ParseError{fmt::format("functions.network cannot be {}", name)};
  settings.network = *network;
  return settings;
}

}  // namespace tandem::service
