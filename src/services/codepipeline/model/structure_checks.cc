// What CreatePipeline refuses. Texts that were seen are AWS's: cfn-lint issue 29, pull requests 941
// of awsdocs/aws-cloudformation-user-guide and 3 of aws-samples/aws-codepipeline-third-party-git-
// repositories; the others are in their manner.
#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "core/text.h"
#include "services/codepipeline/errors.h"
#include "services/codepipeline/model/structure.h"
#include "services/codepipeline/model/variables.h"

namespace tandem::codepipeline {
namespace {

constexpr std::size_t kMostStages = 50;
constexpr std::size_t kMostActionsOfStage = 50;
constexpr std::size_t kMostActions = 1'000;
constexpr std::size_t kMostVariables = 50;

const json::array& list_of(const json::object& document, std::string_view member) {
  static const json::array kNone;
  const json::array* list = json::find_array(document, member);
  return list == nullptr ? kNone : *list;
}

/// "US_EAST_1".
std::string shouted(std::string_view region) {
  std::string text = core::to_upper(region);
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

class Checker {
 public:
  Checker(const Structure& structure, std::string_view region)
      : structure_(structure), region_(region) {}

  void check() {
    check_shape();
    check_buckets();
    check_variables();
    for (const Stage& stage : structure_.stages) check_stage(stage);
  }

 private:
  static bool is_source(const Action& action) {
    return json::string_or(action.type_id, "category") == "Source";
  }

  void check_shape() const {
    const auto& stages = structure_.stages;
    if (stages.size() < 2) {
      throw errors::invalid_structure(
          fmt::format("Pipeline has only {} stage(s). There should be a minimum of 2 stages in a "
                      "pipeline",
                      stages.size()));
    }
    if (stages.size() > kMostStages) {
      throw errors::invalid_structure(fmt::format(
          "Pipeline has {} stages. There should be a maximum of {} stages in a pipeline",
          stages.size(), kMostStages));
    }
    const auto& first = stages.front().actions;
    if (first.empty() || !std::all_of(first.begin(), first.end(), is_source)) {
      throw errors::invalid_structure(
          "Pipeline should start with a stage that only contains source actions");
    }
    std::size_t actions = 0;
    std::set<std::string_view> names;
    for (const Stage& stage : stages) {
      actions += stage.actions.size();
      if (!names.insert(stage.name).second) {
        throw errors::invalid_stage(
            fmt::format("Two stages within the pipeline have the same name '{}'", stage.name));
      }
    }
    if (actions > kMostActions) {
      throw errors::limit_exceeded(fmt::format(
          "Pipeline has {} actions. There should be a maximum of {} actions in a pipeline", actions,
          kMostActions));
    }
  }

  void check_buckets() const {
    const auto& buckets = structure_.buckets;
    const bool one = buckets.contains("");
    if (buckets.empty() || (one && buckets.size() > 1)) {
      throw errors::invalid_structure(
          "Pipeline should contain either artifactStore or artifactStores, and not both");
    }
    std::set<std::string> needed{std::string(region_)};
    for (const Stage& stage : structure_.stages) {
      for (const Action& action : stage.actions) {
        if (!action.region.empty()) needed.insert(action.region);
      }
    }
    for (const std::string& each : needed) {
      const bool there = one ? each == region_ : buckets.contains(each);
      if (!there) {
        throw errors::invalid_structure(fmt::format(
            "Pipeline should have an artifact store for the region {}, in artifactStores", each));
      }
    }
  }

  void check_variables() {
    if (structure_.second_type) {
      if (structure_.variables.size() > kMostVariables) {
        throw errors::limit_exceeded(
            fmt::format("Pipeline should have a maximum of {} variables", kMostVariables));
      }
    } else if (!structure_.variables.empty()) {
      throw errors::invalid_structure("Pipeline variables are only available for V2 pipelines");
    } else if (structure_.mode != Mode::kSuperseded) {
      throw errors::invalid_structure(fmt::format(
          "Execution mode {} is only available for V2 pipelines", name_of(structure_.mode)));
    }
    std::set<std::string_view> names;
    for (const Variable& variable : structure_.variables) {
      if (!names.insert(variable.name).second) {
        throw errors::invalid_structure(fmt::format(
            "Two variables within the pipeline have the same name '{}'", variable.name));
      }
    }
  }

  void check_stage(const Stage& stage) {
    if (stage.actions.empty()) {
      throw errors::invalid_stage(
          fmt::format("Stage {} should contain at least one action", stage.name));
    }
    if (stage.actions.size() > kMostActionsOfStage) {
      throw errors::limit_exceeded(
          fmt::format("Stage {} has {} actions. There should be a maximum of {} actions in a stage",
                      stage.name, stage.actions.size(), kMostActionsOfStage));
    }
    std::vector<const Action*> ordered;
    for (const Action& action : stage.actions) ordered.push_back(&action);
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const Action* a, const Action* b) { return a->run_order < b->run_order; });
    std::set<std::string_view> names;
    for (const Action* action : ordered) {
      if (!names.insert(action->name).second) {
        throw errors::invalid_action(fmt::format(
            "Two actions within the stage '{}' have the same name '{}'", stage.name, action->name));
      }
    }
    for (auto begin = ordered.begin(); begin != ordered.end();) {
      auto end = begin;
      while (end != ordered.end() && (*end)->run_order == (*begin)->run_order) ++end;
      for (auto one = begin; one != end; ++one) check_action(stage, **one);
      // What one of the actions side by side makes is there for those that come after.
      for (auto one = begin; one != end; ++one) declare(**one);
      begin = end;
    }
  }

  void check_action(const Stage& stage, const Action& action) const {
    check_type(action);
    if (is_source(action) && &stage != &structure_.stages.front()) {
      throw errors::invalid_structure(
          fmt::format("Source action '{}' should be in the first stage of the pipeline: source "
                      "actions may only occur there",
                      action.name));
    }
    if (is_source(action) && !action.region.empty() && action.region != region_) {
      throw errors::invalid_action(fmt::format(
          "Source action '{}' should be in the same region as the pipeline", action.name));
    }
    check_counts(action);
    for (const std::string& input : action.inputs) {
      if (!artifacts_.contains(input)) {
        throw errors::invalid_action(
            fmt::format("Input Artifact Bundle {} in action {} is not declared as Output Artifact "
                        "Bundle in any of the preceding actions",
                        input, action.name));
      }
    }
    check_configuration(action);
    check_references(action);
  }

  void check_type(const Action& action) const {
    if (action.type != nullptr) return;
    const json::object& id = action.type_id;
    throw errors::invalid_action(fmt::format(
        "ActionType (Category: '{}', Provider: '{}', Owner: '{}', Version: '{}') in action '{}' is "
        "not available in region '{}'",
        json::string_or(id, "category"), json::string_or(id, "provider"),
        json::string_or(id, "owner"), json::string_or(id, "version"), action.name,
        shouted(action.region.empty() ? region_ : std::string_view(action.region))));
  }

  static void check_count(const Action& action, std::string_view kind, std::size_t count,
                          std::size_t least, std::size_t most) {
    const bool few = count < least;
    if (!few && count <= most) return;
    throw errors::invalid_action(fmt::format(
        "Action {} declares {} {} artifacts which is {} than the {} count ({})", action.name, count,
        kind, few ? "less" : "more", few ? "minimum" : "maximum", few ? least : most));
  }

  void check_counts(const Action& action) const {
    const ActionType& type = *action.type;
    check_count(action, "input", action.inputs.size(), type.least_inputs, type.most_inputs);
    check_count(action, "output", action.outputs.size(), type.least_outputs, type.most_outputs);
  }

  static void require(const Action& action, std::string_view key) {
    if (!action.configured(key).empty()) return;
    throw errors::invalid_action(
        fmt::format("Action configuration for action '{}' is missing required configuration '{}'",
                    action.name, key));
  }

  void check_configuration(const Action& action) const {
    for (const auto& [name, value] : action.configuration) {
      const std::string_view key(name.data(), name.size());
      if (action.type->find_key(key) == nullptr) {
        throw errors::invalid_action(
            fmt::format("Action configuration for action '{}' contains unknown configuration '{}'",
                        action.name, key));
      }
    }
    for (const ConfigurationKey& key : action.type->configuration) {
      if (key.need == ConfigurationKey::Need::kRequired) require(action, key.name);
    }
    using Kind = ActionType::Kind;
    if (action.type->kind == Kind::kCloudFormation) check_cloudformation(action);
    if (action.type->kind == Kind::kCodeBuild && action.inputs.size() > 1) {
      require(action, "PrimarySource");
      check_named(action, "PrimarySource", action.configured("PrimarySource"));
    }
    if (action.type->kind == Kind::kS3Deploy && action.configured("Extract") == "false") {
      require(action, "ObjectKey");
    }
  }

  static void check_named(const Action& action, std::string_view key, const std::string& artifact) {
    const auto& inputs = action.inputs;
    if (std::find(inputs.begin(), inputs.end(), artifact) != inputs.end()) return;
    throw errors::invalid_action(fmt::format(
        "Action configuration for action '{}': {} names the artifact '{}', which is not "
        "an input artifact of the action",
        action.name, key, artifact));
  }

  static void check_cloudformation(const Action& action) {
    const std::string mode = action.configured("ActionMode");
    const bool makes =
        mode == "CREATE_UPDATE" || mode == "REPLACE_ON_FAILURE" || mode == "CHANGE_SET_REPLACE";
    const bool change_set = mode == "CHANGE_SET_REPLACE" || mode == "CHANGE_SET_EXECUTE";
    if (!makes && !change_set && mode != "DELETE_ONLY") {
      throw errors::invalid_action(fmt::format(
          "Action configuration for action '{}': ActionMode '{}' is not one of CREATE_UPDATE, "
          "DELETE_ONLY, REPLACE_ON_FAILURE, CHANGE_SET_REPLACE, CHANGE_SET_EXECUTE",
          action.name, mode));
    }
    if (change_set) require(action, "ChangeSetName");
    if (makes) require(action, "TemplatePath");
    if (mode != "CHANGE_SET_EXECUTE") require(action, "RoleArn");
    for (const std::string_view key : {"TemplatePath", "TemplateConfiguration"}) {
      const std::string path = action.configured(key);
      if (path.empty()) continue;
      const std::size_t mark = path.find("::");
      if (mark == std::string::npos) {
        throw errors::invalid_action(
            fmt::format("Action configuration for action '{}': {} should be in the form "
                        "InputArtifactName::FileName",
                        action.name, key));
      }
      check_named(action, key, path.substr(0, mark));
    }
    if (!action.outputs.empty()) require(action, "OutputFileName");
  }

  void check_references(const Action& action) const {
    for (const auto& [name, value] : action.configuration) {
      if (!value.is_string()) continue;
      for (const Reference& reference : references(json::view(value.get_string()))) {
        if (is_declared(reference)) continue;
        throw errors::invalid_action(fmt::format(
            "Action '{}' references the variable '{}', which is not declared by the pipeline or by "
            "a preceding action",
            action.name, reference.text()));
      }
    }
  }

  bool is_declared(const Reference& reference) const {
    if (reference.space == kSystemSpace) return reference.name == "PipelineExecutionId";
    if (reference.space != kPipelineSpace) return spaces_.contains(reference.space);
    return std::any_of(structure_.variables.begin(), structure_.variables.end(),
                       [&](const Variable& one) { return one.name == reference.name; });
  }

  void declare(const Action& action) {
    for (const std::string& output : action.outputs) {
      if (!artifacts_.insert(output).second) {
        throw errors::invalid_action(fmt::format(
            "Two actions within the pipeline have the same output artifact name '{}'", output));
      }
    }
    if (action.space.empty()) return;
    if (action.space == kSystemSpace || action.space == kPipelineSpace) {
      throw errors::invalid_action(fmt::format(
          "Action '{}' has the namespace '{}', which is reserved", action.name, action.space));
    }
    if (!spaces_.insert(action.space).second) {
      throw errors::invalid_action(fmt::format(
          "Two actions within the pipeline have the same namespace '{}'", action.space));
    }
  }

  const Structure& structure_;
  std::string_view region_;
  std::set<std::string, std::less<>> artifacts_;
  std::set<std::string, std::less<>> spaces_;
};

std::optional<Unserved> unserved_action(const json::object& action, const std::string& path) {
  static constexpr std::pair<std::string_view, std::string_view> kOnly[] = {
      {"BatchEnabled", "false"}, {"OutputArtifactFormat", "CODE_ZIP"}};
  if (const auto* id = json::find_object(action, "actionTypeId")) {
    const std::string category = json::string_or(*id, "category");
    const std::string owner = json::string_or(*id, "owner");
    const std::string provider = json::string_or(*id, "provider");
    if (owner == "Custom" ||
        is_of_aws(category, owner, provider, json::string_or(*id, "version"))) {
      return Unserved{path + "actionTypeId",
                      fmt::format("the action type {}/{}/{}", category, owner, provider)};
    }
  }
  const auto* configuration = json::find_object(action, "configuration");
  if (configuration == nullptr) return std::nullopt;
  for (const auto& [key, value] : kOnly) {
    const auto given = json::find_string(*configuration, key);
    if (given && *given != value) {
      return Unserved{fmt::format("{}configuration.{} other than {}", path, key, value), ""};
    }
  }
  for (const std::string_view key : {"NotificationArn", "KMSEncryptionKeyARN"}) {
    if (configuration->contains(key)) {
      return Unserved{fmt::format("{}configuration.{}", path, key), ""};
    }
  }
  return std::nullopt;
}

std::optional<Unserved> unserved_store(const json::object& store, const std::string& path) {
  if (!store.contains("encryptionKey")) return std::nullopt;
  return Unserved{path + ".encryptionKey", ""};
}

}  // namespace

std::optional<Unserved> find_unserved(const json::object& declaration) {
  if (json::string_or(declaration, "executionMode") == "PARALLEL") {
    return Unserved{"pipeline.executionMode=PARALLEL", ""};
  }
  if (const auto* store = json::find_object(declaration, "artifactStore")) {
    if (auto found = unserved_store(*store, "pipeline.artifactStore")) return found;
  }
  if (const auto* stores = json::find_object(declaration, "artifactStores")) {
    for (const auto& [region, store] : *stores) {
      if (!store.is_object()) continue;
      if (auto found = unserved_store(store.get_object(), "pipeline.artifactStores")) return found;
    }
  }
  for (const json::value& stage : list_of(declaration, "stages")) {
    if (!stage.is_object()) continue;
    for (const json::value& action : list_of(stage.get_object(), "actions")) {
      if (!action.is_object()) continue;
      auto found = unserved_action(action.get_object(), "pipeline.stages.actions.");
      if (found) return found;
    }
  }
  return std::nullopt;
}

Structure read_structure(const json::object& declaration, std::string_view region) {
  for (const json::value& stage : list_of(declaration, "stages")) {
    if (stage.is_object() && !list_of(stage.get_object(), "blockers").empty()) {
      throw errors::invalid_blocker(
          fmt::format("Stage {} declares blockers, which are reserved for future use",
                      json::string_or(stage.get_object(), "name")));
    }
  }
  Structure structure = stored_structure(declaration);
  if (declaration.contains("artifactStore") && declaration.contains("artifactStores")) {
    structure.buckets[""];
    structure.buckets["*"];
  }
  Checker(structure, region).check();
  return structure;
}

}  // namespace tandem::codepipeline
