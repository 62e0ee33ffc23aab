#include <fmt/format.h>

#include "services/cloudformation/resources/api_gateway.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

constexpr std::pair<std::string_view, std::string_view> kSettings[] = {
    {"ThrottlingRateLimit", "throttling/rateLimit"},
    {"ThrottlingBurstLimit", "throttling/burstLimit"},
    {"LoggingLevel", "logging/loglevel"},
    {"DataTraceEnabled", "logging/dataTrace"},
    {"MetricsEnabled", "metrics/enabled"},
    {"CachingEnabled", "caching/enabled"},
    {"CacheTtlInSeconds", "caching/ttlInSeconds"},
    {"CacheDataEncrypted", "caching/dataEncrypted"}};

// "/<resource path>/<METHOD>" as patch paths have it: "/~1todos/GET", "/*/*" for all.
std::string setting_path(const json::object& setting) {
  const std::string path = text_of(setting, "ResourcePath");
  const std::string method = text_of(setting, "HttpMethod");
  return fmt::format("/{}/{}", pointer_escaped(path == "/*" ? "*" : path),
                     method.empty() ? "*" : method);
}

const json::array& settings_of(const json::object& properties) {
  static const json::array kNone;
  const auto* settings = json::find_array(properties, "MethodSettings");
  return settings == nullptr ? kNone : *settings;
}

void patch_settings(Patch& patch, const json::object& before, const json::object& after) {
  if (!differs(before, after, "MethodSettings")) return;
  const auto still_there = [&](const std::string& path) {
    const json::array& settings = settings_of(after);
    return std::any_of(settings.begin(), settings.end(), [&](const json::value& one) {
      return setting_path(one.as_object()) == path;
    });
  };
  for (const auto& one : settings_of(before)) {
    const std::string path = setting_path(one.as_object());
    if (!still_there(path)) patch.remove(path);
  }
  for (const auto& one : settings_of(after)) {
    for (const auto& [property, path] : kSettings) {
      if (!one.as_object().contains(property)) continue;
      patch.add("replace", fmt::format("{}/{}", setting_path(one.as_object()), path),
                text_of(one.as_object(), property));
    }
  }
}

void patch_variables(Patch& patch, const json::object& before, const json::object& after) {
  static const json::object kNone;
  const auto* old_map = json::find_object(before, "Variables");
  const auto* new_map = json::find_object(after, "Variables");
  if (old_map == nullptr) old_map = &kNone;
  if (new_map == nullptr) new_map = &kNone;
  for (const auto& variable : *old_map) {
    const std::string_view name = variable.key();
    if (!new_map->contains(name)) patch.remove("/variables/" + pointer_escaped(name));
  }
  for (const auto& variable : *new_map) {
    const std::string_view name = variable.key();
    if (differs(*old_map, *new_map, name)) {
      patch.add("replace", "/variables/" + pointer_escaped(name), text_of(*new_map, name));
    }
  }
}

class Stage final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    json::object request = pick(properties, {{"RestApiId", "restApiId"},
                                             {"StageName", "stageName"},
                                             {"DeploymentId", "deploymentId"},
                                             {"Description", "description"},
                                             {"Variables", "variables"},
                                             {"TracingEnabled", "tracingEnabled"},
                                             {"CacheClusterEnabled", "cacheClusterEnabled"}});
    const json::object tags = tag_map(properties);
    if (!tags.empty()) request["tags"] = tags;
    Physical physical;
    physical.id = text_of(properties, "StageName");
    json::object asked{{"restApiId", text_of(properties, "RestApiId")}, {"stageName", physical.id}};
    const bool taken = co_await exists(context, "apigateway", "GetStage", std::move(asked));
    if (!taken) context.intend(physical);
    co_await context.call("apigateway", "CreateStage", std::move(request));
    context.claim(physical);
    Patch patch;
    patch_settings(patch, {}, properties);
    co_await apply(context, properties, patch.take());
    co_return physical;
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    Patch patch;
    patch.replace_if_changed(before, after, "Description", "/description");
    patch.replace_if_changed(before, after, "DeploymentId", "/deploymentId");
    patch.replace_if_changed(before, after, "TracingEnabled", "/tracingEnabled", "false");
    patch.replace_if_changed(before, after, "CacheClusterEnabled", "/cacheClusterEnabled", "false");
    patch_variables(patch, before, after);
    patch_settings(patch, before, after);
    co_await apply(context, after, patch.take());
    std::string path =
        fmt::format("/restapis/{}/stages/{}", text_of(after, "RestApiId"), physical.id);
    co_await update_gateway_tags(context, std::move(path), before, after);
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical physical,
                    json::object properties) const override {
    json::object request{{"restApiId", text_of(properties, "RestApiId")},
                         {"stageName", physical.id}};
    co_await context.call("apigateway", "DeleteStage", std::move(request));
  }

 private:
  static Task<void> apply(HandlerContext& context, json::object properties, json::array patch) {
    if (patch.empty()) co_return;
    json::object request{{"restApiId", text_of(properties, "RestApiId")},
                         {"stageName", text_of(properties, "StageName")},
                         {"patchOperations", std::move(patch)}};
    co_await context.call("apigateway", "UpdateStage", std::move(request));
  }
};

}  // namespace

ResourceType api_gateway_stage() {
  return declare("AWS::ApiGateway::Stage",
                 {.serves = "CacheClusterEnabled DeploymentId Description MethodSettings RestApiId "
                            "StageName Tags TracingEnabled Variables"},
                 {}, "StageName", std::make_unique<Stage>());
}

}  // namespace tandem::cloudformation
