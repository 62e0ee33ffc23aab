#include "topology/template_parameters.h"

#include <yaml-cpp/yaml.h>

namespace tandem::topology {
namespace {

std::map<std::string, Given> read(const YAML::Node& parameters) {
  std::map<std::string, Given> declared;
  for (const auto& entry : parameters) {
    const bool has_default = entry.second.IsMap() && entry.second["Default"].IsDefined();
    declared[entry.first.Scalar()] = has_default ? Given::kMay : Given::kMust;
  }
  return declared;
}

}  // namespace

std::optional<std::map<std::string, Given>> declared_parameters(const std::string& text) {
  try {
    const YAML::Node root = YAML::Load(text);  // JSON is YAML, too.
    if (!root.IsMap()) return std::nullopt;
    const YAML::Node parameters = root["Parameters"];
    if (!parameters.IsDefined() || parameters.IsNull()) return std::map<std::string, Given>{};
    if (!parameters.IsMap()) return std::nullopt;
    return read(parameters);
  } catch (const YAML::Exception&) {
    return std::nullopt;
  }
}

}  // namespace tandem::topology
