#include "services/cloudformation/resources/api_gateway.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

class Deployment final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    json::object request = pick(
        properties,
        {{"RestApiId", "restApiId"}, {"StageName", "stageName"}, {"Description", "description"}});
    if (const auto* stage = json::find_object(properties, "StageDescription")) {
      if (!properties.contains("StageName")) {
        throw HandlerError("InvalidRequest",
                           "StageDescription can only be specified with a StageName");
      }
      for (const auto& member : pick(*stage, {{"Description", "stageDescription"},
                                              {"Variables", "variables"},
                                              {"TracingEnabled", "tracingEnabled"}})) {
        request[member.key()] = member.value();
      }
    }
    Physical physical;
    json::array there;
    const std::vector<std::string> ids = co_await ids_of(context, properties);
    for (const std::string& id : ids) there.push_back(json::string(id));
    physical.attributes["Before"] = std::move(there);
    context.intend(physical);
    json::object made = co_await context.call("apigateway", "CreateDeployment", std::move(request));
    physical.id = json::string_or(made, "id");
    physical.attributes = {{"DeploymentId", physical.id}};
    co_return physical;
  }

  // Deployments have neither name nor tags. What was not there before was made in the moment
  // between, by this stack or by somebody who deploys the same API at that very time.
  Task<std::optional<Physical>> find(HandlerContext& context, Physical intended,
                                     json::object properties,
                                     std::set<std::string> known) const override {
    if (const auto* there = json::find_array(intended.attributes, "Before")) {
      for (const auto& id : *there) known.insert(json::to_std(id));
    }
    const std::vector<std::string> ids = co_await ids_of(context, properties);
    for (const std::string& id : ids) {
      if (!known.contains(id)) co_return Physical{id, {}};
    }
    co_return std::nullopt;
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    Patch patch;
    patch.replace_if_changed(before, after, "Description", "/description");
    if (!patch.empty()) {
      json::object request{{"restApiId", text_of(after, "RestApiId")},
                           {"deploymentId", physical.id},
                           {"patchOperations", patch.take()}};
      co_await context.call("apigateway", "UpdateDeployment", std::move(request));
    }
    co_return physical;
  }

  // The stage a deployment made goes with it, unless it meanwhile shows another deployment.
  Task<void> remove(HandlerContext& context, Physical physical,
                    json::object properties) const override {
    const std::string api = text_of(properties, "RestApiId");
    const std::string stage = text_of(properties, "StageName");
    if (!stage.empty()) {
      json::object found;
      std::optional<aws::ApiError> refused;
      try {
        json::object request{{"restApiId", api}, {"stageName", stage}};
        found = co_await context.call("apigateway", "GetStage", std::move(request));
      } catch (const aws::ApiError& error) {
        refused = error;
      }
      if (refused && !means_gone(*refused)) throw *refused;
      if (json::string_or(found, "deploymentId") == physical.id) {
        json::object request{{"restApiId", api}, {"stageName", stage}};
        co_await context.call_unless_gone("apigateway", "DeleteStage", std::move(request));
      }
    }
    json::object request{{"restApiId", api}, {"deploymentId", physical.id}};
    co_await context.call("apigateway", "DeleteDeployment", std::move(request));
  }

 private:
  static Task<std::vector<std::string>> ids_of(HandlerContext& context, json::object properties) {
    std::vector<std::string> ids;
    try {
      json::object request{{"restApiId", text_of(properties, "RestApiId")}};
      std::vector<json::object> items =
          co_await list_items(context, "GetDeployments", std::move(request));
      for (const json::object& item : items) ids.push_back(json::string_or(item, "id"));
    } catch (const aws::ApiError& error) {
      if (!means_gone(error)) throw;
    }
    co_return ids;
  }
};

}  // namespace

ResourceType api_gateway_deployment() {
  return declare(
      "AWS::ApiGateway::Deployment",
      {.serves = "Description RestApiId StageDescription StageName",
       .refuses = "StageDescription/AccessLogSetting StageDescription/CacheClusterEnabled "
                  "StageDescription/CacheClusterSize StageDescription/CacheDataEncrypted "
                  "StageDescription/CacheTtlInSeconds StageDescription/CachingEnabled "
                  "StageDescription/CanarySetting StageDescription/ClientCertificateId "
                  "StageDescription/DataTraceEnabled StageDescription/DocumentationVersion "
                  "StageDescription/LoggingLevel StageDescription/MethodSettings "
                  "StageDescription/MetricsEnabled StageDescription/Tags "
                  "StageDescription/ThrottlingBurstLimit StageDescription/ThrottlingRateLimit",
       .replaces = "StageDescription StageName"},
      {"DeploymentId"}, "", std::make_unique<Deployment>());
}

}  // namespace tandem::cloudformation
