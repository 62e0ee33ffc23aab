#include "topology/template_reading.h"

#include <yaml-cpp/yaml.h>

namespace tandem::topology {
namespace {

/// "a ${Api} ${Function.Arn} ${!Literal}" refers to the first two.
void collect_substituted(const std::string& text, std::set<std::string>& found) {
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 2)) {
    const std::size_t end = text.find('}', at);
    if (end == std::string::npos) return;
    const std::string name = text.substr(at + 2, end - at - 2);
    if (!name.starts_with('!')) found.insert(name);
  }
}

std::string attribute_name(const YAML::Node& value) {
  if (value.IsScalar()) return value.Scalar();
  if (!value.IsSequence() || value.size() != 2) return "";
  return value[0].as<std::string>("") + "." + value[1].as<std::string>("");
}

void collect(const YAML::Node& value, std::set<std::string>& found) {
  const std::string& tag = value.Tag();
  if (tag == "!Ref" && value.IsScalar()) {
    found.insert(value.Scalar());
  } else if (tag == "!GetAtt") {
    found.insert(attribute_name(value));
  } else if (tag == "!Sub" && value.IsScalar()) {
    collect_substituted(value.Scalar(), found);
  } else if (value.IsSequence()) {
    for (const auto& each : value) collect(each, found);
    if (tag == "!Sub" && value.size() > 0) collect_substituted(value[0].as<std::string>(""), found);
  } else if (value.IsMap()) {
    for (const auto& entry : value) {
      const std::string key = entry.first.Scalar();
      if (key == "Ref") {
        found.insert(entry.second.as<std::string>(""));
      } else if (key == "Fn::GetAtt") {
        found.insert(attribute_name(entry.second));
      } else if (key == "Fn::Sub" && entry.second.IsScalar()) {
        collect_substituted(entry.second.Scalar(), found);
      } else {
        collect(entry.second, found);
      }
    }
  }
}

}  // namespace

std::vector<ResourceChange> resources_of_template(const std::string& text) {
  std::vector<ResourceChange> changes;
  try {
    const YAML::Node root = YAML::Load(text);  // JSON is YAML, too.
    if (!root.IsMap() || !root["Resources"].IsMap()) return {};
    for (const auto& entry : root["Resources"]) {
      if (!entry.second.IsMap()) continue;
      ResourceChange change{.logical_id = entry.first.Scalar(),
                            .type = entry.second["Type"].as<std::string>("")};
      if (entry.second["Condition"].IsDefined()) {
        change.condition = entry.second["Condition"].as<std::string>("");
      }
      changes.push_back(std::move(change));
    }
  } catch (const YAML::Exception&) {
    return {};
  }
  return changes;
}

std::vector<std::string> outputs_of_template(const std::string& text) {
  std::vector<std::string> names;
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap() || !root["Outputs"].IsMap()) return {};
    for (const auto& entry : root["Outputs"]) names.push_back(entry.first.Scalar());
  } catch (const YAML::Exception&) {
    return {};
  }
  return names;
}

std::optional<int> line_without_output(const std::string& text, const std::string& name) {
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap() || !root["Resources"].IsMap()) return std::nullopt;
    const YAML::Node outputs = root["Outputs"];
    if (!outputs.IsDefined() || outputs.IsNull()) return 0;
    if (!outputs.IsMap() || outputs[name].IsDefined()) return std::nullopt;
    return outputs.Mark().line + 1;
  } catch (const YAML::Exception&) {
    return std::nullopt;
  }
}

std::set<std::string> secrets_of_template(const std::string& text) {
  std::set<std::string> names;
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap() || !root["Parameters"].IsMap()) return {};
    for (const auto& entry : root["Parameters"]) {
      const bool secret = entry.second.IsMap() && entry.second["NoEcho"].as<bool>(false);
      if (secret) names.insert(entry.first.Scalar());
    }
  } catch (const YAML::Exception&) {
    return {};
  }
  return names;
}

OutputText output_of_template(const std::string& text, const std::string& name) {
  OutputText output;
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap() || !root["Outputs"].IsMap()) return output;
    const YAML::Node one = root["Outputs"][name];
    if (!one.IsMap() || !one["Value"].IsDefined()) return output;
    YAML::Emitter emitter;
    emitter << YAML::Flow << one["Value"];
    output.value = emitter.c_str();
    collect(one["Value"], output.references);
  } catch (const YAML::Exception&) {
    return {};
  }
  return output;
}

}  // namespace tandem::topology
