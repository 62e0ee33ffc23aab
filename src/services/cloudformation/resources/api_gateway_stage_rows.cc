// API Gateway's types that have something of their own: Deployment, Stage, UsagePlan.
#include <algorithm>
#include <fmt/format.h>

#include "services/cloudformation/resources/row_handler.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

const json::array& list_in(const json::object& properties, std::string_view name) {
  static const json::array kNone;
  const auto* list = json::find_array(properties, name);
  return list == nullptr ? kNone : *list;
}

void check_deployment(const json::object& properties) {
  if (properties.contains("StageDescription") && !properties.contains("StageName")) {
    throw HandlerError("InvalidRequest", "StageDescription can only be specified with a StageName");
  }
}

// The stage a deployment made goes with it, unless it meanwhile shows another deployment.
Task<void> remove_own_stage(HandlerContext& context, Physical physical, json::object properties) {
  const std::string stage = text_of(properties, "StageName");
  if (stage.empty()) co_return;
  json::object request{{"restApiId", text_of(properties, "RestApiId")}, {"stageName", stage}};
  json::object found;
  try {
    found = co_await context.call("apigateway", "GetStage", request);
  } catch (const aws::ApiError& error) {
    if (!means_gone(error)) throw;
  }
  if (json::string_or(found, "deploymentId") != physical.id) co_return;
  co_await context.call_unless_gone("apigateway", "DeleteStage", std::move(request));
}

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

void patch_settings(Patch& patch, const json::object& before, const json::object& after) {
  if (!differs(before, after, "MethodSettings")) return;
  const json::array& settings = list_in(after, "MethodSettings");
  for (const auto& one : list_in(before, "MethodSettings")) {
    const std::string path = setting_path(one.as_object());
    const bool stays = std::any_of(settings.begin(), settings.end(), [&](const json::value& other) {
      return setting_path(other.as_object()) == path;
    });
    if (!stays) patch.remove(path);
  }
  for (const auto& one : settings) {
    for (const auto& [property, path] : kSettings) {
      if (!one.as_object().contains(property)) continue;
      patch.add("replace", fmt::format("{}/{}", setting_path(one.as_object()), path),
                text_of(one.as_object(), property));
    }
  }
}

std::string stage_value(const json::object& stage) {
  return text_of(stage, "ApiId") + ':' + text_of(stage, "Stage");
}

void add_throttles(Patch& patch, const json::object& stage) {
  const auto* throttle = json::find_object(stage, "Throttle");
  if (throttle == nullptr) return;
  for (const auto& method : *throttle) {
    for (const auto& [property, path] :
         {std::pair("BurstLimit", "burstLimit"), std::pair("RateLimit", "rateLimit")}) {
      const std::string limit = text_of(method.value().as_object(), property);
      if (limit.empty()) continue;
      patch.add("replace",
                fmt::format("/apiStages/{}/throttle/{}/{}", stage_value(stage),
                            pointer_escaped(method.key()), path),
                limit);
    }
  }
}

// A stage whose throttles changed is taken out and put in again with the new ones.
void patch_stages(Patch& patch, const json::object& before, const json::object& after) {
  const json::array& old_stages = list_in(before, "ApiStages");
  const json::array& new_stages = list_in(after, "ApiStages");
  const auto contains = [](const json::array& in, const json::value& stage) {
    return std::find(in.begin(), in.end(), stage) != in.end();
  };
  for (const auto& stage : old_stages) {
    if (contains(new_stages, stage)) continue;
    patch.add("remove", "/apiStages", stage_value(stage.as_object()));
  }
  for (const auto& stage : new_stages) {
    if (contains(old_stages, stage)) continue;
    patch.add("add", "/apiStages", stage_value(stage.as_object()));
    add_throttles(patch, stage.as_object());
  }
}

// A plan with stages cannot be deleted; they may be gone with their API.
Task<void> detach_stages(HandlerContext& context, Physical physical, json::object properties) {
  Patch patch;
  patch_stages(patch, properties, {});
  if (patch.empty()) co_return;
  json::object request{{"usagePlanId", physical.id}, {"patchOperations", patch.take()}};
  try {
    co_await context.call("apigateway", "UpdateUsagePlan", std::move(request));
  } catch (const aws::ApiError& error) {
    if (error.status() >= 500) throw;
  }
}

constexpr Row kRows[] = {
    // Deployments have neither name nor tags. What was not there before was made in the moment
    // between, by this stack or by somebody who deploys the same API at that very time.
    {.type = "AWS::ApiGateway::Deployment",
     .service = "apigateway",
     .use = {.refuses = "StageDescription/AccessLogSetting StageDescription/CacheClusterEnabled "
                        "StageDescription/CacheClusterSize StageDescription/CacheDataEncrypted "
                        "StageDescription/CacheTtlInSeconds StageDescription/CachingEnabled "
                        "StageDescription/CanarySetting StageDescription/ClientCertificateId "
                        "StageDescription/DataTraceEnabled StageDescription/DocumentationVersion "
                        "StageDescription/LoggingLevel StageDescription/MethodSettings "
                        "StageDescription/MetricsEnabled StageDescription/Tags "
                        "StageDescription/ThrottlingBurstLimit "
                        "StageDescription/ThrottlingRateLimit",
             .replaces = "StageDescription StageName"},
     .attributes = "DeploymentId={id}",
     .made = "id",
     .create = "CreateDeployment",
     .request = "RestApiId StageName Description stageDescription=StageDescription.Description "
                "variables=StageDescription.Variables "
                "tracingEnabled=StageDescription.TracingEnabled",
     .address = "restApiId=RestApiId deploymentId={id}",
     .find = Row::Find::kNotThereYet,
     .listing = "GetDeployments",
     .listing_request = "restApiId=RestApiId limit=:500",
     .listed = "items",
     .patch = "UpdateDeployment",
     .patches = "/description=Description",
     .remove = "DeleteDeployment",
     .check = check_deployment,
     .before_remove = remove_own_stage},
    {.type = "AWS::ApiGateway::Stage",
     .service = "apigateway",
     .use = {.serves = "MethodSettings"},
     .name = "StageName",
     .id = "{StageName}",
     .create = "CreateStage",
     .request = "RestApiId StageName DeploymentId Description Variables TracingEnabled "
                "CacheClusterEnabled",
     .address = "restApiId=RestApiId stageName=StageName",
     .read = "GetStage",
     .asks_first = true,
     .patch = "UpdateStage",
     .patches = "/description=Description /deploymentId=DeploymentId "
                "/tracingEnabled=TracingEnabled|false "
                "/cacheClusterEnabled=CacheClusterEnabled|false /variables=Variables",
     .patches_new = true,
     .tags = {.create = "tags",
              .tag = "TagResource",
              .untag = "UntagResource",
              .target =
                  "resourceArn=arn:aws:apigateway:{region}::/restapis/{RestApiId}/stages/{id}",
              .set = "tags",
              .unset = "tagKeys"},
     .remove = "DeleteStage",
     .more_patches = patch_settings},
    {.type = "AWS::ApiGateway::UsagePlan",
     .service = "apigateway",
     .use = {.serves = "ApiStages"},
     .identifier = "Id",
     .attributes = "Id={id}",
     .made = "id",
     .names = "name",
     .create = "CreateUsagePlan",
     .request = "name=UsagePlanName Description Quota Throttle ApiStages",
     .address = "usagePlanId={id}",
     .read = "GetUsagePlan",
     .find = Row::Find::kByTags,
     .listing = "GetUsagePlans",
     .listing_request = "limit=:500",
     .listed = "items",
     .patch = "UpdateUsagePlan",
     .patches = "/name=UsagePlanName /description=Description /throttle=Throttle|0 /quota=Quota|0",
     .tags = {.create = "tags",
              .system = true,
              .tag = "TagResource",
              .untag = "UntagResource",
              .target = "resourceArn=arn:aws:apigateway:{region}::/usageplans/{id}",
              .set = "tags",
              .unset = "tagKeys"},
     .remove = "DeleteUsagePlan",
     .more_patches = patch_stages,
     .before_remove = detach_stages},
};

}  // namespace

std::span<const Row> api_gateway_stage_rows() { return kRows; }

}  // namespace tandem::cloudformation
