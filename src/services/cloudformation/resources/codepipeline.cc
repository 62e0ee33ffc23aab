// AWS::CodePipeline::Pipeline: one document in the service, and beside it transitions and tags.
#include "core/check.h"
#include "services/cloudformation/model/evaluate.h"
#include "services/cloudformation/resources/common.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

/// "RunOrder" → "runOrder".
std::string spelled(std::string_view property) {
  std::string name(property);
  if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z') name[0] = static_cast<char>(name[0] + 32);
  return name;
}

/// An action's configuration: keys as they are, values as text. A template may give it as JSON
/// text.
json::value configuration(const json::value& given) {
  json::value parsed = given;
  if (given.is_string()) {
    auto read = json::parse_text(json::view(given.get_string()));
    if (!read) throw HandlerError("InvalidRequest", "Configuration is not a JSON document");
    parsed = std::move(read).value();
  }
  if (!parsed.is_object()) {
    throw HandlerError("InvalidRequest", "Configuration is not a JSON object");
  }
  json::object texts;
  for (const auto& [key, value] : parsed.get_object()) {
    const auto scalar = scalar_text(value);
    texts[key] = scalar ? *scalar : json::to_text(value);
  }
  return texts;
}

json::value respelled(const json::value& given);

json::object respelled(const json::object& given) {
  json::object names;
  for (const auto& [key, value] : given) {
    const std::string_view name(key.data(), key.size());
    names[spelled(name)] = name == "Configuration" ? configuration(value) : respelled(value);
  }
  return names;
}

json::value respelled(const json::value& given) {
  if (given.is_object()) return respelled(given.get_object());
  if (!given.is_array()) return given;
  json::array list;
  for (const json::value& one : given.get_array()) list.push_back(respelled(one));
  return list;
}

/// What CreatePipeline and UpdatePipeline take.
json::object declaration(const std::string& name, const json::object& properties) {
  json::object pipeline =
      respelled(keep(properties, {"ArtifactStore", "ExecutionMode", "PipelineType", "RoleArn",
                                  "Stages", "Variables"}));
  pipeline["name"] = name;
  if (const auto* stores = json::find_array(properties, "ArtifactStores")) {
    json::object by_region;
    for (const json::value& one : *stores) {
      const json::object& store = one.as_object();
      by_region[text_of(store, "Region")] = respelled(*json::find(store, "ArtifactStore"));
    }
    pipeline["artifactStores"] = std::move(by_region);
  }
  return pipeline;
}

json::array service_tags(const json::object& map) {
  json::array list;
  for (const auto& [key, value] : map) list.push_back(json::object{{"key", key}, {"value", value}});
  return list;
}

/// stage → reason.
json::object transitions(const json::object& properties) {
  json::object held;
  if (const auto* list = json::find_array(properties, "DisableInboundStageTransitions")) {
    for (const json::value& one : *list) {
      held[text_of(one.as_object(), "StageName")] = text_of(one.as_object(), "Reason");
    }
  }
  return held;
}

Physical physical_of(std::string name, const json::object& answer) {
  Physical physical;
  physical.id = std::move(name);
  const auto* pipeline = json::find_object(answer, "pipeline");
  const std::int64_t version = pipeline == nullptr ? 1 : json::int_or(*pipeline, "version", 1);
  physical.attributes["Version"] = std::to_string(version);
  return physical;
}

class Pipeline final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    std::string name = text_of(properties, "Name");
    if (name.empty()) {
      name = context.generated_name(100);
    } else {
      json::object asked{{"name", name}};
      if (co_await exists(context, "codepipeline", "GetPipeline", std::move(asked))) {
        throw HandlerError("AlreadyExists",
                           "A pipeline with the name '" + name + "' already exists");
      }
    }
    context.intend(Physical{name, {}});
    json::object request{{"pipeline", declaration(name, properties)}};
    const json::object tags = tag_map(properties);
    if (!tags.empty()) request["tags"] = service_tags(tags);
    const json::object made =
        co_await context.call("codepipeline", "CreatePipeline", std::move(request));
    const Physical physical = physical_of(name, made);
    context.claim(physical);
    co_await put_transitions(context, name, {}, transitions(properties));
    co_return physical;
  }

  Task<std::optional<Physical>> find(HandlerContext& context, Physical intended,
                                     json::object properties,
                                     std::set<std::string>) const override {
    std::optional<Physical> found;
    try {
      found = co_await read(context, intended.id);
    } catch (const aws::ApiError& error) {
      if (!means_gone(error)) throw;
    }
    if (found) co_await put_transitions(context, found->id, {}, transitions(properties));
    co_return found;
  }

  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    json::object request{{"name", identifier}};
    const json::object answer =
        co_await context.call("codepipeline", "GetPipeline", std::move(request));
    co_return physical_of(std::move(identifier), answer);
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    const std::string name = physical.id;
    json::object wanted = declaration(name, after);
    if (wanted != declaration(name, before)) {
      json::object request{{"pipeline", std::move(wanted)}};
      const json::object answer =
          co_await context.call("codepipeline", "UpdatePipeline", std::move(request));
      physical = physical_of(name, answer);
    }
    co_await put_tags(context, name, tag_changes(before, after));
    co_await put_transitions(context, name, transitions(before), transitions(after));
    if (json::bool_or(after, "RestartExecutionOnUpdate", false)) {
      json::object request{{"name", name}};
      co_await context.call("codepipeline", "StartPipelineExecution", std::move(request));
    }
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical physical, json::object) const override {
    json::object request{{"name", physical.id}};
    co_await context.call_unless_gone("codepipeline", "DeletePipeline", std::move(request));
  }

 private:
  static Task<void> put_tags(HandlerContext& context, std::string name, TagChanges changes) {
    if (changes.removed.empty() && changes.set.empty()) co_return;
    const HandlerContext::Identity& here = context.identity();
    const std::string arn = "arn:aws:codepipeline:" + here.region + ":" + here.account + ":" + name;
    if (!changes.removed.empty()) {
      json::object request{{"resourceArn", arn}, {"tagKeys", std::move(changes.removed)}};
      co_await context.call("codepipeline", "UntagResource", std::move(request));
    }
    if (!changes.set.empty()) {
      json::object request{{"resourceArn", arn}, {"tags", service_tags(changes.set)}};
      co_await context.call("codepipeline", "TagResource", std::move(request));
    }
  }

  static Task<void> put_transitions(HandlerContext& context, std::string name, json::object before,
                                    json::object after) {
    for (const auto& [stage, reason] : before) {
      if (after.contains(stage)) continue;
      json::object request{
          {"pipelineName", name}, {"stageName", stage}, {"transitionType", "Inbound"}};
      // Its stage may have gone with the update.
      co_await context.call_unless_gone("codepipeline", "EnableStageTransition",
                                        std::move(request));
    }
    for (const auto& [stage, reason] : after) {
      const json::value* same = before.if_contains(stage);
      if (same != nullptr && *same == reason) continue;
      json::object request{{"pipelineName", name},
                           {"stageName", stage},
                           {"transitionType", "Inbound"},
                           {"reason", reason}};
      co_await context.call("codepipeline", "DisableStageTransition", std::move(request));
    }
  }
};

}  // namespace

ResourceType codepipeline_pipeline() {
  return importable_by(
      "Name",
      declare(
          "AWS::CodePipeline::Pipeline",
          {.serves = "ArtifactStore ArtifactStores DisableInboundStageTransitions ExecutionMode "
                     "Name PipelineType RestartExecutionOnUpdate RoleArn Stages Tags Variables",
           .refuses = "Stages/*/BeforeEntry Stages/*/OnFailure Stages/*/OnSuccess "
                      "Stages/*/Actions/*/Commands Stages/*/Actions/*/EnvironmentVariables "
                      "Stages/*/Actions/*/OutputVariables "
                      "Stages/*/Actions/*/OutputArtifacts/*/Files"},
          {"Version"}, "Name", std::make_unique<Pipeline>()));
}

}  // namespace tandem::cloudformation
