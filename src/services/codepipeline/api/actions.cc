#include "services/codepipeline/api/operations.h"

namespace tandem::codepipeline::api {
namespace {

json::array artifact_details(const json::object& places) {
  json::array list;
  for (const auto& [name, place] : places) {
    if (!place.is_object()) continue;
    const ArtifactPlace at = ArtifactPlace::from(place.get_object());
    list.push_back(json::object{
        {"name", name}, {"s3location", json::object{{"bucket", at.bucket}, {"key", at.key}}}});
  }
  return list;
}

/// As the action was given them: what was brought from another region is in the action's.
json::array inputs_of(const Structure& structure, const json::object& record,
                      const std::string& region) {
  json::object places;
  if (const auto* given = json::find_object(record, "places")) {
    for (const auto& [name, place] : *given) {
      ArtifactPlace at = ArtifactPlace::from(place.as_object());
      if (at.region != region) at = {region, structure.bucket_of(region), at.key};
      places[name] = at.document();
    }
  }
  return artifact_details(places);
}

json::object output_of(const Structure& structure, const json::object& record,
                       const std::string& region) {
  json::object output;
  json::object places;
  if (const auto* keys = json::find_object(record, "keys");
      keys != nullptr && json::string_or(record, "status") == "Succeeded") {
    for (const auto& [name, key] : *keys) {
      places[name] =
          ArtifactPlace{region, structure.bucket_of(region), json::to_std(key)}.document();
    }
  }
  output["outputArtifacts"] = artifact_details(places);
  json::object result;
  if (const auto* external = json::find_object(record, "external")) result = *external;
  if (const auto* error = json::find_object(record, "error")) {
    result["errorDetails"] = *error;
    if (!result.contains("externalExecutionSummary")) {
      result["externalExecutionSummary"] = json::string_or(*error, "message");
    }
  } else if (const auto summary = json::find_string(record, "summary");
             summary && !result.contains("externalExecutionSummary")) {
    result["externalExecutionSummary"] = *summary;
  }
  if (!result.empty()) output["executionResult"] = std::move(result);
  const auto* variables = json::find_object(record, "variables");
  output["outputVariables"] = variables == nullptr ? json::object() : *variables;
  return output;
}

json::object detail_of(const Structure& structure, const json::object& record) {
  json::object shown;
  shown["pipelineExecutionId"] = json::string_or(record, "execution");
  shown["actionExecutionId"] = json::string_or(record, "id");
  shown["pipelineVersion"] = json::int_or(record, "version", 1);
  shown["stageName"] = json::string_or(record, "stage");
  shown["actionName"] = json::string_or(record, "action");
  shown["startTime"] = seconds_of(record, "started_ms");
  shown["lastUpdateTime"] = seconds_of(record, "updated_ms");
  shown["status"] = json::string_or(record, "status");
  if (const auto by = json::find_string(record, "by")) shown["updatedBy"] = *by;
  json::object input;
  if (const auto* given = json::find_object(record, "input")) input = *given;
  const std::string region = json::string_or(input, "region");
  input["inputArtifacts"] = inputs_of(structure, record, region);
  shown["input"] = std::move(input);
  shown["output"] = output_of(structure, record, region);
  return shown;
}

/// The last bytes of an action's key, by which it is told from others: two numbers.
std::string place_of(std::string_view key) {
  std::string text;
  for (const char one : key.substr(key.size() - 16)) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(one));
  }
  return text;
}

}  // namespace

json::object list_action_executions(Scope& scope, const json::object& input) {
  const std::string name = json::string_or(input, "pipelineName");
  const json::object pipeline = scope.require_pipeline(name);
  const Structure structure = stored_structure(pipeline.at("declaration").as_object());
  std::optional<std::uint64_t> number;
  if (const auto* filter = json::find_object(input, "filter")) {
    if (const auto id = json::find_string(*filter, "pipelineExecutionId")) {
      number = scope.require_execution(name, *id).key.number;
    }
  }
  service::Page page(kPages, input, "actionExecutionDetails", service::Page::Order::kDescending);
  scope.store().each_action(name, number, [&](std::string_view key, const json::object& record) {
    return page.add(place_of(key), [&] { return detail_of(structure, record); });
  });
  return std::move(page).finish();
}

json::object list_action_types(Scope& scope, const json::object& input) {
  // All of them are on one page.
  if (input.contains("nextToken")) throw errors::invalid_next_token();
  const auto region = json::find_string(input, "regionFilter");
  const auto owner = json::find_string(input, "actionOwnerFilter");
  json::array list;
  const bool here = !region || *region == scope.engine.environment().region ||
                    scope.engine.environment().config.find_region(*region) != nullptr;
  for (const ActionType& type : action_types()) {
    if (here && (!owner || *owner == type.owner)) list.push_back(shown(type));
  }
  return {{"actionTypes", std::move(list)}};
}

}  // namespace tandem::codepipeline::api
